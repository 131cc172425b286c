"""The shake-up: from each team's public rank to its final one, once the end has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.leaderboards import queries
from podium.leaderboards.models import Board, Entry, Split
from podium.teams import queries as teams
from podium.teams.models import Team

MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Move:
    """A team's way from the public to the private board.

    ``place_before`` and ``place`` count from 0 among the teams of a picture.
    """

    team_id: int
    team_public_id: str
    team_name: str
    public_rank: int
    rank: int
    mine: bool = False
    place_before: int = 0
    place: int = 0

    @property
    def change(self) -> int:
        """How many ranks it rose; below 0 it fell."""
        return self.public_rank - self.rank


@dataclass(frozen=True, kw_only=True)
class ShakeUp:
    """How a competition's boards differ.

    ``shown`` are the best teams of the private board, and the viewer's. ``mean_change``
    is the mean over all ``teams`` of how many ranks they moved. ``up`` rose most and
    ``down`` fell most, where any did.
    """

    shown: Sequence[Move]
    teams: int
    mean_change: float
    up: Move | None
    down: Move | None


def shake_up(
    session: Session, *, competition: Competition, now: datetime, viewer: User | None
) -> ShakeUp:
    """From the public to the private board; raises NotAllowed before the end."""
    queries.require_visible(competition=competition, split=Split.PRIVATE, now=now)
    moves = _moves(competition).subquery()
    change = moves.c.public_rank - moves.c.rank
    count, mean = session.execute(
        select(func.count(), func.avg(func.abs(change))).select_from(moves)
    ).one()
    mine = teams.team_of(session, competition=competition, user=viewer)
    best = select(moves).order_by(moves.c.rank, moves.c.team_id).limit(MOST_SHOWN)
    rows = list(session.execute(best))
    if mine is not None and all(row.team_id != mine.id for row in rows):
        rows += session.execute(select(moves).where(moves.c.team_id == mine.id))
    extremes = [
        session.execute(select(moves).order_by(order, moves.c.rank).limit(1)).first()
        for order in (change.desc(), change)
    ]
    up, down = (None if row is None else _move(row, None) for row in extremes)
    return ShakeUp(
        shown=_placed([_move(row, mine) for row in rows]),
        teams=count,
        mean_change=float(mean or 0.0),
        up=up if up is not None and up.change > 0 else None,
        down=down if down is not None and down.change < 0 else None,
    )


def _moves(competition: Competition) -> Select[*tuple[Any, ...]]:
    """Every team that is on both boards, with its two ranks."""
    before, after = (
        _ranks(competition, split).subquery() for split in (Split.PUBLIC, Split.PRIVATE)
    )
    return (
        select(
            Team.id.label("team_id"),
            Team.public_id,
            Team.name,
            before.c.rank.label("public_rank"),
            after.c.rank.label("rank"),
        )
        .join(before, before.c.team_id == Team.id)
        .join(after, after.c.team_id == Team.id)
    )


def _ranks(competition: Competition, split: Split) -> Select[*tuple[Any, ...]]:
    return (
        select(Entry.team_id, func.rank().over(order_by=Entry.sort_key).label("rank"))
        .join(Board, Entry.board_id == Board.id)
        .where(Board.competition_id == competition.id, Board.split == split)
    )


def _move(row: Any, mine: Team | None) -> Move:
    return Move(
        team_id=row.team_id,
        team_public_id=row.public_id,
        team_name=row.name,
        public_rank=row.public_rank,
        rank=row.rank,
        mine=mine is not None and row.team_id == mine.id,
    )


def _placed(moves: Sequence[Move]) -> list[Move]:
    """The teams in their final order, each with its place on either side."""
    before = sorted(moves, key=lambda each: (each.public_rank, each.rank, each.team_id))
    places = {each.team_id: place for place, each in enumerate(before)}
    return [
        replace(each, place_before=places[each.team_id], place=place)
        for place, each in enumerate(moves)
    ]
