"""Reading submissions and their scores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotFound
from podium.core.text import name_key
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Membership, Team

FREE_WINDOW = timedelta(hours=1)


def used_today(
    session: Session, *, team: Team, now: datetime, late: bool = False
) -> int:
    """How many submissions of this UTC day use up the team's quota: that of those in time,
    or that of the late ones."""
    found = session.scalar(
        select(func.count())
        .select_from(Submission)
        .where(
            Submission.team_id == team.id,
            Submission.created_at >= clock.day_start(now),
            Submission.counted,
            Submission.late.is_(late),
        )
    )
    return found or 0


def late_count(session: Session, *, team: Team) -> int:
    """How many late submissions a team has sent."""
    late = select(func.count()).where(Submission.team_id == team.id, Submission.late)
    return session.scalar(late) or 0


def free_again_at(
    session: Session, *, team: Team, now: datetime, most: int
) -> datetime | None:
    """When a team that sent ``most`` files without charge within an hour may go on; None
    where it may now."""
    found = session.scalar(
        select(Submission.created_at)
        .where(
            Submission.team_id == team.id,
            Submission.created_at > now - FREE_WINDOW,
            Submission.counted.is_(False),
        )
        .order_by(Submission.created_at.desc())
        .offset(max(most, 1) - 1)
        .limit(1)
    )
    return None if found is None else found + FREE_WINDOW


def of_team(
    session: Session,
    *,
    team: Team,
    limit: int = 50,
    before_id: int | None = None,
    offset: int = 0,
) -> list[Submission]:
    """A team's submissions with their scores, newest first."""
    query = (
        select(Submission)
        .where(Submission.team_id == team.id)
        .options(
            selectinload(Submission.scores).joinedload(Score.revision),
            joinedload(Submission.user),
            joinedload(Submission.competition),
        )
        .order_by(Submission.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if before_id is not None:
        query = query.where(Submission.id < before_id)
    return list(session.scalars(query))


def by_request_key(
    session: Session, *, competition: Competition, user: User, key: str
) -> Submission | None:
    """What a user sent with this key before; None where that is nothing."""
    if not key:
        return None
    return session.scalar(
        select(Submission).where(
            Submission.competition_id == competition.id,
            Submission.user_id == user.id,
            Submission.request_key == key,
        )
    )


def of_competition(
    session: Session,
    *,
    competition: Competition,
    status: Status | None = None,
    search: str = "",
    limit: int = 50,
    before_id: int | None = None,
) -> list[Submission]:
    """A competition's submissions with their scores, newest first, for its host.

    ``status`` is that of the score by the live revision; ``search`` the start of a team's
    name, or a user name.
    """
    query = (
        select(Submission)
        .where(Submission.competition_id == competition.id)
        .options(
            selectinload(Submission.scores).joinedload(Score.revision),
            joinedload(Submission.user),
            joinedload(Submission.team),
            joinedload(Submission.competition),
        )
        .order_by(Submission.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Submission.id < before_id)
    if status is Status.WITHDRAWN:
        query = query.where(Submission.withdrawn_at.is_not(None))
    elif status is not None:
        query = query.where(
            Submission.withdrawn_at.is_(None),
            exists().where(
                Score.submission_id == Submission.id,
                Score.revision_id == competition.live_revision_id,
                Score.status == status,
            ),
        )
    if search.strip():
        teams = select(Team.id).where(
            Team.competition_id == competition.id,
            Team.name_key.startswith(name_key(search.strip()), autoescape=True),
        )
        users = select(User.id).where(User.username == search.strip().lower())
        query = query.where(
            Submission.team_id.in_(teams) | Submission.user_id.in_(users)
        )
    return list(session.scalars(query))


def of_competition_by_public_id(
    session: Session, *, competition: Competition, public_id: str
) -> Submission:
    """A submission of a competition, for its host; raises NotFound."""
    found = session.scalar(
        select(Submission).where(
            Submission.public_id == public_id,
            Submission.competition_id == competition.id,
        )
    )
    if found is None:
        raise NotFound("There is no such submission in this competition.")
    return found


def by_public_id(
    session: Session, *, public_id: str, viewer: User | None
) -> Submission:
    """A submission, for the members of its team; raises NotFound for everybody else."""
    return _for_members(session, Submission.public_id == public_id, viewer)


def by_id(session: Session, *, submission_id: int, viewer: User | None) -> Submission:
    """A submission by its number, for the members of its team; raises NotFound."""
    return _for_members(session, Submission.id == submission_id, viewer)


def selected_ids(session: Session, *, team: Team) -> list[int]:
    """The numbers of the submissions that a team has chosen as finals."""
    return list(
        session.scalars(
            select(Submission.id).where(
                Submission.team_id == team.id, Submission.selected_at.is_not(None)
            )
        )
    )


def selected_count(session: Session, *, submission: Submission) -> int:
    """How many finals the team of a submission has chosen."""
    chosen = select(func.count()).where(
        Submission.team_id == submission.team_id, Submission.selected_at.is_not(None)
    )
    return session.scalar(chosen) or 0


def shown_score(submission: Submission) -> Score | None:
    """The score that counts: the live revision's, or the newest there is."""
    live = submission.competition.live_revision_id
    for score in submission.scores:
        if score.revision_id == live:
            return score
    return submission.scores[-1] if submission.scores else None


def counts(session: Session, competition_ids: Iterable[int]) -> dict[int, int]:
    """How many submissions each competition has."""
    rows = session.execute(
        select(Submission.competition_id, func.count())
        .where(Submission.competition_id.in_(list(competition_ids)))
        .group_by(Submission.competition_id)
    )
    return {competition_id: count for competition_id, count in rows}


def _for_members(
    session: Session, which: ColumnElement[bool], viewer: User | None
) -> Submission:
    found = session.scalar(
        select(Submission)
        .where(which)
        .options(selectinload(Submission.scores), joinedload(Submission.competition))
    )
    if found is None or viewer is None or not _is_member(session, found, viewer):
        raise NotFound("You have no such submission. Check the address.")
    return found


def _is_member(session: Session, submission: Submission, user: User) -> bool:
    found = session.scalar(
        select(Membership.id).where(
            Membership.team_id == submission.team_id, Membership.user_id == user.id
        )
    )
    return found is not None
