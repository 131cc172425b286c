"""Checking a submission against the sample alone: no solution, and so no score."""

from __future__ import annotations

from dataclasses import replace

from podium_scorer.alignment import build_index
from podium_scorer.catalogue import MetricInfo, with_defaults
from podium_scorer.contract import TABLE_FORMATS, MetricSpec, ReaderCaps, Report
from podium_scorer.engine import host_report, rejected_report
from podium_scorer.expectation import ColumnSpec, Expectation
from podium_scorer.faults import FaultLog
from podium_scorer.layout import check_sample
from podium_scorer.reading import open_source, read_every_fault
from podium_scorer.solution import UnsoundSolution, check_ids, find_setting
from podium_scorer.submission import Aligned, read_submission
from podium_scorer.tables import TextKind


def check_submission(
    sample: bytes,
    submission: bytes,
    spec: MetricSpec | None,
    *,
    sample_name: str = "sample_submission.csv",
    id_column: str | None = None,
    caps: ReaderCaps | None = None,
) -> Report | int:
    """The number of rows of a faultless submission, or the report on its faults.

    Without a metric every value will do that is not empty; with one, its range is checked
    too. Which labels are known can't be told without the solution.
    """
    caps = caps or ReaderCaps()
    try:
        of_sample = replace(caps, formats=TABLE_FORMATS)
        expected = _expectation(sample, spec, sample_name, id_column, of_sample)
    except UnsoundSolution as error:
        return host_report(error.faults)
    aligned = read_submission(submission, expected, caps)
    if isinstance(aligned, Aligned):
        return len(aligned.ids)
    return rejected_report(aligned, counts=False)


def _expectation(
    sample: bytes,
    spec: MetricSpec | None,
    sample_name: str,
    id_column: str | None,
    caps: ReaderCaps,
) -> Expectation:
    """What the sample says of a submission; raises UnsoundSolution for its faults."""
    info = None if spec is None else find_setting(spec)
    log = FaultLog()
    source = open_source(sample, (), caps, log)
    if source is None:
        raise UnsoundSolution(log.faults(), sample_name)
    name = id_column or source.columns[0]
    check_sample(source.columns, name, log)
    if not log:
        place = source.columns.index(name)
        table = read_every_fault(source, {place: TextKind()}, caps, log)
        check_ids(table.texts[place], table, log)
    if log:
        raise UnsoundSolution(log.faults(), sample_name)
    columns = tuple(column for column in source.columns if column != name)
    return Expectation(
        id_column=name,
        specs=tuple(_spec(info, column) for column in columns),
        ids=build_index(table.texts[place]),
        row_sums=_row_sums(info, spec, len(columns)),
        params={} if info is None or spec is None else with_defaults(info, spec.params),
    )


def _spec(info: MetricInfo | None, name: str) -> ColumnSpec:
    if info is None:
        return ColumnSpec(name)
    info = info.for_column(name)
    return ColumnSpec(name, holds=info.prediction, valid_range=info.valid_range)


def _row_sums(
    info: MetricInfo | None, spec: MetricSpec | None, columns: int
) -> str | None:
    if info is None or spec is None or columns < 2:
        return None
    rule = with_defaults(info, spec.params).get("row_sums")
    return None if rule is None else str(rule)
