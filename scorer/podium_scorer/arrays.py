"""Reading NumPy arrays as a table: .npz and structured .npy by name, plain ones in order.

The columns are the arrays of a .npz or the fields of a structured .npy. A plain .npy (or
a .npz with nothing but ``arr_0``) holds the prediction columns alone; its rows are those
of the sample submission. Nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from podium_scorer.careful import add_cells, check_numbers
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultKind, FaultLog, quoted
from podium_scorer.npy import (
    AnyArray,
    UnsoundArray,
    field,
    misshapen,
    read_header,
    whole,
)
from podium_scorer.tables import Kind, NumberKind, Source, Table, TableBuilder
from podium_scorer.unpack import Content, Form, read_entries

_BATCH_ROWS = 50_000
_ALONE = "arr_0"  # what np.savez calls an array without a name
_LAST_CHARACTER, _REPLACEMENT = 0x10FFFF, 0xFFFD


@dataclass(frozen=True)
class ArraySource(Source):
    """Arrays by column; None where one can't be read and its fault is in the log.

    Without ids the rows stand in the order of the sample submission.
    """

    arrays: tuple[AnyArray | None, ...] = ()
    without_ids: bool = False


def open_arrays(
    content: Content, expected: Collection[str], caps: ReaderCaps, log: FaultLog
) -> ArraySource | None:
    """Find the columns in a file of arrays; None where there are none, with the faults."""
    if content.form is Form.NPY:
        return _open_one(content, content.data, tuple(expected), caps, log)
    entries = read_entries(content.data, caps, log)
    if entries is None:
        return None
    if len(entries) > caps.columns:
        one = (
            f"The file has {len(entries):,} arrays, at most {caps.columns:,} are read."
        )
        log.add(FaultKind.TOO_LARGE, one, "Keep only the columns that are asked for.")
        return None
    if [name for name, _ in entries] == [_ALONE] and _ALONE not in expected:
        return _open_one(content, entries[0][1], tuple(expected), caps, log)
    names: list[str] = []
    arrays: list[AnyArray | None] = []
    for name, data in entries:
        names.append(name)
        try:
            arrays.append(_column(data, caps))
        except UnsoundArray as fault:
            _note(log, f"The array {quoted(name)}", fault, name)
            arrays.append(None)
    return ArraySource(content, tuple(names), arrays=tuple(arrays))


def read_arrays(
    source: ArraySource, wanted: Mapping[int, Kind], log: FaultLog
) -> Table:
    """Read the wanted columns and note every fault; lines are numbers of rows, from 1."""
    found = {place: source.arrays[place] for place in wanted}
    present = {place: array for place, array in found.items() if array is not None}
    rows = len(next(reversed(present.values()))) if present else 0  # the ids come last
    table = Table(rows, {}, {}, {}, np.arange(1, rows + 1))
    texts, labels, numbers = dict(table.texts), dict(table.labels), dict(table.numbers)
    for place, array in present.items():
        column = _read(array, place, wanted[place], source.columns[place], log)
        if len(array) != rows:
            name = source.columns[place]
            one = f"The array {quoted(name)} has {len(array):,} rows, others {rows:,}."
            advice = "Give all arrays one value for each id."
            log.add(FaultKind.SHAPE, one, advice, column=name)
            continue
        texts |= column.texts
        labels |= column.labels
        numbers |= column.numbers
    return Table(rows, texts, labels, numbers, table.lines)


def _open_one(
    content: Content,
    data: bytes,
    expected: Sequence[str],
    caps: ReaderCaps,
    log: FaultLog,
) -> ArraySource | None:
    """A single array: structured, or the predictions in the sample's order."""
    try:
        header = read_header(data, caps)
        if not header.fields:
            columns = _in_columns(whole(header, data), expected)
            arrays = (None, *columns)  # the ids are those of the sample submission
            return ArraySource(
                content, tuple(expected), arrays=arrays, without_ids=True
            )
        if len(header.shape) != 1:
            raise misshapen(header.shape, "Save one dimension, a row for each id.")
    except UnsoundArray as fault:
        _note(log, "The array", fault, None)
        return None
    sound = []
    for name, kind, offset in header.fields:
        if isinstance(kind, UnsoundArray):
            _note(log, f"The field {quoted(name)}", kind, name)
        else:
            sound.append((name, kind, offset))
    if log:
        return (
            None  # behind a field of an unknown size nothing has a place that is sure
        )
    return ArraySource(
        content,
        tuple(name for name, _, _ in sound),
        arrays=tuple(field(header, data, kind, offset) for _, kind, offset in sound),
    )


def _in_columns(array: AnyArray, expected: Sequence[str]) -> list[AnyArray]:
    """The columns of a plain array, as many as there are columns of predictions."""
    count = len(expected) - 1
    shape = array.shape
    one = "one value a row" if count == 1 else f"{count:,} columns"
    advice = f"Save {one}, in the order of the sample submission."
    if array.ndim == 1 and count == 1:
        return [array]
    if array.ndim == 2 and shape[1] == count:
        return [array[:, place] for place in range(count)]
    if array.ndim == 2 and shape[1] == len(expected):
        advice = f"Leave the ids out. {advice}"
    elif array.ndim == 2 and shape[0] == count:
        advice = f"Transpose it: array.T. {advice}"
    raise misshapen(shape, advice)


def _column(data: bytes, caps: ReaderCaps) -> AnyArray:
    """An array that is one column of a .npz."""
    header = read_header(data, caps)
    if header.fields:
        advice = "Save each of its fields as an array of its own."
        raise UnsoundArray(FaultKind.FILE_TYPE, "is structured", advice)
    array = whole(header, data)
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        advice = "Save every column as an array of its own, of one dimension."
        raise misshapen(array.shape, advice)
    return array


def _note(log: FaultLog, who: str, fault: UnsoundArray, column: str | None) -> None:
    log.add(fault.kind, f"{who} {fault.what}.", fault.advice, column=column)


def _read(array: AnyArray, place: int, kind: Kind, name: str, log: FaultLog) -> Table:
    """A table of one column."""
    builder = TableBuilder({place: kind})
    for first, part in _batches(array):
        lines = range(first, first + len(part))
        builder.add_lines(np.arange(first, first + len(part)))
        if isinstance(kind, NumberKind) and part.dtype.kind in "biuf":
            values = part.astype(np.float64)
            if not ((values >= kind.low) & (values <= kind.high)).all():
                cells = _cells(part, name, lines, log)
                check_numbers(values, kind, name, cells, lines, log)
            builder.add_numbers(place, values)
        else:
            cells = _cells(part, name, lines, log)
            add_cells(builder, place, kind, name, cells, lines, log)
    return builder.build()


def _batches(array: AnyArray) -> Iterator[tuple[int, AnyArray]]:
    # Texts of a fixed width can be wide: few of them at once then.
    size = max(1, min(_BATCH_ROWS, (64 << 20) // array.dtype.itemsize))
    for start in range(0, len(array), size):
        yield start + 1, array[start : start + size]


def _cells(part: AnyArray, name: str, lines: Sequence[int], log: FaultLog) -> list[str]:
    """A batch as texts, as NumPy writes them."""
    if part.dtype.kind == "S":
        return _decoded(part, name, lines, log)
    if part.dtype.kind == "U":
        return [str(cell) for cell in _sound(part, name, lines, log)]
    return [str(cell) for cell in part.astype(str)]


def _decoded(
    part: AnyArray, name: str, lines: Sequence[int], log: FaultLog
) -> list[str]:
    cells = part.tolist()
    faulty = []
    for row, cell in enumerate(cells):
        try:
            cell.decode()
        except UnicodeDecodeError:
            faulty.append(row)
    _note_encoding(np.array(faulty, np.int64), name, lines, log)
    return [cell.decode("utf-8", "surrogateescape") for cell in cells]


def _sound(part: AnyArray, name: str, lines: Sequence[int], log: FaultLog) -> AnyArray:
    """Texts without numbers that are no characters: those are noted and replaced."""
    texts = np.array(part, order="C")
    width = texts.dtype.itemsize // 4
    letters = texts.view(np.dtype(np.uint32).newbyteorder(texts.dtype.byteorder))
    letters = letters.reshape(len(texts), width)
    wrong = (letters > _LAST_CHARACTER) | ((letters >= 0xD800) & (letters < 0xE000))
    if wrong.any():
        _note_encoding(np.flatnonzero(wrong.any(axis=1)), name, lines, log)
        letters[wrong] = _REPLACEMENT
    return texts


def _note_encoding(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    name: str,
    lines: Sequence[int],
    log: FaultLog,
) -> None:
    where = f"in the column {quoted(name)}"
    log.add_rows(
        FaultKind.ENCODING,
        rows,
        (
            f"1 text {where} is not UTF-8.",
            f"{{count}} texts {where} are not UTF-8.",
            "Save texts as str, or as bytes in UTF-8.",
        ),
        lines=np.array(lines),
        column=name,
    )
