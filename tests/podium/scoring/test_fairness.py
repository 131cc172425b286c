"""The fair order: nobody starves, and the place that is shown is the place there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from podium.scoring.fairness import Waiting, place, serve

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(number: int | None) -> datetime | None:
    """A turn in the past."""
    return None if number is None else START + timedelta(seconds=number)


@st.composite
def queues(draw: st.DrawFn) -> list[Waiting]:
    """Waiting rows of some teams in some competitions."""
    turns = st.none() | st.integers(0, 5)
    waiting, team_id = [], 0
    for competition_id in range(draw(st.integers(1, 4))):
        turn = at(draw(turns))
        for _ in range(draw(st.integers(1, 5))):
            team_id += 1
            count = draw(st.integers(1, 6))
            waiting.append(
                Waiting(competition_id, team_id, count, at(draw(turns)), turn)
            )
    return draw(st.permutations(waiting))


def test_competitions_take_turns_and_in_each_its_teams() -> None:
    waiting = [
        Waiting(1, 11, 3, None, None),
        Waiting(1, 12, 1, None, None),
        Waiting(2, 21, 3, None, None),
    ]
    assert serve(waiting, 9) == [
        (1, 11),
        (2, 21),
        (1, 12),
        (2, 21),
        (1, 11),
        (2, 21),
        (1, 11),
    ]


def test_who_was_served_longest_ago_is_next() -> None:
    waiting = [
        Waiting(1, 11, 1, at(5), at(5)),
        Waiting(2, 21, 1, at(3), at(3)),
        Waiting(3, 31, 1, at(4), at(4)),
    ]
    assert serve(waiting, 3) == [(2, 21), (3, 31), (1, 11)]


def test_a_thousand_rows_of_one_team_do_not_starve_another() -> None:
    waiting = [Waiting(1, 11, 1000, None, None), Waiting(1, 12, 3, at(9), None)]
    served = [team for _, team in serve(waiting, 6)]
    assert served == [11, 12, 11, 12, 11, 12]


def test_a_thousand_teams_of_one_competition_do_not_starve_another() -> None:
    crowd = [Waiting(1, team, 1, None, None) for team in range(1000)]
    served = serve([*crowd, Waiting(2, 5000, 2, at(9), at(9))], 4)
    assert [competition for competition, _ in served] == [1, 2, 1, 2]


def test_no_turn_is_given_to_nobody() -> None:
    assert serve([], 5) == []
    assert serve([Waiting(1, 11, 2, None, None)], 5) == [(1, 11)] * 2


@given(queues(), st.data())
def test_the_place_is_where_serving_gets_to_it(
    waiting: list[Waiting], data: st.DataObject
) -> None:
    mine = data.draw(st.sampled_from(waiting))
    nth = data.draw(st.integers(1, mine.count))
    turns = serve(waiting, sum(each.count for each in waiting))
    turn = (mine.competition_id, mine.team_id)
    expected = [number for number, each in enumerate(turns, 1) if each == turn][nth - 1]
    found = place(
        waiting, competition_id=mine.competition_id, team_id=mine.team_id, nth=nth
    )
    assert found == expected


@given(queues())
def test_everything_is_served_once_and_in_bounds(waiting: list[Waiting]) -> None:
    total = sum(each.count for each in waiting)
    turns = serve(waiting, total + 5)
    assert len(turns) == total
    for each in waiting:
        turn = (each.competition_id, each.team_id)
        assert turns.count(turn) == each.count
        rivals = {
            other.team_id
            for other in waiting
            if other.competition_id == each.competition_id
        }
        in_competition = [t for c, t in turns if c == each.competition_id]
        places = [n for n, t in enumerate(in_competition, 1) if t == each.team_id]
        for nth, found in enumerate(places, 1):
            assert found <= nth * len(rivals)


@given(queues(), st.integers(1, 10))
def test_serving_in_parts_is_serving_at_once(
    waiting: list[Waiting], first: int
) -> None:
    """The dispatcher stops and goes on all the time: the order does not depend on it."""
    total = sum(each.count for each in waiting)
    at_once = serve(waiting, total)
    head = serve(waiting, first)
    now = START + timedelta(days=1)
    team_turns = {t: now + timedelta(seconds=n) for n, (_, t) in enumerate(head)}
    turns = {c: now + timedelta(seconds=n) for n, (c, _) in enumerate(head)}
    left = [
        Waiting(
            each.competition_id,
            each.team_id,
            each.count - head.count((each.competition_id, each.team_id)),
            team_turns.get(each.team_id, each.team_turn),
            turns.get(each.competition_id, each.competition_turn),
        )
        for each in waiting
    ]
    assert head + serve([each for each in left if each.count], total) == at_once
