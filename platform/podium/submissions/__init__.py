"""What teams hand in, and what became of it."""
