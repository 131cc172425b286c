"""What a board is, as pure functions: the definition that the tables are kept equal to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True)
class Scored:
    """A scored submission: sort_key is the score, negated where higher is better."""

    submission_id: int
    team_id: int
    sort_key: float
    at: datetime


@dataclass(frozen=True)
class Standing:
    """A team's best submission, and how many were scored."""

    best: Scored
    submissions: int
    last_at: datetime


def sort_key(score: float, *, higher_is_better: bool) -> float:
    """The score such that smaller is better; never the negative zero."""
    return (-score if higher_is_better else score) + 0.0


def ends(
    score: float, low: float | None, high: float | None, *, higher_is_better: bool
) -> tuple[float, float]:
    """The better and the worse end of a score's interval, as keys that sort like scores.

    The score itself where there is no interval, or where the interval leaves it out.
    """
    key = sort_key(score, higher_is_better=higher_is_better)
    if low is None or high is None:
        return key, key
    better, worse = (high, low) if higher_is_better else (low, high)
    return (
        min(sort_key(better, higher_is_better=higher_is_better), key),
        max(sort_key(worse, higher_is_better=higher_is_better), key),
    )


def rank_intervals(spans: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """The best and the worst rank that each team's interval and those of all others allow.

    Of two teams one is better for sure if its whole interval is. A team can't rank before
    those that are better for sure, nor after those that are worse for sure.
    """
    bests = sorted(best for best, _ in spans)
    worsts = sorted(worst for _, worst in spans)
    return [
        (bisect_left(worsts, best) + 1, bisect_right(bests, worst))
        for best, worst in spans
    ]


def finals(
    scored: Iterable[Scored], *, selected: Collection[int], most: int
) -> frozenset[int]:
    """The submissions that count for one team's place on the private board: those that it
    selected, and its best of the rest while there is room for ``most``.

    ``scored`` are its submissions by their public scores. With ``most`` 0 all count.
    """
    ordered = sorted(
        scored,
        key=lambda each: (
            each.submission_id not in selected,
            each.sort_key,
            each.at,
            each.submission_id,
        ),
    )
    return frozenset(each.submission_id for each in ordered[: most or None])


def standing(
    scored: Sequence[Scored], final: Collection[int] | None = None
) -> Standing:
    """One team's standing: its best score, of equal ones the earliest; of at least one.

    With ``final``, only those submissions can be the best, and all are counted.
    """
    best = min(
        (each for each in scored if final is None or each.submission_id in final),
        key=lambda each: (each.sort_key, each.at, each.submission_id),
    )
    return Standing(best, len(scored), max(each.at for each in scored))


def ranked(standings: Iterable[Standing]) -> list[tuple[int, Standing]]:
    """Teams with their ranks. Equal scores share a rank, and stand by the earlier
    submission; the rank after a tie counts those before it: 1, 1, 3."""
    ordered = sorted(
        standings,
        key=lambda each: (each.best.sort_key, each.best.at, each.best.team_id),
    )
    result: list[tuple[int, Standing]] = []
    for _, group in groupby(ordered, key=lambda each: each.best.sort_key):
        rank = len(result) + 1
        result.extend((rank, each) for each in group)
    return result
