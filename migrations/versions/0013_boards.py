"""The ends of scores' intervals in the order of the board, so that ranks have intervals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_boards"
down_revision = "0012_teaming"
branch_labels = None
depends_on = None

# The better and the worse end of each interval, negated where higher is better; the score
# itself where there is no interval, or where it lies outside.
FILL = """
UPDATE entries SET
  {column} = CASE
    WHEN low IS NULL OR high IS NULL THEN sort_key
    WHEN ({end}) {beyond} sort_key THEN ({end})
    ELSE sort_key
  END
WHERE board_id IN (
  SELECT b.id FROM boards b
  JOIN competitions c ON c.id = b.competition_id
  JOIN revisions r ON r.id = c.live_revision_id
  WHERE r.higher_is_better = {higher})
"""
ENDS = (
    ("best_key", "-high", "<", sa.true()),
    ("worst_key", "-low", ">", sa.true()),
    ("best_key", "low", "<", sa.false()),
    ("worst_key", "high", ">", sa.false()),
)


def upgrade() -> None:
    """Go forward."""

    with op.batch_alter_table("entries", schema=None) as batch_op:
        for name in ("best_key", "worst_key"):
            batch_op.add_column(sa.Column(name, sa.Double(), nullable=True))
    op.execute("UPDATE entries SET best_key = sort_key, worst_key = sort_key")
    dialect = op.get_bind().dialect
    for column, end, beyond, higher in ENDS:
        word = str(higher.compile(dialect=dialect))
        op.execute(FILL.format(column=column, end=end, beyond=beyond, higher=word))
    with op.batch_alter_table("entries", schema=None) as batch_op:
        for name in ("best_key", "worst_key"):
            batch_op.alter_column(name, existing_type=sa.Double(), nullable=False)
        batch_op.create_index("ix_entries_best", ["board_id", "best_key"])
        batch_op.create_index("ix_entries_worst", ["board_id", "worst_key"])


def downgrade() -> None:
    """Go back."""

    with op.batch_alter_table("entries", schema=None) as batch_op:
        batch_op.drop_index("ix_entries_worst")
        batch_op.drop_index("ix_entries_best")
        batch_op.drop_column("worst_key")
        batch_op.drop_column("best_key")
