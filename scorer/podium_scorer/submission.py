"""Checking a participant's file against what is expected of it, and aligning it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import Ints, Texts
from podium_scorer.arrays import ArraySource
from podium_scorer.cells import PREDICTION_FORMS
from podium_scorer.contract import Fault, ReaderCaps
from podium_scorer.expectation import ColumnSpec, Expectation
from podium_scorer.faults import FaultKind, FaultLog, clean, example, named, quoted
from podium_scorer.labels import class_codes
from podium_scorer.reading import open_source, read_every_fault
from podium_scorer.tables import (
    Floats,
    Kind,
    Labels,
    Source,
    Table,
    TextKind,
    read_fast,
)

ROW_SUM_TOLERANCE = 1e-3
_HINT_IDS = 1000
_SAMPLES = 10

Values: TypeAlias = "NDArray[np.float64] | NDArray[np.int32] | Texts"


@dataclass(frozen=True, eq=False)
class Aligned:
    """A faultless file: predictions by column, and where each row's id is expected.

    ``positions`` is None where the rows already stand in the expected order.
    """

    ids: Texts
    positions: Ints | None
    columns: list[Values]


def read_submission(
    data: bytes, expected: Expectation, caps: ReaderCaps
) -> Aligned | tuple[Fault, ...]:
    """Read, check and align a file; the faults, all of them, where it has any."""
    log = FaultLog()
    source = open_source(data, expected.header, caps, log)
    if source is None:
        return log.faults()
    places = _check_columns(source, expected, log)
    wanted: dict[int, Kind] = {
        places[spec.name]: spec.kind for spec in expected.specs if spec.name in places
    }
    if expected.id_column in places:
        wanted[places[expected.id_column]] = TextKind()
    if not log:
        table = read_fast(source, wanted, caps)
        aligned = table and _check_table(table, places, expected, FaultLog())
        if aligned:
            return aligned
    aligned = _read_slowly(source, wanted, places, expected, caps, log)
    return aligned or log.faults()


def _read_slowly(
    source: Source,
    wanted: dict[int, Kind],
    places: dict[str, int],
    expected: Expectation,
    caps: ReaderCaps,
    log: FaultLog,
) -> Aligned | None:
    table = read_every_fault(source, wanted, caps, log)
    if log.has(FaultKind.DAMAGED) or log.has(FaultKind.TOO_LARGE):
        return None
    if isinstance(source, ArraySource) and source.without_ids:
        table = _with_sample_ids(table, places[expected.id_column], expected, log)
    return _check_table(table, places, expected, log)


def _with_sample_ids(
    table: Table, place: int, expected: Expectation, log: FaultLog
) -> Table:
    """Give the rows of a plain array the ids of the sample submission, in its order."""
    wanted = len(expected.ids)
    if table.rows != wanted:
        log.add(
            FaultKind.SHAPE,
            f"The array has {table.rows:,} rows, the sample submission {wanted:,}.",
            "Save one row for each row of the sample submission, in its order.",
        )
        return table
    return replace(table, texts={**table.texts, place: expected.sample_ids})


def _check_columns(
    source: Source, expected: Expectation, log: FaultLog
) -> dict[str, int]:
    """Note faults of the header; the place of each expected column that is there."""
    columns, header = source.columns, expected.header
    first_line = f"The first line must be: {clean(','.join(header), 300)}"
    times = Counter(columns)
    missing = [name for name in header if name not in times]
    unexpected = [name for name in times if name not in header]
    twice = [name for name in times if times[name] > 1]
    if isinstance(source, ArraySource):
        advice = f"The arrays or fields must be named: {clean(', '.join(header), 300)}"
    else:
        advice = _header_advice(columns, missing, unexpected, first_line)
    for kind, what, names in (
        (FaultKind.MISSING_COLUMN, "missing", missing),
        (FaultKind.UNEXPECTED_COLUMN, "not expected", unexpected),
        (FaultKind.DUPLICATE_COLUMN, "there more than once", twice),
    ):
        if names:
            log.add(
                kind,
                f"The column {quoted(names[0])} is {what}.",
                advice,
                many=f"{len(names):,} columns are {what}: {named(names)}.",
                count=len(names),
                examples=[example(None, name) for name in names[:_SAMPLES]],
            )
    return {name: columns.index(name) for name in header if name in times}


def _header_advice(
    columns: Sequence[str],
    missing: list[str],
    unexpected: list[str],
    first_line: str,
) -> str:
    """What to do about the header, made for the mistake where it can be recognised."""
    alike = {name.strip().casefold(): name for name in unexpected}
    for name in missing:
        if (near := alike.get(name.strip().casefold())) is not None:
            return f"Rename {quoted(near)} to {quoted(name)}. {first_line}"
    if set(unexpected) <= {"", "Unnamed: 0"} and unexpected:
        return f"In pandas write to_csv(..., index=False). {first_line}"
    if len(missing) > 1 and all(_is_data(name) for name in columns[1:]):
        return f"The file seems to have no header line. {first_line}"
    return first_line


def _is_data(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _check_table(
    table: Table, places: dict[str, int], expected: Expectation, log: FaultLog
) -> Aligned | None:
    """Check ids and values; None where the log has any fault, of this table or before."""
    ids = table.texts.get(places.get(expected.id_column, -1))
    positions = None if ids is None else _check_ids(table, ids, expected, log)
    columns: list[Values] = []
    for spec in expected.specs:
        place = places.get(spec.name, -1)
        if place in table.numbers:
            columns.append(table.numbers[place])
        elif place in table.labels:
            columns.append(_check_labels(table, table.labels[place], spec, log))
        elif place in table.texts:
            _check_form(table, table.texts[place], spec, expected, log)
            columns.append(table.texts[place])
    numbers = list(table.numbers.values())
    if expected.row_sums and len(numbers) == len(expected.columns):
        _check_sums(table, numbers, expected.row_sums, log)
    if log or ids is None:
        return None
    return Aligned(ids, positions, columns)


def _check_ids(
    table: Table, ids: Texts, expected: Expectation, log: FaultLog
) -> Ints | None:
    """The position of each row's id, None where they stand in order."""
    if expected.ids.in_order(ids):
        return None
    positions = expected.ids.locate(ids)
    known = positions >= 0
    seen = np.zeros(len(expected.ids), np.bool_)
    seen[positions[known]] = True
    if len(ids) == len(seen) and seen.all() and known.all():
        return positions
    unexpected = np.flatnonzero(~known & (ids.lengths > 0))
    missing = np.flatnonzero(~seen)
    advice = _id_advice(ids, unexpected, expected)
    for kind, rows, sentences in (
        (FaultKind.EMPTY_ID, np.flatnonzero(ids.lengths == 0), _EMPTY_ID),
        (FaultKind.UNEXPECTED_ID, unexpected, _advised(_UNEXPECTED_ID, advice)),
        (FaultKind.DUPLICATE_ID, _repeated(positions, len(seen)), _DUPLICATE_ID),
    ):
        log.add_rows(kind, rows, sentences, lines=table.lines, show=ids.text)
    sentences = _advised(_MISSING_ID, advice)
    show = expected.ids.ids.text
    log.add_rows(FaultKind.MISSING_ID, missing, sentences, lines=None, show=show)
    return None


def _advised(sentences: tuple[str, str, str], advice: str) -> tuple[str, str, str]:
    return (*sentences[:2], advice or sentences[2])


def _repeated(positions: Ints, total: int) -> Ints:
    """The rows whose position an earlier row already has."""
    rows = np.flatnonzero(positions >= 0)
    firsts = np.empty(total, np.int64)
    firsts[positions[rows][::-1]] = rows[::-1]  # the last write stays: the first row
    again: Ints = rows[firsts[positions[rows]] != rows]
    return again


def _id_advice(ids: Texts, unexpected: Ints, expected: Expectation) -> str:
    """Recognise ids that a program has written differently, for a sentence about it."""
    found = [ids.text(int(row)) for row in unexpected[:_HINT_IDS]]
    longest = int(expected.ids.ids.lengths.max(initial=0))
    for change, what in _ID_CHANGES:
        changed = [change(text, longest) for text in found]
        own = expected.ids.locate(Texts.of([text.encode() for text in changed]))
        for text, better, position in zip(found, changed, own.tolist(), strict=True):
            if position >= 0:
                return (
                    f"Ids are compared as text, exactly as written: {quoted(text)} is "
                    f"not {quoted(better)}. {what}"
                )
    return ""


def _check_form(
    table: Table, texts: Texts, spec: ColumnSpec, expected: Expectation, log: FaultLog
) -> None:
    """Note cells that are empty and must not be, or have not the form of their kind."""
    where = f"in the column {quoted(spec.name)}"
    if spec.filled:
        one, many, _ = _EMPTY_LABEL
        log.add_rows(
            FaultKind.EMPTY_VALUE,
            np.flatnonzero(texts.lengths == 0),
            (f"1 value {where} {one}.", f"{{count}} values {where} {many}.", _FILL),
            lines=table.lines,
            column=spec.name,
        )
    form = PREDICTION_FORMS.get(spec.holds)
    if form is None:
        return
    faulty = [
        row
        for row, text in enumerate(texts.strings())
        if not form.holds(text, expected.params)
    ]
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
        column=spec.name,
    )


def _check_labels(
    table: Table, column: Labels, spec: ColumnSpec, log: FaultLog
) -> NDArray[np.int32]:
    """The class of each row; unknown and empty labels are noted."""
    known = [0] * len(column.texts)
    if spec.classes is not None:
        known = class_codes(column.texts, spec.classes)
    for code, text in enumerate(column.texts):
        if text is not None and not text.strip():
            known[code] = _EMPTY
        elif text is None:
            known[code] = _RAGGED  # of a ragged row, which is a fault of its own
    classes = np.array([*known, _RAGGED], np.int32)[column.codes]
    where = f"in the column {quoted(spec.name)}"
    for mark, kind, (one, many, advice) in (
        (_EMPTY, FaultKind.EMPTY_VALUE, _EMPTY_LABEL),
        (_UNKNOWN, FaultKind.UNKNOWN_LABEL, _UNKNOWN_LABEL),
    ):
        log.add_rows(
            kind,
            np.flatnonzero(classes == mark),
            (f"1 value {where} {one}.", f"{{count}} values {where} {many}.", advice),
            lines=table.lines,
            show=column.show,
            column=spec.name,
        )
    return classes


def _check_sums(
    table: Table, columns: list[Floats], row_sums: str, log: FaultLog
) -> None:
    """Note rows whose probabilities do not add up; rows with other faults are left."""
    totals = columns[0].copy()
    for column in columns[1:]:
        totals += column
    if row_sums == "one":
        rows = np.flatnonzero(np.abs(totals - 1) > ROW_SUM_TOLERANCE)
        what, advice = "to 1", "Divide each row's probabilities by their sum."
    else:
        rows = np.flatnonzero(totals <= 0)
        what, advice = "to more than 0", "Give each row at least one probability."
    log.add_rows(
        FaultKind.ROW_SUM,
        rows,
        (
            f"The probabilities of 1 row do not add up {what}.",
            f"The probabilities of {{count}} rows do not add up {what}.",
            advice,
        ),
        lines=table.lines,
        show=lambda row: f"{float(totals[row]):.6g}",
    )


# One, many, advice.
_EMPTY_ID = (
    "1 row has no id.",
    "{count} rows have no id.",
    "Give every row its id from the sample submission.",
)
_MISSING_ID = (
    "1 id of the sample submission is missing.",
    "{count} ids of the sample submission are missing.",
    "Predict every row of the sample submission.",
)
_UNEXPECTED_ID = (
    "1 row has an id that is not expected.",
    "{count} rows have an id that is not expected.",
    "Use the ids of the sample submission, and only those.",
)
_DUPLICATE_ID = (
    "1 row repeats an id that an earlier row has.",
    "{count} rows repeat an id that an earlier row has.",
    "Keep one row for each id.",
)
_FILL = "Give every row a value."
_EMPTY_LABEL = ("is empty", "are empty", "Give every row a label.")
_UNKNOWN_LABEL = (
    "is no known label",
    "are no known labels",
    "Write labels exactly as the training data has them.",
)
_UNKNOWN, _EMPTY, _RAGGED = -1, -2, -3  # in place of a class's number

_ID_CHANGES: tuple[tuple[Callable[[str, int], str], str], ...] = (
    (lambda text, _: text.strip(), "Take the spaces away."),
    (
        lambda text, _: text.strip().removesuffix(".0"),
        "Write ids as whole numbers; in pandas read them with dtype=str.",
    ),
    (
        lambda text, longest: text.zfill(longest) if longest < 100 else text,
        "Keep the leading zeros; in pandas read the ids with dtype=str.",
    ),
    (
        lambda text, _: text.lstrip("0") or "0",
        "Leave out the leading zeros.",
    ),
    (lambda text, _: f"{text}.0", "In pandas read the ids with dtype=str."),
    (lambda text, _: text.lower(), "Mind capitals."),
    (lambda text, _: text.upper(), "Mind capitals."),
)
