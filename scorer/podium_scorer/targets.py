"""The true values of a solution, as the metric needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.catalogue import Target
from podium_scorer.faults import FaultKind, FaultLog, quoted
from podium_scorer.labels import binary_codes, class_codes, class_order, decode
from podium_scorer.layout import Layout
from podium_scorer.tables import Labels, Table

_SHOWN_CLASSES = 5


@dataclass(frozen=True, eq=False)
class TargetColumn:
    """True values in the file's order: 0 and 1, class numbers, or numbers.

    ``classes`` are the names behind class numbers. ``predictions`` are the prediction
    columns that a submission must have.
    """

    kind: Target
    values: NDArray[Any]
    predictions: tuple[str, ...]
    classes: tuple[str, ...] = ()


def read_target(
    layout: Layout, table: Table, log: FaultLog, *, extra_labels: list[str]
) -> TargetColumn | None:
    """Make the true values of a table; None with the reasons in ``log``.

    ``extra_labels`` are classes that may be predicted besides those in the solution.
    """
    predictions = layout.predictions or layout.target_names
    if layout.target is Target.NUMBER:
        values = table.numbers[layout.target_places[0]]
        return TargetColumn(Target.NUMBER, values, predictions)
    if layout.one_hot:
        return _from_one_hot(layout, table, predictions, log)
    column = table.labels[layout.target_places[0]]
    if not _all_there(layout, table, column, log):
        return None
    if layout.target is Target.BINARY:
        return _from_two(layout, column, log)
    if len(layout.predictions) > 1:
        return _from_sample(layout, table, column, log)
    if layout.target is None and _two_codes(layout, column) is not None:
        return _from_two(layout, column, log)
    present = [decode(text) for text in column.texts if text is not None]
    classes = class_order([*present, *extra_labels])
    if layout.target is None:
        predictions = classes
    codes = np.array(class_codes(column.texts, classes), np.int32)[column.codes]
    return TargetColumn(Target.LABEL, codes, predictions, classes)


def _all_there(layout: Layout, table: Table, column: Labels, log: FaultLog) -> bool:
    empty = [text is not None and not text.strip() for text in column.texts]
    rows = np.flatnonzero(np.array([*empty, False])[column.codes])
    where = f"in the column {quoted(layout.target_names[0])}"
    sentences = (
        f"1 value {where} is empty.",
        f"{{count}} values {where} are empty.",
        "Give every row its true class.",
    )
    log.add_rows(FaultKind.EMPTY_VALUE, rows, sentences, lines=table.lines)
    return not log


def _two_codes(layout: Layout, column: Labels) -> list[int] | None:
    positive = layout.params.get("positive_label")
    return binary_codes(column.texts, cast("str | None", positive))


def _from_two(layout: Layout, column: Labels, log: FaultLog) -> TargetColumn | None:
    codes = _two_codes(layout, column)
    if codes is None:
        found = sorted(quoted(decode(text)) for text in column.texts if text)
        shown = ", ".join(found[:_SHOWN_CLASSES])
        more = len(found) - _SHOWN_CLASSES
        shown += f" and {more:,} more" if more > 0 else ""
        log.add(
            FaultKind.SOLUTION,
            f"The target {quoted(layout.target_names[0])} must be 0 or 1 in every row; "
            f"it is {shown}.",
            "Write 0 and 1, or name the positive one of two classes with the metric's "
            "parameter positive_label.",
        )
        return None
    values = np.array(codes, np.uint8)[column.codes]
    predictions = layout.predictions or layout.target_names
    return TargetColumn(Target.BINARY, values, predictions)


def _from_sample(
    layout: Layout, table: Table, column: Labels, log: FaultLog
) -> TargetColumn | None:
    """Labels whose classes are the sample's prediction columns."""
    classes = layout.predictions
    codes = np.array(class_codes(column.texts, classes), np.int32)[column.codes]
    where = f"in the column {quoted(layout.target_names[0])}"
    log.add_rows(
        FaultKind.UNKNOWN_LABEL,
        np.flatnonzero(codes < 0),
        (
            f"1 value {where} is none of the sample submission's columns.",
            f"{{count}} values {where} are none of the sample submission's columns.",
            "Name the sample's columns exactly like the classes.",
        ),
        lines=table.lines,
        show=column.show,
    )
    return None if log else TargetColumn(Target.LABEL, codes, classes, classes)


def _from_one_hot(
    layout: Layout, table: Table, predictions: tuple[str, ...], log: FaultLog
) -> TargetColumn | None:
    """One column of 0 and 1 for each class, a single 1 in every row."""
    ones = np.zeros(table.rows, np.int64)
    plain = np.ones(table.rows, np.bool_)
    codes = np.zeros(table.rows, np.int32)
    for code, place in enumerate(layout.target_places):
        values = table.numbers[place]
        ones += values == 1
        plain &= (values == 0) | (values == 1) | np.isnan(values)
        codes[values == 1] = code
    log.add_rows(
        FaultKind.SOLUTION,
        np.flatnonzero((ones != 1) | ~plain),
        (
            "1 row does not have a single 1 among the columns of the classes.",
            "{count} rows do not have a single 1 among the columns of the classes.",
            "Write 1 into the column of the true class and 0 into the others.",
        ),
        lines=table.lines,
    )
    return None if log else TargetColumn(Target.LABEL, codes, predictions, predictions)
