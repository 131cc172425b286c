"""The site above its features: front page, search, status and help."""
