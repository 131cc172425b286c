"""Submissions that are sent again are told apart from new ones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_request_keys"
down_revision = "0008_ranked"
branch_labels = None
depends_on = None

NAME = "uq_submissions_user_id_competition_id_request_key"


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("request_key", sa.String(length=100), nullable=True)
        )
        batch_op.create_unique_constraint(
            batch_op.f(NAME), ["user_id", "competition_id", "request_key"]
        )


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(NAME), type_="unique")
        batch_op.drop_column("request_key")
