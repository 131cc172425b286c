"""What the API says of tokens."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from podium.core.shapes import Answer, Input


class NewToken(Input):
    """A log-in, and what to call the token."""

    login: str = Field(
        min_length=1, max_length=255, description="User name or e-mail address."
    )
    password: str = Field(min_length=1, max_length=500)
    label: str = Field(
        min_length=1, max_length=80, description="What it is for.", examples=["laptop"]
    )
    expires_days: int | None = Field(
        None, ge=1, le=3650, description="Null: it never expires."
    )


class Token(Answer):
    """A token without its secret."""

    id: int
    label: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeToken(Token):
    """A new token. The secret is shown here once, and never again."""

    token: str = Field(examples=["podium_..."])


class TokenList(Answer):
    """My tokens, newest first."""

    items: list[Token]
    next: str | None
