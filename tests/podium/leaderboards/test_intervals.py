"""Rank intervals: what the scores' intervals allow, as comparing each team with each says."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.db import Database
from podium.leaderboards import queries, ranking, service
from podium.leaderboards.models import Board, Entry, Split
from tests.podium.factories import Factory
from tests.podium.leaderboards.test_boards import CHECKED, Arena, arena

# Few values, so that ends often are equal.
ENDS = st.sampled_from([-1.0, -0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1e300])
INTERVALS = st.none() | st.tuples(ENDS, ENDS).map(sorted)
FIELD = st.lists(st.tuples(ENDS, INTERVALS), max_size=8)
Interval = list[float] | None


def spans(
    field: list[tuple[float, Interval]], higher: bool
) -> list[tuple[float, float]]:
    return [
        ranking.ends(score, *(interval or [None, None]), higher_is_better=higher)
        for score, interval in field
    ]


def naive(spans: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Each team compared with each."""
    return [
        (
            1 + sum(worst < mine[0] for _, worst in spans),
            len(spans) - sum(best > mine[1] for best, _ in spans),
        )
        for mine in spans
    ]


@given(FIELD, st.booleans())
def test_rank_intervals_are_those_of_comparing_each_with_each(
    field: list[tuple[float, Interval]], higher: bool
) -> None:
    found = spans(field, higher)
    assert ranking.rank_intervals(found) == naive(found)


@given(FIELD, st.booleans())
def test_a_rank_lies_in_its_interval(
    field: list[tuple[float, Interval]], higher: bool
) -> None:
    keys = [ranking.sort_key(score, higher_is_better=higher) for score, _ in field]
    intervals = ranking.rank_intervals(spans(field, higher))
    for key, (best, worst) in zip(keys, intervals, strict=True):
        rank = 1 + sum(other < key for other in keys)
        last_of_tied = sum(other <= key for other in keys)
        assert 1 <= best <= rank <= last_of_tied <= worst <= len(keys)


@given(FIELD, st.booleans())
def test_the_order_turns_when_low_scores_are_better(
    field: list[tuple[float, Interval]], higher: bool
) -> None:
    turned = [
        (-score, interval and [-interval[1], -interval[0]]) for score, interval in field
    ]
    assert spans(field, higher) == spans(turned, not higher)


def test_scores_without_intervals_leave_only_ties() -> None:
    assert ranking.rank_intervals(
        spans([(0.9, None), (0.5, None), (0.5, None)], True)
    ) == [(1, 1), (2, 3), (2, 3)]


# In the database


def play(here: Arena, field: list[tuple[float, Interval]]) -> None:
    """Each score of a field by a team of its own."""
    for number, (score, interval) in enumerate(field):
        if number >= len(here.teams):
            here.teams.append(here.add_team(number))
        submission_id = here.submit(number, number)
        here.score(submission_id, score, score, interval=interval)


@pytest.fixture(params=["as scored", "rebuilt"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shown(here: Arena, limit: int) -> list[queries.Row]:
    """The whole public board, page by page."""
    rows: list[queries.Row] = []
    after = None
    while True:
        page = queries.board_page(
            here.session,
            competition=here.competition,
            split=Split.PUBLIC,
            now=clock.now(),
            limit=limit,
            after=after,
        )
        rows += page.rows
        after = page.next
        if after is None:
            return rows


@CHECKED
@given(FIELD, st.booleans(), st.integers(1, 4))
def test_a_board_shows_what_its_definition_says(
    database: Database,
    make: Factory,
    way: str,
    field: list[tuple[float, Interval]],
    higher: bool,
    limit: int,
) -> None:
    with arena(database, make, higher) as here:
        play(here, field)
        if way == "rebuilt":
            service.rebuild(here.session, competition=here.competition)
        ends = spans(field, higher)
        by_team = dict(zip(here.teams, ranking.rank_intervals(ends), strict=False))
        rows = shown(here, limit)
        assert [row.ranks for row in rows] == [
            by_team[row.team_id] if row.low is not None else None for row in rows
        ]
        for row, below in pairwise(rows):
            whole = None not in (row.low, below.low)
            overlap = below.best_key <= row.worst_key
            assert row.tied_with_next is (whole and overlap)
        assert not rows or rows[-1].tied_with_next is False


@pytest.mark.database
def test_intervals_on_both_databases(database: Database, make: Factory) -> None:
    with arena(database, make, True) as here:
        play(
            here,
            [
                (0.9, [0.85, 0.95]),
                (0.8, [0.7, 0.9]),
                (0.7, [0.6, 0.8]),
                (0.3, [0.2, 0.4]),
                (0.1, None),
            ],
        )
        expected = [(1, 2), (1, 3), (2, 3), (4, 4), None]
        assert [row.ranks for row in shown(here, 2)] == expected
        assert [row.tied_with_next for row in shown(here, 2)] == [
            True,
            True,
            *[False] * 3,
        ]
        service.rebuild(here.session, competition=here.competition)
        assert [row.ranks for row in shown(here, 50)] == expected


def test_a_page_reads_its_own_teams_and_counts_in_indexes(
    database: Database, make: Factory
) -> None:
    with arena(database, make, True) as here:
        play(here, [(0.9, [0.85, 0.95]), (0.8, [0.7, 0.9])])
        plans = []

        def explain(
            link: Connection, _cursor: Any, statement: str, values: Any, *_: Any
        ) -> None:
            if "lag(" in statement and not statement.startswith("EXPLAIN"):
                asked = link.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans.append("\n".join(row.detail for row in asked))

        event.listen(database.engine, "before_cursor_execute", explain)
        shown(here, 50)
        event.remove(database.engine, "before_cursor_execute", explain)
    assert len(plans) == 2
    for plan, index in zip(plans, ("worst", "best"), strict=True):
        assert "(board_id=? AND team_id=?)" in plan
        assert (
            f"COVERING INDEX ix_entries_{index} (board_id=? AND {index}_key>?" in plan
        )
        assert "SCAN entries" not in plan


def test_my_row_has_its_interval_wherever_it_stands(make: Factory) -> None:
    competition = make.competition()
    me = make.user("ada")
    for user, score in ((make.user(), 0.9), (make.user(), 0.89), (me, 0.88)):
        make.submission(make.team(competition, user), user, public=score)

    def mine(viewer: User) -> queries.Row | None:
        with make.session() as session:
            return queries.board_page(
                session,
                competition=session.scalars(select(Competition)).one(),
                split=Split.PUBLIC,
                now=clock.now(),
                viewer=viewer,
                limit=1,
            ).me

    row = mine(me)
    assert row is not None
    assert (row.rank, row.ranks) == (3, (1, 3))


def test_an_interval_that_leaves_its_score_out_is_widened_to_it(
    make: Factory,
) -> None:
    competition = make.competition()
    user = make.user()
    make.submission(make.team(competition, user), user, public=0.5, margin=-0.1)
    with make.session() as session:
        board = session.scalars(select(Board).where(Board.split == Split.PUBLIC)).one()
        entry = session.scalars(select(Entry).where(Entry.board_id == board.id)).one()
        assert (entry.best_key, entry.worst_key) == (-0.5, -0.5)
