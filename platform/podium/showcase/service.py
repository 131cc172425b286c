"""Everybody's merit: what the final boards of competitions that count add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, select
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.competitions.queries import launched
from podium.leaderboards.merit import Award, Merit, merit
from podium.leaderboards.models import Board, Entry, Split
from podium.teams.models import Membership


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A user's place in the ranking; equal points share a rank."""

    rank: int
    user: User
    merit: Merit


@dataclass(frozen=True)
class _Final:
    """A final board's awards by user, good for one version of it and one end."""

    version: int
    ended_at: datetime
    awards: tuple[tuple[int, Award], ...]


# Final boards hardly ever change, so a process reads each once: by its database, and there
# by its number.
_finals: WeakKeyDictionary[Pool, dict[int, _Final]] = WeakKeyDictionary()


def ranking(session: Session, *, now: datetime) -> list[Ranked]:
    """Everybody with points, the most first. Drafts, running competitions and those that
    don't count add nothing."""
    awards: dict[int, list[Award]] = defaultdict(list)
    for user_id, award in _all_awards(session, now):
        awards[user_id].append(award)
    found = select(User).where(User.id.in_(awards), User.active)
    merits = [(user, merit(awards[user.id], now)) for user in session.scalars(found)]
    merits.sort(key=lambda each: (-each[1].points, each[0].username))
    ranked: list[Ranked] = []
    for place, (user, each) in enumerate(merits, start=1):
        tied = ranked and ranked[-1].merit.points == each.points
        rank = ranked[-1].rank if tied else place
        ranked.append(Ranked(rank=rank, user=user, merit=each))
    return ranked


def merit_of(session: Session, *, user: User, now: datetime) -> Merit:
    """What one user has reached."""
    mine = (a for user_id, a in _all_awards(session, now) if user_id == user.id)
    return merit(mine, now)


def _all_awards(session: Session, now: datetime) -> Iterator[tuple[int, Award]]:
    boards = session.execute(
        select(Board.id, Board.version, Competition.id, Competition.closes_at)
        .join(Competition, Competition.id == Board.competition_id)
        .where(
            Board.split == Split.PRIVATE,
            Competition.closes_at <= now,
            Competition.ranked,
            launched(now),
        )
    ).all()
    known = _finals.setdefault(session.get_bind().engine.pool, {})
    for board_id, version, competition_id, closes_at in boards:
        final = known.get(board_id)
        if final is None or (final.version, final.ended_at) != (version, closes_at):
            awards = _awards(session, board_id, competition_id, closes_at)
            final = known[board_id] = _Final(version, closes_at, tuple(awards))
        yield from final.awards


def _awards(
    session: Session, board_id: int, competition_id: int, ended_at: datetime
) -> Iterator[tuple[int, Award]]:
    entries = session.execute(
        select(Entry.team_id, Entry.sort_key)
        .where(Entry.board_id == board_id)
        .order_by(Entry.sort_key)
    ).all()
    members: dict[int, list[int]] = defaultdict(list)
    for team_id, user_id in session.execute(
        select(Membership.team_id, Membership.user_id).where(
            Membership.competition_id == competition_id
        )
    ):
        members[team_id].append(user_id)
    rank, last = 0, None
    for place, (team_id, sort_key) in enumerate(entries, start=1):
        rank = rank if sort_key == last else place
        last = sort_key
        award = Award(
            rank=rank,
            teams=len(entries),
            members=len(members[team_id]) or 1,
            ended_at=ended_at,
        )
        yield from ((user_id, award) for user_id in members[team_id])
