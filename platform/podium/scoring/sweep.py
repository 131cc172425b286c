"""The sweeper: finds what was lost and what is done, and says what this host's sandbox
holds. It needs no Redis, and any number of sweepers may run."""

from __future__ import annotations

import logging
import socket
import time
from threading import Event

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from podium.bootstrap import Services
from podium.competitions import queries as competitions
from podium.competitions import service as competition_service
from podium.competitions.models import (
    Competition,
    Part,
    Revision,
    RevisionState,
    Stage,
)
from podium.core import clock
from podium.scoring import rescore
from podium.scoring.dispatch import dispatch
from podium.scoring.models import ScoringHost

log = logging.getLogger(__name__)


def sweep(services: Services) -> int:
    """One round; the number of rows that were handed to the queue."""
    _note_sandbox(services)
    _go_live(services)
    _begin_private_runs(services)
    services.storage.sweep()
    return dispatch(services)


def loop(services: Services, stop: Event) -> None:
    """Sweep until told to stop; a round that fails is told and tried again."""
    while not stop.is_set():
        started = time.monotonic()
        try:
            sweep(services)
        except (SQLAlchemyError, OSError) as error:
            log.warning("a sweep failed and is tried again: %s", error)
        stop.wait(
            max(0.0, services.settings.sweep_interval_s - time.monotonic() + started)
        )


def _note_sandbox(services: Services) -> None:
    """Write down for the status page what the sandbox service says of itself."""
    name, sandbox = socket.gethostname(), services.sandbox.status().to_json()
    with services.database.session() as session:
        host = session.scalar(select(ScoringHost).where(ScoringHost.name == name))
        if host is None:
            host = ScoringHost(name=name)
            session.add(host)
        host.sandbox, host.seen_at = sandbox, clock.now()
        try:
            session.commit()
        except IntegrityError:  # another sweeper of this host was first
            session.rollback()


def _begin_private_runs(services: Services) -> None:
    """Run the programs of code competitions that have ended on their private inputs."""
    with services.database.session() as session:
        ids = session.scalars(
            select(Competition.id)
            .join(Revision, Revision.id == Competition.live_revision_id)
            .where(Revision.part == Part.PUBLIC, Competition.closes_at <= clock.now())
        ).all()
        for competition_id in ids:
            competition = competition_service.lock(session, competition_id)
            if competition.stage(clock.now()) is Stage.ENDED:
                rescore.begin_private_run(session, competition=competition)
        session.commit()


def _go_live(services: Services) -> None:
    """Put revisions on the boards whose last score was recorded by a worker that died."""
    with services.database.session() as session:
        ids = session.scalars(
            select(Revision.competition_id)
            .join(Competition, Competition.id == Revision.competition_id)
            .where(
                Revision.state == RevisionState.READY,
                Competition.live_revision_id.is_distinct_from(Revision.id),
            )
            .distinct()
        ).all()
        for competition_id in ids:
            competition = competition_service.lock(session, competition_id)
            if competitions.pending_revision(session, competition=competition):
                rescore.go_live_if_done(session, competition=competition)
        session.commit()
