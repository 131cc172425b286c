"""Final submissions of a team's own choice"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0005_finals"
down_revision = "0004_teams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "selected_at", podium_types.UtcDateTime(timezone=True), nullable=True
            )
        )


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("selected_at")
