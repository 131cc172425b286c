"""What an administrator does to users: roles, blocking. Each act is in the audit log."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER, User
from podium.core.errors import Invalid, NotAllowed, NotFound, Refused

REASON_CHARS = 500
ROLES = (ADMIN, ORGANIZER)


def require_admin(user: User) -> None:
    """Raise NotAllowed for everybody else."""
    if not user.is_admin:
        raise NotAllowed("Only administrators may see that.")


def by_username(session: Session, username: str) -> User:
    """A user, also one who is blocked; raises NotFound."""
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        raise NotFound(f"There is no user named “{username[:80]}”.")
    return user


def set_role(session: Session, *, user: User, by: User, role: str, has: bool) -> None:
    """Give a role or take it away; raises Refused for one's own, so that one
    administrator is always left."""
    if role not in ROLES:
        raise Refused("There is no such role. Load the page again.")
    if user.id == by.id and role == ADMIN and not has:
        raise Refused(
            "You can't take your own rights. Ask another administrator to do it."
        )
    accounts.set_role(session, user=user, name=role, has=has)


def block(session: Session, *, user: User, by: User, reason: str) -> None:
    """Let a user in no more, with a reason for the audit log; raises Invalid without
    one, Refused for oneself."""
    reason = " ".join(reason.split())
    if user.id == by.id:
        raise Refused("You can't block yourself.")
    if not 0 < len(reason) <= REASON_CHARS or not reason.isprintable():
        sentence = f"Say why, in 1 to {REASON_CHARS} characters."
        raise Invalid(sentence, kind="invalid", fields={"reason": sentence})
    accounts.set_active(session, user=user, active=False, reason=reason)
