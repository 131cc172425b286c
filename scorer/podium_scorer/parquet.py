"""Reading the wanted columns of a Parquet file, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from podium_scorer.careful import add_cells, check_numbers
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultKind, FaultLog
from podium_scorer.tables import Floats, Kind, NumberKind, Source, Table, TableBuilder
from podium_scorer.unpack import Content

_BATCH_ROWS = 50_000
_SMALL = 64 << 20  # bytes that a Parquet file may unpack to at any ratio
# What pyarrow raises for a damaged file: ArrowInvalid is a ValueError, ArrowIOError an
# OSError; the others come from broken metadata. Its error for want of memory is one of
# these too, but says nothing about the file.
_BROKEN = (pa.ArrowException, ValueError, OSError, KeyError, IndexError, TypeError)


def open_parquet(content: Content, caps: ReaderCaps, log: FaultLog) -> Source | None:
    """Read the names of the columns; None where the file can't be read or is too large."""
    try:
        metadata = _file(content).metadata
        schema = metadata.schema.to_arrow_schema()
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        unpacked = sum(max(group.total_byte_size, 0) for group in groups)
        rows = metadata.num_rows
    except MemoryError:
        raise
    except _BROKEN:
        _damaged(log)
        return None
    limit = max(_SMALL, min(caps.unpacked_bytes, len(content.data) * caps.unpack_ratio))
    for count, most, what in (
        (rows, caps.rows, "rows"),
        (len(schema.names), caps.columns, "columns"),
        (unpacked, limit, "bytes when it is unpacked"),
    ):
        if count > most:
            one = f"The file has {count:,} {what}, at most {most:,} are read."
            advice = "Upload one row for each id and only the columns asked for."
            log.add(FaultKind.TOO_LARGE, one, advice)
            return None
    return Source(content, tuple(schema.names))


def read_parquet(source: Source, wanted: Mapping[int, Kind], log: FaultLog) -> Table:
    """Read the wanted columns and note every fault; lines are numbers of rows, from 1."""
    builder = TableBuilder(wanted)
    try:
        for first, columns in _batches(source, wanted):
            rows = len(columns[0]) if columns else 0
            lines = range(first, first + rows)
            builder.add_lines(np.arange(first, first + rows))
            for (place, kind), values in zip(wanted.items(), columns, strict=True):
                name = source.columns[place]
                _add(builder, place, kind, name, values, lines, log)
    except MemoryError:
        raise
    except _BROKEN:
        _damaged(log)
        return TableBuilder(wanted).build()
    return builder.build()


def _file(content: Content) -> Any:
    return pyarrow.parquet.ParquetFile(pa.BufferReader(pa.py_buffer(content.data)))


def _batches(
    source: Source, wanted: Mapping[int, Kind]
) -> Iterator[tuple[int, list[Any]]]:
    """The first row's number and the columns, in the order in which they are wanted."""
    names = list(dict.fromkeys(source.columns[place] for place in wanted))
    first = 1
    file = _file(source.content)
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=names):
        present = {
            name: batch.column(place) for place, name in enumerate(batch.schema.names)
        }
        yield first, [present[source.columns[place]] for place in wanted]
        first += batch.num_rows


def _add(
    builder: TableBuilder,
    place: int,
    kind: Kind,
    name: str,
    values: Any,
    lines: Sequence[int],
    log: FaultLog,
) -> None:
    if isinstance(kind, NumberKind) and _is_numeric(values.type):
        floats = _floats(values)
        if not ((floats >= kind.low) & (floats <= kind.high)).all():
            check_numbers(floats, kind, name, _cells(values), lines, log)
        builder.add_numbers(place, floats)
    else:
        add_cells(builder, place, kind, name, _cells(values), lines, log)


def _is_numeric(type_: Any) -> bool:
    types = pa.types
    return bool(types.is_integer(type_) or types.is_floating(type_))


def _floats(values: Any) -> Floats:
    """The numbers of a numeric column, NaN where there is none."""
    valid, data = values.buffers()
    if not len(values):
        return np.empty(0)
    # Not to_numpy, which would import pandas where it is installed.
    part = slice(values.offset, values.offset + len(values))
    numbers = np.frombuffer(data, values.type.to_pandas_dtype())[part]
    floats = numbers.astype(np.float64)
    if valid is not None:
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
        floats[bits[part] == 0] = np.nan
    return floats


def _cells(values: Any) -> list[str]:
    """The column as text, as it would stand in a CSV; nothing where there is none."""
    return [_cell(value) for value in values.to_pylist()]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _damaged(log: FaultLog) -> None:
    one = "The Parquet file is damaged or of a kind that can't be read."
    log.add(FaultKind.DAMAGED, one, "Write it again, or upload a CSV.")
