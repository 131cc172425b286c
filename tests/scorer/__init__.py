"""Tests of podium_scorer."""
