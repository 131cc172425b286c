"""The true values of a solution, as the metric needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import Ints, Texts
from podium_scorer.catalogue import TEXT_TARGETS, Columns, Target
from podium_scorer.cells import TRUTH_FORMS
from podium_scorer.faults import FaultKind, FaultLog, quoted
from podium_scorer.labels import binary_codes, class_codes, class_order, decode
from podium_scorer.layout import Extra, Layout
from podium_scorer.tables import Labels, Table

_SHOWN_CLASSES = 5

Values: TypeAlias = "NDArray[Any] | Texts"


@dataclass(frozen=True, eq=False)
class TargetColumn:
    """True values in the file's order: 0 and 1, class numbers, numbers, or texts.

    ``classes`` are the names behind class numbers.
    """

    name: str
    kind: Target
    values: Values
    classes: tuple[str, ...] = ()

    def taken(self, rows: Ints) -> TargetColumn:
        """The same column with some of its rows, in their order."""
        values = self.values
        moved = values.taken(rows) if isinstance(values, Texts) else values[rows]
        return TargetColumn(self.name, self.kind, moved, self.classes)


@dataclass(frozen=True, eq=False)
class Truth:
    """All that a solution says of its rows besides ids and Usage.

    ``predictions`` are the prediction columns that a submission must have; ``extras`` are
    the further columns, by the parameters that name them.
    """

    targets: tuple[TargetColumn, ...]
    predictions: tuple[str, ...]
    extras: dict[str, TargetColumn] = field(default_factory=dict)

    def taken(self, rows: Ints) -> Truth:
        """The same with some of its rows, in their order."""
        return Truth(
            tuple(target.taken(rows) for target in self.targets),
            self.predictions,
            {name: extra.taken(rows) for name, extra in self.extras.items()},
        )


def read_truth(
    layout: Layout, table: Table, log: FaultLog, *, extra_labels: list[str]
) -> Truth | None:
    """Make the true values of a table; None with the reasons in ``log``.

    ``extra_labels`` are classes that may be predicted besides those in the solution.
    """
    extras = {
        extra.param.name: _extra(layout, extra, table, log) for extra in layout.extras
    }
    simple = layout.target is Target.NUMBER or layout.target in TEXT_TARGETS
    if simple or layout.info.columns is Columns.PAIRS:
        predictions = layout.predictions or layout.target_names
        targets = [
            _simple(layout, place, table, log, extra_labels)
            for place in layout.target_places
        ]
        return None if log else Truth(tuple(targets), predictions, extras)
    found = _read_classes(layout, table, log, extra_labels)
    if log or found is None:
        return None
    target, predictions = found
    return Truth((target,), predictions, extras)


def _simple(
    layout: Layout, place: int, table: Table, log: FaultLog, extra_labels: list[str]
) -> TargetColumn:
    """A column by itself: of numbers, of 0 and 1, of labels, or of texts."""
    name = layout.source.columns[place]
    kind = layout.info.for_column(name).target
    if kind in TEXT_TARGETS:
        texts = table.texts[place]
        _check_form(layout, name, texts, table, log)
        return TargetColumn(name, kind, texts)
    if kind is Target.LABEL:
        return _of_labels(name, table, table.labels[place], log, extra_labels)
    values: NDArray[Any] = table.numbers[place]
    if kind is Target.BINARY:
        log.add_rows(
            FaultKind.SOLUTION,
            np.flatnonzero((values != 0) & (values != 1) & ~np.isnan(values)),
            (
                f"1 value in the column {quoted(name)} is neither 0 nor 1.",
                f"{{count}} values in the column {quoted(name)} are neither 0 nor 1.",
                "Write 1 where the row has the label and 0 where it has not.",
            ),
            lines=table.lines,
            column=name,
        )
        values = (values == 1).astype(np.uint8)
    return TargetColumn(name, kind, values)


def _check_form(
    layout: Layout, name: str, texts: Texts, table: Table, log: FaultLog
) -> None:
    form = TRUTH_FORMS.get(layout.info.for_column(name).target)
    if form is None:
        return
    faulty = [
        row
        for row, text in enumerate(texts.strings())
        if not form.holds(text, layout.params)
    ]
    where = f"in the column {quoted(name)}"
    log.add_rows(
        FaultKind.MALFORMED,
        np.array(faulty, np.int64),
        (
            f"1 value {where} {form.one}.",
            f"{{count}} values {where} {form.many}.",
            form.advice,
        ),
        lines=table.lines,
        show=texts.text,
        column=name,
    )


def _extra(layout: Layout, extra: Extra, table: Table, log: FaultLog) -> TargetColumn:
    name = layout.source.columns[extra.place]
    if extra.param.holds is Target.NUMBER:
        return TargetColumn(name, Target.NUMBER, table.numbers[extra.place])
    return _of_labels(name, table, table.labels[extra.place], log, [])


def _of_labels(
    name: str, table: Table, column: Labels, log: FaultLog, extra_labels: list[str]
) -> TargetColumn:
    """The class number of each row, and the classes that there are."""
    _check_there(name, table, column, log)
    present = [decode(text) for text in column.texts if text is not None]
    classes = class_order([*present, *extra_labels])
    codes = np.array([*class_codes(column.texts, classes), 0], np.int32)[column.codes]
    return TargetColumn(name, Target.LABEL, codes, classes)


_Classes: TypeAlias = "tuple[TargetColumn, tuple[str, ...]]"


def _read_classes(
    layout: Layout, table: Table, log: FaultLog, extra_labels: list[str]
) -> _Classes | None:
    """One target of classes, and the prediction columns that go with it."""
    predictions = layout.predictions or layout.target_names
    if layout.one_hot:
        return _from_one_hot(layout, table, predictions, log)
    column = table.labels[layout.target_places[0]]
    _check_there(layout.target_names[0], table, column, log)
    if log:
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
    return _labels(layout, codes, classes), predictions


def _labels(
    layout: Layout, codes: NDArray[np.int32], classes: tuple[str, ...]
) -> TargetColumn:
    return TargetColumn(layout.target_names[0], Target.LABEL, codes, classes)


def _check_there(name: str, table: Table, column: Labels, log: FaultLog) -> None:
    empty = [text is not None and not text.strip() for text in column.texts]
    rows = np.flatnonzero(np.array([*empty, False])[column.codes])
    where = f"in the column {quoted(name)}"
    sentences = (
        f"1 value {where} is empty.",
        f"{{count}} values {where} are empty.",
        "Give every row its true class.",
    )
    log.add_rows(FaultKind.EMPTY_VALUE, rows, sentences, lines=table.lines)


def _two_codes(layout: Layout, column: Labels) -> list[int] | None:
    positive = layout.params.get("positive_label")
    return binary_codes(column.texts, cast("str | None", positive))


def _from_two(layout: Layout, column: Labels, log: FaultLog) -> _Classes | None:
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
    classes = _two_classes(layout, column)
    target = TargetColumn(layout.target_names[0], Target.BINARY, values, classes)
    return target, predictions


def _two_classes(layout: Layout, column: Labels) -> tuple[str, ...]:
    """The names behind 0 and 1: the negative class, then the positive one."""
    positive = layout.params.get("positive_label")
    if positive is None:
        return ("0", "1")
    others = {decode(text) for text in column.texts if text is not None} - {positive}
    return (min(others, default=""), str(positive))


def _from_sample(
    layout: Layout, table: Table, column: Labels, log: FaultLog
) -> _Classes | None:
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
    return None if log else (_labels(layout, codes, classes), classes)


def _from_one_hot(
    layout: Layout, table: Table, predictions: tuple[str, ...], log: FaultLog
) -> _Classes | None:
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
    return None if log else (_labels(layout, codes, predictions), predictions)
