"""Tests of the competitions that ship."""
