"""The JSON API, over WSGI as a program sees it."""
