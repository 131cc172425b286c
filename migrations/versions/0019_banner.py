"""What the operator says on every page"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core.db import UtcDateTime

revision = "0019_banner"
down_revision = "0017_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "banner",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("since", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banner")),
    )


def downgrade() -> None:
    """Go back."""

    op.drop_table("banner")
