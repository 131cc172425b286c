"""AuditEntry and AuditHead: what was done with a privilege. Banner: what all are told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from podium.core.db import Base, BigKey, Sha256

BANNER_CHARS = 300


class Act(StrEnum):
    """What only some may do, and what is therefore written down."""

    USER_ADDED = "user.added"
    USER_BLOCKED = "user.blocked"
    USER_UNBLOCKED = "user.unblocked"
    USER_DELETED = "user.deleted"
    ROLE_GIVEN = "role.given"
    ROLE_TAKEN = "role.taken"
    RESET_LINK_MADE = "reset_link.made"
    TOKEN_MADE = "token.made"  # noqa: S105  # by the operator, for somebody else
    COMPETITION_MADE = "competition.made"
    COMPETITION_CHANGED = "competition.changed"
    COMPETITION_LAUNCHED = "competition.launched"
    COMPETITION_CALLED_OFF = "competition.called_off"
    COMPETITION_DELETED = "competition.deleted"
    COMPETITION_RANKED = "competition.ranked"
    SUBMISSION_REMOVED = "submission.removed"
    SUBMISSION_RESTORED = "submission.restored"
    SUBMISSION_SCORED_AGAIN = "submission.scored_again"
    ANNOUNCEMENT_DELETED = "announcement.deleted"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    BANNER_SET = "banner.set"
    BANNER_CLEARED = "banner.cleared"


class AuditEntry(Base):
    """One act. Rows are only added; each holds the hash of the one before."""

    __tablename__ = "audit_entries"

    # 1, 2, 3, ... without a gap.
    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(80), index=True)
    source: Mapped[str] = mapped_column(String(64))  # where from: a network, a command
    act: Mapped[str] = mapped_column(String(40), index=True)  # an Act of its release
    target: Mapped[str] = mapped_column(String(200), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # One successor each: the chain can't fork.
    previous: Mapped[Sha256] = mapped_column(unique=True)
    sha256: Mapped[Sha256] = mapped_column(unique=True)


class AuditHead(Base):
    """How long the log is and how it ends, so that a lost end is found, too: one row."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[Sha256]


class Banner(Base):
    """What the operator says on every page: one row, or none."""

    __tablename__ = "banner"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(String(BANNER_CHARS))
    since: Mapped[datetime]
