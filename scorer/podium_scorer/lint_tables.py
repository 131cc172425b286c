"""Data files as tables for the linter: the first rows of each, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from podium_scorer.lint_exam import Content
from podium_scorer.lint_numbers import Codes, Floats

CELLS = 8_000_000  # of one file that are held at once
ROWS = 300_000
COLUMNS = 2_000

_ENDINGS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}


@dataclass(frozen=True, eq=False)
class Column:
    """A column as texts, and as numbers where every filled cell is one."""

    texts: pa.Array

    @cached_property
    def numbers(self) -> Floats | None:
        """The numbers, NaN for empty cells; None for a column of anything else."""
        filled = pc.if_else(pc.equal(self.texts, ""), None, self.texts)
        try:
            numbers = pc.cast(filled, pa.float64())
        except pa.ArrowInvalid:
            return None
        if numbers.null_count == len(numbers):
            return None
        values: Floats = np.array(numbers.to_numpy(zero_copy_only=False), np.float64)
        return values

    @cached_property
    def codes(self) -> Codes:
        """A number for each different text."""
        coded = self.texts.dictionary_encode().indices
        return np.array(coded.to_numpy(zero_copy_only=False), np.int64)

    def taken(self, rows: Codes) -> Column:
        """Some of the rows, in their order."""
        return Column(self.texts.take(pa.array(rows)))


@dataclass(frozen=True, eq=False)
class DataTable:
    """The first rows of a file; ``whole`` where that is all of them."""

    columns: dict[str, Column]
    rows: int
    whole: bool

    @property
    def said(self) -> str:
        """Which rows were read, as a sentence; empty where all were."""
        return "" if self.whole else f" Only the first {self.rows:,} rows were read."


def read_data_table(file: Content) -> DataTable | None:
    """The first rows of a CSV, TSV or Parquet file; None for any other, or a broken one."""
    try:
        return _gathered(_batches(file))
    except (pa.ArrowException, OSError, UnicodeDecodeError, StopIteration):
        return None


def _batches(file: Content) -> Iterator[Any]:
    name = file.name.casefold()
    if name.endswith(".parquet"):
        with file.open() as stream, pyarrow.parquet.ParquetFile(stream) as table:
            yield from table.iter_batches(batch_size=10_000)
        return
    endings = [mark for ending, mark in _ENDINGS.items() if name.endswith(ending)]
    if not endings:
        return
    names = _header(file, endings[0])
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in names}, strings_can_be_null=False
    )
    parse = pyarrow.csv.ParseOptions(delimiter=endings[0], newlines_in_values=True)
    with (
        _unpacked(file) as stream,
        pyarrow.csv.open_csv(
            stream, parse_options=parse, convert_options=options
        ) as reader,
    ):
        yield from reader


def _header(file: Content, delimiter: str) -> list[str]:
    parse = pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    with (
        _unpacked(file) as stream,
        pyarrow.csv.open_csv(stream, parse_options=parse) as reader,
    ):
        return list(reader.schema.names)


def _unpacked(file: Content) -> Any:
    stream = pa.PythonFile(file.open(), mode="r")
    packed = file.name.casefold().endswith(".gz")
    return pa.CompressedInputStream(stream, "gzip") if packed else stream


def _gathered(batches: Iterator[Any]) -> DataTable | None:
    held: list[Any] = []
    rows, whole = 0, True
    for batch in batches:
        names = batch.schema.names
        if not 0 < len(names) <= COLUMNS or len(set(names)) < len(names):
            return None
        most = min(ROWS, CELLS // len(names))
        if rows + len(batch) > most:
            held.append(batch.slice(0, most - rows))
            rows, whole = most, False
            break
        held.append(batch)
        rows += len(batch)
    if not held or not rows:
        return None
    table = pa.Table.from_batches(held).combine_chunks()
    columns = {
        name: Column(_as_texts(table.column(name)))
        for name in table.column_names
        if not pa.types.is_nested(table.schema.field(name).type)
    }
    return DataTable(columns, rows, whole)


def _as_texts(column: Any) -> pa.Array:
    if not pa.types.is_string(column.type):
        binary = pa.types.is_binary(column.type)
        column = (
            pc.cast(column, pa.string()) if not binary else pc.binary_length(column)
        )
        column = pc.cast(column, pa.string())
    filled = pc.fill_null(column, "")
    return filled.combine_chunks() if isinstance(filled, pa.ChunkedArray) else filled
