"""A competition in figures, for its host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from podium.competitions.models import Competition
from podium.core import clock
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Participant, Team

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Who takes part and what came in; ``by_day`` are the last DAYS days in UTC, the
    oldest first, ``by_status`` has the states that occur."""

    entrants: int
    teams: int
    submissions: int
    by_status: Mapping[Status, int]
    by_day: Mapping[date, int]

    @property
    def without_score(self) -> int:
        """Submissions that ended without a score."""
        ended = (Status.REJECTED, Status.HOST_ERROR, Status.CUT_OFF, Status.FAILED)
        return sum(self.by_status.get(status, 0) for status in ended)


def figures_of(session: Session, *, competition: Competition, now: datetime) -> Figures:
    """The figures at this moment."""
    by_status = session.execute(
        select(Score.status, func.count())
        .where(
            Score.competition_id == competition.id,
            Score.revision_id == competition.live_revision_id,
        )
        .group_by(Score.status)
    )
    statuses = {status: count for status, count in by_status}
    return Figures(
        entrants=_count(session, Participant, competition),
        teams=_count(session, Team, competition),
        submissions=_count(session, Submission, competition),
        by_status=statuses,
        by_day=_by_day(session, competition, now),
    )


def _count(
    session: Session,
    model: type[Participant | Team | Submission],
    competition: Competition,
) -> int:
    counted = select(func.count()).where(model.competition_id == competition.id)
    return session.scalar(counted) or 0


def _by_day(
    session: Session, competition: Competition, now: datetime
) -> dict[date, int]:
    starts = [
        clock.day_start(now) - timedelta(days=back) for back in reversed(range(DAYS))
    ]
    of_each = [
        func.sum(
            case(
                (
                    (Submission.created_at >= start)
                    & (Submission.created_at < start + timedelta(days=1)),
                    1,
                ),
                else_=0,
            )
        )
        for start in starts
    ]
    counts = session.execute(
        select(*of_each).where(
            Submission.competition_id == competition.id,
            Submission.created_at >= starts[0],
        )
    ).one()
    return {
        start.date(): count or 0 for start, count in zip(starts, counts, strict=True)
    }
