"""Jobs in, reports out: what ``serve`` and the command line both run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from podium_scorer import __version__
from podium_scorer.alignment import Ints, Texts
from podium_scorer.catalogue import with_defaults
from podium_scorer.contract import (
    Fault,
    MetricSpec,
    Outcome,
    PrepareJob,
    Report,
    ScoreJob,
)
from podium_scorer.faults import FaultKind, fit_report
from podium_scorer.metrics import CODE, Estimate, Refusal, source_sha256
from podium_scorer.metrics.base import Array
from podium_scorer.solution import UnsoundSolution, find_setting, prepare_solution
from podium_scorer.solution_index import SolutionIndex, UnsoundIndex, read_index
from podium_scorer.submission import Aligned, Values, read_submission
from podium_scorer.uncertainty import SEED


@dataclass(frozen=True)
class Prepared:
    """The report on a solution, and the index's bytes (none where it has faults)."""

    report: Report
    index: bytes = b""


def run_prepare(job: PrepareJob, solution: bytes, sample: bytes) -> Prepared:
    """Check a solution and make its index; never raises for the organizer's faults."""
    try:
        index, splits = prepare_solution(job, solution, sample)
    except UnsoundSolution as error:
        return Prepared(host_report(error.faults))
    report = Report(
        status=Outcome.PREPARED,
        rows=splits.to_json(),
        scorer=__version__,
        metric_sha256=_source(index),
    )
    return Prepared(report, index.to_bytes())


def run_score(job: ScoreJob, index: bytes | memoryview, submission: bytes) -> Report:
    """Score a submission; never raises for a fault of participant or organizer."""
    try:
        solution = read_index(index)
        _check_made_for(solution, job.metric)
    except UnsoundIndex as error:
        message = f"{error} Prepare the solution again."
        fault = Fault(kind=str(FaultKind.SOLUTION), message=message, advice="")
        return host_report((fault,))
    except UnsoundSolution as error:
        return host_report(error.faults)
    aligned = read_submission(submission, solution.expectation, job.caps)
    if not isinstance(aligned, Aligned):
        return rejected_report(aligned, counts=False)
    try:
        estimates = dict(_estimates(solution, aligned))
    except Refusal as refusal:
        kind, advice = (
            str(FaultKind.METRIC_REFUSED),
            "Look at the metric's description.",
        )
        fault = Fault(kind=kind, message=str(refusal), advice=advice)
        return rejected_report((fault,), counts=True)
    return _scored(solution, estimates)


def host_report(faults: tuple[Fault, ...]) -> Report:
    """The report on the organizer's faults: one sentence, and all of them."""
    message = f"{faults[0].message} {faults[0].advice}".strip()
    if len(faults) > 1:
        message += f" ({len(faults) - 1:,} more: see errors.)"
    report = Report(
        status=Outcome.HOST_ERROR, message=message, errors=faults, scorer=__version__
    )
    return fit_report(report)


def rejected_report(faults: tuple[Fault, ...], *, counts: bool) -> Report:
    """The report on a participant's faults, cut to fit the wire."""
    report = Report(
        status=Outcome.REJECTED, errors=faults, counts=counts, scorer=__version__
    )
    return fit_report(report)


def _scored(solution: SolutionIndex, estimates: dict[str, Estimate]) -> Report:
    public, private = estimates["public"], estimates.get("private")
    return Report(
        status=Outcome.SCORED,
        public=public.score,
        private=None if private is None else private.score,
        public_interval=public.interval,
        private_interval=None if private is None else private.interval,
        rows=solution.splits.to_json(),
        scorer=__version__,
        metric_sha256=_source(solution),
        seed=SEED,
    )


def _source(solution: SolutionIndex) -> str:
    inner = solution.params.get("metric") or solution.params.get("metrics") or []
    parts = [inner] if isinstance(inner, str) else cast("list[str]", inner)
    return source_sha256(solution.metric.name, *parts)


def _check_made_for(solution: SolutionIndex, spec: MetricSpec) -> None:
    info = find_setting(spec)
    if info != solution.metric or with_defaults(info, spec.params) != solution.params:
        raise UnsoundIndex("The index was made for another metric or other parameters.")


def _estimates(
    solution: SolutionIndex, aligned: Aligned
) -> Iterator[tuple[str, Estimate]]:
    """The score of each part that has rows; raises Refusal where there is none."""
    slots = solution.slots.astype(np.int64)
    if aligned.positions is not None:
        slots = slots[aligned.positions]
    return estimate_parts(solution, *_in_slots(aligned.columns, slots))


def estimate_parts(
    solution: SolutionIndex, predictions: Array | None, texts: Sequence[Texts]
) -> Iterator[tuple[str, Estimate]]:
    """The score of each part for predictions in slot order; raises Refusal."""
    compute = CODE[solution.metric.name].compute
    for name, rows in solution.splits.parts.items():
        estimate = compute(solution.part(rows, predictions, texts))
        if not math.isfinite(estimate.score):
            raise Refusal("The score of these predictions is not a finite number.")
        yield name, estimate


def _in_slots(
    columns: Sequence[Values], slots: Ints
) -> tuple[Array | None, list[Texts]]:
    """The predictions in slot order: numbers as (columns, rows), texts by column."""
    values = [column for column in columns if not isinstance(column, Texts)]
    predictions = None
    if values:
        kind = np.result_type(*values)
        predictions = np.empty((len(values), len(slots)), kind)
        for row, column in zip(predictions, values, strict=True):
            row[slots] = column
    written = [column for column in columns if isinstance(column, Texts)]
    if written:
        order = np.empty(len(slots), np.int64)
        order[slots] = np.arange(len(slots))
        written = [column.taken(order) for column in written]
    return predictions, written
