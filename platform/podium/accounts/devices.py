"""A browser's cookie and its row: who logged out elsewhere, or was logged out, is out.

A signed cookie alone would be good until it expires, whoever holds it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask import session as cookie
from flask_login import user_logged_in, user_logged_out
from sqlalchemy.exc import OperationalError

from podium.accounts import sessions
from podium.accounts.models import LogIn, User
from podium.core import clock, requests_log, web
from podium.core.ids import secret

KEY = "log_in"
log = logging.getLogger(__name__)


def init(app: Flask) -> None:
    """Give every log-in its row, and let no cookie in without one."""
    user_logged_in.connect(_begin, app, weak=False)
    user_logged_out.connect(_end, app, weak=False)
    manager: Any = app.login_manager  # type: ignore[attr-defined]
    manager.user_loader(_checked(manager._user_callback))


def present() -> str:
    """The secret of this browser's log-in."""
    return str(cookie.get(KEY, ""))


def _begin(_app: Flask, *, user: User, **_: Any) -> None:
    """The caller commits: it may have changed a password in the same transaction."""
    if present():
        sessions.forget(web.session(), secret=present())
    cookie[KEY] = secret("log_in")
    # "Stay logged in" lengthens this cookie's life. The library's second cookie for it
    # would bring back whoever was logged out.
    cookie.permanent = cookie.pop("_remember", "") == "set"
    sessions.begin(
        web.session(),
        user=user,
        secret=present(),
        agent=request.user_agent.string,
        address=_address(),
        now=clock.now(),
    )


def _end(_app: Flask, **_: Any) -> None:
    if present():
        sessions.forget(web.session(), secret=cookie.pop(KEY))
        web.session().commit()


def _checked(load: Callable[[str], User | None]) -> Callable[[str], User | None]:
    def checked(user_id: str) -> User | None:
        user = load(user_id)
        if user is None:
            return None
        found = sessions.current(
            web.session(), user=user, secret=present(), now=clock.now()
        )
        if found is None:
            return None
        _note(found)
        requests_log.asked_by(user.id)
        return user

    return checked


def _note(found: LogIn) -> None:
    """Note the visit, now and then: while reading in a transaction of its own, else in
    the view's, which holds SQLite's only writer."""
    now, address = clock.now(), _address()
    if not sessions.is_to_be_noted(found, address=address, now=now):
        return
    if request.method not in web.READING:
        sessions.note(web.session(), log_in=found, address=address, now=now)
        return
    try:
        with web.services().database.session() as writing:
            sessions.note(writing, log_in=found, address=address, now=now)
            writing.commit()
    except OperationalError as error:  # a busy database is no reason to refuse anybody
        log.warning("a visit could not be noted: %s", error)


def _address() -> str:
    return request.remote_addr or ""
