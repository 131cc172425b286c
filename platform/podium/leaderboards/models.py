"""Board and Entry: the boards as tables, so that a page is one short query.

The definition of a board is "each team's best score, ties to the earlier submission"; these
tables are kept equal to it in the transaction that records a score.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.core.db import Base, BigKey, Key, word
from podium.submissions.models import Submission
from podium.teams.models import Team


class Split(StrEnum):
    """Which rows of the solution a board uses."""

    PUBLIC = "public"
    PRIVATE = "private"


class Board(Base):
    """A competition's board for one split; ``version`` grows with every change to it."""

    __tablename__ = "boards"
    __table_args__ = (UniqueConstraint("competition_id", "split"),)

    id: Mapped[Key]
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    split: Mapped[Split] = mapped_column(word(Split))
    version: Mapped[int] = mapped_column(default=0)


class Entry(Base):
    """A team's row on a board. ``sort_key`` is the score, negated where higher is better,
    so that every board sorts ascending by (sort_key, at, team_id). ``best_key`` and
    ``worst_key`` are the ends of its interval in that order: see ``ranking.ends``."""

    __tablename__ = "entries"
    __table_args__ = (
        Index("ix_entries_rank", "board_id", "sort_key", "at", "team_id"),
        Index("ix_entries_best", "board_id", "best_key"),
        Index("ix_entries_worst", "board_id", "worst_key"),
    )

    board_id: Mapped[int] = mapped_column(
        ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True
    )
    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    sort_key: Mapped[float]
    score: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]
    best_key: Mapped[float]
    worst_key: Mapped[float]
    at: Mapped[datetime]  # when the best submission was made
    submission_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("submissions.id", ondelete="CASCADE")
    )
    submissions: Mapped[int]  # how many were scored
    last_at: Mapped[datetime]  # when the last scored one was made

    team: Mapped[Team] = relationship()
    submission: Mapped[Submission] = relationship()
