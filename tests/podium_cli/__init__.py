"""Tests of podium_cli."""
