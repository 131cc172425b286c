"""The linter on the site: a job in the sandbox, whose findings a revision keeps.

It is best effort: no score waits for it, and what gets lost is asked for again by its host.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.competitions.models import DataFile, Part, Revision, RevisionState
from podium.competitions.programs import program_of
from podium.core import clock
from podium.core.queue import Job
from podium_scorer.contract import LintJob, MetricSpec, Outcome, Verdict

JOB_SLACK_S = 120
MOST_FILES = 50
MOST_BYTES = 64 << 20  # of data files: they are held in the sandbox's memory
FINDINGS_BYTES = 1 << 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class _Work:
    job: LintJob
    sha256s: tuple[str, ...]
    left_out: tuple[str, ...]
    data_sha256: str


def ask(services: Services, *, revision_id: int) -> bool:
    """Have a revision linted; False where the queue can't be reached."""
    job = Job(
        id=f"lint-{revision_id}-{secrets.token_hex(4)}",
        function="podium.scoring.jobs.lint",
        row_id=revision_id,
        timeout_s=services.settings.prepare_wall_s + JOB_SLACK_S,
    )
    return services.jobs.send(job)


def ask_for_draft(services: Services, *, revision_id: int) -> None:
    """Have a revision linted that was just prepared, if it is a draft's."""
    with services.database.session() as session:
        revision = session.get(Revision, revision_id)
        wanted = (
            revision is not None
            and revision.state is RevisionState.READY
            and not revision.competition.launched(clock.now())
        )
    if wanted:
        ask(services, revision_id=revision_id)


def look(services: Services, revision_id: int) -> None:
    """Lint a revision with its competition's data, and keep what was found."""
    with services.database.session() as session:
        revision = session.get(Revision, revision_id)
        work = None if revision is None else _work(session, revision)
    if work is None:
        return
    found = _run(services, work) | {
        "at": clock.now().isoformat(),
        "data_sha256": work.data_sha256,
        "left_out": list(work.left_out),
    }
    with services.database.session() as session:
        session.execute(
            update(Revision).where(Revision.id == revision_id).values(lint=found)
        )
        session.commit()


def data_sha256(session: Session, *, revision: Revision) -> str:
    """Changes when one of the files does that the linter looks at beside the solution."""
    published, hidden = _files(session, revision)
    return _digest([*published, *hidden])


def _run(services: Services, work: _Work) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(tempfile.TemporaryFile())
        try:
            files = [
                stack.enter_context(contextlib.closing(services.storage.open(each)))
                for each in work.sha256s
            ]
        except OSError:
            log.exception("a stored file could not be read")
            return {"trouble": "A stored file could not be read."}
        verdict = services.sandbox.run(
            work.job, files, output=output, wall_s=services.settings.prepare_wall_s
        )
        if verdict.outcome is not Outcome.PREPARED:
            return {"trouble": _trouble(verdict)}
        output.seek(0)
        found = json.loads(output.read(FINDINGS_BYTES))
    return {key: found[key] for key in ("findings", "not_applied", "counts")}


def _trouble(verdict: Verdict) -> str:
    if verdict.reason is not None:
        return f"The linter was stopped by a limit: {verdict.reason}."
    log.warning("the linter ended as %s: %s", verdict.outcome, verdict.detail)
    return "The linter did not come to an end on this server."


def _work(session: Session, revision: Revision) -> _Work:
    published, hidden = _files(session, revision)
    kept = {each.name: each for each in _fitting([*published, *hidden])}
    taken = [each for each in published if kept.get(each.name) == each]
    unpublished = [each for each in hidden if kept.get(each.name) == each]
    files = [*taken, *unpublished]
    job = LintJob(
        metric=MetricSpec(name=revision.metric, params=revision.metric_params),
        custom=revision.metric_sha256 is not None,
        id_column=revision.id_column,
        data_names=tuple(each.name for each in files),
        published=len(taken),
        public_only=revision.part is Part.PUBLIC,
    )
    sha256s = (revision.solution_sha256, revision.sample_sha256)
    return _Work(
        job,
        (*sha256s, *(each.sha256 for each in files)),
        tuple(each.name for each in [*published, *hidden] if each not in files),
        _digest([*published, *hidden]),
    )


def _files(session: Session, revision: Revision) -> tuple[list[_File], list[_File]]:
    """What is published besides the sample, and what only programs read."""
    rows = session.scalars(
        select(DataFile)
        .where(DataFile.competition_id == revision.competition_id)
        .order_by(DataFile.id)
    )
    published = [
        _File(row.name, row.sha256, row.size)
        for row in rows
        if row.sha256 != revision.sample_sha256
    ]
    program = program_of(revision)
    inputs = () if program is None else (*program.files, *program.private_inputs)
    known = {each.sha256 for each in published}
    hidden = {
        each.sha256: _File(each.name, each.sha256, each.size)
        for each in inputs
        if each.sha256 not in known
    }
    return published, [*hidden.values()]


def _fitting(files: Sequence[_File]) -> Iterator[_File]:
    """The files that go into one job, small ones first, so that most of them do."""
    size = 0
    for each in sorted(files, key=lambda file: file.size)[:MOST_FILES]:
        size += each.size
        if size > MOST_BYTES:
            return
        yield each


def _digest(files: Sequence[_File]) -> str:
    text = json.dumps([[each.name, each.sha256] for each in files])
    return hashlib.sha256(text.encode()).hexdigest()
