"""The forms that a faultless file may have: all have the same score."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet
import pytest

from podium_scorer.contract import Outcome, Report
from tests.scorer.support import csv_bytes, score

ROWS = [("a1", 0.25), ("a2", 0.5), ("ä 3", 0.75), ("4,5", 1.0)]
SOLUTION = (
    b'id,y,Usage\na1,0,Public\na2,1,Public\n\xc3\xa4 3,0,Private\n"4,5",1,Private\n'
)
PLAIN = 'id,y\na1,0.25\na2,0.5\nä 3,0.75\n"4,5",1\n'


def zipped(*files: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return sink.getvalue()


def parquet(**types: pa.DataType) -> bytes:
    names, values = zip(*ROWS, strict=True)
    columns = {
        "y": pa.array(values, types.get("y", pa.float64())),
        "id": pa.array(names, pa.string()).cast(types.get("id", pa.string())),
    }
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), sink, row_group_size=2)
    return sink.getvalue()


FORMS: dict[str, bytes | Callable[[], bytes]] = {
    "plain": PLAIN.encode(),
    "mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "carriage returns": PLAIN.replace("\n", "\r\n").encode(),
    "old mac": PLAIN.replace("\n", "\r").encode(),
    "no line end at the end": PLAIN.rstrip().encode(),
    "blank lines": PLAIN.replace("\n", "\n\n").encode(),
    "blank lines before": b"\n\r\n" + PLAIN.encode(),
    "all quoted": b'"id","y"\n"a1","0.25"\n"a2","0.5"\n"\xc3\xa4 3","0.75"\n"4,5","1"\n',
    "another order": 'id,y\n"4,5",1\nä 3,0.75\na1,0.25\na2,0.5\n'.encode(),
    "columns swapped": 'y,id\n0.25,a1\n0.5,a2\n0.75,ä 3\n1,"4,5"\n'.encode(),
    "semicolons": "id;y\na1;0.25\na2;0.5\nä 3;0.75\n4,5;1\n".encode(),
    "tabs": "id\ty\na1\t0.25\na2\t0.5\nä 3\t0.75\n4,5\t1\n".encode(),
    "numbers in other words": 'id,y\na1,25e-2\na2,+.5\nä 3, 0.75 \n"4,5",1.\n'.encode(),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip in two members": gzip.compress(PLAIN.encode()[:20])
    + gzip.compress(PLAIN.encode()[20:]),
    "zip": zipped(("my predictions.csv", PLAIN.encode())),
    "zip from a mac": zipped(
        ("out/", b""),
        ("out/submission.csv", PLAIN.encode()),
        ("__MACOSX/out/._submission.csv", b"\0\5\26\7"),
        ("out/.DS_Store", b"\0\0\0\1"),
    ),
    "parquet": parquet,
    "parquet with small floats": lambda: parquet(y=pa.float32()),
    "parquet with categories": lambda: parquet(
        id=pa.dictionary(pa.int32(), pa.string())
    ),
    "parquet with large strings": lambda: parquet(id=pa.large_string()),
    "parquet in a zip": lambda: zipped(("s.parquet", parquet())),
}


def log_loss(submission: bytes) -> Report:
    return score("log_loss", SOLUTION, submission)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_file_has_the_same_score(name: str) -> None:
    form = FORMS[name]
    report = log_loss(form() if callable(form) else form)
    assert report.status is Outcome.SCORED, report.errors
    assert report == log_loss(PLAIN.encode())


def test_whole_numbers_as_ids_may_come_from_parquet() -> None:
    solution = csv_bytes("id,y", [(1, 2.0), (2, 4.0)])
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table({"id": [2, 1], "y": [4, 2]}), sink)
    assert score("rmse", solution, sink.getvalue()).public == 0


def test_classes_that_are_whole_numbers_may_be_written_as_floats() -> None:
    solution = csv_bytes("id,y", [(1, 0), (2, 1), (3, 10)])
    assert score("accuracy", solution, b"id,y\n1,0.0\n2,1\n3,10.0\n").public == 1
    assert score("accuracy", solution, b"id,y\n1,0.5\n2,1\n3,10\n").errors


def test_classes_that_are_texts_are_compared_exactly() -> None:
    solution = csv_bytes("id,y", [(1, "x"), (2, "1")])
    report = score("accuracy", solution, b"id,y\n1,x\n2,1.0\n")
    assert [fault.kind for fault in report.errors] == ["unknown_label"]


def test_classes_in_quotes_are_the_same_classes() -> None:
    solution = csv_bytes("id,y", [(1, '"a, b"'), (2, "c")])
    assert score("accuracy", solution, b'id,y\n1,"a, b"\n2,"c"\n').public == 1


def test_ids_that_differ_only_in_zeros_are_different() -> None:
    solution = csv_bytes("id,y", [("1", 0), ("01", 1), ("1.0", 1), ("+1", 0)])
    report = score("accuracy", solution, b"id,y\n+1,0\n1.0,1\n01,1\n1,0\n")
    assert report.public == 1


@pytest.mark.parametrize("size", [1, 7, 8, 9, 16, 31, 64, 200, 1024])
def test_ids_of_any_length_are_aligned(size: int) -> None:
    names = [
        f"{i:x}".rjust(size, "é"[0] if size < 8 else "z")[-size:] for i in range(16)
    ]
    solution = csv_bytes("id,y", [(name, i) for i, name in enumerate(names)])
    rows = [(name, i) for i, name in enumerate(names)][::-1]
    assert score("rmse", solution, csv_bytes("id,y", rows)).public == 0


def test_a_large_file_is_streamed_and_has_the_same_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("podium_scorer.tables._STREAM_ABOVE", 10)
    rows = [(i, i * 0.5) for i in range(200_000)]
    solution = csv_bytes("id,y", [(i, i * 0.5 + 1) for i in range(200_000)])
    report = score("mae", solution, csv_bytes("id,y", rows))
    assert report.public == 1
