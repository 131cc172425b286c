"""Checks a bundle's solution and sample submission row by row, in bounded memory per row.

Only the ids are held. Faults are gathered by kind: each says how often it occurs and shows
the first ten places, so that a file with a million faulty rows answers with a few lines.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self

from podium_scorer.bundle_faults import FaultList, nearest, quoted
from podium_scorer.bundle_files import BundleFile
from podium_scorer.bundle_metric import Values
from podium_scorer.contract import SAMPLES_PER_FAULT

USAGE_COLUMN = "Usage"
USAGES = ("Public", "Private", "Ignored")
LINE_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class SolutionColumns:
    """Which columns of the solution hold the row's id and what is to be predicted."""

    id_column: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SolutionFacts:
    """What is known of a solution that was read: the line of each id, rows by Usage."""

    lines: Mapping[str, int]
    usage: Mapping[str, int]


@dataclass
class _Kind:
    """One kind of fault in a table: how often, and where first."""

    what: str
    expected: str
    count: int = 0
    line: int | None = None
    examples: list[str] = field(default_factory=list)

    def note(self, line: int | None, value: str | None = None) -> None:
        self.count += 1
        if self.count == 1:
            self.line = line
        if len(self.examples) < SAMPLES_PER_FAULT:
            shown = [] if value is None else [quoted(value)]
            place = [] if line is None else [f"line {line}"]
            self.examples.append(" on ".join(shown + place))

    def sentence(self) -> str:
        more = self.count - len(self.examples)
        rest = f" and {more} more" if more else ""
        return (
            f"Rows that {self.what}: {self.count} ({', '.join(self.examples)}{rest})."
        )


class _Unreadable(Exception):
    """A line that is no text, with the sentence that says so."""


class _Table:
    """A CSV file that is read once; what is wrong with it lands in the list of faults."""

    def __init__(self, file: BundleFile, faults: FaultList) -> None:
        self.file = file
        self.faults = faults
        self.ended = False  # read to its end, so that its ids are known
        self.header: list[str] = []
        self._kinds: dict[str, _Kind] = {}
        self._stream = file.path.open("rb")
        self._reader = csv.reader(_text_lines(self._stream), strict=True)

    def __enter__(self) -> Self:
        self.header = next(self._records(), (1, []))[1]
        if not self.header:
            self.fault(1, "There is no header.", "a first line with column names.")
        for name, count in Counter(self.header).items():
            if count > 1:
                self.fault(
                    1, f"The header names {quoted(name)} {count} times.", "each once."
                )
            if not name:
                self.fault(1, "A column has no name.", "a name for every column.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        for noted in self._kinds.values():
            self.fault(noted.line, noted.sentence(), noted.expected)

    def fault(self, line: int | None, problem: str, expected: str) -> None:
        """Note a fault of the file as a whole."""
        self.faults.add(self.file.file, line, problem, expected)

    def note(
        self, what: str, expected: str, line: int | None, value: str | None = None
    ) -> None:
        """Note a fault of one row; they are said together, by ``what``."""
        self._kinds.setdefault(what, _Kind(what, expected)).note(line, value)

    def lacks(self, columns: Iterable[str], expected: str) -> bool:
        """Whether the header lacks any of the columns; notes each."""
        missing = [name for name in columns if name not in self.header]
        for name in missing:
            hint = nearest(name, self.header)
            self.fault(1, f"There is no column {quoted(name)}.{hint}", expected)
        return bool(missing)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line and fields of every row below the header that is as wide as the header."""
        width = len(self.header)
        for line, row in self._records():
            if len(row) == width:
                yield line, row
            elif row:
                self.note(
                    f"do not have the {width} fields of the header",
                    "as many fields in every row as the header has.",
                    line,
                    ",".join(row),
                )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        line = self._reader.line_num + 1
        try:
            for row in self._reader:
                yield line, row
                line = self._reader.line_num + 1
            self.ended = True
        except csv.Error as error:
            self.fault(line, f"The row can't be read: {error}.", "a row of CSV.")
        except _Unreadable as error:
            self.fault(self._reader.line_num + 1, str(error), "CSV in UTF-8.")


def check_solution(
    file: BundleFile, columns: SolutionColumns, values: Values, faults: FaultList
) -> SolutionFacts | None:
    """Read a solution; None where faults keep its ids from being known."""
    usage: Counter[str] = Counter()
    with _Table(file, faults) as table:
        needed = (columns.id_column, USAGE_COLUMN, *columns.target_columns)
        if table.lacks(needed, "the columns that competition.yaml names, and Usage."):
            return None
        if table.lacks(
            values.further, "the columns that the metric's parameters name."
        ):
            return None
        if not values.custom:
            _refuse_other_columns(table, (*needed, *values.further))
        id_at, usage_at, *targets = (table.header.index(name) for name in needed)
        judges = [values.for_column(name) for name in columns.target_columns]
        lines: dict[str, int] = {}
        for line, row in table.rows():
            _note_id(table, lines, line, row[id_at])
            usage[row[usage_at]] += 1
            if row[usage_at] not in USAGES:
                _note_usage(table, line, row[usage_at])
            elif row[usage_at] != "Ignored":
                _note_targets(table, judges, line, [row[at] for at in targets])
        if table.ended:
            _judge_solution(table, judges, usage)
    return SolutionFacts(lines=lines, usage=dict(usage)) if table.ended else None


def check_sample(
    file: BundleFile,
    columns: SolutionColumns,
    solution: SolutionFacts | None,
    values: Values,
    faults: FaultList,
) -> tuple[str, ...]:
    """Read a sample submission and compare its ids with the solution's, where known.

    Returns the columns beside the id: those that a participant fills.
    """
    with _Table(file, faults) as table:
        if table.lacks([columns.id_column], "the id column of the solution."):
            return ()
        predictions = tuple(name for name in table.header if name != columns.id_column)
        _judge_columns(table, values, predictions)
        id_at = table.header.index(columns.id_column)
        judges = [values.for_column(name) for name in predictions]
        lines: dict[str, int] = {}
        for line, row in table.rows():
            _note_id(table, lines, line, row.pop(id_at))
            _note_predictions(table, judges, line, row)
        if table.ended and solution is not None:
            _compare_ids(table, lines, solution.lines)
    return predictions


def _refuse_other_columns(table: _Table, needed: tuple[str, ...]) -> None:
    for name in table.header:
        if name and name not in needed:
            table.fault(
                1,
                f"The column {quoted(name)} is neither id, target nor {USAGE_COLUMN}.",
                "it among solution.target_columns, or taken out.",
            )


def _judge_solution(
    table: _Table, judges: Sequence[Values], usage: Mapping[str, int]
) -> None:
    if not usage.get("Public"):
        table.fault(
            None,
            "No row has the Usage Public.",
            "at least one Public row, else the public board has no scores.",
        )
        return
    for said in dict.fromkeys(values.classes_fault() for values in judges):
        if said is not None:
            table.fault(None, *said)


def _judge_columns(table: _Table, values: Values, predictions: tuple[str, ...]) -> None:
    if not predictions:
        table.fault(1, "The only column is the id.", "a column for predictions.")
    if USAGE_COLUMN in predictions:
        table.fault(
            1,
            f"There is a column {USAGE_COLUMN}, which tells the public rows apart.",
            "only the id and the predictions.",
        )
    elif said := values.columns_fault(predictions):
        table.fault(1, *said)


def _note_targets(
    table: _Table, judges: Sequence[Values], line: int, targets: list[str]
) -> None:
    for values, value in zip(judges, targets, strict=True):
        if not value.strip() and not values.may_be_empty:
            table.note(
                "have an empty target",
                "a value in every target column of rows that are not Ignored.",
                line,
            )
        elif said := values.target_fault(line, value):
            table.note(*said, line, value)


def _note_predictions(
    table: _Table, judges: Sequence[Values], line: int, predictions: list[str]
) -> None:
    for values, value in zip(judges, predictions, strict=True):
        if not value.strip() and not values.may_be_empty:
            table.note("have an empty field", "a value in every field.", line)
        elif said := values.prediction_fault(value):
            table.note(*said, line, value)


def _compare_ids(
    table: _Table, sample: Mapping[str, int], solution: Mapping[str, int]
) -> None:
    for row_id, line in sample.items():
        if row_id and row_id not in solution:
            table.note(
                "have an id that is not in the solution",
                "exactly the ids of the solution.",
                line,
                row_id,
            )
    for row_id in solution:
        if row_id and row_id not in sample:
            table.note(
                "the solution has and this file lacks",
                "exactly the ids of the solution.",
                None,
                row_id,
            )


def _note_id(table: _Table, lines: dict[str, int], line: int, row_id: str) -> None:
    if not row_id.strip():
        table.note("have no id", "an id in every row.", line)
    elif row_id in lines:
        table.note("repeat an id", "every id once.", line, row_id)
    lines.setdefault(row_id, line)


def _note_usage(table: _Table, line: int, value: str) -> None:
    hint = " (by these letters, big and small)" if value.title() in USAGES else ""
    table.note(
        "have another Usage than Public, Private or Ignored",
        f"Public, Private or Ignored{hint}.",
        line,
        value,
    )


def _text_lines(stream: BinaryIO) -> Iterator[str]:
    """Lines as text, without a byte order mark; raises _Unreadable with a sentence."""
    encoding = "utf-8-sig"
    while raw := stream.readline(LINE_BYTES):
        if len(raw) == LINE_BYTES:
            raise _Unreadable(f"The line is longer than {LINE_BYTES} bytes.")
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise _Unreadable("The line is not text in UTF-8.") from error
        encoding = "utf-8"
