"""A revision keeps what the linter found"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_linter"
down_revision = "0010_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lint", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_column("lint")
