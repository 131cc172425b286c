"""Preparing a solution: everything about it is checked once, and its index made.

The solution has the id, the target and, to split it, Usage (Public, Private, Ignored).
The sample submission is the contract with participants: its columns, and its order of
rows. For probabilities of several classes the sample has one column a class, and the
solution either one column of labels, whose classes are the sample's columns, or one
column a class with a single 1 in each row. Ignored rows must be as sound as the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import LONGEST_ID, Texts, build_index, first_of_each
from podium_scorer.catalogue import (
    Columns,
    MetricInfo,
    Prediction,
    Target,
    check_params,
    describe,
    nearest_metrics,
    with_defaults,
)
from podium_scorer.contract import MESSAGE_CHARS, Fault, MetricSpec, PrepareJob
from podium_scorer.expectation import ColumnSpec, Expectation
from podium_scorer.faults import FaultKind, FaultLog, clean
from podium_scorer.layout import Layout, check_sample, choose_layout
from podium_scorer.metrics import CODE
from podium_scorer.reading import open_source, read_every_fault
from podium_scorer.solution_index import SolutionIndex
from podium_scorer.splits import IGNORED, PRIVATE, PUBLIC, Splits, read_usage
from podium_scorer.submission import Aligned, read_submission
from podium_scorer.tables import Table, read_fast
from podium_scorer.targets import TargetColumn, Truth, read_truth


class UnsoundSolution(ValueError):
    """A solution, sample or metric setting with faults, each in ``faults``."""

    def __init__(self, faults: tuple[Fault, ...], file: str = "") -> None:
        """``file`` is put in front of each fault's message."""
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(_in_file(fault, file) for fault in faults)


@dataclass(frozen=True, eq=False)
class _Rows:
    """A solution that was read without a fault."""

    ids: Texts
    truth: Truth
    usage: NDArray[np.int8]


def find_setting(spec: MetricSpec) -> MetricInfo:
    """The catalogue's entry for a metric; raises UnsoundSolution for any fault of it."""
    try:
        info = describe(spec.name, spec.params)
    except KeyError:
        near = nearest_metrics(spec.name)
        advice = f"Did you mean {' or '.join(near)}?" if near else "Choose a known one."
        fault = _setting_fault(f"There is no metric {clean(spec.name, 60)!r}.", advice)
        raise UnsoundSolution((fault,)) from None
    faults = check_params(info, spec.params)
    if faults:
        advice = f"Look up the parameters of {info.name}."
        raise UnsoundSolution(tuple(_setting_fault(fault, advice) for fault in faults))
    return info


def prepare_solution(
    job: PrepareJob, solution: bytes, sample: bytes
) -> tuple[SolutionIndex, Splits]:
    """Check a solution and its sample; raises UnsoundSolution with all faults found.

    Gives the index, and how many rows of each part the solution has: more than the index
    where the job is for the Public rows only.
    """
    info = find_setting(job.metric)
    params = with_defaults(info, job.metric.params)
    sample_columns = _sample_columns(job, sample)
    log = FaultLog()
    expected_names = {*sample_columns, "Usage"} if sample_columns else set[str]()
    source = open_source(solution, expected_names, job.caps, log)
    if source is None:
        raise UnsoundSolution(log.faults(), job.solution_name)
    id_column = job.id_column or [*sample_columns, *source.columns][0]
    layout = choose_layout(source, sample_columns, id_column, info, params, log)
    if layout is None:
        raise UnsoundSolution(log.faults(), job.solution_name)
    rows = _read(job, layout)
    expected = _expectation(info, layout, rows)
    if sample:
        expected, rows = _in_sample_order(job, sample, expected, rows)
    index = _build(info, job.metric, expected, rows)
    _check_truth(index, job.solution_name)
    splits = index.splits
    if job.public_only:
        index = _build(info, job.metric, *_public(expected, rows))
    return index, splits


def _public(expected: Expectation, rows: _Rows) -> tuple[Expectation, _Rows]:
    """The same for the Public rows alone."""
    kept = np.flatnonzero(rows.usage == PUBLIC)
    ids = rows.ids.taken(kept)
    kept_rows = _Rows(ids, rows.truth.taken(kept), rows.usage[kept])
    return replace(expected, ids=build_index(ids)), kept_rows


def _sample_columns(job: PrepareJob, sample: bytes) -> tuple[str, ...]:
    """The sample submission's columns; none without a sample."""
    if not sample:
        return ()
    log = FaultLog()
    source = open_source(sample, (), job.caps, log)
    if source is not None:
        check_sample(source.columns, job.id_column or source.columns[0], log)
    if source is None or log:
        raise UnsoundSolution(log.faults(), job.sample_name)
    return source.columns


def _read(job: PrepareJob, layout: Layout) -> _Rows:
    """Read the solution fast, or carefully where that finds any fault."""
    table = read_fast(layout.source, layout.wanted, job.caps)
    rows = table and _check(layout, table, FaultLog())
    if rows:
        return rows
    log = FaultLog()
    table = read_every_fault(layout.source, layout.wanted, job.caps, log)
    rows = _check(layout, table, log)
    if rows is None:
        raise UnsoundSolution(log.faults(), job.solution_name)
    return rows


def _check(layout: Layout, table: Table, log: FaultLog) -> _Rows | None:
    if not table.rows and not log:
        log.add(FaultKind.EMPTY_FILE, "There are no rows.", "Put one row for each id.")
        return None
    ids = table.texts[layout.id_place]
    check_ids(ids, table, log)
    usage = np.full(table.rows, PUBLIC, np.int8)
    if layout.usage_place is not None:
        usage = read_usage(table.labels[layout.usage_place], table.lines, log)
    extra = cast("list[str] | None", layout.params.get("labels"))
    truth = read_truth(layout, table, log, extra_labels=extra or [])
    return None if log or truth is None else _Rows(ids, truth, usage)


def check_ids(ids: Texts, table: Table, log: FaultLog) -> None:
    """Ids must be there, differ, and not be too long."""
    repeated = first_of_each(ids) != np.arange(len(ids))
    for kind, faulty, sentences in (
        (FaultKind.EMPTY_ID, ids.lengths == 0, _EMPTY_ID),
        (FaultKind.DUPLICATE_ID, repeated & (ids.lengths > 0), _DUPLICATE_ID),
        (FaultKind.FIELD_TOO_LONG, ids.lengths > LONGEST_ID, _LONG_ID),
    ):
        rows = np.flatnonzero(faulty)
        log.add_rows(kind, rows, sentences, lines=table.lines, show=ids.text)


def _expectation(info: MetricInfo, layout: Layout, rows: _Rows) -> Expectation:
    columns = rows.truth.predictions
    row_sums = layout.params.get("row_sums") if len(columns) > 1 else None
    return Expectation(
        id_column=layout.id_column,
        specs=tuple(
            _spec(
                info.for_column(name),
                name,
                rows.truth.targets[place % len(rows.truth.targets)],
            )
            for place, name in enumerate(columns)
        ),
        ids=build_index(rows.ids),
        row_sums=None if row_sums is None else str(row_sums),
        params=layout.params,
    )


def _spec(info: MetricInfo, name: str, target: TargetColumn) -> ColumnSpec:
    labels = info.prediction is Prediction.LABEL
    return ColumnSpec(
        name=name,
        holds=info.prediction,
        valid_range=info.valid_range,
        classes=target.classes if labels else None,
    )


def _in_sample_order(
    job: PrepareJob, sample: bytes, expected: Expectation, rows: _Rows
) -> tuple[Expectation, _Rows]:
    """Check the sample as if it were submitted, and take over its order of rows."""
    aligned = read_submission(sample, expected, job.caps)
    if not isinstance(aligned, Aligned):
        raise UnsoundSolution(aligned, job.sample_name)
    if aligned.positions is None:
        return expected, rows
    order, ids = aligned.positions, aligned.ids
    expected = replace(expected, ids=build_index(ids))
    return expected, _Rows(ids, rows.truth.taken(order), rows.usage[order])


def _build(
    info: MetricInfo, spec: MetricSpec, expected: Expectation, rows: _Rows
) -> SolutionIndex:
    """Put the rows into slots: by part, and a binary target's negatives first."""
    keys: tuple[NDArray[Any], ...] = (rows.usage,)
    target = rows.truth.targets[0]
    if target.kind is Target.BINARY and info.columns is not Columns.PAIRS:
        keys = (cast(NDArray[Any], target.values), rows.usage)
    order = np.lexsort(keys)  # stable; the last key counts most
    slots = np.empty(len(order), np.int32)
    slots[order] = np.arange(len(order), dtype=np.int32)
    counts = np.bincount(rows.usage, minlength=3).tolist()
    return SolutionIndex(
        metric=info,
        params=with_defaults(info, spec.params),
        expectation=expected,
        truth=rows.truth.taken(order),
        splits=Splits(counts[PUBLIC], counts[PRIVATE], counts[IGNORED]),
        slots=slots,
    )


def _check_truth(index: SolutionIndex, file: str) -> None:
    """Ask the metric whether it can be computed on the public and the private rows."""
    refuse, faults = CODE[index.metric.name].refuse_truth, []
    for name, rows in index.splits.parts.items():
        if (why := refuse(index.part(rows))) is not None:
            message = f"The {name} rows {why}; {index.metric.title} has no value there."
            advice = "Split the rows in another way, or choose another metric."
            faults.append(
                Fault(kind=FaultKind.SOLUTION, message=message, advice=advice)
            )
    if faults:
        raise UnsoundSolution(tuple(faults), file)


def _setting_fault(message: str, advice: str) -> Fault:
    kind = str(FaultKind.SETTINGS)
    return Fault(kind=kind, message=message[:MESSAGE_CHARS], advice=advice)


def _in_file(fault: Fault, file: str) -> Fault:
    if not file:
        return fault
    message = f"{clean(file)}: {fault.message}"
    return replace(fault, message=message[:MESSAGE_CHARS])


# One, many, advice.
_EMPTY_ID = ("1 row has no id.", "{count} rows have no id.", "Give every row an id.")
_DUPLICATE_ID = (
    "1 row repeats an id that an earlier row has.",
    "{count} rows repeat an id that an earlier row has.",
    "Keep one row for each id.",
)
_LONG_ID = (
    f"1 id is longer than {LONGEST_ID:,} bytes.",
    f"{{count}} ids are longer than {LONGEST_ID:,} bytes.",
    "Use shorter ids.",
)
