"""Metrics of one's own, and programs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_programs"
down_revision = "0002_kaggle_uploads"
branch_labels = None
depends_on = None

# What rows of before have; the model sets a value for every new one.
_REVISIONS = (
    ("metric_title", sa.String(length=200), "''"),
    ("metric_shows_errors", sa.Boolean(), sa.true()),
    ("program", sa.JSON(), "'{}'"),
    (
        "part",
        sa.Enum("all", "public", "private", name="part", native_enum=False, length=20),
        "'all'",
    ),
    ("image_id", sa.String(length=100), "''"),
)
_SCORES = (("run", sa.JSON(), "'{}'"), ("log", sa.Text(), "''"))


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("metric_sha256", sa.String(length=64), nullable=True)
        )
        batch_op.add_column(sa.Column("metric_decimals", sa.Integer(), nullable=True))
    for table, columns in (("revisions", _REVISIONS), ("scores", _SCORES)):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, kind, value in columns:
                default = sa.text(value) if isinstance(value, str) else value
                batch_op.add_column(
                    sa.Column(name, kind, nullable=False, server_default=default)
                )
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _, _ in columns:
                batch_op.alter_column(name, server_default=None)


def downgrade() -> None:
    """Go back."""

    for table, columns in (("scores", _SCORES), ("revisions", _REVISIONS)):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _, _ in columns:
                batch_op.drop_column(name)
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_column("metric_decimals")
        batch_op.drop_column("metric_sha256")
