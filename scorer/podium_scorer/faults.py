"""Faults of a file: collected by kind, counted, worded, and cut to fit one report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from podium_scorer.contract import (
    MESSAGE_CHARS,
    SAMPLES_PER_FAULT,
    VALUE_CHARS,
    Example,
    Fault,
    Report,
)
from podium_scorer.wire import HEADER_BYTES

Ints = NDArray[np.int64]

REPORT_BYTES = HEADER_BYTES - 2048  # leaves room for the nonce and the answer's sizes
COLUMNS_PER_KIND = 5  # beyond these, the faults of one kind are put into one
_FAULTS_IN_REPORT = 100


class FaultKind(StrEnum):
    """What can be wrong with a file."""

    FILE_TYPE = "file_type"
    EMPTY_FILE = "empty_file"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    HEADER = "header"
    SHAPE = "shape"
    MISSING_COLUMN = "missing_column"
    UNEXPECTED_COLUMN = "unexpected_column"
    DUPLICATE_COLUMN = "duplicate_column"
    RAGGED_ROW = "ragged_row"
    FIELD_TOO_LONG = "field_too_long"
    OPEN_QUOTE = "open_quote"
    EMPTY_ID = "empty_id"
    MISSING_ID = "missing_id"
    UNEXPECTED_ID = "unexpected_id"
    DUPLICATE_ID = "duplicate_id"
    EMPTY_VALUE = "empty_value"
    NOT_A_NUMBER = "not_a_number"
    NAN = "nan"
    INFINITE = "infinite"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_LABEL = "unknown_label"
    MALFORMED = "malformed"
    ROW_SUM = "row_sum"
    UNREADABLE = "unreadable"
    METRIC_REFUSED = "metric_refused"
    SOLUTION = "solution"
    USAGE = "usage"
    SETTINGS = "settings"


@dataclass
class _Entry:
    """The faults of one kind in one column, while they are being collected."""

    one: str
    many: str
    advice: str
    count: int = 0
    examples: list[Example] = field(default_factory=list)


class FaultLog:
    """Collects faults: the same kind in the same column is one fault with a count.

    ``one`` and ``many`` are the sentences for a count of one and above; ``{count}`` in
    ``many`` becomes the number. The wording given first stands.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[FaultKind, str | None], _Entry] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def add(
        self,
        kind: FaultKind,
        one: str,
        advice: str,
        *,
        many: str = "",
        column: str | None = None,
        count: int = 1,
        examples: Iterable[Example] = (),
    ) -> None:
        """Count a fault; ``examples`` beyond the first ten are dropped."""
        entry = self._entries.get((kind, column))
        if entry is None:
            entry = _Entry(one, many or one, advice)
            self._entries[kind, column] = entry
        entry.count += count
        for example in examples:
            if len(entry.examples) >= SAMPLES_PER_FAULT:
                break
            entry.examples.append(example)

    def add_rows(
        self,
        kind: FaultKind,
        rows: Ints,
        sentences: tuple[str, str, str],
        *,
        lines: Ints | None,
        show: Callable[[int], str] | None = None,
        column: str | None = None,
    ) -> None:
        """Count a fault in each of some rows, if any.

        ``sentences`` are ``one``, ``many`` and the advice, ``lines`` the line of each row
        where it is known, and ``show`` gives the value to show of a row.
        """
        if not len(rows):
            return
        one, many, advice = sentences
        places = [
            example(
                None if lines is None else int(lines[row]),
                None if show is None else show(row),
            )
            for row in rows[:SAMPLES_PER_FAULT].tolist()
        ]
        count = len(rows)
        self.add(
            kind, one, advice, many=many, column=column, count=count, examples=places
        )

    def wants_examples(self, kind: FaultKind, column: str | None = None) -> int:
        """How many more examples of a kind are of use."""
        entry = self._entries.get((kind, column))
        return SAMPLES_PER_FAULT - (0 if entry is None else len(entry.examples))

    def has(self, kind: FaultKind) -> bool:
        """Whether a fault of this kind was found."""
        return any(found is kind for found, _ in self._entries)

    def faults(self) -> tuple[Fault, ...]:
        """The faults, in the order in which their kinds are first looked for."""
        order = {kind: place for place, kind in enumerate(FaultKind)}
        found: dict[FaultKind, list[Fault]] = {}
        for (kind, column), entry in self._entries.items():
            found.setdefault(kind, []).append(_fault(kind, column, entry))
        return tuple(
            fault
            for kind in sorted(found, key=order.__getitem__)
            for fault in _by_column(found[kind])
        )


def example(line: int | None, value: object = None) -> Example:
    """A place with a fault; the value is made fit to be shown."""
    shown = None if value is None else clean(str(value))
    return Example(line=None if line is None else int(line), value=shown)


def clean(text: str, most: int = VALUE_CHARS) -> str:
    """Cut a text from a file and replace what a page or terminal must not be given."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(char if char.isprintable() else "�" for char in cut)


def quoted(text: str, most: int = 40) -> str:
    """A name from a file as it is shown within a sentence."""
    return f"'{clean(text, most)}'"


def named(names: Sequence[str], most: int = 5) -> str:
    """Some names for a sentence: the first few, and how many more there are."""
    shown = ", ".join(quoted(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def fit_report(report: Report, most: int = REPORT_BYTES) -> Report:
    """Cut examples, then faults, until the report is at most ``most`` bytes of JSON."""
    report = replace(report, errors=report.errors[:_FAULTS_IN_REPORT])
    for examples, chars in ((10, 80), (10, 40), (5, 40), (3, 20), (1, 20), (0, 0)):
        if _size(report) <= most:
            return report
        errors = tuple(_cut(fault, examples, chars) for fault in report.errors)
        report = replace(report, errors=errors)
    while _size(report) > most:
        report = replace(report, errors=report.errors[: len(report.errors) // 2])
    return report


def _fault(kind: FaultKind, column: str | None, entry: _Entry) -> Fault:
    sentence = entry.one
    if entry.count != 1:
        sentence = entry.many.replace("{count}", f"{entry.count:,}")
    return Fault(
        kind=str(kind),
        message=_sentence(sentence),
        advice=_sentence(entry.advice),
        count=entry.count,
        column=None if column is None else clean(column),
        examples=tuple(entry.examples),
    )


def _by_column(faults: list[Fault]) -> list[Fault]:
    """Put the faults of one kind into one where too many columns have it."""
    if len(faults) <= COLUMNS_PER_KIND:
        return faults
    names = [fault.column or "" for fault in faults]
    total = sum(fault.count for fault in faults)
    first = faults[0]
    message = f"{len(faults):,} columns have this fault ({named(names)}), "
    message += f"{total:,} times in all. The first: {first.message}"
    every = [shown for fault in faults for shown in fault.examples[:1]]
    merged = replace(
        first,
        message=_sentence(message),
        count=total,
        column=None,
        examples=tuple(every[:SAMPLES_PER_FAULT]),
    )
    return [merged]


def _cut(fault: Fault, examples: int, chars: int) -> Fault:
    kept = tuple(
        replace(shown, value=None if shown.value is None else clean(shown.value, chars))
        for shown in fault.examples[:examples]
    )
    return replace(fault, examples=kept)


def _sentence(text: str) -> str:
    return text if len(text) <= MESSAGE_CHARS else text[: MESSAGE_CHARS - 1] + "…"


def _size(report: Report) -> int:
    # The wire writes JSON in ASCII: one character can become twelve bytes.
    return len(json.dumps(report.to_json(), separators=(",", ":")))
