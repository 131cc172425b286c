"""Links in mails that prove something: signed, for one purpose, for some time.

A ticket names a user and a state of their account (address, password), so that it is
worth nothing once that state has changed: one that resets a password does so once.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from enum import StrEnum

from itsdangerous import BadSignature, URLSafeTimedSerializer

from podium.accounts.models import User


class Purpose(StrEnum):
    """What a ticket is good for."""

    CONFIRM = "confirm"  # the address of the account
    RESET = "reset"  # the password
    MOVE = "move"  # the account to another address


VALID = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.MOVE: timedelta(days=1),
}


def issue(key: str, purpose: Purpose, user: User, extra: str = "") -> str:
    """A ticket for a user; ``extra`` comes back with it."""
    return _signer(key, purpose).dumps([user.id, _state(user, purpose), extra])


def read(key: str, purpose: Purpose, ticket: str) -> tuple[int, str, str] | None:
    """User id, state and extra of a ticket; None for one that is false or too old."""
    most = int(VALID[purpose].total_seconds())
    try:
        user_id, state, extra = _signer(key, purpose).loads(ticket, max_age=most)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(user_id), str(state), str(extra)


def is_for(user: User, purpose: Purpose, state: str) -> bool:
    """Whether the account is still what it was when the ticket was issued."""
    return state == _state(user, purpose)


def _state(user: User, purpose: Purpose) -> str:
    parts = [str(user.id), user.email]
    if (
        purpose is not Purpose.CONFIRM
    ):  # an address stays its owner's with a new password
        parts += [user.password or "", user.fs_uniquifier]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _signer(key: str, purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        key, salt=f"podium-{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )
