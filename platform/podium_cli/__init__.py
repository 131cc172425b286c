"""The `podium` command line and Python client: HTTP only, nothing of the site."""
