"""Competitions that count for medals and points"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_ranked"
down_revision = "0007_announcements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: what is there was imported by the operator, so it counts."""

    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("ranked", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.alter_column("ranked", server_default=None)


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.drop_column("ranked")
