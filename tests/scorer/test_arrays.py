"""NumPy arrays as submissions: the score of a CSV, and a sentence for whatever is wrong."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.check import check_submission
from podium_scorer.contract import (
    ARRAY_FORMATS,
    TABLE_FORMATS,
    CustomPrepareJob,
    CustomScoreJob,
    MetricSpec,
    Outcome,
    ReaderCaps,
    Report,
    ScoreJob,
    job_from_json,
    job_to_json,
)
from podium_scorer.custom import prepare_custom, score_custom
from podium_scorer.engine import run_score
from tests.scorer.support import csv_bytes, kinds, lines, prepare, quoted_csv, score

CAPS = ReaderCaps(formats=(*TABLE_FORMATS, *ARRAY_FORMATS))
IDS = ["a1", "a2", "a3", "a4"]
VALUES = [0.25, 0.75, 0.5, 1.0]
SOLUTION = csv_bytes("id,y,Usage", [
    ("a3", 0, "Private"), ("a1", 0, "Public"), ("a4", 1, "Private"), ("a2", 1, "Public"),
])  # fmt: skip
SAMPLE = csv_bytes("id,y", [(name, 0.5) for name in IDS])
GOOD = csv_bytes("id,y", zip(IDS, VALUES, strict=True))
INDEX = prepare("log_loss", SOLUTION, SAMPLE).index


def npy(array: Any, **options: Any) -> bytes:
    sink = io.BytesIO()
    np.save(sink, array, **options)
    return sink.getvalue()


def npz(*alone: Any, packed: bool = False, **named: Any) -> bytes:
    sink = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(sink, *alone, **named)
    return sink.getvalue()


def raw(header: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    """An array file whose header says whatever it likes."""
    text = header.encode()
    size = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + size + text + data


def plain_header(descr: object = "<f8", shape: object = (4,)) -> str:
    return f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape!r}}}\n"


def packed(*files: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return sink.getvalue()


def log_loss(submission: bytes, caps: ReaderCaps = CAPS) -> Report:
    spec = MetricSpec(name="log_loss")
    job = ScoreJob(metric=spec, submission_name="s", caps=caps)
    return run_score(job, INDEX, submission)


def structured(*fields: tuple[str, Any], rows: list[Any]) -> bytes:
    return npy(np.array(rows, list(fields)))


PAIRS = list(zip(IDS, VALUES, strict=True))
FORMS: dict[str, bytes] = {
    "named": npz(id=IDS, y=VALUES),
    "packed": npz(packed=True, id=IDS, y=VALUES),
    "another order": npz(y=VALUES[::-1], id=IDS[::-1]),
    "bytes": npz(id=np.array(IDS, "S9"), y=VALUES),
    "big-endian": npz(id=np.array(IDS, ">U4"), y=np.array(VALUES, ">f8")),
    "small floats": npz(id=IDS, y=np.array(VALUES, "f2")),
    "texts for numbers": npz(id=IDS, y=[str(value) for value in VALUES]),
    "a column of one": npz(id=IDS, y=np.array(VALUES)[:, np.newaxis]),
    "structured": structured(("id", "U3"), ("y", "f8"), rows=PAIRS),
    "structured, aligned": npy(
        np.array(PAIRS, np.dtype([("id", "S3"), ("y", "f8")], align=True))
    ),
    "structured, big-endian": structured(("id", ">U3"), ("y", ">f4"), rows=PAIRS),
    "structured in a npz": npz(np.array(PAIRS, [("id", "U3"), ("y", "f8")])),
    "plain": npy(np.array(VALUES)),
    "plain in a npz": npz(np.array(VALUES)),
    "plain, two dimensions": npy(np.array(VALUES)[:, np.newaxis]),
    "plain, packed": gzip.compress(npy(np.array(VALUES, "f4"))),
    "version 2": raw(plain_header(), np.array(VALUES).tobytes(), b"\2\0"),
    "version 3": raw(plain_header(), np.array(VALUES).tobytes(), b"\3\0"),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_arrays_has_the_score_of_the_csv(name: str) -> None:
    report = log_loss(FORMS[name])
    assert report.status is Outcome.SCORED, report.errors
    assert report == log_loss(GOOD)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_arrays_and_the_same_rows_as_csv_have_the_same_score(
    data: st.DataObject,
) -> None:
    size = data.draw(st.integers(1, 12))
    numbers = st.floats(-1e12, 1e12)
    truth = data.draw(st.lists(numbers, min_size=size, max_size=size))
    made = data.draw(st.lists(numbers, min_size=size, max_size=size))
    ids = data.draw(
        st.sampled_from([list(range(size)), [f"r{i}" for i in range(size)]])
    )
    order = data.draw(st.permutations(range(size)))
    solution = quoted_csv(["id", "y"], zip(ids, truth, strict=True))
    mixed, values = np.array(ids)[list(order)], np.array(made)[list(order)]
    pairs = list(zip(mixed.tolist(), values.tolist(), strict=True))
    kind = [("id", mixed.dtype), ("y", "f8")]
    wanted = score("rmse", solution, quoted_csv(["id", "y"], pairs))
    assert wanted.status is Outcome.SCORED
    for form in (
        npz(id=mixed, y=values),
        npy(np.array(pairs, kind)),
        npy(np.array(made)),
        npy(np.asfortranarray(np.array(made)[:, np.newaxis])),
    ):
        assert score("rmse", solution, form, caps=CAPS) == wanted


@pytest.mark.parametrize("order", ["C", "F"])
def test_several_columns_of_a_plain_array_are_those_of_the_sample(order: Any) -> None:
    solution = csv_bytes("id,y", [(1, "a"), (2, "b"), (3, "c")])
    sample = csv_bytes("id,a,b,c", [(i, 0.4, 0.3, 0.3) for i in (3, 1, 2)])
    rows = [[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.2, 0.5, 0.3]]
    table = csv_bytes(
        "id,a,b,c", [(i, *row) for i, row in zip((3, 1, 2), rows, strict=True)]
    )
    array = npy(np.array(rows, order=order))
    found = score("log_loss", solution, array, sample, caps=CAPS)
    assert found.status is Outcome.SCORED, found.errors
    assert found == score("log_loss", solution, table, sample)


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["cat", "dog", "cat"], np.array(["cat", "dog", "cat"])),
        ([0, 1, 10], np.array([0, 1, 10], ">i2")),
        ([0, 1, 10], np.array([0.0, 1.0, 10.0], "f4")),
        (["True", "False", "x"], np.array([b"True", b"False", b"x"])),
    ],
)
def test_labels_may_be_arrays_of_any_type(labels: list[Any], values: Any) -> None:
    solution = csv_bytes("id,y", enumerate(labels))
    assert score("accuracy", solution, npy(values), caps=CAPS).public == 1


def test_booleans_are_numbers_where_numbers_are_asked_for() -> None:
    assert log_loss(npy(np.array([False, True, False, True]))).public == pytest.approx(
        0
    )


METRIC = b"""
def score(solution, submission, row_id_column_name: str) -> float:
    return float((solution["y"] - submission["y"]).abs().mean())
"""


@pytest.mark.parametrize("public_only", [False, True])
def test_a_metric_of_the_organizers_own_reads_the_samples_order(
    public_only: bool,
) -> None:
    job = CustomPrepareJob(public_only=public_only)
    index = prepare_custom(job, SOLUTION, SAMPLE, METRIC).index
    ask = CustomScoreJob(submission_name="s", caps=CAPS)
    rows = PAIRS[:2] if public_only else PAIRS
    table = csv_bytes("id,y", rows)
    array = npy(np.array([value for _, value in rows]))
    found = score_custom(ask, index, array)
    assert found.status is Outcome.SCORED, found
    assert found.public == score_custom(ask, index, table).public


def header_of(field: str, value: object) -> bytes:
    text = plain_header().replace(f"'{field}': ", f"'{field}': {value!r}, 'x': ")
    return raw(text, bytes(32))


def linked() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo("y.npy")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return sink.getvalue()


def locked() -> bytes:
    data = bytearray(npz(id=IDS, y=VALUES))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return packed(
            *(("y.npy", npy(np.array(VALUES))),) * 2, ("id.npy", npy(np.array(IDS)))
        )


FOUR = np.array(VALUES).tobytes()
OBJECTS = np.array([1, None, 2, 3], object)
# What is wrong, the file, the kinds of fault, and a word that the answer must have.
BROKEN: dict[str, tuple[bytes | Callable[[], bytes], set[str], str]] = {
    "objects": (npy(OBJECTS, allow_pickle=True), {"file_type"}, "allow_pickle=False"),
    "objects, named": (
        packed(("id.npy", npy(np.array(IDS))), ("y.npy", npy(OBJECTS, allow_pickle=True))),
        {"file_type"},
        "allow_pickle=False",
    ),
    "an object field": (
        raw(plain_header([("id", "|S2"), ("y", "|O")])),
        {"file_type"},
        "allow_pickle=False",
    ),
    "complex": (npy(np.array(VALUES, complex)), {"file_type"}, "array.real"),
    "dates": (npy(np.zeros(4, "M8[s]")), {"file_type"}, "astype(str)"),
    "spans": (npy(np.zeros(4, "m8[s]")), {"file_type"}, "np.int64"),
    "bytes without a type": (npy(np.zeros(4, "V8")), {"file_type"}, "without a type"),
    "long floats": (raw(plain_header("<f16"), bytes(64)), {"file_type"}, "np.float64"),
    "an unknown type": (raw(plain_header("<q9"), FOUR), {"file_type"}, "'<q9'"),
    "a type of several": (raw(plain_header("f8,f8"), FOUR), {"file_type"}, "np.float64"),
    "texts of no length": (raw(plain_header("|S0")), {"file_type"}, "no length"),
    "texts too wide": (
        raw(plain_header("|S999999999"), b""), {"field_too_long"}, "shorter",
    ),
    "a field within a field": (
        npy(np.zeros(4, [("id", "U2"), ("y", [("a", "f8")])])), {"file_type"}, "nested",
    ),
    "a field with a shape": (
        npy(np.zeros(4, [("id", "U2"), ("y", "f8", (2,))])), {"file_type"}, "one value",
    ),
    "a single value": (npy(np.array(0.5)), {"shape"}, "()"),
    "three dimensions": (npy(np.zeros((4, 1, 1))), {"shape"}, "(4, 1, 1)"),
    "lying": (npy(np.array([VALUES])), {"shape"}, "one value a row"),
    "ids beside the values": (npy(np.zeros((4, 2))), {"shape"}, "Leave the ids out"),
    "too few rows": (npy(np.array(VALUES[:3])), {"shape"}, "3 rows"),
    "too many rows": (npy(np.array([*VALUES, 0.5])), {"shape"}, "5 rows"),
    "no rows": (npy(np.array([])), {"shape"}, "0 rows"),
    "structured, two dimensions": (
        npy(np.zeros((4, 1), [("id", "U2"), ("y", "f8")])), {"shape"}, "one dimension",
    ),
    "structured in a column": (
        npz(id=IDS, y=np.zeros(4, [("a", "f8")])), {"file_type"}, "of its own",
    ),
    "columns of two": (npz(id=IDS, y=np.zeros((4, 2))), {"shape"}, "of its own"),
    "other lengths": (npz(id=IDS, y=VALUES[:3]), {"shape"}, "3 rows"),
    "cut short": (npy(np.array(VALUES))[:-3], {"damaged"}, "cut short"),
    "cut in the header": (npy(np.array(VALUES))[:40], {"damaged"}, "cut short"),
    "only a mark": (b"\x93NUMPY", {"damaged"}, "np.save"),
    "version 9": (raw(plain_header(), FOUR, b"\x09\0"), {"damaged"}, "np.save"),
    "more behind it": (npy(np.array(VALUES)) + b"x", {"damaged"}, "1 bytes behind"),
    "a shape beyond all": (
        raw(plain_header(shape=(10**30,))), {"too_large"}, "more than 10^18",
    ),
    "columns beyond all": (raw(plain_header(shape=(4, 10**9))), {"too_large"}, "columns"),
    "dimensions beyond all": (
        raw(plain_header(shape=(4, 1, *(10**9,) * 80))), {"shape"}, "dimension",
    ),
    "nothing, beyond all": (raw(plain_header(shape=(0, 1, 10**30))), {"shape"}, "(...)"),
    "nothing, wide": (raw(plain_header(shape=(0, 2000))), {"shape"}, "(0, 2000)"),
    "a number beyond all": (
        raw(plain_header().replace("4", "9" * 200_000), b"", b"\2\0"),
        {"damaged"}, "can't be read",
    ),
    "a negative shape": (raw(plain_header(shape=(-4,)), FOUR), {"damaged"}, "no sense"),
    "a shape of words": (raw(plain_header(shape="four"), FOUR), {"damaged"}, "no sense"),
    "a true shape": (raw(plain_header(shape=(True,)), FOUR), {"damaged"}, "no sense"),
    "a key too many": (header_of("descr", "<f8"), {"damaged"}, "can't be read"),
    "no fields": (raw(plain_header([])), {"damaged"}, "no fields"),
    "a call": (raw("__import__('os').getpid()\n"), {"damaged"}, "can't be read"),
    "deep": (raw("(" * 60_000), {"damaged"}, "can't be read"),
    "many minuses": (raw("-" * 60_000 + "1"), {"damaged"}, "can't be read"),
    "odd escapes": (raw("'\\d'"), {"damaged"}, "can't be read"),
    "unhashable": (raw("{[]: 1}"), {"damaged"}, "can't be read"),
    "a header beyond all": (
        b"\x93NUMPY\2\0" + struct.pack("<I", 2**31), {"too_large"}, "header",
    ),
    "a password": (locked, {"file_type"}, "password"),
    "a link": (linked, {"file_type"}, "link"),
    "nested": (
        packed(("y.npz", npz(y=VALUES)), ("id.npy", npy(np.array(IDS)))),
        {"file_type"}, "np.savez",
    ),
    "twice in gzip": (gzip.compress(npz(id=IDS, y=VALUES)), {"file_type"}, "only once"),
    "a name twice": (twice, {"duplicate_column"}, "'y'"),
    "cut archive": (npz(id=IDS, y=VALUES)[:-30], {"damaged"}, "anew"),
    "bomb": (lambda: npz(packed=True, id=IDS, y=np.zeros(8 << 20)), {"too_large"}, "times"),
    "bomb in parts": (
        lambda: npz(packed=True, **{f"y{i}": np.zeros(900_000) for i in range(8)}),
        {"too_large"}, "times",
    ),
    "nameless": (npz(IDS, VALUES), {"missing_column", "unexpected_column"}, "id, y"),
    "without ids": (npz(y=VALUES), {"missing_column"}, "id, y"),
    "an unknown array": (npz(id=IDS, y=VALUES, z=VALUES), {"unexpected_column"}, "'z'"),
    "missing and other ids": (
        npz(id=["a1", "a1", "a3", "b"], y=VALUES),
        {"missing_id", "duplicate_id", "unexpected_id"}, "sample",
    ),
    "nan": (npy(np.array([0.5, np.nan, 0.5, 0.5])), {"nan"}, "gaps"),
    "infinite": (npy(np.array([0.5, np.inf, 0.5, 0.5])), {"infinite"}, "overflow"),
    "out of range": (npy(np.array([0, 2, 0, 1])), {"out_of_range"}, "0 to 1"),
    "words": (npy(np.array(["0.5", "x", "1", ""])), {"not_a_number", "empty_value"}, "point"),
    "no utf-8": (npz(id=[b"a1", b"a\xff", b"a3", b"a4"], y=VALUES),
        {"encoding", "missing_id", "unexpected_id"}, "UTF-8"),
    "no characters": (
        raw(plain_header("<U1"), struct.pack("<4I", 0x30, 2**31, 0xD800, 0x31)),
        {"encoding", "not_a_number"}, "UTF-8",
    ),
    "all at once": (
        npz(id=["a1", "a2", "a3", "a9"], y=[np.nan, 2, np.inf, 0.5], z=VALUES),
        {"nan", "out_of_range", "infinite", "missing_id", "unexpected_id",
         "unexpected_column"}, "id, y",
    ),
    "ten faults of a plain array": (
        npy(np.array([np.nan, 2, 0.5])), {"shape", "nan", "out_of_range"}, "3 rows",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_array_is_refused_with_all_its_faults(name: str) -> None:
    data, expected, word = BROKEN[name]
    report = log_loss(data() if callable(data) else data)
    assert report.status is Outcome.REJECTED
    assert set(kinds(report)) == expected, report.errors
    assert not report.counts
    assert all(fault.message and fault.advice for fault in report.errors)
    said = " ".join(f"{fault.message} {fault.advice}" for fault in report.errors)
    assert word in said


def test_a_fault_in_an_array_names_its_row() -> None:
    report = log_loss(npy(np.array([0.5, 0.5, np.nan, 7])))
    assert lines(report, "nan") == [3]
    assert lines(report, "out_of_range") == [4]


@pytest.mark.parametrize("form", ["named", "structured"])
def test_a_wrong_value_is_told_as_for_a_csv(form: str) -> None:
    values = [0.25, np.nan, -1, np.inf]
    pairs = list(zip(IDS, values, strict=True))
    data = npz(id=IDS, y=values)
    if form == "structured":
        data = structured(("id", "U3"), ("y", "f8"), rows=pairs)

    def told(report: Report) -> list[tuple[str, str, str]]:
        return [(fault.kind, fault.message, fault.advice) for fault in report.errors]

    assert told(log_loss(data)) == told(log_loss(csv_bytes("id,y", pairs)))


@pytest.mark.parametrize(
    ("caps", "kind"), [({"rows": 3}, "too_large"), ({"columns": 1}, "too_large")]
)
@pytest.mark.parametrize("form", ["named", "structured"])
def test_arrays_beyond_a_cap_are_refused(
    form: str, caps: dict[str, int], kind: str
) -> None:
    assert kinds(log_loss(FORMS[form], replace(CAPS, **caps))).keys() == {kind}


def test_an_archive_of_arrays_beyond_the_cap_on_bytes_is_refused() -> None:
    caps = replace(CAPS, unpacked_bytes=200)
    assert kinds(log_loss(FORMS["named"], caps)) == {"too_large": 1}


@pytest.mark.parametrize(
    ("formats", "form", "said"),
    [
        (("csv",), "plain", "takes .csv files"),
        (TABLE_FORMATS, "named", "takes .csv, .csv.gz, .zip and .parquet files"),
        (("csv", "npz"), "plain", "takes .csv and .npz files"),
        (("csv", "npy"), "named", "takes .csv and .npy files"),
    ],
)
def test_arrays_are_refused_where_the_competition_does_not_take_them(
    formats: tuple[str, ...], form: str, said: str
) -> None:
    (fault,) = log_loss(FORMS[form], ReaderCaps(formats=formats)).errors
    assert fault.kind == "file_type"
    assert "NumPy" in fault.message
    assert said in fault.advice


def test_the_formats_cross_the_wire() -> None:
    job = ScoreJob(metric=MetricSpec(name="rmse"), submission_name="s", caps=CAPS)
    data = job_to_json(job)
    data["caps"]["formats"] = list(data["caps"]["formats"])
    assert job_from_json(data) == job


def test_a_check_at_home_reads_arrays_too() -> None:
    assert check_submission(SAMPLE, FORMS["plain"], None, caps=CAPS) == 4
    assert check_submission(SAMPLE, FORMS["named"], None, caps=CAPS) == 4
    assert isinstance(check_submission(SAMPLE, FORMS["plain"], None), Report)


@pytest.mark.parametrize("form", ["named", "packed", "structured", "plain"])
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_arrays_with_wrong_bytes_end_in_words_or_a_score(
    form: str, data: st.DataObject
) -> None:
    whole = bytearray(FORMS[form])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(whole) // 2, len(whole)))
    report = log_loss(bytes(whole[:cut]))
    assert report.status is Outcome.SCORED or (
        report.status is Outcome.REJECTED and report.errors
    )


def test_a_zip_packed_with_a_damaged_lzma_stream_is_refused_in_words() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("s.csv", GOOD * 20)
    data = bytearray(sink.getvalue())
    data[45:60] = b"\xff" * 15
    assert kinds(log_loss(bytes(data))) == {"damaged": 1}


def test_no_code_in_an_array_is_ever_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (mark,)

    array = np.array([Trap()] * 4, object)
    assert log_loss(npy(array, allow_pickle=True)).status is Outcome.REJECTED
    assert not mark.exists()
