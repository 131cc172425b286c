"""From the bytes of a file to its source and table, whatever its form."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from podium_scorer.arrays import ArraySource, open_arrays, read_arrays
from podium_scorer.careful import read_carefully
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultLog
from podium_scorer.parquet import open_parquet, read_parquet
from podium_scorer.tables import Kind, Source, Table, open_csv
from podium_scorer.unpack import Form, unpack


def open_source(
    data: bytes, expected: Collection[str], caps: ReaderCaps, log: FaultLog
) -> Source | None:
    """Find the table in a file and read its columns' names; None with faults logged."""
    content = unpack(data, caps, log)
    if content is None:
        return None
    if content.form is Form.PARQUET:
        return open_parquet(content, caps, log)
    if content.form in {Form.NPY, Form.NPZ}:
        return open_arrays(content, expected, caps, log)
    return open_csv(content, expected, caps, log)


def read_every_fault(
    source: Source, wanted: Mapping[int, Kind], caps: ReaderCaps, log: FaultLog
) -> Table:
    """Read the wanted columns, every fault of theirs noted in ``log``."""
    if isinstance(source, ArraySource):
        return read_arrays(source, wanted, log)
    if source.content.form is Form.PARQUET:
        return read_parquet(source, wanted, log)
    return read_carefully(source, wanted, caps, log)
