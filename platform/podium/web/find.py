"""Searching the whole site, and counting it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from podium.accounts.models import User
from podium.competitions import queries as competitions
from podium.competitions.models import Competition
from podium.leaderboards.models import Split
from podium.leaderboards.queries import BoardPage, board_page
from podium.submissions.models import Submission
from podium.teams.models import Membership, Team

EACH = 20  # of a kind
LEADERS = 4


@dataclass(frozen=True)
class Results:
    """What was found, at most ``EACH`` of a kind."""

    competitions: Sequence[Competition] = ()
    teams: Sequence[Team] = ()
    users: Sequence[User] = ()

    @property
    def count(self) -> int:
        """How many were found."""
        return len(self.competitions) + len(self.teams) + len(self.users)


@dataclass(frozen=True)
class Totals:
    """How large this Podium is."""

    competitions: int
    users: int
    submissions: int


def everything(session: Session, asked: str, *, now: datetime) -> Results:
    """Competitions, teams and users that have ``asked`` in their names."""
    if not asked:
        return Results()
    needle = asked.lower()
    return Results(
        competitions.page_of(session, now=now, search=asked, limit=EACH),
        _teams(session, needle),
        _users(session, needle),
    )


def _teams(session: Session, needle: str) -> Sequence[Team]:
    members = selectinload(Team.memberships).joinedload(Membership.user)
    return session.scalars(
        select(Team)
        .where(func.lower(Team.name).contains(needle, autoescape=True))
        .options(joinedload(Team.competition), members)
        .order_by(Team.id.desc())
        .limit(EACH)
    ).all()


def _users(session: Session, needle: str) -> Sequence[User]:
    return session.scalars(
        select(User)
        .where(
            User.active,
            or_(
                User.username.contains(needle, autoescape=True),
                func.lower(User.display_name).contains(needle, autoescape=True),
            ),
        )
        .order_by(User.username)
        .limit(EACH)
    ).all()


@dataclass(frozen=True)
class Leading:
    """The top of a competition's board."""

    competition: Competition
    board: BoardPage


def leading(
    session: Session, open_now: Sequence[Competition], *, now: datetime
) -> Leading | None:
    """The top of the board with the most teams among these competitions."""
    pages = [
        Leading(
            each,
            board_page(
                session, competition=each, split=Split.PUBLIC, now=now, limit=LEADERS
            ),
        )
        for each in open_now
    ]
    best = max(pages, key=lambda each: each.board.teams, default=None)
    return best if best and best.board.rows else None


def totals(session: Session) -> Totals:
    """How many competitions, people and submissions there are."""
    counts = (
        session.scalar(select(func.count()).select_from(model))
        for model in (Competition, User, Submission)
    )
    return Totals(*(count or 0 for count in counts))
