"""One score played through before the first job comes, and taken back.

The worker lets SQLAlchemy put the models together and compile every statement of a score
before it takes a job; else the first team to be served would wait for that.
"""

from __future__ import annotations

import gc
import logging
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import clock
from podium.core.ids import public_id
from podium.scoring import dispatch, run
from podium.scoring.claim import claim
from podium.scoring.record import Judged, record
from podium.submissions.models import Score, Submission
from podium.teams.models import Team
from podium_scorer.contract import Outcome, Report, Verdict

log = logging.getLogger(__name__)
NO_FILE = "0" * 64
ROOM = 100  # more than waits, so that the dispatcher looks everywhere


def rehearse(services: Services) -> None:
    """Prepare this process for scoring; it holds no connection afterwards.

    Everything happens in one transaction that is rolled back. A database that can't be
    reached now makes the first jobs slower, nothing else.
    """
    try:
        with services.database.session() as session:
            _play(session, services)
            session.rollback()
    except SQLAlchemyError as error:
        log.warning("there was no rehearsal: %s", error)
    services.database.dispose()
    gc.collect()
    gc.freeze()  # what is here stays, and need not be looked at again


def _play(session: Session, services: Services) -> None:
    settings, now = services.settings, clock.now()
    score_id = _stage(session, now)
    # Each step reads anew what the one before it had in memory, as it will in a job.
    session.expunge_all()
    dispatch.take(session, settings, ROOM, (), now)
    session.expunge_all()
    claimed = claim(session, Score, score_id, settings.lease_s)
    if claimed is None:
        raise LookupError("a row that nobody else can see was taken")
    run.score_work(session, claimed, settings)
    run.program_work(session, claimed)
    session.expunge_all()
    report = Report(
        status=Outcome.SCORED,
        public=0.5,
        private=0.5,
        public_interval=(0.4, 0.6),
        private_interval=(0.4, 0.6),
    )
    verdict = Verdict(outcome=Outcome.SCORED, report=report)
    record(session, claimed, Judged(verdict), settings=settings)


def _stage(session: Session, now: datetime) -> int:
    """A competition with one waiting score, which nobody will see; the score's id."""
    name = f"rehearsal-{public_id()}"
    competition = Competition(
        slug=name,
        title=name,
        opens_at=now,
        closes_at=now + timedelta(days=1),
        submissions_per_day=1,
        submission_max_bytes=1,
        team_max_size=1,
    )
    session.add(competition)
    session.flush()  # gives it its id, as below
    revision = Revision(
        competition_id=competition.id,
        number=1,
        judges_sha256=NO_FILE,
        solution_sha256=NO_FILE,
        sample_sha256=NO_FILE,
        index_sha256=NO_FILE,
        id_column="id",
        metric="none",
        higher_is_better=True,
        state=RevisionState.READY,
    )
    team = Team(competition_id=competition.id, name=name, name_key=name)
    session.add_all([revision, team])
    session.flush()
    competition.live_revision_id = revision.id
    submission = Submission(
        competition_id=competition.id,
        team_id=team.id,
        sha256=NO_FILE,
        size=1,
        file_name="predictions.csv",
    )
    session.add(submission)
    session.flush()
    score = Score(
        submission_id=submission.id,
        revision_id=revision.id,
        competition_id=competition.id,
        team_id=team.id,
    )
    session.add(score)
    session.flush()
    return score.id
