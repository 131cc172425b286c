"""One job from claim to record. No database connection is held while the sandbox works."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions import service as competitions
from podium.competitions.models import Revision, RevisionState
from podium.core.storage import Blob
from podium.scoring import dispatch, rescore
from podium.scoring.claim import Claim, claim, give_back, kept, ours
from podium.scoring.record import record
from podium.settings import Settings
from podium.submissions.models import Score
from podium_scorer.contract import (
    Job,
    MetricSpec,
    Outcome,
    PrepareJob,
    ScoreJob,
    Verdict,
    fault_to_json,
)

log = logging.getLogger(__name__)
INDEX_MOST_BYTES = 16 << 30


@dataclass(frozen=True)
class Work:
    """A job and the stored files it takes, in the contract's order."""

    job: Job
    sha256s: tuple[str, ...]
    wall_s: float


def score(services: Services, score_id: int) -> None:
    """Score one submission by one revision, if the row is to be had."""
    settings = services.settings
    with services.database.session() as session:
        claimed = claim(session, Score, score_id, settings.lease_s)
        work = None if claimed is None else score_work(session, claimed, settings)
        session.commit()
    if claimed is not None and work is not None:
        with kept(services, claimed):
            verdict = _worn_out(claimed, settings) or _run(services, work)
        with services.database.session() as session:
            if not record(session, claimed, verdict, settings=settings):
                log.warning("score %s was taken over by another worker", score_id)
            session.commit()
    dispatch.dispatch(services)


def prepare(services: Services, revision_id: int) -> None:
    """Check a revision's solution and make its index, if the row is to be had."""
    settings = services.settings
    with services.database.session() as session:
        claimed = claim(session, Revision, revision_id, settings.lease_s)
        work = None if claimed is None else _prepare_work(session, claimed, settings)
        session.commit()
    if claimed is not None and work is not None:
        index: Blob | None = None
        with kept(services, claimed), tempfile.TemporaryFile() as output:
            verdict = _worn_out(claimed, settings) or _run(services, work, output)
            if verdict.outcome is Outcome.PREPARED:
                output.seek(0)
                index = services.storage.put(output, most_bytes=INDEX_MOST_BYTES)
        with services.database.session() as session:
            _record_prepared(session, claimed, verdict, index, settings)
            session.commit()
    dispatch.dispatch(services)


def _run(services: Services, work: Work, output: BinaryIO | None = None) -> Verdict:
    files: list[BinaryIO] = []
    try:
        files.extend(services.storage.open(sha256) for sha256 in work.sha256s)
        return services.sandbox.run(work.job, files, output=output, wall_s=work.wall_s)
    except OSError as error:
        log.exception("a stored file could not be read")
        return Verdict(
            outcome=Outcome.FAILED, detail=f"storage: {error}", sandbox="none"
        )
    finally:
        for file in files:
            file.close()


def _worn_out(claimed: Claim, settings: Settings) -> Verdict | None:
    """The end of a row that we failed too often, for instance since it kills its worker."""
    if claimed.failures < settings.failures_most:
        return None
    return Verdict(
        outcome=Outcome.FAILED,
        detail=f"gave up after {claimed.failures} failures",
        sandbox="none",
    )


def score_work(session: Session, claimed: Claim, settings: Settings) -> Work:
    """What the sandbox has to do for a score that is ours."""
    row = session.get_one(Score, claimed.row_id)
    revision, submission = row.revision, row.submission
    if revision.index_sha256 is None:
        raise LookupError(f"revision {revision.id} has no index")
    return Work(
        ScoreJob(
            metric=MetricSpec(name=revision.metric, params=revision.metric_params),
            submission_name=submission.file_name,
        ),
        (revision.index_sha256, submission.sha256),
        settings.score_wall_s,
    )


def _prepare_work(session: Session, claimed: Claim, settings: Settings) -> Work:
    revision = session.get_one(Revision, claimed.row_id)
    return Work(
        PrepareJob(
            metric=MetricSpec(name=revision.metric, params=revision.metric_params),
            id_column=revision.id_column,
        ),
        (revision.solution_sha256, revision.sample_sha256),
        settings.prepare_wall_s,
    )


def _record_prepared(
    session: Session,
    claimed: Claim,
    verdict: Verdict,
    index: Blob | None,
    settings: Settings,
) -> None:
    revision = session.scalar(select(Revision).where(ours(claimed)))
    if revision is None:
        log.warning("revision %s was taken over by another worker", claimed.row_id)
        return
    competitions.lock(session, revision.competition_id)
    session.refresh(revision, with_for_update=True)
    if (revision.state, revision.attempt) != (RevisionState.RUNNING, claimed.attempt):
        return
    report = verdict.report
    if verdict.outcome is Outcome.PREPARED and report is not None and index is not None:
        revision.index_sha256 = index.sha256
        revision.public_rows = report.rows.get("public", 0)
        revision.private_rows = report.rows.get("private", 0)
        revision.state, revision.lease_until = RevisionState.READY, None
        session.flush()  # the next step looks for ready revisions
        rescore.begin(session, revision=revision)
        return
    took_it = bool(verdict.sandbox)
    if verdict.outcome is Outcome.FAILED and (
        not took_it or claimed.failures + 1 < settings.failures_most
    ):
        give_back(session, claimed, settings=settings, failed=took_it)
        return
    revision.state, revision.lease_until = RevisionState.FAULTY, None
    revision.fault = _fault_sentence(verdict)
    revision.errors = [fault_to_json(each) for each in report.errors] if report else []
    log.error(
        "revision %s of %s is faulty: %s",
        revision.number,
        revision.competition.slug,
        revision.fault,
    )


def _fault_sentence(verdict: Verdict) -> str:
    """What is wrong with a revision, for its host; never empty."""
    if verdict.report is not None and verdict.report.message:
        return verdict.report.message
    if verdict.report is not None and verdict.report.errors:
        return " ".join(each.message for each in verdict.report.errors)
    if verdict.reason is not None:
        return f"Reading the solution was stopped by a limit: {verdict.reason}."
    return verdict.detail or f"Reading the solution ended as {verdict.outcome}."
