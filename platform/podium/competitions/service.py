"""Holding a competition while what hangs on it changes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.competitions.models import Competition


def lock(session: Session, competition_id: int, *, shared: bool = False) -> Competition:
    """Hold a competition's row until the transaction ends, and read it anew.

    Always before its teams' rows, so that nothing deadlocks. Those who hand in share the
    lock among themselves; who scores or changes revisions has it alone, so that no
    submission slips in between unseen. On SQLite the transaction holds the whole database
    already.
    """
    return session.scalars(
        select(Competition)
        .where(Competition.id == competition_id)
        # Rows that refer to it may be added all the same.
        .with_for_update(read=shared, key_share=not shared)
        .execution_options(populate_existing=True)
    ).one()
