"""Drafts, launches, a competition's bundle, and submissions that the host took off"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0006_hosting"
down_revision = "0005_finals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "launched_at", podium_types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("bundle", sa.JSON(), nullable=False, server_default="{}")
        )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "withdrawn_reason", sa.String(500), nullable=False, server_default=""
            )
        )
    # Everybody has seen the competitions that are there.
    op.execute(sa.text("UPDATE competitions SET launched_at = created_at"))
    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.alter_column("bundle", server_default=None)
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.alter_column("withdrawn_reason", server_default=None)


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_reason")
    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.drop_column("bundle")
        batch_op.drop_column("launched_at")
