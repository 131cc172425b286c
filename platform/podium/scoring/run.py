"""One job from claim to record. No database connection is held while the sandbox works."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions import service as competitions
from podium.competitions.models import Part, Revision, RevisionState
from podium.competitions.programs import Program, program_of
from podium.core.storage import Blob
from podium.receipts import service as receipts
from podium.scoring import dispatch, lint, outcomes, rescore
from podium.scoring.claim import Claim, claim, give_back, kept, ours
from podium.scoring.record import Judged, record
from podium.settings import Settings
from podium.submissions.models import Score
from podium_sandbox import logs
from podium_sandbox.client import CodeJob, Ended, ProgramVerdict
from podium_scorer.contract import (
    CustomPrepareJob,
    CustomScoreJob,
    Job,
    MetricSpec,
    Outcome,
    PrepareJob,
    ReaderCaps,
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
    about: str  # the public id of a submission, the slug and number of a revision


@dataclass(frozen=True)
class ProgramWork:
    """A program to run and the stored files it takes, before its output is scored."""

    program: Program
    job: CodeJob
    sha256s: tuple[str, ...]


def score(services: Services, score_id: int) -> None:
    """Score one submission by one revision, if the row is to be had."""
    settings = services.settings
    with services.database.session() as session:
        claimed = claim(session, Score, score_id, settings.lease_s)
        work = None if claimed is None else score_work(session, claimed, settings)
        program = None if claimed is None else program_work(session, claimed)
        session.commit()
    if claimed is not None and work is not None:
        with logs.bound(submission=work.about, score=score_id):
            _score(services, claimed, work, program)
    dispatch.dispatch(services)


def _score(
    services: Services, claimed: Claim, work: Work, program: ProgramWork | None
) -> None:
    settings = services.settings
    with kept(services, claimed):
        judged = _worn_out(claimed, settings) or _judge(services, work, program)
    with services.database.session() as session:
        if not record(session, claimed, judged, settings=settings):
            log.warning("the score was taken over by another worker")
        session.commit()
    logs.say(
        log,
        "a score ended",
        attempt=claimed.attempt,
        outcome=str(judged.verdict.outcome),
        sandbox=judged.verdict.sandbox,
        wall_s=judged.verdict.wall_s,
    )


def prepare(services: Services, revision_id: int) -> None:
    """Check a revision's solution and make its index, if the row is to be had."""
    settings = services.settings
    with services.database.session() as session:
        claimed = claim(session, Revision, revision_id, settings.lease_s)
        work = None if claimed is None else _prepare_work(session, claimed, settings)
        program, pinned = None, ""
        if claimed is not None:
            revision = session.get_one(Revision, claimed.row_id)
            program, pinned = program_of(revision), revision.image_id
        session.commit()
    if claimed is not None and work is not None:
        index: Blob | None = None
        with (
            logs.bound(revision=work.about),
            kept(services, claimed),
            tempfile.TemporaryFile() as output,
        ):
            worn_out = _worn_out(claimed, settings)
            verdict = worn_out.verdict if worn_out else _run(services, work, output)
            if verdict.outcome is Outcome.PREPARED:
                output.seek(0)
                index = services.storage.put(output, most_bytes=INDEX_MOST_BYTES)
        pin = Pin(pinned) if pinned else _pin(services, program)
        with services.database.session() as session:
            _record_prepared(session, claimed, verdict, index, settings, pin)
            session.commit()
        lint.ask_for_draft(services, revision_id=revision_id)
    dispatch.dispatch(services)


@dataclass(frozen=True)
class Pin:
    """The digest of a revision's image for programs, or why there is none."""

    image_id: str = ""
    fault: str = ""


def _pin(services: Services, program: Program | None) -> Pin:
    """Pin the image that a revision's programs are run in."""
    if program is None:
        return Pin()
    status = services.sandbox.status()
    if image_id := status.code_images.get(program.image):
        return Pin(image_id)
    why = status.refusals.get("code") or status.reason
    known = ", ".join(status.code_images) or "none"
    return Pin(
        fault=f"There is no image {program.image!r} for programs on this server (there "
        f"are: {known}). {why}".strip()
    )


def _judge(services: Services, work: Work, program: ProgramWork | None) -> Judged:
    """Score a file of predictions; in a code competition the one that a program wrote."""
    if program is None:
        return Judged(_run(services, work))
    with tempfile.TemporaryFile() as predictions:
        run = _run_program(services, program, predictions)
        verdict = outcomes.judged(run, program.program)
        if verdict is None:
            verdict = _of_output(_run(services, work, predictions=predictions))
    return Judged(verdict, run, program.program)


def _of_output(verdict: Verdict) -> Verdict:
    """A verdict on a program's output: whatever is wrong with it, it used the machine."""
    report = verdict.report
    if report is None or verdict.outcome is not Outcome.REJECTED:
        return verdict
    return replace(verdict, report=replace(report, counts=True))


def _run_program(
    services: Services, work: ProgramWork, output: BinaryIO
) -> ProgramVerdict:
    with contextlib.ExitStack() as stack:
        try:
            files = _opened(services, work.sha256s, stack)
        except OSError as error:
            log.exception("a stored file could not be read")
            detail = f"storage: {error}"
            return ProgramVerdict(outcome=Ended.FAILED, detail=detail, sandbox="none")
        return services.sandbox.run_code(work.job, files, output=output)


def _run(
    services: Services,
    work: Work,
    output: BinaryIO | None = None,
    *,
    predictions: BinaryIO | None = None,
) -> Verdict:
    """Carry out a job; ``predictions`` follow the stored files."""
    with contextlib.ExitStack() as stack:
        try:
            files = _opened(services, work.sha256s, stack)
        except OSError as error:
            log.exception("a stored file could not be read")
            return Verdict(
                outcome=Outcome.FAILED, detail=f"storage: {error}", sandbox="none"
            )
        files += [] if predictions is None else [predictions]
        return services.sandbox.run(work.job, files, output=output, wall_s=work.wall_s)


def _opened(
    services: Services, sha256s: Sequence[str], stack: contextlib.ExitStack
) -> list[BinaryIO]:
    return [
        stack.enter_context(contextlib.closing(services.storage.open(sha256)))
        for sha256 in sha256s
    ]


def _worn_out(claimed: Claim, settings: Settings) -> Judged | None:
    """The end of a row that we failed too often, for instance since it kills its worker."""
    if claimed.failures < settings.failures_most:
        return None
    return Judged(
        Verdict(
            outcome=Outcome.FAILED,
            detail=f"gave up after {claimed.failures} failures",
            sandbox="none",
        )
    )


def score_work(session: Session, claimed: Claim, settings: Settings) -> Work:
    """What the sandbox has to do for a score that is ours."""
    row = session.get_one(Score, claimed.row_id)
    revision, submission = row.revision, row.submission
    if revision.index_sha256 is None:
        raise LookupError(f"revision {revision.id} has no index")
    program = program_of(revision)
    name = submission.file_name if program is None else program.output
    caps = ReaderCaps()
    if program is None and revision.competition.submission_formats:
        caps = ReaderCaps(formats=tuple(revision.competition.submission_formats))
    job: Job = CustomScoreJob(submission_name=name, caps=caps)
    if revision.metric_sha256 is None:
        job = ScoreJob(metric=_spec(revision), submission_name=name, caps=caps)
    files: tuple[str, ...] = (revision.index_sha256, submission.sha256)
    files = files if program is None else files[:1]
    return Work(job, files, settings.score_wall_s, submission.public_id)


def program_work(session: Session, claimed: Claim) -> ProgramWork | None:
    """What is to be run before a score that is ours can be made; None if nothing."""
    row = session.get_one(Score, claimed.row_id)
    program = program_of(row.revision)
    if program is None:
        return None
    return ProgramWork(
        program,
        outcomes.job_of(program, row.revision.image_id),
        (row.submission.sha256, *(each.sha256 for each in program.files)),
    )


def _prepare_work(session: Session, claimed: Claim, settings: Settings) -> Work:
    revision = session.get_one(Revision, claimed.row_id)
    files: tuple[str, ...] = (revision.solution_sha256, revision.sample_sha256)
    about = f"{revision.competition.slug}/{revision.number}"
    if revision.metric_sha256 is None:
        job: Job = PrepareJob(
            metric=_spec(revision),
            id_column=revision.id_column,
            public_only=revision.part is Part.PUBLIC,
        )
        return Work(job, files, settings.prepare_wall_s, about)
    job = CustomPrepareJob(
        params=revision.metric_params,
        shows_errors=revision.metric_shows_errors,
        id_column=revision.id_column,
        public_only=revision.part is Part.PUBLIC,
    )
    files = (*files, revision.metric_sha256)
    return Work(job, files, settings.prepare_wall_s, about)


def _spec(revision: Revision) -> MetricSpec:
    return MetricSpec(name=revision.metric, params=revision.metric_params)


def _record_prepared(
    session: Session,
    claimed: Claim,
    verdict: Verdict,
    index: Blob | None,
    settings: Settings,
    pin: Pin,
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
    if pin.fault:
        _make_faulty(revision, pin.fault)
        return
    if verdict.outcome is Outcome.PREPARED and report is not None and index is not None:
        revision.image_id = pin.image_id
        revision.index_sha256 = index.sha256
        revision.public_rows = report.rows.get("public", 0)
        revision.private_rows = report.rows.get("private", 0)
        revision.state, revision.lease_until = RevisionState.READY, None
        receipts.commit_to(session, revision=revision)
        session.flush()  # the next step looks for ready revisions
        rescore.begin(session, revision=revision)
        return
    took_it = bool(verdict.sandbox)
    if verdict.outcome is Outcome.FAILED and (
        not took_it or claimed.failures + 1 < settings.failures_most
    ):
        give_back(session, claimed, settings=settings, failed=took_it)
        return
    revision.errors = [fault_to_json(each) for each in report.errors] if report else []
    _make_faulty(revision, _fault_sentence(verdict))


def _make_faulty(revision: Revision, fault: str) -> None:
    revision.state, revision.lease_until = RevisionState.FAULTY, None
    revision.fault = fault
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
