"""Podium: the site, its API, its worker and the operator's command."""

__version__ = "0.1.0"
