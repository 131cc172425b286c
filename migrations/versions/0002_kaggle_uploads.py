"""Uploads of Kaggle's clients"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0002_kaggle_uploads"
down_revision = "0001_spine"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "kaggle_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("announced_size", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at", podium_types.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column(
            "expires_at", podium_types.UtcDateTime(timezone=True), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("used_at", podium_types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            ["competitions.id"],
            name=op.f("fk_kaggle_uploads_competition_id_competitions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_kaggle_uploads_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kaggle_uploads")),
        sa.UniqueConstraint(
            "token_sha256", name=op.f("uq_kaggle_uploads_token_sha256")
        ),
    )
    with op.batch_alter_table("kaggle_uploads", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_kaggle_uploads_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_kaggle_uploads_user_id"), ["user_id"], unique=False
        )


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("kaggle_uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kaggle_uploads_user_id"))
        batch_op.drop_index(batch_op.f("ix_kaggle_uploads_expires_at"))

    op.drop_table("kaggle_uploads")
