"""Competitions, what judges them, their pages and files."""
