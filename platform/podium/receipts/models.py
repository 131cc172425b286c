"""Receipt, ReceiptChain, Commitment: what was scored and by what, so that nobody can change
it unseen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.competitions.models import Competition, Revision
from podium.core.db import Base, BigKeyColumn, Sha256
from podium.core.ids import public_id


class Receipt(Base):
    """The receipt of one score. Rows are only added; each holds the hash of the one before.

    It names submission and team in its own text and points at neither, so that the chain
    stays whole when a team is deleted.
    """

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("competition_id", "number"),)

    id: Mapped[BigKeyColumn]
    public_id: Mapped[str] = mapped_column(String(12), unique=True, default=public_id)
    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE")
    )
    number: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3, ... without a gap
    submission: Mapped[str] = mapped_column(String(12), index=True)  # its public id
    revision: Mapped[int]  # the number of the revision that judged
    # Texts in their canonical form, as they were hashed.
    statement: Mapped[str] = mapped_column(Text)
    # The exact scores and their salt: secret while the private board is.
    opening: Mapped[str] = mapped_column(Text)
    previous: Mapped[Sha256]
    sha256: Mapped[Sha256]
    key: Mapped[Sha256]  # the public key, in hex
    signature: Mapped[str] = mapped_column(String(128))

    competition: Mapped[Competition] = relationship()


class ReceiptChain(Base):
    """How long a competition's chain is and how it ends, so that a lost end is found, too."""

    __tablename__ = "receipt_chains"

    competition_id: Mapped[int] = mapped_column(
        ForeignKey("competitions.id", ondelete="CASCADE"), primary_key=True
    )
    receipts: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[Sha256]
    began_at: Mapped[datetime]  # scores from before have no receipt


class Commitment(Base):
    """What binds a revision to its solution and split before anybody has seen them."""

    __tablename__ = "commitments"

    revision_id: Mapped[int] = mapped_column(
        ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True
    )
    salt: Mapped[Sha256]  # secret until the end
    sha256: Mapped[Sha256]  # published
    made_at: Mapped[datetime]

    revision: Mapped[Revision] = relationship()
