"""What a WSGI server loads: ``gunicorn podium.wsgi:app``."""

from __future__ import annotations

from podium.app import create_app

app = create_app()
