"""Who asks, by bearer token; making and revoking tokens."""

from __future__ import annotations

import logging
from typing import cast

from flask import Response
from sqlalchemy.exc import OperationalError

from podium.accounts import schemas, service
from podium.accounts.models import ApiToken, User
from podium.core import clock, requests_log
from podium.core.api import Access, ApiBlueprint, bearer, no_content
from podium.core.limits import count_try
from podium.core.problems import Unauthorized
from podium.core.web import services, session

log = logging.getLogger(__name__)
bp = ApiBlueprint("accounts", __name__, tag="Accounts")


@bearer.verify_token
def user_id_of_token(secret: str) -> int | None:
    """The id of the user whose token this is, None without one; 401 for a wrong one.

    Looks in a transaction of its own: the request's may be one that writes, and nobody
    shall wait for it while a body comes in.
    """
    if not secret:
        return None
    with services().database.reading() as reading:
        token = service.token_of_secret(reading, secret=secret)
    if token is None:
        raise Unauthorized(
            "This token is not valid: it was mistyped, revoked or has expired. "
            "Make a new one with POST /api/v1/tokens.",
            kind="unauthorized",
        )
    _touch(token)
    requests_log.asked_by(token.user_id)
    return token.user_id


def me() -> User:
    """The user who asks, in this request's session; only where a token is required."""
    return session().get_one(User, cast(int, bearer.current_user))


def viewer() -> User | None:
    """The user who asks, if one does."""
    return me() if bearer.current_user is not None else None


@bp.operation(
    "POST",
    "/tokens",
    body=schemas.NewToken,
    example={"login": "ada", "password": "correct horse battery", "label": "laptop"},
    answer=schemas.MadeToken,
    status=201,
    errors=(403, 429),
)
def make_token(body: schemas.NewToken) -> tuple[schemas.MadeToken, int, dict[str, str]]:
    """Sign in: make a token

    Its secret is answered once. A wrong name or password is 403.
    """
    count_try("log_in", body.login)
    with services().database.reading() as reading:  # hashing takes its time
        user_id = service.check_password(
            reading, login=body.login, password=body.password
        ).id
    token, secret = service.make_token(
        session(),
        user=session().get_one(User, user_id),
        label=body.label,
        expires_days=body.expires_days,
    )
    session().commit()
    shown = schemas.Token.model_validate(token)
    made = schemas.MadeToken(**shown.model_dump(), token=secret)
    return made, 201, {"Cache-Control": "no-store"}


@bp.operation("GET", "/tokens", access=Access.SIGNED_IN, answer=schemas.TokenList)
def list_tokens() -> schemas.TokenList:
    """My tokens, without their secrets"""
    found = service.tokens_of(session(), user=me())
    return schemas.TokenList(
        items=[schemas.Token.model_validate(token) for token in found], next=None
    )


@bp.operation(
    "DELETE",
    "/tokens/<int:token_id>",
    access=Access.SIGNED_IN,
    answers={204: {"description": "It is revoked."}},
)
def revoke_token(token_id: int) -> Response:
    """Revoke a token"""
    service.revoke_token(session(), user=me(), token_id=token_id)
    session().commit()
    return no_content()


def _touch(token: ApiToken) -> None:
    """Note the use, in a short transaction of its own, once a minute at most."""
    moment = clock.now()
    if token.last_used_at and moment - token.last_used_at <= service.TOUCH_EVERY:
        return
    try:
        with services().database.session() as writing:
            service.touch_token(writing, token_id=token.id)
            writing.commit()
    except OperationalError as error:  # a busy database is no reason to refuse anybody
        log.warning("the use of a token could not be noted: %s", error)
