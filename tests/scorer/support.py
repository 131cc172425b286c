"""Small helpers: tables as bytes, and one call from files to a report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from podium_scorer.catalogue import Columns, MetricInfo, Prediction, Target
from podium_scorer.contract import MetricSpec, PrepareJob, ReaderCaps, Report, ScoreJob
from podium_scorer.engine import Prepared, run_prepare, run_score


def csv_bytes(header: str, rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV of plain cells."""
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def quoted_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV of any cells, quoted where they must be; floats in full."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerows([header, *rows])
    return sink.getvalue().encode()


def prepare(
    metric: str,
    /,
    solution: bytes,
    sample: bytes = b"",
    id_column: str | None = None,
    **params: Any,
) -> Prepared:
    """Prepare a solution."""
    spec = MetricSpec(name=metric, params=params)
    return run_prepare(PrepareJob(metric=spec, id_column=id_column), solution, sample)


def score(
    metric: str,
    /,
    solution: bytes,
    submission: bytes,
    sample: bytes = b"",
    caps: ReaderCaps | None = None,
    **params: Any,
) -> Report:
    """Prepare a solution, which must be sound, and score a submission with it."""
    prepared = prepare(metric, solution, sample, **params)
    assert prepared.index, prepared.report
    job = ScoreJob(
        metric=MetricSpec(name=metric, params=params),
        submission_name="submission.csv",
        caps=caps or ReaderCaps(),
    )
    return run_score(job, prepared.index, submission)


def perfect_submission(info: MetricInfo) -> bytes:
    """The truth of an entry's example, as a submission: its columns are the example's,
    or for classes one for each."""
    rows = list(csv.DictReader(io.StringIO(info.example.solution)))
    named = next(csv.reader(io.StringIO(info.example.submission)))
    key, columns = named[0], named[1:]
    if info.columns is Columns.CLASSES and len(columns) > 1:
        target = next(name for name in rows[0] if name != key)
        found = [[row[key], *(int(row[target] == c) for c in columns)] for row in rows]
    else:
        found = [
            [row[key], *(ideal(info, row[name]) for name in columns)] for row in rows
        ]
    text = io.StringIO()
    csv.writer(text).writerows([named, *found])
    return text.getvalue().encode()


def ideal(info: MetricInfo, cell: Any) -> Any:
    """The best prediction for a true cell, where the two do not look the same."""
    if info.target is Target.GRADED:
        pairs = [item.rpartition(":") for item in cell.split()]
        best = sorted(pairs, key=lambda pair: -float(pair[2]))
        return " ".join(item for item, _, _ in best)
    if info.prediction is Prediction.SCORED:
        return " ".join(f"{item} 0.9" for item in cell.split())
    if info.prediction is Prediction.BOXES:
        numbers = cell.split()
        boxes = (numbers[i : i + 4] for i in range(0, len(numbers), 4))
        return " ".join(" ".join(["0.9", *box]) for box in boxes)
    return cell


def kinds(report: Report) -> dict[str, int]:
    """The kinds of fault in a report and how often each was counted."""
    found: dict[str, int] = {}
    for fault in report.errors:
        found[fault.kind] = found.get(fault.kind, 0) + fault.count
    return found


def lines(report: Report, kind: str) -> list[int | None]:
    """The lines of a kind's examples."""
    return [
        example.line
        for fault in report.errors
        if fault.kind == kind
        for example in fault.examples
    ]
