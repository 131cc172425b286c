"""Who takes part, and in which team."""
