"""Reading a table: which columns it has, and the wanted ones as typed arrays.

Two readers give the same table. The fast one (pyarrow) takes only what is faultless; the
careful one (the standard library's csv) takes everything, notes each fault with its line
and is the definition of what a file holds. A caller tries the fast one and, on any doubt,
reads again carefully.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from podium_scorer.alignment import LONGEST_ID, Ints, Texts
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultKind, FaultLog
from podium_scorer.unpack import Content, Form

Floats = NDArray[np.float64]

_BOM = b"\xef\xbb\xbf"
_HEADER_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_STREAM_ABOVE = 100 << 20  # larger files are parsed in one thread, in bounded memory
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TextKind:
    """A column that is wanted as texts, each on its own (ids)."""


@dataclass(frozen=True)
class ContentKind:
    """A column that is wanted as whole texts in UTF-8, of any length, also empty."""


@dataclass(frozen=True)
class LabelKind:
    """A column that is wanted as texts, most of which occur often (classes)."""


@dataclass(frozen=True)
class NumberKind:
    """A column that is wanted as finite numbers from ``low`` to ``high``."""

    low: float
    high: float


Kind = TextKind | ContentKind | LabelKind | NumberKind


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of labels: a code for each row into the different texts.

    The text None stands for a cell that a ragged row does not have.
    """

    codes: NDArray[np.int32]
    texts: list[bytes | None]

    def show(self, row: int) -> str:
        """The text of a row, for a fault's example."""
        return (self.texts[self.codes[row]] or b"").decode("utf-8", "replace")


@dataclass(frozen=True, eq=False)
class Table:
    """The wanted columns by their place in the file.

    ``lines`` is each row's line in the file, from 1, header included (for Parquet the
    number of the row); the fast reader leaves it out. A number that could not be read is
    NaN there, and its fault is in the log.
    """

    rows: int
    texts: Mapping[int, Texts]
    labels: Mapping[int, Labels]
    numbers: Mapping[int, Floats]
    lines: Ints | None = None


@dataclass(frozen=True)
class Source:
    """A file whose columns are known. ``body`` is where the rows begin, in bytes."""

    content: Content
    columns: tuple[str, ...]
    delimiter: str = ","
    body: int = 0
    header_lines: int = 0


@dataclass(frozen=True)
class Header:
    """A CSV's first record, not yet taken apart."""

    text: str
    end: int  # the first byte of the rows
    lines: int

    def split(self, delimiter: str) -> tuple[str, ...]:
        """The names, were ``delimiter`` what stands between them."""
        with field_limit(_HEADER_BYTES):
            reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=delimiter)
            return tuple(next(reader, []))


@contextmanager
def field_limit(chars: int) -> Iterator[None]:
    """Let fields of a CSV have so many characters while the body reads. It is a setting of
    the whole process: other readers shall find it as it was."""
    before = csv.field_size_limit(chars)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def open_csv(
    content: Content, expected: Collection[str], caps: ReaderCaps, log: FaultLog
) -> Source | None:
    """Read the header of a CSV; None where there is none, with the fault in ``log``.

    The delimiter is the one that shows the most of the ``expected`` names; without any
    expected, the one that shows the most names. The comma wins a tie.
    """
    header = _read_header(content.data, log)
    if header is None:
        return None
    names = {mark: header.split(mark) for mark in _DELIMITERS}
    wanted = set(expected)

    def plainness(mark: str) -> tuple[int, int]:
        return len(wanted & set(names[mark])), len(names[mark]) if not wanted else 0

    delimiter = max(_DELIMITERS, key=plainness)  # the first of several maxima
    columns = names[delimiter]
    if len(columns) > caps.columns:
        one = (
            f"The file has {len(columns):,} columns, at most {caps.columns:,} are read."
        )
        log.add(FaultKind.TOO_LARGE, one, "Keep only the columns that are asked for.")
        return None
    return Source(content, columns, delimiter, header.end, header.lines)


def read_fast(
    source: Source, wanted: Mapping[int, Kind], caps: ReaderCaps
) -> Table | None:
    """Read the wanted columns of a CSV, or None at anything that is not plain."""
    if source.content.form is not Form.CSV or not wanted:
        return None
    data = source.content.data
    body = memoryview(data)[source.body :]
    quotes = data.find(b'"', source.body) >= 0
    if quotes and data.count(b'"', source.body) % 2:
        return None
    if any(isinstance(kind, ContentKind) for kind in wanted.values()):
        try:
            str(body, "utf-8")
        except UnicodeDecodeError:
            return None
    options = _arrow_options(source, wanted, newlines=quotes)
    stream = len(body) > _STREAM_ABOVE
    try:
        buffer: Any = pa.BufferReader(pa.py_buffer(body))
        if stream:
            with pyarrow.csv.open_csv(buffer, **options) as reader:
                table = pa.Table.from_batches(list(reader), reader.schema)
        else:
            table = pyarrow.csv.read_csv(buffer, **options)
    except (pa.ArrowInvalid, pa.ArrowCapacityError):
        return None
    if table.num_rows > caps.rows:
        return None
    columns = {place: table.column(str(place)) for place in wanted}
    return _from_arrow(table.num_rows, columns, wanted)


def _read_header(data: bytes, log: FaultLog) -> Header | None:
    start = len(_BOM) if data.startswith(_BOM) else 0
    while data[start : start + 1] in {b"\n", b"\r"}:  # blank lines before the header
        start += 1
    end, limit = start, min(len(data), start + _HEADER_BYTES)
    while True:
        end = _line_end(data, end, limit)
        if data.count(b'"', start, end) % 2 == 0:
            break
        if end >= limit:
            one = "A quote is opened in the first line and never closed."
            log.add(FaultKind.OPEN_QUOTE, one, "Close it, or leave quotes out.")
            return None
    if end >= limit and limit < len(data):
        one = "The first line is too long to be a header."
        log.add(FaultKind.HEADER, one, "Check that this is a CSV file with line ends.")
        return None
    try:
        text = data[start:end].decode()
    except UnicodeDecodeError:
        one = "The first line is not UTF-8 text."
        log.add(FaultKind.ENCODING, one, "Save the file as UTF-8.")
        return None
    before = data[:end].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Header(text, end, before.count(b"\n"))


def _line_end(data: bytes, start: int, limit: int) -> int:
    """The first byte behind the line feed (or lone carriage return) after ``start``."""
    feed = data.find(b"\n", start, limit)
    turn = data.find(b"\r", start, limit if feed < 0 else feed)
    if turn >= 0:
        return turn + 2 if turn + 1 == feed else turn + 1
    return limit if feed < 0 else feed + 1


def _arrow_options(
    source: Source, wanted: Mapping[int, Kind], *, newlines: bool
) -> dict[str, Any]:
    names = [str(place) for place in range(len(source.columns))]
    threads = pa.cpu_count() > 1
    return {
        "read_options": pyarrow.csv.ReadOptions(
            column_names=names, block_size=_BLOCK_BYTES, use_threads=threads
        ),
        "parse_options": pyarrow.csv.ParseOptions(
            delimiter=source.delimiter, newlines_in_values=newlines
        ),
        "convert_options": pyarrow.csv.ConvertOptions(
            column_types={
                str(place): _arrow_type(kind) for place, kind in wanted.items()
            },
            include_columns=[str(place) for place in wanted],
            null_values=[],
            check_utf8=False,
        ),
    }


def _arrow_type(kind: Kind) -> Any:
    match kind:
        case NumberKind():
            return pa.float64()
        case LabelKind():
            return pa.dictionary(pa.int32(), pa.binary())
        case TextKind() | ContentKind():
            return pa.binary()


def _from_arrow(
    rows: int, columns: Mapping[int, Any], wanted: Mapping[int, Kind]
) -> Table | None:
    texts: dict[int, Texts] = {}
    labels: dict[int, Labels] = {}
    numbers: dict[int, Floats] = {}
    for place, kind in wanted.items():
        chunks = columns[place].chunks
        match kind:
            case TextKind() | ContentKind():
                texts[place] = _texts(chunks)
            case LabelKind():
                labels[place] = _labels(chunks)
            case NumberKind(low, high):
                values = _numbers(chunks)
                if len(values) and not (values.min() >= low and values.max() <= high):
                    return None  # a NaN makes both comparisons false
                numbers[place] = values
    return Table(rows, texts, labels, numbers)


# The buffers are read directly: ``to_numpy`` would import pandas where it is installed.


def _numbers(chunks: Sequence[Any]) -> Floats:
    parts = [
        np.frombuffer(chunk.buffers()[1], np.float64)[chunk.offset :][: len(chunk)]
        for chunk in chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def _texts(chunks: Sequence[Any]) -> Texts:
    parts, lengths = [], [np.empty(0, np.int64)]
    for chunk in chunks:
        if not len(chunk):
            continue
        _, ends, data = chunk.buffers()
        places = np.frombuffer(ends, np.int32)[chunk.offset :][: len(chunk) + 1]
        lengths.append(np.diff(places).astype(np.int64))
        if data is not None:
            parts.append(np.frombuffer(data, np.uint8)[places[0] : places[-1]])
    return Texts.of_parts(parts, np.concatenate(lengths))


def _labels(chunks: Sequence[Any]) -> Labels:
    codes: dict[bytes | None, int] = {}
    parts = [np.empty(0, np.int32)]
    for chunk in chunks:
        if not len(chunk):
            continue
        words = chunk.dictionary.to_pylist()
        own = [codes.setdefault(word, len(codes)) for word in words]
        indices = chunk.indices
        places = np.frombuffer(indices.buffers()[1], np.int32)
        places = places[indices.offset :][: len(indices)]
        parts.append(np.array(own, np.int32)[places])
    return Labels(np.concatenate(parts), list(codes))


@dataclass
class TableBuilder:
    """Puts a table together from batches of rows whose cells are texts or numbers."""

    wanted: Mapping[int, Kind]
    rows: int = 0
    lines: list[Ints] = field(default_factory=list)
    _bytes: dict[int, list[bytes]] = field(default_factory=dict)
    _lengths: dict[int, list[Ints]] = field(default_factory=dict)
    _codes: dict[int, dict[bytes | None, int]] = field(default_factory=dict)
    _places: dict[int, list[NDArray[np.int32]]] = field(default_factory=dict)
    _numbers: dict[int, list[Floats]] = field(default_factory=dict)

    def add_lines(self, lines: Ints) -> None:
        """Begin a batch: the line of each of its rows."""
        self.rows += len(lines)
        self.lines.append(lines)

    def add_texts(self, place: int, cells: Sequence[bytes]) -> None:
        """A batch of a column of texts. No id keeps more than is needed to differ."""
        kept = cells
        if isinstance(self.wanted[place], TextKind):
            kept = [cell[: LONGEST_ID + 1] for cell in cells]
        self._bytes.setdefault(place, []).append(b"".join(kept))
        lengths = np.fromiter(map(len, kept), np.int64, len(kept))
        self._lengths.setdefault(place, []).append(lengths)

    def add_labels(self, place: int, cells: Sequence[bytes | None]) -> None:
        """A batch of a column of labels."""
        codes = self._codes.setdefault(place, {})
        places = (codes.setdefault(cell, len(codes)) for cell in cells)
        found = np.fromiter(places, np.int32, len(cells))
        self._places.setdefault(place, []).append(found)

    def add_numbers(self, place: int, values: Floats) -> None:
        """A batch of a column of numbers."""
        self._numbers.setdefault(place, []).append(values)

    def build(self) -> Table:
        """The table of all batches."""
        texts: dict[int, Texts] = {}
        labels: dict[int, Labels] = {}
        numbers: dict[int, Floats] = {}
        none = [np.empty(0, np.int64)]
        for place, kind in self.wanted.items():
            match kind:
                case TextKind() | ContentKind():
                    data = np.frombuffer(b"".join(self._bytes.get(place, [])), np.uint8)
                    lengths = np.concatenate(self._lengths.get(place, none))
                    texts[place] = Texts.of_parts([data], lengths)
                case LabelKind():
                    parts = self._places.get(place, [np.empty(0, np.int32)])
                    codes = list(self._codes.get(place, {}))
                    labels[place] = Labels(np.concatenate(parts), codes)
                case NumberKind():
                    values = self._numbers.get(place, [np.empty(0)])
                    numbers[place] = np.concatenate(values)
        lines = np.concatenate([*none, *self.lines])
        return Table(self.rows, texts, labels, numbers, lines)
