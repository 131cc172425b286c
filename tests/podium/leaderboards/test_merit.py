"""Medals, points and tiers: Kaggle's published formulas, at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from podium.leaderboards.merit import Award, Medal, Tier, medal, merit, points

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rank", "teams", "members", "days", "expected"),
    [
        (1, 1000, 1, 0, 60206.00),
        (1, 1000, 4, 0, 30103.00),
        (10, 1000, 1, 0, 10706.31),
        (100, 1000, 1, 0, 1903.88),
        (1, 100, 1, 0, 47712.13),
        (1, 1000, 1, 365, 29013.81),
        (1, 1, 1, 0, 0.0),
    ],
)
def test_points_are_those_of_the_published_formula(
    rank: int, teams: int, members: int, days: float, expected: float
) -> None:
    found = points(rank=rank, teams=teams, members=members, days=days)
    assert round(found, 2) == expected


@pytest.mark.parametrize(
    ("teams", "gold", "silver", "bronze"),
    [
        (1, 0, 0, 0),
        (2, 0, 0, 0),
        (3, 0, 0, 1),
        (9, 0, 1, 3),
        (10, 1, 2, 4),
        (99, 9, 19, 39),
        (100, 10, 20, 40),
        (249, 10, 49, 99),
        (250, 10, 50, 100),
        (499, 10, 50, 100),
        (500, 11, 50, 100),
        (999, 11, 50, 100),
        (1000, 12, 50, 100),
        (5000, 20, 250, 500),
    ],
)
def test_how_many_medals_a_field_has(
    teams: int, gold: int, silver: int, bronze: int
) -> None:
    found = [medal(rank=rank, teams=teams) for rank in range(1, teams + 1)]
    assert found.count(Medal.GOLD) == gold
    assert found.count(Medal.SILVER) == silver - gold
    assert found.count(Medal.BRONZE) == bronze - silver
    order = [*Medal, None]
    assert found == sorted(found, key=order.index)


def award(rank: int, members: int = 1, days: float = 0) -> Award:
    """A rank among 1,000 teams: 12 are golden, 50 silver, 100 bronze."""
    return Award(
        rank=rank, teams=1000, members=members, ended_at=NOW - timedelta(days=days)
    )


GOLD, SILVER, BRONZE, NONE = award(1), award(13), award(51), award(500)
TOGETHER = award(1, members=3)


@pytest.mark.parametrize(
    ("awards", "tier"),
    [
        ([], Tier.NOVICE),
        ([NONE], Tier.CONTRIBUTOR),
        ([BRONZE], Tier.CONTRIBUTOR),
        ([BRONZE, BRONZE], Tier.EXPERT),
        ([GOLD, BRONZE], Tier.EXPERT),
        ([SILVER, SILVER, SILVER], Tier.EXPERT),
        ([GOLD, SILVER, SILVER], Tier.MASTER),
        ([TOGETHER, GOLD, SILVER], Tier.MASTER),
        ([TOGETHER] * 5, Tier.MASTER),
        ([TOGETHER] * 4 + [GOLD], Tier.GRANDMASTER),
        ([GOLD] * 4, Tier.MASTER),
    ],
)
def test_a_tier_is_what_the_medals_add_up_to(awards: list[Award], tier: Tier) -> None:
    assert merit(awards, NOW).tier is tier


def test_points_add_up_and_fade() -> None:
    found = merit([award(1), award(1, members=4, days=365)], NOW)
    assert found.points == pytest.approx(60206.00 + 29013.81 / 2, abs=0.01)
    assert found.medals == {Medal.GOLD: 2, Medal.SILVER: 0, Medal.BRONZE: 0}
    assert found.results == 2


def test_before_the_end_nothing_has_grown() -> None:
    assert award(1, days=-5).points(NOW) == award(1).points(NOW)
