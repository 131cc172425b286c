"""The fair order, as pure functions: competitions take turns, and in each its teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOW = datetime.max.replace(tzinfo=UTC)  # later than any turn that was ever recorded


@dataclass(frozen=True)
class Waiting:
    """A team's waiting rows: how many, and when team and competition were last served."""

    competition_id: int
    team_id: int
    count: int
    team_turn: datetime | None
    competition_turn: datetime | None


def serve(waiting: Sequence[Waiting], most: int) -> list[tuple[int, int]]:
    """The next ``most`` turns as (competition_id, team_id), in order.

    Each turn goes to the competition served longest ago, and in it to the team served
    longest ago. So a team's j-th row waits for at most j rows of every other team of its
    competition, and a competition's k-th for at most k of every other competition.
    """
    left = {(each.competition_id, each.team_id): each.count for each in waiting}
    teams, competitions = _turns(waiting)
    turns: list[tuple[int, int]] = []
    for number in range(1, most + 1):
        open_teams = [key for key, count in left.items() if count]
        if not open_teams:
            break
        key = min(
            open_teams,
            key=lambda each: (competitions[each[0]], each[0], teams[each[1]], each[1]),
        )
        left[key] -= 1
        teams[key[1]] = competitions[key[0]] = (NOW, number)
        turns.append(key)
    return turns


def place(
    waiting: Sequence[Waiting], *, competition_id: int, team_id: int, nth: int
) -> int:
    """The place in the whole queue, from 1, of a team's ``nth`` waiting row."""
    teams, competitions = _turns(waiting)
    own = [each for each in waiting if each.competition_id == competition_id]
    in_competition = _place(
        {each.team_id: each.count for each in own}, teams, team_id, nth
    )
    totals: dict[int, int] = {}
    for each in waiting:
        totals[each.competition_id] = totals.get(each.competition_id, 0) + each.count
    return _place(totals, competitions, competition_id, in_competition)


def _turns(
    waiting: Sequence[Waiting],
) -> tuple[dict[int, tuple[datetime, int]], dict[int, tuple[datetime, int]]]:
    """The last turns of teams and of competitions; a turn given now is after them all."""
    teams = {each.team_id: (each.team_turn or LONG_AGO, 0) for each in waiting}
    competitions = {
        each.competition_id: (each.competition_turn or LONG_AGO, 0) for each in waiting
    }
    return teams, competitions


def _place(
    counts: Mapping[int, int],
    turns: Mapping[int, tuple[datetime, int]],
    mine: int,
    nth: int,
) -> int:
    """The place of the nth row of ``mine`` where all take turns, the longest ago first."""
    before = sum(
        min(count, nth if (turns[key], key) < (turns[mine], mine) else nth - 1)
        for key, count in counts.items()
        if key != mine
    )
    return before + nth
