"""Taking a row to work on it, keeping it while the work lasts, and who may write.

One guarded UPDATE takes a row that waits, or whose worker let the lease lapse. A worker
that was given up for dead and comes back finds another's attempt and writes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions.models import Revision, RevisionState
from podium.core import clock
from podium.settings import Settings
from podium.submissions.models import Score, Status

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """A row that is ours: ``model`` is Score or Revision."""

    model: type[Score] | type[Revision]
    row_id: int
    attempt: int
    failures: int


def claim(
    session: Session, model: type[Score] | type[Revision], row_id: int, lease_s: float
) -> Claim | None:
    """Take a row; None where it is not to be had (done, another's, or resting).

    A lapsed lease counts as a failure of ours, so that a file that kills its worker each
    time comes to an end. The caller commits.
    """
    now = clock.now()
    state, words = _state(model)
    lapsed = and_(state == words.RUNNING, model.lease_until < now)
    values: dict[str, Any] = {
        state.key: words.RUNNING,
        "attempt": model.attempt + 1,
        "failures": case((lapsed, model.failures + 1), else_=model.failures),
        "lease_until": now + timedelta(seconds=lease_s),
        "not_before": None,
    }
    if model is Score:
        values["started_at"] = now
    taken = session.execute(
        update(model)
        .where(
            model.id == row_id,
            or_(
                and_(
                    state == words.QUEUED,
                    or_(model.not_before.is_(None), model.not_before <= now),
                ),
                lapsed,
            ),
        )
        .values(values)
        .returning(model.attempt, model.failures)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if taken is None else Claim(model, row_id, taken[0], taken[1])


def ours(claimed: Claim) -> ColumnElement[bool]:
    """The condition that the row is still ours to write."""
    state, words = _state(claimed.model)
    return and_(
        claimed.model.id == claimed.row_id,
        state == words.RUNNING,
        claimed.model.attempt == claimed.attempt,
    )


def give_back(
    session: Session, claimed: Claim, *, settings: Settings, failed: bool
) -> None:
    """Let a row wait again after a failure of ours, resting longer each time."""
    state, words = _state(claimed.model)
    rest_s = min(settings.failure_rest_s * 2 ** min(claimed.failures, 10), 60.0)
    session.execute(
        update(claimed.model)
        .where(ours(claimed))
        .values(
            {
                state.key: words.QUEUED,
                "failures": claimed.failures + int(failed),
                "lease_until": None,
                "sent_at": None,
                "not_before": clock.now() + timedelta(seconds=rest_s),
            }
        )
        .execution_options(synchronize_session=False)
    )


@contextmanager
def kept(services: Services, claimed: Claim) -> Iterator[None]:
    """Renew the lease from a thread of its own while the body runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(services.settings.lease_renew_s):
            try:
                _renew(services, claimed)
            except SQLAlchemyError as error:  # tried again before the lease lapses
                log.warning("the lease could not be renewed: %s", error)

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(services: Services, claimed: Claim) -> None:
    until: datetime = clock.now() + timedelta(seconds=services.settings.lease_s)
    with services.database.session() as session:
        session.execute(
            update(claimed.model)
            .where(ours(claimed))
            .values(lease_until=until)
            .execution_options(synchronize_session=False)
        )
        session.commit()


def _state(model: type[Score] | type[Revision]) -> tuple[Any, Any]:
    if model is Score:
        return Score.status, Status
    return Revision.state, RevisionState
