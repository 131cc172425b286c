"""What is done with a privilege is written down"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from podium.core.db import UtcDateTime

revision = "0015_audit"
down_revision = "0014_devices"
branch_labels = None
depends_on = None

INDEXED = ("at", "who", "act", "target")
STAYS = "the audit log is only added to"
# A migration that makes the table anew on SQLite has to make these anew, too.
SQLITE = [
    f"CREATE TRIGGER audit_entries_{what} BEFORE {what} ON audit_entries "
    f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
    for what in ("update", "delete")
]
POSTGRESQL = [
    "CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{STAYS}'; END $$",
    "CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries "
    "FOR EACH ROW EXECUTE FUNCTION audit_entries_stay()",
]


def upgrade() -> None:
    """Go forward."""

    op.create_table(
        "audit_entries",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_entries_previous")),
        sa.UniqueConstraint("sha256", name=op.f("uq_audit_entries_sha256")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_audit_entries_{name}"), "audit_entries", [name])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Go back."""

    op.drop_table("audit_head")
    op.drop_table("audit_entries")  # and its triggers
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_stay()")


def _triggers() -> list[str]:
    return SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
