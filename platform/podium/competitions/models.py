"""Competition, Revision, Page, DataFile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.accounts.models import User
from podium.core import clock
from podium.core.db import Base, Key, Leased, Name, Sha256, word
from podium.core.ids import public_id


class Kind(StrEnum):
    """What teams hand in."""

    PREDICTION = "prediction"
    CODE = "code"


class Stage(StrEnum):
    """Where a competition stands in its timeline."""

    UPCOMING = "upcoming"
    OPEN = "open"
    ENDED = "ended"


class Competition(Base):
    """A task with data, rules, a metric and a timeline."""

    __tablename__ = "competitions"

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[Name]
    subtitle: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[Kind] = mapped_column(word(Kind), default=Kind.PREDICTION)
    tags: Mapped[list[str]] = mapped_column(default=list)
    host_name: Mapped[Name] = mapped_column(default="")  # shown as the organizer
    host_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")  # IANA name
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime] = mapped_column(index=True)
    entry_deadline: Mapped[datetime | None]
    merger_deadline: Mapped[datetime | None]
    submissions_per_day: Mapped[int]
    submissions_total: Mapped[int | None]
    submission_max_bytes: Mapped[int] = mapped_column(BigInteger)
    submission_formats: Mapped[list[str]] = mapped_column(default=list)
    final_selections: Mapped[int] = mapped_column(default=2)
    # Whether predictions are taken after the end: scored, and never ranked.
    late_submissions: Mapped[bool] = mapped_column(default=True, server_default=true())
    team_max_size: Mapped[int]
    licence_name: Mapped[Name] = mapped_column(default="")
    licence_url: Mapped[str] = mapped_column(String(500), default="")
    source_name: Mapped[Name] = mapped_column(default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    citation: Mapped[str] = mapped_column(Text, default="")
    # The revision whose scores are on the board; None until one is prepared.
    # No foreign key: the two tables would point at each other.
    live_revision_id: Mapped[int | None]
    # From when on everybody sees it; None for a draft, which only its host sees.
    launched_at: Mapped[datetime | None]
    # Whether final ranks here give medals and points: the administrators' choice.
    ranked: Mapped[bool] = mapped_column(default=False)
    # The bundle as it was imported: path -> [sha256, size in bytes]; empty for a
    # competition from before bundles were kept.
    bundle: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    host: Mapped[User | None] = relationship()
    pages: Mapped[list[Page]] = relationship(
        order_by="Page.position", cascade="all, delete-orphan"
    )
    data_files: Mapped[list[DataFile]] = relationship(
        order_by="DataFile.name", cascade="all, delete-orphan"
    )
    live_revision: Mapped[Revision | None] = relationship(
        primaryjoin="foreign(Competition.live_revision_id) == Revision.id",
        viewonly=True,
    )

    def launched(self, moment: datetime) -> bool:
        """Whether everybody sees the competition at ``moment``."""
        return self.launched_at is not None and self.launched_at <= moment

    def stage(self, moment: datetime) -> Stage:
        """Where the competition stands at ``moment``."""
        if moment < self.opens_at:
            return Stage.UPCOMING
        return Stage.OPEN if moment < self.closes_at else Stage.ENDED

    def takes_late(self, moment: datetime) -> bool:
        """Whether what is sent at ``moment`` is a late submission: scored, never ranked."""
        late = self.late_submissions and self.kind is Kind.PREDICTION
        return late and self.stage(moment) is Stage.ENDED

    def takes_submissions(self, moment: datetime) -> bool:
        """Whether its timeline lets teams submit at ``moment``, in time or late."""
        return self.stage(moment) is Stage.OPEN or self.takes_late(moment)


class Part(StrEnum):
    """What a revision judges. Others than ALL are for code competitions with inputs of
    their own for the private board."""

    ALL = "all"
    PUBLIC = "public"  # while the competition runs: the Public rows alone
    PRIVATE = "private"  # after its end: all rows, programs run on the private inputs


class RevisionState(StrEnum):
    """How far a revision is."""

    QUEUED = "queued"  # waits for its solution to be prepared
    RUNNING = "running"
    READY = "ready"
    FAULTY = "faulty"  # the solution or metric has faults


class Revision(Leased, Base):
    """What judges: a solution, a sample, a metric with its parameters, and in a code
    competition how programs are run. Never changed."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("competition_id", "number"),
        Index("ix_revisions_state", "state", "lease_until"),
    )

    id: Mapped[Key]
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    number: Mapped[int]  # counts from 1
    judges_sha256: Mapped[Sha256]  # of all that judges together
    solution_sha256: Mapped[Sha256]
    sample_sha256: Mapped[Sha256]
    id_column: Mapped[str] = mapped_column(String(200))
    metric: Mapped[str] = mapped_column(String(80))
    metric_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    higher_is_better: Mapped[bool]
    # Of a metric that the organizer wrote: its source, and how it is shown.
    metric_sha256: Mapped[str | None] = mapped_column(String(64))
    metric_title: Mapped[Name] = mapped_column(default="")
    metric_decimals: Mapped[int | None]
    metric_shows_errors: Mapped[bool] = mapped_column(default=True)
    # How programs are run (``programs.Program``); empty where predictions are sent.
    program: Mapped[dict[str, Any]] = mapped_column(default=dict)
    part: Mapped[Part] = mapped_column(word(Part), default=Part.ALL)
    # The digest of the image for programs, pinned when the revision is prepared.
    image_id: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[RevisionState] = mapped_column(
        word(RevisionState), default=RevisionState.QUEUED
    )
    fault: Mapped[str] = mapped_column(Text, default="")  # for the host
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    index_sha256: Mapped[str | None] = mapped_column(String(64))
    public_rows: Mapped[int] = mapped_column(default=0)
    private_rows: Mapped[int] = mapped_column(default=0)
    # What the linter found, when and in which data; None before it has looked.
    lint: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    competition: Mapped[Competition] = relationship()


class Page(Base):
    """A page of a competition, in Markdown."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("competition_id", "name"),)

    id: Mapped[Key]
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(80))  # overview, data, rules, ...
    title: Mapped[Name]
    position: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)


class DataFile(Base):
    """A file that participants download."""

    __tablename__ = "data_files"
    __table_args__ = (UniqueConstraint("competition_id", "name"),)

    id: Mapped[Key]
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(500), default="")
    sha256: Mapped[Sha256]
    size: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


class Announcement(Base):
    """What a host tells everybody who takes part; its text is Markdown."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_competition", "competition_id", "id"),)

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL")
    )
    title: Mapped[Name]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    competition: Mapped[Competition] = relationship()
    author: Mapped[User | None] = relationship()
