"""What users may do with what is kept of them: take it along, or have it deleted."""
