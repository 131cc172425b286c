"""``score`` and ``prepare`` with a metric of one's own: at home, outside any sandbox."""

from __future__ import annotations

import argparse
from pathlib import Path

from podium_scorer.commands import Answer, Unreadable, answer, caps_of, read
from podium_scorer.contract import CustomPrepareJob, CustomScoreJob, Fault
from podium_scorer.custom import prepare_custom, score_custom
from podium_scorer.engine import Prepared, host_report, rejected_report
from podium_scorer.faults import FaultKind


def score(options: argparse.Namespace) -> Answer:
    """``score``: prepare the solution, then score the submission with it."""
    prepared = _prepared(options)
    if not prepared.index:
        return answer(prepared.report)
    try:
        submission = read(options.submission)
    except Unreadable as error:
        return answer(rejected_report((error.fault,), counts=False))
    job = CustomScoreJob(submission_name=options.submission.name, caps=caps_of(options))
    return answer(score_custom(job, prepared.index, submission))


def prepare(options: argparse.Namespace) -> Answer:
    """``prepare``: check a solution and a metric; write the index for ``--output``."""
    prepared = _prepared(options)
    if prepared.index and options.output is not None:
        options.output.write_bytes(prepared.index)
    return answer(prepared.report)


def _prepared(options: argparse.Namespace) -> Prepared:
    if options.sample is None:
        fault = Fault(
            kind=str(FaultKind.SETTINGS),
            message="A metric of your own needs to know what a submission looks like.",
            advice="Name the sample submission with --sample.",
        )
        return Prepared(host_report((fault,)))
    paths: tuple[Path, ...] = (options.solution, options.sample, options.metric_file)
    try:
        solution, sample, metric = map(read, paths)
    except Unreadable as error:
        return Prepared(host_report((error.fault,)))
    job = CustomPrepareJob(
        params=dict(options.param),
        solution_name=options.solution.name,
        sample_name=options.sample.name,
        metric_name=options.metric_file.name,
        id_column=options.id_column,
    )
    return prepare_custom(job, solution, sample, metric)
