"""Podium's scorer: reads a submission, aligns it with the solution and computes the metric."""

__version__ = "0.1.0"
