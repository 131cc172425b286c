"""The attack suite: programs that try to do harm, and what the host finds after each."""
