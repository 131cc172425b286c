"""Submission and Score. The rows of ``scores`` are the queue."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.accounts.models import User
from podium.competitions.models import Competition, Revision
from podium.core import clock
from podium.core.db import Base, BigKey, BigKeyColumn, Leased, Sha256, word
from podium.core.ids import public_id
from podium.teams.models import Team


class Status(StrEnum):
    """Where a score stands. Those after RUNNING are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORED = "scored"
    REJECTED = "rejected"
    HOST_ERROR = "host_error"
    CUT_OFF = "cut_off"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # taken back before it was scored


WAITING = (Status.QUEUED, Status.RUNNING)


class Submission(Base):
    """A file that a team handed in. It is never changed."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index("ix_submissions_team_created", "team_id", "created_at"),
        Index("ix_submissions_competition_created", "competition_id", "created_at"),
        UniqueConstraint("user_id", "competition_id", "request_key"),
    )

    id: Mapped[BigKeyColumn]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    sha256: Mapped[Sha256]
    size: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    # The sender's word for this request: sent again with it, it is the same submission.
    request_key: Mapped[str | None] = mapped_column(String(100))
    # Whether it uses up quota: not when the file has faults that the reader finds, when
    # it was taken back in the queue, or when we or the organizer are at fault.
    counted: Mapped[bool] = mapped_column(default=True)
    # Sent after the end: scored, on no board and of no quota but its own. Never changed.
    late: Mapped[bool] = mapped_column(default=False, server_default=false())
    withdrawn_at: Mapped[datetime | None]  # off the board since then
    # Why the host took it off the board; empty where its team took it back.
    withdrawn_reason: Mapped[str] = mapped_column(String(500), default="")
    selected_at: Mapped[datetime | None]  # a final of its team's own choice since then

    competition: Mapped[Competition] = relationship()
    team: Mapped[Team] = relationship()
    user: Mapped[User | None] = relationship()
    scores: Mapped[list[Score]] = relationship(
        back_populates="submission", order_by="Score.id", cascade="all, delete-orphan"
    )


class Score(Leased, Base):
    """What one revision says of one submission, and how far it is.

    A worker takes it by an UPDATE that only hits ``queued`` or an expired lease, and writes
    its result only while status is ``running`` and ``attempt`` is still its own.
    """

    __tablename__ = "scores"
    __table_args__ = (
        UniqueConstraint("submission_id", "revision_id"),
        Index(
            "ix_scores_queue", "status", "background", "competition_id", "team_id", "id"
        ),
        Index("ix_scores_best", "revision_id", "team_id", "status", "public"),
    )

    id: Mapped[BigKeyColumn]
    submission_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("submissions.id", ondelete="CASCADE")
    )
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revisions.id", ondelete="CASCADE")
    )
    # Copies of the submission's, so that the fair order needs one index.
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    status: Mapped[Status] = mapped_column(word(Status), default=Status.QUEUED)
    # Made anew for another revision: served when nothing else waits.
    background: Mapped[bool] = mapped_column(default=False)
    queued_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    public: Mapped[float | None]
    private: Mapped[float | None]
    public_low: Mapped[float | None]  # 95 % interval
    public_high: Mapped[float | None]
    private_low: Mapped[float | None]
    private_high: Mapped[float | None]
    reason: Mapped[str | None] = mapped_column(String(20))  # the limit that cut it off
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    message: Mapped[str] = mapped_column(Text, default="")  # a sentence for the team
    host_message: Mapped[str] = mapped_column(Text, default="")  # for host and operator
    scorer: Mapped[str] = mapped_column(String(80), default="")
    sandbox: Mapped[str] = mapped_column(String(80), default="")
    # Of a program that was run: what it used and how it ended, and what it printed.
    run: Mapped[dict[str, Any]] = mapped_column(default=dict)
    log: Mapped[str] = mapped_column(Text, default="")
    wall_s: Mapped[float | None]

    submission: Mapped[Submission] = relationship(back_populates="scores")
    revision: Mapped[Revision] = relationship()
