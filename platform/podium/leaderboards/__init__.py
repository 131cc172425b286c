"""Boards: the teams of a competition in order, kept current with every score."""
