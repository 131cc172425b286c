"""The commands that read files: each returns a JSON-ready answer and an exit code."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from podium_scorer.check import check_submission
from podium_scorer.contract import (
    Fault,
    MetricSpec,
    Outcome,
    PrepareJob,
    ReaderCaps,
    Report,
    ScoreJob,
)
from podium_scorer.engine import host_report, rejected_report, run_prepare, run_score
from podium_scorer.faults import FaultKind, clean

Answer = tuple[dict[str, Any], int]

EXIT_CODES = {
    Outcome.SCORED: 0,
    Outcome.PREPARED: 0,
    Outcome.REJECTED: 2,
    Outcome.HOST_ERROR: 1,
}


class Unreadable(Exception):
    """A file that can't be read, as a fault."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(str(path))
        reason = error.strerror or str(error)
        message = f"The file {clean(str(path), 200)} can't be read: {reason}."
        kind = str(FaultKind.UNREADABLE)
        advice = "Check the path and the permissions."
        self.fault = Fault(kind=kind, message=message, advice=advice)


def score(options: argparse.Namespace) -> Answer:
    """``score``: prepare the solution, then score the submission with it."""
    job = _prepare_job(options)
    try:
        solution, sample = read(options.solution), read(options.sample)
    except Unreadable as error:
        return answer(host_report((error.fault,)))
    prepared = run_prepare(job, solution, sample)
    if not prepared.index:
        return answer(prepared.report)
    try:
        submission = read(options.submission)
    except Unreadable as error:
        return answer(rejected_report((error.fault,), counts=False))
    name = options.submission.name
    score_job = ScoreJob(metric=job.metric, submission_name=name, caps=caps_of(options))
    return answer(run_score(score_job, prepared.index, submission))


def prepare(options: argparse.Namespace) -> Answer:
    """``prepare``: check a solution; write its index where ``--output`` says."""
    try:
        solution, sample = read(options.solution), read(options.sample)
    except Unreadable as error:
        return answer(host_report((error.fault,)))
    prepared = run_prepare(_prepare_job(options), solution, sample)
    if prepared.index and options.output is not None:
        options.output.write_bytes(prepared.index)
    return answer(prepared.report)


def check(options: argparse.Namespace) -> Answer:
    """``check``: a submission against the sample alone, as a participant can."""
    spec = None if options.metric is None else _spec(options)
    try:
        sample = read(options.sample)
    except Unreadable as error:
        return answer(host_report((error.fault,)))
    try:
        submission = read(options.submission)
    except Unreadable as error:
        return answer(rejected_report((error.fault,), counts=False))
    name, id_column = options.sample.name, options.id_column
    checked = check_submission(
        sample,
        submission,
        spec,
        sample_name=name,
        id_column=id_column,
        caps=caps_of(options),
    )
    if isinstance(checked, Report):
        return answer(checked)
    return {"status": "valid", "rows": checked}, 0


def _spec(options: argparse.Namespace) -> MetricSpec:
    return MetricSpec(name=options.metric, params=dict(options.param))


def _prepare_job(options: argparse.Namespace) -> PrepareJob:
    sample = options.sample
    return PrepareJob(
        metric=_spec(options),
        solution_name=options.solution.name,
        sample_name="sample_submission.csv" if sample is None else sample.name,
        id_column=options.id_column,
    )


def caps_of(options: argparse.Namespace) -> ReaderCaps:
    """What is read: the forms that ``--formats`` names."""
    return ReaderCaps(formats=options.formats)


def read(path: Path | None) -> bytes:
    """A file's bytes, none without a path; raises Unreadable."""
    try:
        return b"" if path is None else path.read_bytes()
    except OSError as error:
        raise Unreadable(path or Path(), error) from error


def answer(report: Report) -> Answer:
    """A report as a command's answer."""
    return report.to_json(), EXIT_CODES[report.status]
