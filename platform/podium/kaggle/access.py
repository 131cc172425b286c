"""Who asks, in the ways that Kaggle's clients say it, and refusals as they read them."""

from __future__ import annotations

import binascii
from base64 import b64decode
from http import HTTPStatus
from typing import cast

from flask import Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from podium.accounts.api import user_id_of_token
from podium.accounts.models import User
from podium.core.errors import NotAllowed, PodiumError, TooMany
from podium.core.problems import SENTENCES, Unauthorized
from podium.core.uploads import drain
from podium.core.web import services, session

HOW = (
    "Make a token under Settings > Tokens on {site}. Then set KAGGLE_API_TOKEN to it, or "
    "KAGGLE_USERNAME to your user name and KAGGLE_KEY to the token."
)


def identify() -> None:
    """Find out who asks, before anything else is looked up: noting a token's use is a
    transaction of its own, which the request's would keep waiting. Raises NotAllowed for
    a wrong token."""
    g.kaggle_user_id = _user_id()


def me(site_url: str) -> User:
    """The user whose token came along; raises NotAllowed with the way to one.

    Not 401: at that Kaggle's clients print help about kaggle.com and hide the sentence.
    """
    found = viewer()
    if found is None:
        raise NotAllowed("This needs a token. " + HOW.format(site=site_url))
    return found


def viewer() -> User | None:
    """The user who asks, None without a token."""
    user_id: int | None = g.kaggle_user_id
    return None if user_id is None else session().get_one(User, user_id)


def is_valid(token: str) -> User | None:
    """The user of a token; None for a wrong one."""
    try:
        user_id = user_id_of_token(token)
    except Unauthorized:
        return None
    return None if user_id is None else session().get(User, user_id)


def error_answer(error: Exception) -> Response:
    """A refusal as Kaggle's clients print it: ``code`` and ``message``."""
    headers = {}
    if isinstance(error, PodiumError):
        status, sentence = error.status, error.sentence
    elif isinstance(error, HTTPException):
        status = error.code or 500
        sentence = SENTENCES.get(status) or error.description or ""
    else:
        raise error
    if status == HTTPStatus.UNAUTHORIZED:
        status = HTTPStatus.FORBIDDEN
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_after_s)
    drain(request)
    answer = jsonify({"code": int(status), "message": sentence})
    answer.status_code = int(status)
    answer.headers.update(headers)
    return answer


def _user_id() -> int | None:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if not text:
        return None
    if kind.lower() == "bearer":
        return cast(int | None, user_id_of_token(text.strip()))
    if kind.lower() != "basic":
        return None
    name, secret = _name_and_secret(text)
    user_id = cast(int | None, user_id_of_token(secret))
    with services().database.reading() as reading:
        user = None if user_id is None else reading.get(User, user_id)
    if user is None or user.username.casefold() != name.casefold():
        raise NotAllowed(
            "The user name and the key do not belong together. KAGGLE_KEY must be a token "
            "of the user that KAGGLE_USERNAME names."
        )
    return user_id


def _name_and_secret(text: str) -> tuple[str, str]:
    try:
        name, _, secret = b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotAllowed("The Authorization header can't be read.") from error
    return name, secret
