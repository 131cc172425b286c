"""What keeps the site safe around every view: keys, cookies, headers, CSRF."""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from podium.core.api import is_api
from podium.core.keys import secret_key
from podium.core.text import storable
from podium.settings import Settings

# Enough for any form of ours; views that take files lift it for their own request.
FORM_BYTES = 1_000_000
SESSION_DAYS = 30
CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' "
    "'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
csrf = CSRFProtect()


def secure(app: Flask, settings: Settings) -> None:
    """Set up cookies, size caps, CSRF, proxies and response headers."""
    app.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME="podium",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        PERMANENT_SESSION_LIFETIME=SESSION_DAYS * 86400,
        MAX_CONTENT_LENGTH=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form may stay open
        WTF_CSRF_SSL_STRICT=False,  # SameSite cookies and the token are the defence
    )
    csrf.init_app(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.jinja_env.globals["csp_nonce"] = nonce
    app.before_request(_refuse_unstorable)
    app.after_request(_add_headers)
    if settings.cookie_secure:
        app.after_request(_add_transport_security)


def _refuse_unstorable() -> None:
    """Refuse an address that no database can look up; the API says so by field."""
    if is_api(request):
        return
    parts = (request.path, *request.args.values())
    if not all(storable(part) for part in parts):
        abort(400)


def nonce() -> str:
    """This request's nonce for scripts and styles of ours that stand in a page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", CSP.format(nonce=nonce()))
    if not request.path.startswith("/static/"):
        # A page shows who looks at it; back and forward may still keep it.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _add_transport_security(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
