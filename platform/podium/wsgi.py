"""What a WSGI server loads: ``gunicorn podium.wsgi:app``."""

from __future__ import annotations

import logging

from podium.app import create_app
from podium.settings import read_settings
from podium_sandbox import logs

settings = read_settings()
logs.configure(settings.log_format)
# gunicorn's own lines, too; it gave its logger a handler before it loaded this.
gunicorn = logging.getLogger("gunicorn.error")
gunicorn.handlers.clear()
gunicorn.propagate = True
app = create_app(settings)
