"""Reading users."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from podium.accounts.models import User


def search(session: Session, *, text: str, limit: int) -> list[User]:
    """Active users whose names hold ``text``, by name."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    return list(
        session.scalars(
            select(User)
            .where(
                User.active,
                or_(
                    User.username.contains(wanted, autoescape=True),
                    func.lower(User.display_name).contains(wanted, autoescape=True),
                ),
            )
            .order_by(User.username)
            .limit(limit)
        )
    )
