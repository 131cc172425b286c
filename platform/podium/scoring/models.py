"""ScoringHost: a machine that scores, and what its sandbox holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from podium.core.db import Base, Key

SEEN_WITHIN = timedelta(minutes=2)


class ScoringHost(Base):
    """Written by the host's sweeper, read by the status page: the site itself never talks
    to a sandbox."""

    __tablename__ = "scoring_hosts"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    sandbox: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]

    def alive(self, now: datetime) -> bool:
        """Whether it was heard of lately."""
        return now - self.seen_at < SEEN_WITHIN


class CompetitionTurn(Base):
    """When a competition was last served: the fair order gives the next turn to the one
    whose last turn is longest ago."""

    __tablename__ = "competition_turns"

    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]


class TeamTurn(Base):
    """When a team was last served: within its competition the order is the same."""

    __tablename__ = "team_turns"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]
