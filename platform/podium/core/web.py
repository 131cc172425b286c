"""What views share: this request's session and services, and errors as answers."""

from __future__ import annotations

import logging
from typing import cast

from flask import (
    Flask,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, validate_csrf
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug import Response
from werkzeug.exceptions import HTTPException, InternalServerError
from wtforms.validators import ValidationError

from podium.core import audit, banner, limits, telemetry
from podium.core.api import is_api
from podium.core.errors import NotAllowed, PodiumError, TooMany
from podium.core.models import Banner
from podium.core.problems import problem
from podium.core.services import Services

READING = frozenset({"GET", "HEAD", "OPTIONS"})
EXTENSION = "podium"
WHO = "podium-who"  # the extension that names who asks
log = logging.getLogger(__name__)

TITLES = {
    400: "That request can't be read",
    401: "Log in first",
    403: "That is not allowed",
    404: "There is nothing here",
    405: "That is not done this way",
    409: "Not possible right now",
    413: "Too large",
    422: "Some of that can't be used",
    429: "Too many tries",
    500: "Something went wrong on our side",
    503: "Not available right now",
}
SENTENCES = {
    400: "What your browser sent was incomplete. Go back, load the page again and retry.",
    404: "The address may be mistyped, or what was here has been removed. "
    "The search finds competitions, teams and people.",
    405: "This address is meant for a form. Go back and use the button on the page.",
    413: "What was sent is larger than this page takes. Files are sent on a "
    "competition's Submit page.",
    500: "The fault is ours and has been logged. Nothing that you submitted is lost. "
    "Try again in a minute.",
}
STALE_FORM = (
    "This form was opened too long ago or in another session, so it was not accepted. "
    "Go back, load the page again and send it once more."
)


class LogInFirst(Exception):
    """The view needs to know who asks; answered by the way to the log-in page."""


def init(app: Flask, services: Services) -> None:
    """Give the app its services, sessions and error pages."""
    app.extensions[EXTENSION] = services
    limits.init_app(app, services.settings)
    app.teardown_appcontext(_close_session)
    app.jinja_env.globals["banner"] = _banner
    app.register_error_handler(LogInFirst, _to_log_in)
    app.register_error_handler(PodiumError, error_answer)
    app.register_error_handler(HTTPException, error_answer)
    app.register_error_handler(Exception, _crash)


def services() -> Services:
    """The services of this app."""
    return cast(Services, current_app.extensions[EXTENSION])


def session() -> Session:
    """This request's database session. A GET only reads: it waits for no writer."""
    if "podium_session" not in g:
        database = services().database
        reads = has_request_context() and request.method in READING
        engine = database.reading_engine if reads else database.engine
        g.podium_session = Session(engine, expire_on_commit=False)
        audit.attribute(g.podium_session, _origin)
    return cast(Session, g.podium_session)


def only_read() -> None:
    """Treat this request as one that only reads, whatever its method: it then waits for
    no writer, and nobody waits for it. To be called before anything is looked up."""
    g.podium_session = Session(
        services().database.reading_engine, expire_on_commit=False
    )


def release() -> None:
    """End the transaction before something slow, so that nobody waits for it.

    Objects stay loaded; the next query begins a new transaction.
    """
    session().commit()


def commit_then_read() -> None:
    """Commit, and only read from here on: what is left of the answer then keeps nobody
    who writes waiting, least of all the worker that was just woken."""
    session().commit()
    session().bind = services().database.reading_engine


def require_token(token: str) -> None:
    """Raise NotAllowed unless it is a CSRF token of this session: for views that read
    their form themselves."""
    try:
        validate_csrf(token)
    except ValidationError as error:
        raise NotAllowed(STALE_FORM, kind="stale_form") from error


def after_log_in() -> str:
    """The page of ours that ``next`` names, else the front page."""
    target = request.args.get("next", "")
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours and target.isprintable() else "/"


def wants_fragment() -> bool:
    """Whether htmx asks, which takes a piece of a page."""
    return request.headers.get("HX-Request") == "true"


def error_answer(error: PodiumError | HTTPException) -> ResponseReturnValue:
    """An error as a page, or as problem+json under /api."""
    if isinstance(error, HTTPException) and (error.code or 500) < 400:
        return error  # a redirect
    status = error.status if isinstance(error, PodiumError) else error.code or 500
    telemetry.count_refusal(getattr(error, "kind", ""), status)
    if is_api(request):
        return problem(error)
    return _error_page(error)


def _error_page(error: PodiumError | HTTPException) -> Response:
    if isinstance(error, PodiumError):
        status, sentence = error.status, error.sentence
    else:
        status = error.code or 500
        sentence = SENTENCES.get(status, error.description or "")
    if isinstance(error, CSRFError):
        sentence = STALE_FORM
    page = render_template(
        "error.html",
        status=status,
        title=TITLES.get(status, "That did not work"),
        sentence=sentence,
        kind=getattr(error, "kind", ""),
        back=_back(),
        view_args=request.view_args,
    )
    response = make_response(page, status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _crash(error: Exception) -> ResponseReturnValue:
    """A fault of ours: logged whole, shown as a sentence."""
    if current_app.testing and not current_app.config.get("SHOW_CRASHES_AS_PAGES"):
        raise error
    # The route and not the address, which may hold a secret.
    route = request.url_rule.rule if request.url_rule else "no route"
    log.exception("a view failed: %s %s", request.method, route)
    if "podium_session" in g:
        session().rollback()
    return error_answer(InternalServerError())


def _origin() -> audit.Origin:
    """Who asks, for the audit log."""
    who = current_app.extensions[WHO]()
    return audit.Origin(who, audit.cut(request.remote_addr))


def _to_log_in(_error: LogInFirst) -> ResponseReturnValue:
    target = request.full_path.rstrip("?") if request.method in READING else _back()
    address = url_for("security.login", next=target)
    if wants_fragment():
        return "", 204, {"HX-Redirect": address}
    return redirect(address, 303)


def _back() -> str:
    """The page of ours that the reader came from, else the front page."""
    referrer = request.referrer or ""
    if not referrer.startswith(request.host_url):
        return "/"
    path = "/" + referrer.removeprefix(request.host_url).lstrip("/\\")
    return path if path.split("?")[0] != request.path else "/"


def _banner() -> Banner | None:
    """What the operator says to everybody. A page of an error has to come without a
    database, too, and must not wait for a writer: hence a transaction of its own."""
    try:
        with services().database.reading() as reading:
            return banner.current(reading)
    except SQLAlchemyError:
        return None


def _close_session(_error: BaseException | None) -> None:
    opened = g.pop("podium_session", None)
    if opened is not None:
        opened.close()
