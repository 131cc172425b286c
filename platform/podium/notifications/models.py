"""Mail that waits to be sent, or was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from podium.core import clock
from podium.core.db import Base, BigKeyColumn

# Stands for the site's address in a letter until it is sent: who writes one need not know
# how people reach the site, and no request can say so.
SITE = "{site}"


class Mail(Base):
    """A mail to one address. The row is the queue: it is due at ``not_before``, which is
    set ahead while somebody sends it, and empty once it is sent or given up."""

    __tablename__ = "mails"

    id: Mapped[BigKeyColumn]
    kind: Mapped[str] = mapped_column(String(40))  # what it tells of, like reset
    address: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(
        Text
    )  # empty once sent: it may hold a secret link
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    not_before: Mapped[datetime | None] = mapped_column(default=clock.now, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="")  # of the last try
