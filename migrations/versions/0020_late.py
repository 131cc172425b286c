"""Late submissions: scored, and never ranked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_late"
down_revision = "0019_banner"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward: defaults in the database, since the release before writes rows, too."""

    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "late_submissions",
                sa.Boolean(),
                nullable=False,
                server_default=sa.true(),
            )
        )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Go back: a release that knows no late submissions would rank them, so they leave
    the boards by being withdrawn."""

    op.execute(
        sa.text(
            "UPDATE submissions SET withdrawn_at = created_at "
            "WHERE late AND withdrawn_at IS NULL"
        )
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("late")
    with op.batch_alter_table("competitions", schema=None) as batch_op:
        batch_op.drop_column("late_submissions")
