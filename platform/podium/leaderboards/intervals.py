"""Rank intervals of a few teams of a board, counted in the database.

What is counted is ``ranking.rank_intervals``; here it is one pass over a part of an index
of the entries for each end, however many teams are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import accumulate

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from podium.leaderboards.models import Board, Entry


def rank_intervals(
    session: Session, *, board: Board, team_ids: Collection[int]
) -> dict[int, tuple[int, int]]:
    """The best and the worst rank of each of these teams that the intervals of all allow."""
    if not team_ids:
        return {}
    asked = (Entry.board_id == board.id) & Entry.team_id.in_(team_ids)
    other = aliased(Entry)
    better = _below(session, asked, board, Entry.best_key, other.worst_key, also=False)
    no_worse = _below(session, asked, board, Entry.worst_key, other.best_key, also=True)
    rows = session.execute(
        select(Entry.team_id, Entry.best_key, Entry.worst_key).where(asked)
    )
    return {
        row.team_id: (better[row.best_key] + 1, no_worse[row.worst_key]) for row in rows
    }


def _below(
    session: Session,
    asked: ColumnElement[bool],
    board: Board,
    ends: InstrumentedAttribute[float],
    counted: InstrumentedAttribute[float],
    *,
    also: bool,
) -> dict[float, int]:
    """For each end of the teams that are asked for, how many of the board's ``counted`` ends
    lie below it, or ``also`` at it.

    Each is counted from the end before, so that no part of the index is read twice.
    """
    # As a sum, so that SQLite finds the teams by their key: for the order's sake it would
    # read the whole board from the index of the ends.
    of_teams = select((ends + 0.0).label("end")).where(asked).subquery()
    steps = select(
        of_teams.c.end,
        func.coalesce(
            func.lag(of_teams.c.end).over(order_by=of_teams.c.end), -math.inf
        ).label("before"),
    ).subquery()
    beyond, within = (
        (counted > steps.c.before, counted <= steps.c.end)
        if also
        else (counted >= steps.c.before, counted < steps.c.end)
    )
    number = (
        select(func.count())
        .select_from(counted.class_)
        .where(counted.class_.board_id == board.id, beyond, within)
        .scalar_subquery()
    )
    found = session.execute(select(steps.c.end, number).order_by(steps.c.end)).all()
    return dict(
        zip(
            (end for end, _ in found),
            accumulate(count for _, count in found),
            strict=True,
        )
    )
