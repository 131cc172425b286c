"""Links into teams, and requests to merge"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core import db as podium_types

revision = "0004_teams"
down_revision = "0003_programs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("link_secret", sa.String(length=64), nullable=True)
        )
        batch_op.add_column(
            sa.Column(
                "link_until", podium_types.UtcDateTime(timezone=True), nullable=True
            )
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_teams_link_secret"), ["link_secret"]
        )
    op.create_table(
        "merge_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "created_at", podium_types.UtcDateTime(timezone=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"],
            ["users.id"],
            name=op.f("fk_merge_requests_asked_by_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["teams.id"],
            name=op.f("fk_merge_requests_other_id_teams"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_merge_requests_team_id_teams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_requests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_merge_requests_public_id")),
    )
    with op.batch_alter_table("merge_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merge_requests_other_id"), ["other_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_merge_requests_team_id"), ["team_id"], unique=False
        )


def downgrade() -> None:
    """Go back."""

    op.drop_table("merge_requests")
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_teams_link_secret"), type_="unique")
        batch_op.drop_column("link_until")
        batch_op.drop_column("link_secret")
