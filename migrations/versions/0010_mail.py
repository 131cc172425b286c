"""Mail that waits to be sent, and what people want to be mailed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core.db import BigKey, UtcDateTime

revision = "0010_mail"
down_revision = "0009_request_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "mails",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mails_not_before"), ["not_before"], unique=False
        )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("mail_off", sa.JSON(), server_default="[]", nullable=False)
        )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column("mail_off", server_default=None)


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("mail_off")
    op.drop_table("mails")
