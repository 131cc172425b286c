"""Writing mail, taking what is due, and noting what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from podium.notifications.models import Mail

SENT_WITHIN = timedelta(minutes=5)  # then another process may try
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=4)
TRIES = 12  # over about 16 hours
KEPT = timedelta(days=30)  # finished ones, without their texts
ADDRESS_CHARS, SUBJECT_CHARS = 255, 200


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What a mail says."""

    kind: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How the mail stands: waiting, the oldest of that, and given up in the last days."""

    waiting: int
    oldest: datetime | None
    given_up: int
    last_error: str


def write(session: Session, *, to: str, letter: Letter) -> None:
    """Put a mail into the queue; it is sent after the commit."""
    subject = " ".join(letter.subject.split())[:SUBJECT_CHARS]
    session.add(
        Mail(
            kind=letter.kind,
            address=to[:ADDRESS_CHARS],
            subject=subject,
            text=letter.text,
        )
    )


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether there is mail to send: a look that only reads."""
    return session.scalar(select(exists().where(Mail.not_before <= now))) or False


def take(session: Session, *, now: datetime) -> Mail | None:
    """The mail that is due longest, for this process alone; None where none is. The
    caller commits before it sends."""
    while True:
        found = session.execute(
            select(Mail.id, Mail.tries)
            .where(Mail.not_before <= now)
            .order_by(Mail.not_before, Mail.id)
            .limit(1)
        ).first()
        if found is None:
            return None
        taken = session.execute(
            update(Mail)
            .where(Mail.id == found.id, Mail.tries == found.tries)
            .where(Mail.not_before <= now)
            .values(tries=Mail.tries + 1, not_before=now + SENT_WITHIN)
            .returning(Mail.id)
        ).first()
        if taken is not None:
            return session.get_one(Mail, found.id, populate_existing=True)


def record_sent(session: Session, *, mail: Mail, now: datetime) -> None:
    """Note that a mail was taken by the mail server, and forget its text."""
    _finish(session, mail, sent_at=now, error="")


def record_failure(
    session: Session, *, mail: Mail, now: datetime, error: str, final: bool
) -> None:
    """Note why a mail could not be sent: it rests, longer each time, or is given up."""
    error = error[:500]
    if final or mail.tries >= TRIES:
        _finish(session, mail, sent_at=None, error=error)
        return
    rest = min(FIRST_REST * 2 ** (mail.tries - 1), LONGEST_REST)
    session.execute(
        update(Mail)
        .where(Mail.id == mail.id, Mail.tries == mail.tries)
        .values(not_before=now + rest, error=error)
    )


def _finish(
    session: Session, mail: Mail, *, sent_at: datetime | None, error: str
) -> None:
    session.execute(
        update(Mail)
        .where(Mail.id == mail.id)
        .values(not_before=None, text="", sent_at=sent_at, error=error)
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete finished mail of long ago."""
    session.execute(
        delete(Mail).where(Mail.not_before.is_(None), Mail.created_at < now - KEPT)
    )


def figures(session: Session) -> Figures:
    """How the mail stands, for the operator."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Mail.created_at)).where(
            Mail.not_before.is_not(None)
        )
    ).one()
    given_up = select(Mail).where(Mail.not_before.is_(None), Mail.sent_at.is_(None))
    failing = select(Mail.error).where(Mail.error != "").order_by(Mail.id.desc())
    return Figures(
        waiting=waiting,
        oldest=oldest,
        given_up=session.scalar(select(func.count()).select_from(given_up.subquery()))
        or 0,
        last_error=session.scalar(failing.limit(1)) or "",
    )
