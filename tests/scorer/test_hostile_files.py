"""Any bytes at all end in a report: never in a traceback, a hang or a wrong score."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.contract import MetricSpec, Outcome, Report, ScoreJob
from podium_scorer.engine import run_score
from tests.scorer.support import csv_bytes, kinds, prepare

ROWS = [("a1", 0.25), ("a2", 0.75), ("a3", 0.5), ("a4", 1.0)]
SOLUTION = csv_bytes("id,y,Usage", [
    ("a1", 0, "Public"), ("a2", 1, "Public"), ("a3", 0, "Private"), ("a4", 1, "Private"),
])  # fmt: skip
GOOD = csv_bytes("id,y", ROWS)
INDEX = prepare("log_loss", SOLUTION).index
STARTS = (
    b"",
    b"\xef\xbb\xbf",
    b"PAR1",
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"id,y\n",
    b"id\ty\n",
)
CELLS = (
    "a1", "a2", "a3", "a4", "", "0.5", "1e999", "nan", "-inf", "0_1", "\u0660", '"', '""',
    "'", "a1 ", "\t", "\\", "=1+1", "0" * 400, "\ufeff", "\x1b[2J", "1,5", ";",
)  # fmt: skip
some = settings(max_examples=120, deadline=None)


def score(submission: bytes) -> Report:
    spec = MetricSpec(name="log_loss")
    return run_score(ScoreJob(metric=spec, submission_name="s"), INDEX, submission)


def parquet() -> bytes:
    ids, values = zip(*ROWS, strict=True)
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table({"id": ids, "y": values}), sink)
    return sink.getvalue()


def zipped() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission.csv", GOOD)
    return sink.getvalue()


def is_told(report: Report) -> bool:
    """Whether a report that is no score says what is wrong."""
    return report.status is Outcome.REJECTED and all(
        fault.message and fault.advice for fault in report.errors
    )


@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=300))
@some
def test_bytes_without_sense_are_refused_in_words(start: bytes, rest: bytes) -> None:
    assert is_told(score(start + rest))


@given(
    rows=st.lists(st.lists(st.sampled_from(CELLS), max_size=4), max_size=8),
    mark=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@some
def test_cells_in_any_order_are_scored_only_where_each_id_has_its_number(
    rows: list[list[str]], mark: str, end: str
) -> None:
    lines = [mark.join(row) for row in [["id", "y"], *rows]]
    report = score(end.join(lines).encode())
    if report.status is Outcome.SCORED:
        assert sorted(row[0] for row in rows if row) == ["a1", "a2", "a3", "a4"]
    else:
        assert is_told(report)


@pytest.mark.parametrize("make", [parquet, zipped, lambda: gzip.compress(GOOD)])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_packed_file_with_wrong_bytes_is_refused_or_keeps_its_score(
    make: Callable[[], bytes], data: st.DataObject
) -> None:
    whole = bytearray(make())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(whole) // 2, len(whole)))
    report = score(bytes(whole[:cut]))
    assert report.status is Outcome.SCORED or is_told(report)


@pytest.mark.parametrize(
    "data",
    [
        b"id,y\n" + b'"' * 100_001,
        b"id,y\n" + b"," * 200_000,
        b"," * 100_000 + b"\n",
        b"id,y\n" + b"a1,0.5\n" * 50_000,
        b"id,y\n" + b"\r\n" * 200_000,
        b"id,y\na1," + b"9" * 500_000 + b"\n",
    ],
    ids=["quotes", "commas", "columns", "one id", "blank lines", "digits"],
)
def test_a_file_of_one_thing_repeated_is_refused(data: bytes) -> None:
    report = score(data)
    assert is_told(report)
    assert sum(kinds(report).values()) >= 1
