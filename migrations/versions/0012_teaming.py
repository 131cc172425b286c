"""Requests to join a team"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0012_teaming"
down_revision = "0011_linter"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "open_to_requests",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
            )
        )
    op.create_table(
        "join_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column(
            "created_at", podium_types.UtcDateTime(timezone=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_join_requests_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_join_requests_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_requests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_join_requests_public_id")),
        sa.UniqueConstraint(
            "team_id", "user_id", name=op.f("uq_join_requests_team_id_user_id")
        ),
    )
    with op.batch_alter_table("join_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_join_requests_user_id"), ["user_id"], unique=False
        )


def downgrade() -> None:
    """Go back."""

    op.drop_table("join_requests")
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_column("open_to_requests")
