"""Files that participants upload by mistake, or on purpose, and what they are told."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from podium_scorer.contract import (
    MESSAGE_CHARS,
    SAMPLES_PER_FAULT,
    VALUE_CHARS,
    Outcome,
    ReaderCaps,
    Report,
    report_from_json,
)
from tests.scorer.support import csv_bytes, kinds, lines, score

IDS = ["a1", "a2", "a3", "a4", "a5", "a6"]
SOLUTION = csv_bytes("id,y,Usage", [
    ("a1", 0, "Public"), ("a2", 1, "Public"), ("a3", 0, "Private"),
    ("a4", 1, "Private"), ("a5", 1, "Public"), ("a6", 0, "Ignored"),
])  # fmt: skip
GOOD = csv_bytes("id,y", [(name, 0.5) for name in IDS])


def log_loss(submission: bytes, caps: ReaderCaps | None = None) -> Report:
    return score("log_loss", SOLUTION, submission, caps=caps)


def with_row(row: str, place: int = 2) -> bytes:
    """The good file with its ``place``-th row (from 1; in line 1 + place) replaced."""
    rows = GOOD.decode().splitlines()
    rows[place] = row
    return ("\n".join(rows) + "\n").encode()


def zipped(*files: tuple[str, bytes], compress: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", compress) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return sink.getvalue()


def linked() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo("submission.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return sink.getvalue()


def locked() -> bytes:
    data = bytearray(zipped(("s.csv", GOOD)))
    data[6] |= 1  # the flags of the file's own header, then of the directory's entry
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        entry = tarfile.TarInfo("submission.csv")
        entry.size = len(GOOD)
        archive.addfile(entry, io.BytesIO(GOOD))
    return sink.getvalue()


def npy() -> bytes:
    sink = io.BytesIO()
    np.save(sink, np.zeros(3))
    return sink.getvalue()


def npz() -> bytes:
    sink = io.BytesIO()
    np.savez(sink, y=np.zeros(3))
    return sink.getvalue()


def parquet(**columns: object) -> bytes:
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def bomb(size: int = 64 << 20) -> bytes:
    return gzip.compress(b"0" * size)


EXCEL = zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))

# What is wrong, the file, and which kinds of fault are found how often.
BROKEN: dict[str, tuple[bytes | Callable[[], bytes], dict[str, int]]] = {
    "nothing": (b"", {"empty_file": 1}),
    "only blank lines": (b"\n\r\n  \n", {"empty_file": 1}),
    "only a mark": (b"\xef\xbb\xbf", {"missing_column": 2, "missing_id": 0}),
    "only a header": (b"id,y\n", {"missing_id": 6}),
    "no header": (
        b"a1,0.5\na2,0.5\na3,0.5\na4,0.5\na5,0.5\na6,0.5\n",
        {"missing_column": 2, "unexpected_column": 2},
    ),
    "excel": (EXCEL, {"file_type": 1}),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), {"file_type": 1}),
    "word": (zipped(("word/document.xml", b"<x/>")), {"file_type": 1}),
    "open document": (
        zipped(("mimetype", b"x"), ("content.xml", b"<x/>")),
        {"file_type": 1},
    ),
    "pdf": (b"%PDF-1.7\n%...", {"file_type": 1}),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(40), {"file_type": 1}),
    "jpeg": (b"\xff\xd8\xff\xe0" + bytes(40), {"file_type": 1}),
    "html": (b"<!DOCTYPE html><html><body>Log in</body></html>", {"file_type": 1}),
    "xml": (b"<?xml version='1.0'?><a/>", {"file_type": 1}),
    "json": (json.dumps([{"id": "a1", "y": 1}]).encode(), {"file_type": 1}),
    "json lines": (b'{"id": "a1", "y": 0.5}\n{"id": "a2"}\n', {"file_type": 1}),
    "notebook": (b'{"cells": [], "metadata": {}}', {"file_type": 1}),
    "pickle": (b"\x80\x04\x95\x10\x00\x00.", {"file_type": 1}),
    "npy": (npy, {"file_type": 1}),
    "npz": (npz, {"file_type": 1}),
    "torch": (zipped(("archive/data.pkl", b"x")), {"file_type": 1}),
    "sqlite": (b"SQLite format 3\0" + bytes(100), {"file_type": 1}),
    "tar": (tarred, {"file_type": 1}),
    "bzip2": (b"BZh91AY&SY" + bytes(20), {"file_type": 1}),
    "xz": (b"\xfd7zXZ\0" + bytes(20), {"file_type": 1}),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(20), {"file_type": 1}),
    "feather": (b"ARROW1\0\0" + bytes(20), {"file_type": 1}),
    "utf-16 with a mark": (GOOD.decode().encode("utf-16"), {"file_type": 1}),
    "utf-16 without": (GOOD.decode().encode("utf-16-le"), {"file_type": 1}),
    "zeros": (bytes(5000), {"file_type": 1}),
    "noise": (bytes(range(256)) * 20, {"file_type": 1}),
    "empty zip": (zipped(), {"file_type": 1}),
    "two files in a zip": (zipped(("a.csv", GOOD), ("b.csv", GOOD)), {"file_type": 1}),
    "folder in a zip": (zipped(("a/", b"")), {"file_type": 1}),
    "zip in a zip": (zipped(("a.zip", zipped(("a.csv", GOOD)))), {"file_type": 1}),
    "gzip of gzip": (gzip.compress(gzip.compress(GOOD)), {"file_type": 1}),
    "link in a zip": (linked, {"file_type": 1}),
    "password": (locked, {"file_type": 1}),
    "cut zip": (zipped(("a.csv", GOOD))[:-30], {"damaged": 1}),
    "cut gzip": (gzip.compress(GOOD)[:-12], {"damaged": 1}),
    "gzip with a wrong checksum": (
        gzip.compress(GOOD)[:-8] + bytes(8),
        {"damaged": 1},
    ),
    "gzip bomb": (bomb, {"too_large": 1}),
    "zip bomb": (lambda: zipped(("a.csv", b"0" * (64 << 20))), {"too_large": 1}),
    "cut parquet": (lambda: parquet(id=IDS, y=[0.5] * 6)[:-20], {"damaged": 1}),
    "parquet that is only its name": (b"PAR1" + bytes(40), {"damaged": 1}),
    "missing column": (
        csv_bytes("id,z", [(name, 0.5) for name in IDS]),
        {"missing_column": 1, "unexpected_column": 1},
    ),
    "capitals": (
        csv_bytes("ID,Y", [(name, 0.5) for name in IDS]),
        {"missing_column": 2, "unexpected_column": 2},
    ),
    "pandas index": (
        csv_bytes(",id,y", [(i, name, 0.5) for i, name in enumerate(IDS)]),
        {"unexpected_column": 1},
    ),
    "column twice": (
        csv_bytes("id,y,y", [(name, 0.5, 0.5) for name in IDS]),
        {"duplicate_column": 1},
    ),
    "one column": (
        csv_bytes("y", [(0.5,)] * 6),
        {"missing_column": 1},
    ),
    "header in the first column only": (
        b"id y\n" + b"a1 0.5\n",
        {"missing_column": 2, "unexpected_column": 1},
    ),
    "missing ids": (csv_bytes("id,y", [("a1", 0.5)]), {"missing_id": 5}),
    "unexpected id": (GOOD + b"a7,0.5\n", {"unexpected_id": 1}),
    "duplicate id": (GOOD + b"a1,0.5\n", {"duplicate_id": 1}),
    "empty id": (GOOD + b",0.5\n", {"empty_id": 1}),
    "id with a space": (
        with_row("a2 ,0.5"),
        {"missing_id": 1, "unexpected_id": 1},
    ),
    "id in capitals": (with_row("A2,0.5"), {"missing_id": 1, "unexpected_id": 1}),
    "very long id": (
        with_row("a" * 100_000 + ",0.5"),
        {"missing_id": 1, "unexpected_id": 1},
    ),
    "id with a NUL": (with_row("a2\0,0.5"), {"file_type": 1}),
    "empty value": (with_row("a2,"), {"empty_value": 1}),
    "spaces for a value": (with_row("a2,  "), {"empty_value": 1}),
    "nan": (with_row("a2,NaN"), {"nan": 1}),
    "na": (with_row("a2,NA"), {"nan": 1}),
    "infinite": (with_row("a2,inf"), {"infinite": 1}),
    "minus infinite": (with_row("a2,-Infinity"), {"infinite": 1}),
    "overflow": (with_row("a2,1e999"), {"infinite": 1}),
    "text": (with_row("a2,cat"), {"not_a_number": 1}),
    "decimal comma": (with_row('a2,"0,5"'), {"not_a_number": 1}),
    "percent": (with_row("a2,50%"), {"not_a_number": 1}),
    "hexadecimal": (with_row("a2,0x1"), {"not_a_number": 1}),
    "underscore": (with_row("a2,0_1"), {"not_a_number": 1}),
    "arabic digits": (with_row("a2,٠"), {"not_a_number": 1}),
    "true": (with_row("a2,True"), {"not_a_number": 1}),
    "above the range": (with_row("a2,1.0001"), {"out_of_range": 1}),
    "below the range": (with_row("a2,-1e-9"), {"out_of_range": 1}),
    "row too short": (with_row("a2"), {"ragged_row": 1}),
    "row too long": (with_row("a2,0.5,0.5"), {"ragged_row": 1}),
    "unquoted decimal comma": (with_row("a2,0,5"), {"ragged_row": 1}),
    "open quote at the end": (with_row('a2,"0.5', 6), {"open_quote": 1, "missing_id": 2}),
    "open quote in the middle": (with_row('"a2,0.5'), {"open_quote": 1}),
    "open quote in the header": (b'"id,y\na1,0.5\n', {"open_quote": 1}),
    "latin 1": (
        with_row("a2,0.5").replace(b"a2", b"\xe42"),
        {"encoding": 1, "missing_id": 1, "unexpected_id": 1},
    ),
    "latin 1 header": (GOOD.replace(b"id", b"\xe4d"), {"encoding": 1}),
    "windows line ends with all faults": (
        b"id,y\r\na1,x\r\n\r\na2,nan\r\na2,2\r\n,inf\r\na9,\r\na4,1,1\r\n",
        {
            "not_a_number": 1, "nan": 1, "out_of_range": 1, "infinite": 1,
            "empty_value": 1, "ragged_row": 1, "missing_id": 3, "unexpected_id": 1,
            "duplicate_id": 1, "empty_id": 1,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_all_its_faults(name: str) -> None:
    data, expected = BROKEN[name]
    report = log_loss(data() if callable(data) else data)
    assert report.status is Outcome.REJECTED
    found = kinds(report)
    if name in {"only a mark", "open quote at the end", "open quote in the middle"}:
        # What else is found follows from the first fault.
        assert set(found) & set(expected)
    else:
        assert found == {kind: count for kind, count in expected.items() if count}
    assert report.counts is False
    for fault in report.errors:
        assert fault.message.endswith((".", "…"))
        assert fault.advice
        assert len(fault.message) <= MESSAGE_CHARS
        assert len(fault.examples) <= SAMPLES_PER_FAULT
    assert report_from_json(report.to_json()) == report


def test_the_good_file_is_good() -> None:
    assert log_loss(GOOD).status is Outcome.SCORED


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("a5,x", "not_a_number"),
        ("a5,NaN", "nan"),
        ("a5,", "empty_value"),
        ("a5,7", "out_of_range"),
        ("a5,-inf", "infinite"),
        ("a5,1,1", "ragged_row"),
        ("a1,1", "duplicate_id"),
        ("a9,1", "unexpected_id"),
        (",1", "empty_id"),
    ],
)
def test_a_fault_names_its_line(row: str, kind: str) -> None:
    assert lines(log_loss(with_row(row, place=5)), kind) == [6]


def test_lines_are_right_behind_blank_lines_and_quoted_line_ends() -> None:
    text = 'id,y\n\na1,0.5\n"a\n2",0.5\na3,x\n\r\na4,y\n'
    report = log_loss(text.encode())
    assert lines(report, "unexpected_id") == [4]
    assert lines(report, "not_a_number") == [6, 8]


def test_lines_count_a_header_over_several_lines() -> None:
    solution = SOLUTION.replace(b"id,y", b'id,"y\nz"')
    report = score("log_loss", solution, b'id,"y\nz"\na1,x\n')
    assert lines(report, "not_a_number") == [3]


def test_only_the_first_ten_places_are_shown_and_all_are_counted() -> None:
    rows = [(f"b{i}", "x" * 300) for i in range(500)]
    report = log_loss(csv_bytes("id,y", rows))
    by_kind = {fault.kind: fault for fault in report.errors}
    assert by_kind["not_a_number"].count == 500
    assert len(by_kind["not_a_number"].examples) == 10
    assert "500 values" in by_kind["not_a_number"].message
    shown = by_kind["not_a_number"].examples[0].value
    assert shown is not None
    assert len(shown) == VALUE_CHARS


def test_escape_codes_in_a_file_do_not_reach_a_terminal() -> None:
    report = log_loss(with_row("a2,\x1b[2J\x07\u202e"))
    (fault,) = report.errors
    assert fault.examples[0].value == "�[2J��"


@pytest.mark.parametrize(
    ("written", "hint"),
    [("1.0", "'1.0' is not '1'"), ("01", "'01' is not '1'"), (" 1", "' 1' is not '1'")],
)
def test_ids_written_differently_are_recognised(written: str, hint: str) -> None:
    solution = csv_bytes("id,y", [(1, 0), (2, 1)])
    report = score("log_loss", solution, f"id,y\n{written},0\n2,1\n".encode())
    assert kinds(report) == {"missing_id": 1, "unexpected_id": 1}
    assert all(hint in fault.advice for fault in report.errors)


def test_lost_leading_zeros_are_recognised() -> None:
    solution = csv_bytes("id,y", [("001", 0), ("002", 1)])
    report = score("log_loss", solution, b"id,y\n1,0\n2,1\n")
    assert all("'1' is not '001'" in fault.advice for fault in report.errors)


def test_a_misspelt_column_is_recognised() -> None:
    report = log_loss(GOOD.replace(b"id,y", b"id, Y"))
    assert all("Rename ' Y' to 'y'" in fault.advice for fault in report.errors)


def test_a_pandas_index_is_recognised() -> None:
    report = log_loss(csv_bytes(",id,y", [(0, "a1", 1)]))
    (fault,) = (f for f in report.errors if f.kind == "unexpected_column")
    assert "index=False" in fault.advice


def test_a_missing_header_is_recognised() -> None:
    report = log_loss(b"a1,0.5\na2,0.5\n")
    assert all("no header" in fault.advice for fault in report.errors)


def test_an_unknown_label_is_counted_and_placed() -> None:
    solution = csv_bytes("id,y", [("a", "cat"), ("b", "dog"), ("c", "cat")])
    report = score("accuracy", solution, b"id,y\na,cat\nb,Dog\nc,\n")
    assert kinds(report) == {"unknown_label": 1, "empty_value": 1}
    assert lines(report, "unknown_label") == [3]
    assert lines(report, "empty_value") == [4]


def test_rows_that_do_not_add_up_are_counted_and_placed() -> None:
    solution = csv_bytes("id,y", [(1, "a"), (2, "b"), (3, "c")])
    sample = csv_bytes("id,a,b,c", [(i, 0.4, 0.3, 0.3) for i in (1, 2, 3)])
    wrong = csv_bytes("id,a,b,c", [(1, 0.4, 0.3, 0.3), (2, 1, 1, 0), (3, 0, 0, 0)])
    report = score("log_loss", solution, wrong, sample)
    assert kinds(report) == {"row_sum": 2}
    assert lines(report, "row_sum") == [3, 4]
    rescaled = score("log_loss", solution, wrong, sample, row_sums="rescale")
    assert kinds(rescaled) == {"row_sum": 1}
    assert lines(rescaled, "row_sum") == [4]


@pytest.mark.parametrize(
    ("caps", "kind"),
    [
        (ReaderCaps(rows=3), "too_large"),
        (ReaderCaps(columns=1), "too_large"),
        (ReaderCaps(field_chars=2), "field_too_long"),
    ],
)
def test_a_file_beyond_a_cap_is_refused(caps: ReaderCaps, kind: str) -> None:
    before = csv.field_size_limit()
    assert kind in kinds(log_loss(with_row("a2,0.555555x"), caps))
    assert csv.field_size_limit() == before  # of the whole process, and not ours


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(("a.csv", data))])
def test_an_archive_beyond_the_cap_on_bytes_is_refused(
    pack: Callable[[bytes], bytes],
) -> None:
    report = log_loss(pack(GOOD), ReaderCaps(unpacked_bytes=10))
    assert kinds(report) == {"too_large": 1}


def test_a_parquet_file_beyond_a_cap_is_refused() -> None:
    data = parquet(id=IDS, y=[0.5] * 6)
    assert kinds(log_loss(data, ReaderCaps(rows=5))) == {"too_large": 1}
    assert kinds(log_loss(data, ReaderCaps(columns=1))) == {"too_large": 1}


def test_faults_of_a_parquet_file_name_the_row() -> None:
    data = parquet(id=["a1", "a2", "a3", None, "a4", "a5"], y=[0, 1, None, 0, 5, 1.0])
    report = log_loss(data)
    assert lines(report, "empty_value") == [3]
    assert lines(report, "empty_id") == [4]
    assert lines(report, "out_of_range") == [5]
    assert kinds(report)["missing_id"] == 1


def test_text_in_a_parquet_file_is_read_like_a_csv() -> None:
    report = log_loss(parquet(id=IDS, y=["0.5", "1", "x", "nan", "", "0"]))
    assert kinds(report) == {"not_a_number": 1, "nan": 1, "empty_value": 1}
