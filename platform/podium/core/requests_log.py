"""One line of the log for each request: its number, what was asked, by whom, how it went.

The line names the route and never the address: addresses hold tickets and secrets. A
request's number is the reverse proxy's where one is trusted, else one of ours; it goes back
in the answer's header, and into every line that the request writes.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextlib import ExitStack

from flask import Flask, Response, g, request

from podium.settings import Settings
from podium_sandbox import logs

HEADER = "X-Request-ID"
NUMBER = re.compile(r"[A-Za-z0-9._-]{8,64}")
log = logging.getLogger("podium.requests")


def init(app: Flask, settings: Settings) -> None:
    """Number the app's requests and write a line for each."""

    def begin() -> None:
        number = _number(trusted=settings.trusted_proxies > 0)
        g.podium_number, g.podium_arrived = number, time.perf_counter()
        g.podium_lines = ExitStack()
        g.podium_lines.enter_context(logs.bound(request_id=number))

    app.before_request(begin)
    app.after_request(_write)
    app.teardown_request(_end)


def asked_by(user_id: int) -> None:
    """Note who sent this request, for its line."""
    g.podium_asked_by = user_id


def _number(*, trusted: bool) -> str:
    given = request.headers.get(HEADER, "")
    return given if trusted and NUMBER.fullmatch(given) else secrets.token_hex(12)


def _write(response: Response) -> Response:
    if "podium_number" not in g:
        return response
    took_ms = (time.perf_counter() - g.podium_arrived) * 1000
    logs.say(
        log,
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else "none",
        status=response.status_code,
        duration_ms=round(took_ms, 1),
        user_id=g.get("podium_asked_by"),
    )
    response.headers[HEADER] = g.podium_number
    return response


def _end(_error: BaseException | None) -> None:
    lines = g.pop("podium_lines", None)
    if lines is not None:
        lines.close()
