"""Handing waiting rows to the workers, a few at a time and in fair order.

Called after every commit that makes a row wait, after every job, and by the sweeper, so
that nothing depends on one call: a queue that is away or was wiped loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions.models import Revision, RevisionState
from podium.core import clock
from podium.core.db import hold
from podium.core.queue import Job
from podium.scoring import fairness
from podium.scoring.models import CompetitionTurn, TeamTurn
from podium.settings import Settings
from podium.submissions.models import WAITING, Score, Status

DISPATCH_LOCK = 0x706F6469  # any number that is used for nothing else
RECENT_SCORES = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Position:
    """Where a waiting score stands: its place from 1, and an estimate in seconds where
    enough was scored lately to make one."""

    place: int
    estimate_s: float | None


def dispatch(services: Services) -> int:
    """Hand over as many rows as the workers can soon start; the number handed over."""
    waiting = services.jobs.waiting()
    if waiting is None:
        return 0
    settings = services.settings
    workers = max(settings.workers, services.jobs.workers(), 1)
    room = workers * settings.queue_ahead_per_worker - len(waiting)
    if room <= 0:
        return 0
    with services.database.session() as session:
        jobs = _take(session, settings, room, waiting, clock.now())
        session.commit()
    sent = [job for job in jobs if services.jobs.send(job)]
    if len(sent) < len(jobs):
        _give_back(services, jobs[len(sent) :])
    return len(sent)


def position(session: Session, *, score: Score, settings: Settings) -> Position | None:
    """Where a queued score stands in the fair order; None once it is taken."""
    if score.status is not Status.QUEUED:
        return None
    same_kind = (
        Score.status == Status.QUEUED,
        Score.background.is_(score.background),
    )
    nth = session.scalar(
        select(func.count()).where(
            *same_kind, Score.team_id == score.team_id, Score.id <= score.id
        )
    )
    place = fairness.place(
        _waiting_teams(session, and_(*same_kind)),
        competition_id=score.competition_id,
        team_id=score.team_id,
        nth=nth or 1,
    )
    each_s = recent_seconds(session)
    if each_s is None:
        return Position(place, None)
    return Position(place, place * each_s / max(settings.workers, 1))


def recent_seconds(session: Session) -> float | None:
    """How long the last scores took on average, in seconds; None where there are none."""
    rows = session.execute(
        select(Score.started_at, Score.finished_at)
        .where(Score.finished_at.is_not(None), Score.started_at.is_not(None))
        .order_by(Score.id.desc())
        .limit(RECENT_SCORES)
    ).all()
    if not rows:
        return None
    return sum((end - start).total_seconds() for start, end in rows) / len(rows)


def queue_counts(session: Session) -> dict[Status, int]:
    """How many scores wait and run."""
    rows = session.execute(
        select(Score.status, func.count())
        .where(Score.status.in_(WAITING))
        .group_by(Score.status)
    ).all()
    found = {status: count for status, count in rows}
    return {status: found.get(status, 0) for status in WAITING}


def _take(
    session: Session,
    settings: Settings,
    room: int,
    in_queue: Iterable[str],
    now: datetime,
) -> list[Job]:
    hold(session, DISPATCH_LOCK)
    known = set(in_queue)
    revisions = session.scalars(
        select(Revision)
        .where(_ready(Revision, Revision.state, RevisionState, settings, now))
        .order_by(Revision.id)
        .limit(room)
    ).all()
    jobs = [
        Job(
            id=f"prepare-{each.id}-{each.attempt}",
            function="podium.scoring.jobs.prepare",
            row_id=each.id,
            timeout_s=settings.prepare_wall_s + 60,
        )
        for each in revisions
    ]
    scores: list[Score] = []
    for background in (False, True):
        if (left := room - len(jobs) - len(scores)) > 0:
            scores += _fair_scores(session, settings, left, background, now)
    jobs += [_score_job(each, settings) for each in scores]
    for row in (*revisions, *scores):
        row.sent_at = now
    return [job for job in jobs if job.id not in known]


def _fair_scores(
    session: Session, settings: Settings, most: int, background: bool, now: datetime
) -> list[Score]:
    ready = and_(
        _ready(Score, Score.status, Status, settings, now),
        Score.background.is_(background),
    )
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
    for number, (competition_id, team_id) in enumerate(turns):
        at = now + timedelta(microseconds=number)
        session.merge(TeamTurn(team_id=team_id, at=at))
        session.merge(CompetitionTurn(competition_id=competition_id, at=at))
    return [next(rows[team_id]) for _, team_id in turns]


def _ready(
    model: type[Score] | type[Revision],
    state: Any,
    words: type[Status] | type[RevisionState],
    settings: Settings,
    now: datetime,
) -> ColumnElement[bool]:
    """Rows that wait and were not handed over lately, or whose worker let the lease lapse."""
    stale = now - timedelta(seconds=settings.queue_stale_s)
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


def _score_job(score: Score, settings: Settings) -> Job:
    return Job(
        id=f"score-{score.id}-{score.attempt}",
        function="podium.scoring.jobs.score",
        row_id=score.id,
        timeout_s=settings.score_wall_s + 60,
    )


def _give_back(services: Services, jobs: Sequence[Job]) -> None:
    """The queue went away in between: let the rows be sent again at once."""
    with services.database.session() as session:
        for model, prefix in ((Score, "score-"), (Revision, "prepare-")):
            ids = [job.row_id for job in jobs if job.id.startswith(prefix)]
            session.execute(update(model).where(model.id.in_(ids)).values(sent_at=None))
        session.commit()
