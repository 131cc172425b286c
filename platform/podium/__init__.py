"""Podium: the site, its API, its worker and the operator's command."""
