"""Lists by pages: a limit, and a cursor that says where the last page ended.

A cursor is opaque and signed for its list, so that what comes back is what was given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from pydantic import Field

from podium.core.errors import Invalid
from podium.core.shapes import Query

PAGE_ROWS = 50
PAGE_ROWS_MOST = 200
CURSOR_CHARS = 400


class PageQuery(Query):
    """The query of every list."""

    limit: int = Field(
        PAGE_ROWS, ge=1, le=PAGE_ROWS_MOST, description="How many items at most."
    )
    cursor: str = Field(
        "",
        max_length=CURSOR_CHARS,
        description="`next` of the page before; empty for the first page.",
    )


def cursor_of(kind: str, *key: int | float | datetime) -> str:
    """A cursor for the list ``kind`` that stands after the row with that key."""
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return str(_signer(kind).dumps(parts))


def key_of(kind: str, cursor: str) -> list[Any] | None:
    """The key in a cursor, None for an empty one; raises Invalid for any other text."""
    if not cursor:
        return None
    try:
        key: list[Any] = _signer(kind).loads(cursor)
    except (BadData, ValueError) as error:
        sentence = (
            "This is not a cursor of this list. Leave it out for the first page, then "
            "pass on `next` as it came."
        )
        raise Invalid(sentence, kind="invalid", fields={"cursor": sentence}) from error
    return key


def id_of(kind: str, cursor: str) -> int | None:
    """The id in the cursor of a list that is ordered by id."""
    key = key_of(kind, cursor)
    return None if key is None else int(key[0])


def _signer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=f"podium-cursor-{kind}")
