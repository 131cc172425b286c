"""Each score has a receipt, and each solution a commitment"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core.db import UtcDateTime

revision = "0016_receipts"
down_revision = "0015_audit"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COMPETITION = ["competitions.id"]


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "receipts",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("submission", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("opening", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            COMPETITION,
            name=op.f("fk_receipts_competition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_receipts_public_id")),
        sa.UniqueConstraint(
            "competition_id", "number", name=op.f("uq_receipts_competition_id_number")
        ),
    )
    op.create_index(op.f("ix_receipts_submission"), "receipts", ["submission"])
    op.create_table(
        "receipt_chains",
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("receipts", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("began_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            COMPETITION,
            name=op.f("fk_receipt_chains_competition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("competition_id", name=op.f("pk_receipt_chains")),
    )
    op.create_table(
        "commitments",
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revisions.id"],
            name=op.f("fk_commitments_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_commitments")),
    )


def downgrade() -> None:
    """Go back."""

    op.drop_table("commitments")
    op.drop_table("receipt_chains")
    op.drop_table("receipts")
