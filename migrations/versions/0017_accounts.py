"""Accounts that were deleted"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0017_accounts"
down_revision = "0016_receipts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.add_column(
        "users",
        sa.Column("deleted_at", podium_types.UtcDateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    """Go back."""

    op.drop_column("users", "deleted_at")
