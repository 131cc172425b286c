"""What Podium tells people outside its pages: mail."""
