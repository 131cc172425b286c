"""KaggleUpload."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from podium.core import clock
from podium.core.db import Base, Key, Sha256


class KaggleUpload(Base):
    """A file on its way in by an address that is itself the permission to send it.

    Only the hash of the address's secret is kept. It takes one file, until
    ``expires_at``; a submission is made of it once.
    """

    __tablename__ = "kaggle_uploads"

    id: Mapped[Key]
    token_sha256: Mapped[Sha256] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    file_name: Mapped[str] = mapped_column(String(255))
    announced_size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    sha256: Mapped[str | None] = mapped_column(String(64))  # once the file is there
    size: Mapped[int | None] = mapped_column(BigInteger)
    used_at: Mapped[datetime | None]
