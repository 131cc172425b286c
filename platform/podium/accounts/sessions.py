"""Where a user is logged in: browsers, told apart, listed and logged out one by one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import LogIn, User
from podium.core.errors import NotFound
from podium.core.ids import fingerprint

UNSEEN_FOR = timedelta(days=30)  # after that a browser has to log in again
SEEN_EVERY = timedelta(minutes=5)  # so often it is noted that a browser was seen
NETWORK_BITS = {4: 24, 6: 48}
# The first that fits: the later ones' names stand in the earlier ones' texts, too.
BROWSERS = (
    ("Edge", r"\bEdg"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"(?:Chrome|CriOS)/"),
    ("Safari", r"\bSafari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def begin(
    session: Session,
    *,
    user: User,
    secret: str,
    agent: str,
    address: str,
    now: datetime,
) -> None:
    """Note that a browser logged in, and forget those that can't be used any more."""
    session.execute(
        delete(LogIn).where(
            LogIn.user_id == user.id,
            or_(
                LogIn.uniquifier != user.fs_uniquifier,
                LogIn.seen_at < now - UNSEEN_FOR,
            ),
        )
    )
    session.add(
        LogIn(
            user_id=user.id,
            sha256=fingerprint(secret),
            uniquifier=user.fs_uniquifier,
            device=device(agent),
            network=network(address),
            created_at=now,
            seen_at=now,
        )
    )


def current(
    session: Session, *, user: User, secret: str, now: datetime
) -> LogIn | None:
    """The log-in of that secret, if it still counts for that user."""
    found = session.scalar(select(LogIn).where(LogIn.sha256 == fingerprint(secret)))
    if found is None or found.user_id != user.id:
        return None
    if found.uniquifier != user.fs_uniquifier or found.seen_at < now - UNSEEN_FOR:
        return None
    return found


def is_to_be_noted(log_in: LogIn, *, address: str, now: datetime) -> bool:
    """Whether the list would be wrong without a note of this visit."""
    return now - log_in.seen_at > SEEN_EVERY or log_in.network != network(address)


def note(session: Session, *, log_in: LogIn, address: str, now: datetime) -> None:
    """Note that a browser was seen, and from where."""
    session.execute(
        update(LogIn)
        .where(LogIn.id == log_in.id)
        .values(seen_at=now, network=network(address))
    )


def of_user(session: Session, *, user: User, now: datetime) -> Sequence[LogIn]:
    """Where a user is logged in, last seen first."""
    return session.scalars(
        select(LogIn)
        .where(
            LogIn.user_id == user.id,
            LogIn.uniquifier == user.fs_uniquifier,
            LogIn.seen_at >= now - UNSEEN_FOR,
        )
        .order_by(LogIn.seen_at.desc(), LogIn.id.desc())
    ).all()


def end(session: Session, *, user: User, public_id: str) -> None:
    """Log a user out of one browser; raises NotFound where it is not theirs."""
    found = session.execute(
        delete(LogIn)
        .where(LogIn.public_id == public_id, LogIn.user_id == user.id)
        .returning(LogIn.id)
    ).first()
    if found is None:
        raise NotFound("You are not logged in there. Look at the list again.")


def end_others(session: Session, *, user: User, secret: str) -> int:
    """Log a user out everywhere but in the browser of that secret; from how many."""
    ended = session.execute(
        delete(LogIn)
        .where(LogIn.user_id == user.id, LogIn.sha256 != fingerprint(secret))
        .returning(LogIn.uniquifier)
    ).all()
    return sum(each.uniquifier == user.fs_uniquifier for each in ended)


def forget(session: Session, *, secret: str) -> None:
    """Forget the log-in of a browser that logged out."""
    session.execute(delete(LogIn).where(LogIn.sha256 == fingerprint(secret)))


def device(agent: str) -> str:
    """What a browser says it is, in words: a hint to its owner, never a proof."""
    browser = _first(BROWSERS, agent) or "A browser"
    system = _first(SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def network(address: str) -> str:
    """An address cut to its network, which says where without saying who."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    bits = NETWORK_BITS[parsed.version]
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))


def _first(patterns: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for name, text in patterns if re.search(text, agent)), "")
