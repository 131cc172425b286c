"""What an administrator wants to know of the whole: queue, failures, room, people."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from podium.accounts.models import Role, User
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core.errors import NotFound
from podium.submissions.models import WAITING, Score, Status, Submission

WAITING_REVISIONS = (RevisionState.QUEUED, RevisionState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits; ``oldest_at`` is since when the one that waits longest does."""

    waiting: int
    running: int
    background: int  # of those that wait: made anew for another revision
    oldest_at: datetime | None
    preparing: int  # solutions that wait to be checked, or are being checked
    lapsed: int  # in work, but their worker has not been heard of
    failed: int  # given up through a fault of ours, and on show


@dataclass(frozen=True)
class Room:
    """The disk below the data folder, and what teams have sent, in bytes."""

    free: int
    total: int
    sent: int
    files: int


def queue(session: Session, *, now: datetime) -> Queue:
    """The queue as the rows have it: what Redis holds of it is only a few ids."""
    queued = Score.status == Status.QUEUED
    return Queue(
        waiting=_count(session, queued),
        running=_count(session, Score.status == Status.RUNNING),
        background=_count(session, queued, Score.background.is_(True)),
        oldest_at=session.scalar(
            select(func.min(Score.queued_at)).where(queued, Score.background.is_(False))
        ),
        preparing=_count(session, Revision.state.in_(WAITING_REVISIONS)),
        lapsed=_count(session, _lapsed(now)),
        failed=session.scalar(select(func.count()).select_from(_failed().subquery()))
        or 0,
    )


def longest_waiting(session: Session, *, limit: int) -> Sequence[Score]:
    """The scores that wait or run, those that came first before the others."""
    return session.scalars(
        _with_names(select(Score).where(Score.status.in_(WAITING)))
        .order_by(Score.background, Score.queued_at, Score.id)
        .limit(limit)
    ).all()


def failed(session: Session, *, limit: int) -> Sequence[Score]:
    """Scores that were given up through a fault of ours, the newest first."""
    return session.scalars(
        _with_names(_failed()).order_by(Score.id.desc()).limit(limit)
    ).all()


def submission(session: Session, *, public_id: str) -> Submission:
    """Any team's submission; raises NotFound."""
    found = session.scalar(select(Submission).where(Submission.public_id == public_id))
    if found is None:
        raise NotFound("There is no such submission.")
    return found


def room(session: Session, folder: Path) -> Room:
    """How full the disk is."""
    disk = shutil.disk_usage(folder)
    files, sent = session.execute(
        select(func.count(), func.coalesce(func.sum(Submission.size), 0))
    ).one()
    return Room(disk.free, disk.total, int(sent), files)


def users(
    session: Session, *, text: str, role: str, before: int | None, limit: int
) -> Sequence[User]:
    """Users, also blocked ones, by name or address, the newest first."""
    wanted = (
        select(User)
        .options(selectinload(User.roles))
        .order_by(User.id.desc())
        .limit(limit)
    )
    needle = text.strip().lower()
    if needle:
        wanted = wanted.where(
            or_(
                User.username.contains(needle, autoescape=True),
                User.email.contains(needle, autoescape=True),
                func.lower(User.display_name).contains(needle, autoescape=True),
            )
        )
    if role == "blocked":
        wanted = wanted.where(User.active.is_(False))
    elif role:
        wanted = wanted.where(User.roles.any(Role.name == role))
    if before is not None:
        wanted = wanted.where(User.id < before)
    return session.scalars(wanted).all()


def competitions(
    session: Session, *, before: int | None, limit: int
) -> Sequence[Competition]:
    """Every competition, drafts too, the newest first."""
    wanted = (
        select(Competition)
        .options(joinedload(Competition.host))
        .order_by(Competition.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(Competition.id < before)
    return session.scalars(wanted).all()


def _lapsed(now: datetime) -> ColumnElement[bool]:
    return (Score.status == Status.RUNNING) & (Score.lease_until < now)


def _failed() -> Select[Score]:
    return (
        select(Score)
        .join(Score.submission)
        .join(Competition, Competition.id == Score.competition_id)
        .where(
            Score.status == Status.FAILED,
            Submission.withdrawn_at.is_(None),
            Score.revision_id == Competition.live_revision_id,
        )
    )


def _with_names(wanted: Select[Score]) -> Select[Score]:
    submission = joinedload(Score.submission)
    return wanted.options(
        submission.joinedload(Submission.team),
        submission.joinedload(Submission.competition),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0
