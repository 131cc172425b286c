"""ScoringHost: a machine that scores, and what its sandbox holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from podium.core.db import Base, Key


class ScoringHost(Base):
    """Written by the host's sweeper, read by the status page: the site itself never talks
    to a sandbox."""

    __tablename__ = "scoring_hosts"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    sandbox: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]
