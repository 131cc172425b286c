"""Where users are logged in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0014_devices"
down_revision = "0013_boards"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = podium_types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "log_ins",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uniquifier", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("network", sa.String(length=50), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_log_ins_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_ins")),
        sa.UniqueConstraint("public_id", name=op.f("uq_log_ins_public_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_log_ins_sha256")),
    )
    op.create_index(op.f("ix_log_ins_user_id"), "log_ins", ["user_id"])


def downgrade() -> None:
    """Go back."""

    op.drop_table("log_ins")
