"""The careful reader: every row of a file, with every fault and its line."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

import numpy as np

from podium_scorer.catalogue import range_in_words
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultKind, FaultLog, example, quoted
from podium_scorer.tables import (
    ContentKind,
    Floats,
    Kind,
    LabelKind,
    NumberKind,
    Source,
    Table,
    TableBuilder,
    TextKind,
    field_limit,
)

_BATCH_ROWS = 50_000
_BATCH_CELLS = 1_000_000
_NUMBER = re.compile(r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*", re.ASCII)
_INFINITE = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)
_NOT_THERE = frozenset(
    ("nan", "+nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nil")
)

Cells = Sequence[str | None]


def read_carefully(
    source: Source, wanted: Mapping[int, Kind], caps: ReaderCaps, log: FaultLog
) -> Table:
    """Read the wanted columns of a CSV and note every fault in ``log``.

    A row with too many or too few fields keeps its id (the first column of texts), so
    that the id does not count as missing too; its other cells are empty without a fault
    of their own.
    """
    _check_encoding(source, log)
    builder = TableBuilder(wanted)
    rows = _Rows(source, wanted, caps, log)
    for cells, lines in rows.batches():
        builder.add_lines(np.array(lines, np.int64))
        for place, kind in wanted.items():
            column = source.columns[place]
            add_cells(builder, place, kind, column, cells[place], lines, log)
    return builder.build()


def add_cells(
    builder: TableBuilder,
    place: int,
    kind: Kind,
    column: str,
    cells: Cells,
    lines: Sequence[int],
    log: FaultLog,
) -> None:
    """Put a batch of text cells (None: nothing there) into a column of the table."""
    match kind:
        case TextKind() | ContentKind():
            builder.add_texts(place, [_encoded(cell or "") for cell in cells])
        case LabelKind():
            builder.add_labels(
                place, [None if cell is None else _encoded(cell) for cell in cells]
            )
        case NumberKind():
            values = _read_numbers(cells)
            check_numbers(values, kind, column, cells, lines, log)
            builder.add_numbers(place, values)


def check_numbers(
    values: Floats,
    kind: NumberKind,
    column: str,
    cells: Cells,
    lines: Sequence[int],
    log: FaultLog,
) -> None:
    """Note the faults of a batch of numbers and set the faulty ones to NaN."""
    with np.errstate(invalid="ignore"):
        faulty = ~((values >= kind.low) & (values <= kind.high))
    for row in np.flatnonzero(faulty).tolist():
        cell = cells[row]
        if cell is not None:
            found = _what_is_wrong(cell, float(values[row]))
            _log_number(log, found, column, kind, lines[row], cell)
    values[faulty] = np.nan


@dataclass
class _Rows:
    """The rows of a CSV, in batches of columns, ragged ones mended and logged."""

    source: Source
    wanted: Mapping[int, Kind]
    caps: ReaderCaps
    log: FaultLog

    def batches(self) -> Iterator[tuple[list[Cells], list[int]]]:
        """Batches of cells by column, with the line of each row."""
        width = len(self.source.columns)
        size = max(1, min(_BATCH_ROWS, _BATCH_CELLS // max(width, 1)))
        rows: list[Cells] = []
        lines: list[int] = []
        total = 0
        for line, row in self._records():
            if len(row) != width:
                mended = self._mend(row, line, width)
                if mended is None:
                    continue
                row = mended
            rows.append(row)
            lines.append(line)
            if len(rows) >= size:
                total += len(rows)
                yield list(zip(*rows, strict=True)), lines
                rows, lines = [], []
            if total + len(rows) > self.caps.rows:
                self._too_many()
                break
        if rows:
            yield list(zip(*rows, strict=True)), lines

    def _records(self) -> Iterator[tuple[int, Cells]]:
        """Each record that is not a blank line, with the line on which it begins."""
        with field_limit(self.caps.field_chars):
            yield from self._records_within()

    def _records_within(self) -> Iterator[tuple[int, Cells]]:
        data = self.source.content.data
        reader = csv.reader(self._text(), delimiter=self.source.delimiter)
        before = self.source.header_lines
        odd = data.count(b'"', self.source.body) % 2 == 1
        last: tuple[int, Cells] | None = None
        while True:
            line = before + reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error:
                self._too_long(line)
                continue
            if last is not None:
                yield last
                last = None
            if row:
                last = (line, row)
        if last is not None and not (odd and self._open_quote(last)):
            yield last

    def _mend(self, row: Cells, line: int, width: int) -> Cells | None:
        examples = []
        if self.log.wants_examples(FaultKind.RAGGED_ROW):
            shown = self.source.delimiter.join(cell or "" for cell in row[:20])
            examples = [example(line, shown)]
        self.log.add(
            FaultKind.RAGGED_ROW,
            f"1 row does not have {width} fields, as the first line has.",
            f"Give every row exactly {width} fields, put texts that hold the delimiter "
            "into double quotes, and write decimals with a point.",
            many=f"{{count}} rows do not have {width} fields, as the first line has.",
            examples=examples,
        )
        ids = next((p for p, k in self.wanted.items() if isinstance(k, TextKind)), None)
        if ids is None or ids >= len(row):
            return None
        return [row[ids] if place == ids else None for place in range(width)]

    def _open_quote(self, last: tuple[int, Cells]) -> bool:
        """Whether the last record opens a quote that the file never closes: noted."""
        line, row = last
        lines = islice(self._text(), line - self.source.header_lines - 1, None)
        try:
            for _ in csv.reader(lines, delimiter=self.source.delimiter, strict=True):
                pass
        except csv.Error as error:
            if "unexpected end" not in str(error):
                return False
        else:
            return False
        self.log.add(
            FaultKind.OPEN_QUOTE,
            "A double quote is opened and never closed.",
            "Close it, or write a quote within a text twice.",
            examples=[example(line, row[-1])],
        )
        return True

    def _text(self) -> io.TextIOWrapper:
        stream = io.BytesIO(self.source.content.data)
        stream.seek(self.source.body)
        return io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline="")

    def _too_long(self, line: int) -> None:
        most = f"{self.caps.field_chars:,}"
        self.log.add(
            FaultKind.FIELD_TOO_LONG,
            f"1 field is longer than {most} characters.",
            "Look for a double quote that is not closed, or for a damaged file.",
            many=f"{{count}} fields are longer than {most} characters.",
            examples=[example(line)],
        )

    def _too_many(self) -> None:
        one = f"The file has more than {self.caps.rows:,} rows."
        self.log.add(FaultKind.TOO_LARGE, one, "Upload one row for each id.")


def _check_encoding(source: Source, log: FaultLog) -> None:
    data = source.content.data
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        log.add(
            FaultKind.ENCODING,
            "The file is not UTF-8 text.",
            "Save it as UTF-8 (in Excel: CSV UTF-8; in pandas that is the default).",
            examples=[example(line)],
        )


def _encoded(cell: str) -> bytes:
    return cell.encode("utf-8", "surrogateescape")


def _read_numbers(cells: Cells) -> Floats:
    """The numbers of some cells, NaN where a cell is not a number."""
    present = cast(Sequence[str], cells)  # a None raises TypeError
    try:
        values = np.fromiter(map(float, present), np.float64, len(cells))
        joined = "".join(present)
    except (ValueError, TypeError):
        return np.fromiter(map(_read_number, cells), np.float64, len(cells))
    if "_" in joined or not joined.isascii():  # float() knows more than a CSV should
        return np.fromiter(map(_read_number, cells), np.float64, len(cells))
    return values


def _read_number(cell: str | None) -> float:
    if cell is None or not _NUMBER.fullmatch(cell):
        return float("inf") if cell and _INFINITE.fullmatch(cell) else float("nan")
    return float(cell)


def _what_is_wrong(cell: str, value: float) -> FaultKind:
    plain = cell.strip().lower()
    if not plain:
        return FaultKind.EMPTY_VALUE
    if plain in _NOT_THERE:
        return FaultKind.NAN
    if math.isinf(value):
        return FaultKind.INFINITE
    return FaultKind.NOT_A_NUMBER if math.isnan(value) else FaultKind.OUT_OF_RANGE


def _log_number(
    log: FaultLog, found: FaultKind, column: str, kind: NumberKind, line: int, cell: str
) -> None:
    if not log.wants_examples(found, column):
        log.add(found, "", "", column=column)
        return
    where = f"in the column {quoted(column)}"
    one, many, advice = _NUMBER_TEXTS[found]
    if found is FaultKind.OUT_OF_RANGE:
        advice = f"Write {range_in_words(kind.low, kind.high)}."
    log.add(
        found,
        f"1 value {where} {one}.",
        advice,
        many=f"{{count}} values {where} {many}.",
        column=column,
        examples=[example(line, cell)],
    )


_NUMBER_TEXTS = {
    FaultKind.EMPTY_VALUE: (
        "is empty",
        "are empty",
        "Give every row a number.",
    ),
    FaultKind.NAN: (
        "is not there (NaN, NA, null)",
        "are not there (NaN, NA, null)",
        "Give every row a number; in pandas df.isna().sum() counts the gaps.",
    ),
    FaultKind.INFINITE: (
        "is infinite",
        "are infinite",
        "Look for a division by zero or an overflow in your program.",
    ),
    FaultKind.NOT_A_NUMBER: (
        "is not a number",
        "are not numbers",
        "Write plain numbers such as 0.25 or 1e-3: a point, not a comma, and no units.",
    ),
    FaultKind.OUT_OF_RANGE: (
        "is out of range",
        "are out of range",
        "",
    ),
}
