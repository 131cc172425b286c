"""The fast reader takes nothing that the careful one would read differently."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from podium_scorer.careful import read_carefully
from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultLog
from podium_scorer.reading import open_source, read_every_fault
from podium_scorer.tables import (
    Kind,
    LabelKind,
    NumberKind,
    Source,
    Table,
    TextKind,
    read_fast,
)

CAPS = ReaderCaps(field_chars=1000)
WANTED: dict[int, Kind] = {0: TextKind(), 1: NumberKind(-1e100, 1e100), 2: LabelKind()}
HEADER = "id,y,z\n"


def both(text: str) -> tuple[Table | None, Table, FaultLog]:
    data = (HEADER + text).encode("utf-8", "surrogatepass")
    log = FaultLog()
    source = open_source(data, ("id", "y", "z"), CAPS, log)
    assert isinstance(source, Source)
    fast = read_fast(source, WANTED, CAPS)
    return fast, read_carefully(source, WANTED, CAPS, log), log


def texts(table: Table) -> list[str]:
    return [table.texts[0].text(row) for row in range(table.rows)]


def labels(table: Table) -> list[str]:
    return [table.labels[2].show(row) for row in range(table.rows)]


# Pieces that make a CSV parser think: delimiters, quotes, ends of lines, odd numbers.
pieces = st.sampled_from(
    [*',;\t "\n\r01.-+eE_xä', *',,\n"', "\r\n", "nan", "inf", "1e5", "0x1", " 1", "a"]
)
messes = st.lists(pieces, max_size=40).map("".join)
cells = st.text(st.sampled_from('ab1,"\n\r é'), max_size=5)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@given(messes)
@example('a,1,"b')
@example('a,1,b"c"\n')
@example('"a"b,1,c\n')
@example("a,1,\n,,\n")
@example("a,1,b\r\rc,2,d\r")
@settings(max_examples=1500, deadline=None)
def test_on_any_mess_the_fast_reader_agrees_or_leaves_it(text: str) -> None:
    fast, careful, log = both(text)
    if fast is None:
        return
    assert not log, log.faults()
    assert fast.rows == careful.rows
    assert texts(fast) == texts(careful)
    assert labels(fast) == labels(careful)
    np.testing.assert_array_equal(fast.numbers[1], careful.numbers[1])


@given(st.lists(st.tuples(cells, numbers, cells), min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_both_readers_read_what_pythons_csv_writes(
    rows: list[tuple[str, float, str]],
) -> None:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows(rows)
    fast, careful, log = both(sink.getvalue())
    expected = [row for row in rows if abs(row[1]) <= 1e100]
    if len(expected) == len(rows):
        assert not log
        for table in (fast, careful):
            assert table is not None
            assert texts(table) == [row[0] for row in rows]
            assert labels(table) == [row[2] for row in rows]
            assert table.numbers[1].tolist() == [row[1] for row in rows]
    else:
        assert fast is None


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_any_bytes_end_in_a_table_or_in_faults(data: bytes) -> None:
    log = FaultLog()
    source = open_source(data, ("id", "y"), CAPS, log)
    if source is None:
        assert log
    else:
        wanted = {0: TextKind()}
        read_fast(source, wanted, CAPS)
        read_carefully(source, wanted, CAPS, log)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_or_parquet_file_never_raises(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from(sorted(ARCHIVES)))
    broken = bytearray(ARCHIVES[good])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    log = FaultLog()
    source = open_source(bytes(broken), ("id", "y"), CAPS, log)
    if source is not None:
        read_every_fault(source, {0: TextKind()}, CAPS, log)


def _archives() -> dict[str, bytes]:
    text = b"id,y\n" + b"".join(b"%d,0.5\n" % i for i in range(200))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s.csv", text)
    columns = {"id": [str(i) for i in range(200)], "y": [0.5] * 200}
    table = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), table)
    return {
        "gzip": gzip.compress(text),
        "zip": packed.getvalue(),
        "parquet": table.getvalue(),
    }


ARCHIVES = _archives()
