"""What a final rank is worth: medals, points that fade, and a tier.

The formulas are those that Kaggle has published: medals by field size (its progression
page), points since 2015 (its blog, 13 May 2015). Which competitions count is the
administrators' choice, so that nobody awards medals to themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FADES_IN_DAYS = 500.0  # to 1/e


class Medal(StrEnum):
    """A medal, the best first."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


class Tier(StrEnum):
    """What somebody's medals add up to, the lowest first."""

    NOVICE = "novice"
    CONTRIBUTOR = "contributor"  # has a final rank
    EXPERT = "expert"  # two medals
    MASTER = "master"  # a gold one and two more of silver or better
    GRANDMASTER = "grandmaster"  # five gold ones, one of them alone


def medal(*, rank: int, teams: int) -> Medal | None:
    """The medal of a rank among so many teams; None below bronze.

    Shares are rounded down, so that nine teams have no gold.
    """
    if teams < 100:
        last = teams // 10, teams // 5, teams * 2 // 5
    elif teams < 250:
        last = 10, teams // 5, teams * 2 // 5
    elif teams < 1000:
        last = 10 + teams // 500, 50, 100
    else:
        last = 10 + teams // 500, teams // 20, teams // 10
    for kind, most in zip(Medal, last, strict=True):
        if rank <= most:
            return kind
    return None


def points(*, rank: int, teams: int, members: int = 1, days: float = 0.0) -> float:
    """Each member's points so many days after the end.

    100000 / sqrt(members) * rank^-0.75 * log10(1 + log10(teams)) * e^(-days / 500)
    """
    field = math.log10(1 + math.log10(teams))
    fading = math.exp(-days / FADES_IN_DAYS)
    return 100_000 / math.sqrt(members) * math.pow(rank, -0.75) * field * fading


@dataclass(frozen=True, kw_only=True)
class Award:
    """A member's part of a final rank in a competition that counts."""

    rank: int
    teams: int
    members: int
    ended_at: datetime

    @property
    def medal(self) -> Medal | None:
        """The team's medal, which each member has."""
        return medal(rank=self.rank, teams=self.teams)

    def points(self, now: datetime) -> float:
        """The member's points at a moment after the end."""
        days = max((now - self.ended_at).total_seconds() / 86_400, 0.0)
        return points(rank=self.rank, teams=self.teams, members=self.members, days=days)


@dataclass(frozen=True, kw_only=True)
class Merit:
    """All that somebody has reached."""

    points: float
    medals: dict[Medal, int]
    tier: Tier
    results: int


def merit(awards: Iterable[Award], now: datetime) -> Merit:
    """Awards taken together."""
    awards = list(awards)
    medals = dict.fromkeys(Medal, 0)
    for award in awards:
        if award.medal is not None:
            medals[award.medal] += 1
    alone = any(a.medal is Medal.GOLD and a.members == 1 for a in awards)
    return Merit(
        points=math.fsum(award.points(now) for award in awards),
        medals=medals,
        tier=_tier(medals, alone=alone, any_rank=bool(awards)),
        results=len(awards),
    )


def _tier(medals: dict[Medal, int], *, alone: bool, any_rank: bool) -> Tier:
    """The tier; a better medal counts as each lower one."""
    gold = medals[Medal.GOLD]
    silver = gold + medals[Medal.SILVER]
    if gold >= 5 and alone:
        return Tier.GRANDMASTER
    if gold >= 1 and silver >= 3:
        return Tier.MASTER
    if silver + medals[Medal.BRONZE] >= 2:
        return Tier.EXPERT
    return Tier.CONTRIBUTOR if any_rank else Tier.NOVICE
