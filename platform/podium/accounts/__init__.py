"""Users, how they log in, and their API tokens."""
