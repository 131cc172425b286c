"""Handing waiting rows to the workers, a few at a time and in fair order.

Called after every commit that makes a row wait, after every job, and by the sweeper, so
that nothing depends on one call: a queue that is away or was wiped loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions.models import Revision, RevisionState
from podium.competitions.programs import program_of
from podium.core import clock
from podium.core.db import hold
from podium.core.queue import Job
from podium.scoring import fairness
from podium.scoring.models import CompetitionTurn, TeamTurn
from podium.settings import Settings
from podium.submissions.models import WAITING, Score, Status

DISPATCH_LOCK = 0x706F6469  # any number that is used for nothing else
RECENT_SCORES = 20
MEASURED = (Status.SCORED, Status.REJECTED)
# RQ ends a job that takes longer than its own limit by so much. The sandbox's client gives
# up well before: then the row is given back with a reason.
JOB_SLACK_S = 120
PROGRAM_SLACK_S = 400  # and with a program, whose files may be large
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """Where a waiting score stands: its place from 1, and an estimate in seconds where
    enough was scored lately to make one."""

    place: int
    estimate_s: float | None


def dispatch(services: Services) -> int:
    """Hand over as many rows as the workers can soon start; the number handed over.

    Never fails for a queue that is away or a database that is busy: the sweeper calls again.
    """
    waiting = services.jobs.waiting()
    if waiting is None:
        return 0
    settings = services.settings
    workers = max(settings.workers, services.jobs.workers(), 1)
    room = workers * settings.queue_ahead_per_worker
    if len(waiting) >= room:
        return 0
    try:
        with services.database.session() as session:
            jobs = take(session, settings, room, waiting, clock.now())
            session.commit()
        unsent = _send_all(services, jobs)
        if unsent:
            _give_back(services, unsent)
    except OperationalError as error:
        log.warning("waiting rows could not be handed over: %s", error)
        return 0
    return len(jobs) - len(unsent)


def _send_all(services: Services, jobs: Sequence[Job]) -> Sequence[Job]:
    """Send jobs in order, until the queue goes away; those that were not sent."""
    for number, job in enumerate(jobs):
        if not services.jobs.send(job):
            return jobs[number:]
    return ()


def wake(services: Services) -> None:
    """Dispatch after a commit that made a row wait. What fails here, the sweeper does."""
    try:
        dispatch(services)
    except SQLAlchemyError:
        log.exception("waiting rows could not be handed out; the sweeper will do it")


def position(session: Session, *, score: Score, settings: Settings) -> Position | None:
    """Where a queued score stands in the fair order; None once it is taken."""
    if score.status is not Status.QUEUED:
        return None
    stale = clock.now() - timedelta(seconds=settings.queue_stale_s)
    place = _place(session, score, stale)
    each_s = recent_seconds(session)
    if each_s is None:
        return Position(place, None)
    return Position(place, place * each_s / max(settings.workers, 1))


def _place(session: Session, score: Score, stale: datetime) -> int:
    """First come the rows that are with the queue, as they were sent; then the others in
    fair order; last those made anew in the background."""
    queued = Score.status == Status.QUEUED
    sent = and_(queued, Score.sent_at >= stale)
    unsent = and_(queued, or_(Score.sent_at.is_(None), Score.sent_at < stale))
    if score.sent_at is not None and score.sent_at >= stale:
        earlier = or_(
            Score.sent_at < score.sent_at,
            and_(Score.sent_at == score.sent_at, Score.id < score.id),
        )
        return _count(session, sent, earlier) + 1
    before = _count(session, sent)
    if score.background:
        before += _count(session, unsent, Score.background.is_(False))
    same_kind = and_(unsent, Score.background.is_(score.background))
    return before + fairness.place(
        _waiting_teams(session, same_kind),
        competition_id=score.competition_id,
        team_id=score.team_id,
        nth=_count(
            session, same_kind, Score.team_id == score.team_id, Score.id <= score.id
        ),
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0


def recent_seconds(session: Session) -> float | None:
    """How long the last scores took on average, in seconds; None where there are none."""
    rows = session.execute(
        select(Score.started_at, Score.finished_at)
        .where(Score.status.in_(MEASURED))
        .order_by(Score.id.desc())
        .limit(RECENT_SCORES)
    ).all()
    took_s = [(end - start).total_seconds() for start, end in rows if start and end]
    return sum(took_s) / len(took_s) if took_s else None


def queue_counts(session: Session) -> dict[Status, int]:
    """How many scores wait and run."""
    rows = session.execute(
        select(Score.status, func.count())
        .where(Score.status.in_(WAITING))
        .group_by(Score.status)
    ).all()
    found = {status: count for status, count in rows}
    return {status: found.get(status, 0) for status in WAITING}


def take(
    session: Session,
    settings: Settings,
    room: int,
    waiting: Collection[str],
    now: datetime,
) -> list[Job]:
    """Choose rows until ``room`` of them are with the queue.

    What is there already is counted under the lock, in the rows as well as in the queue:
    else many who call at once would each fill the room anew, and the order would be theirs.
    """
    hold(session, DISPATCH_LOCK)
    stale = now - timedelta(seconds=settings.queue_stale_s)
    room -= max(len(waiting), _handed_over(session, stale))
    jobs = [
        _job(each, "prepare", settings.prepare_wall_s)
        for each in _waiting_revisions(session, waiting, stale, now, most=room)
    ]
    for background in (False, True):
        ready = and_(
            _ready(Score, Score.status, Status, stale, now),
            Score.background.is_(background),
            Score.id.not_in(_row_ids(waiting, "score")),
        )
        scores = _fair_scores(session, ready, room - len(jobs), now)
        jobs += [_job(each, "score", _most_s(each, settings)) for each in scores]
    return jobs


def _handed_over(session: Session, stale: datetime) -> int:
    """How many rows were sent and are not taken yet."""
    scores = _count(session, Score.status == Status.QUEUED, Score.sent_at >= stale)
    return scores + _count(
        session, Revision.state == RevisionState.QUEUED, Revision.sent_at >= stale
    )


def _waiting_revisions(
    session: Session,
    waiting: Collection[str],
    stale: datetime,
    now: datetime,
    *,
    most: int,
) -> Sequence[Revision]:
    if most <= 0:
        return ()
    revisions = session.scalars(
        select(Revision)
        .where(
            _ready(Revision, Revision.state, RevisionState, stale, now),
            Revision.id.not_in(_row_ids(waiting, "prepare")),
        )
        .order_by(Revision.id)
        .limit(most)
    ).all()
    for each in revisions:
        each.sent_at = now
    return revisions


def _row_ids(jobs: Collection[str], kind: str) -> list[int]:
    """The rows that jobs of a kind are about, by the jobs' ids."""
    parts = [job.split("-") for job in jobs]
    return [int(part[1]) for part in parts if part[0] == kind]


def _fair_scores(
    session: Session, ready: ColumnElement[bool], most: int, now: datetime
) -> list[Score]:
    if most <= 0:
        return []
    turns = fairness.serve(_waiting_teams(session, ready), most)
    wanted: dict[int, int] = {}
    for _, team_id in turns:
        wanted[team_id] = wanted.get(team_id, 0) + 1
    rows = {
        team_id: iter(
            session.scalars(
                select(Score)
                .where(ready, Score.team_id == team_id)
                .order_by(Score.id)
                .limit(count)
            ).all()
        )
        for team_id, count in wanted.items()
    }
    scores = []
    for number, (competition_id, team_id) in enumerate(turns):
        at = now + timedelta(microseconds=number)
        session.merge(TeamTurn(team_id=team_id, at=at))
        session.merge(CompetitionTurn(competition_id=competition_id, at=at))
        score = next(rows[team_id])
        score.sent_at = at
        scores.append(score)
    return scores


def _ready(
    model: type[Score] | type[Revision],
    state: Any,
    words: type[Status] | type[RevisionState],
    stale: datetime,
    now: datetime,
) -> ColumnElement[bool]:
    """Rows that wait and were not handed over since ``stale``, or whose worker let the
    lease lapse."""
    return and_(
        or_(
            state == words.QUEUED,
            and_(state == words.RUNNING, model.lease_until < now),
        ),
        or_(
            model.sent_at.is_(None),
            model.sent_at < stale,
            # It was taken since it was sent, and its lease has lapsed.
            and_(state == words.RUNNING, model.sent_at < model.lease_until),
        ),
        or_(model.not_before.is_(None), model.not_before <= now),
    )


def _waiting_teams(
    session: Session, condition: ColumnElement[bool]
) -> Sequence[fairness.Waiting]:
    rows = session.execute(
        select(
            Score.competition_id,
            Score.team_id,
            func.count(),
            func.max(TeamTurn.at),
            func.max(CompetitionTurn.at),
        )
        .outerjoin(TeamTurn, TeamTurn.team_id == Score.team_id)
        .outerjoin(
            CompetitionTurn, CompetitionTurn.competition_id == Score.competition_id
        )
        .where(condition)
        .group_by(Score.competition_id, Score.team_id)
    ).all()
    return [fairness.Waiting(*row) for row in rows]


def _most_s(score: Score, settings: Settings) -> float:
    """The longest time that a score may take, a program's run included."""
    program = program_of(score.revision)
    if program is None:
        return settings.score_wall_s
    return settings.score_wall_s + program.most_s + PROGRAM_SLACK_S


def _job(row: Score | Revision, kind: str, wall_s: float) -> Job:
    return Job(
        id=f"{kind}-{row.id}-{row.attempt}",
        function=f"podium.scoring.jobs.{kind}",
        row_id=row.id,
        timeout_s=wall_s + JOB_SLACK_S,
    )


def _give_back(services: Services, jobs: Sequence[Job]) -> None:
    """The queue went away in between: let the rows be sent again at once."""
    with services.database.session() as session:
        for model, kind in ((Score, "score"), (Revision, "prepare")):
            ids = _row_ids([job.id for job in jobs], kind)
            session.execute(update(model).where(model.id.in_(ids)).values(sent_at=None))
        session.commit()
