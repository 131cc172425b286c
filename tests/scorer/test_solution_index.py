"""The index file: what goes in comes out, and broken bytes are refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.contract import MetricSpec, Outcome, ScoreJob
from podium_scorer.engine import run_score
from podium_scorer.solution_index import UnsoundIndex, read_index
from tests.scorer.support import csv_bytes, prepare

SOLUTION = csv_bytes(
    "id,y,Usage",
    [(f"r{i}", i % 2, ("Public", "Private", "Ignored")[i % 3]) for i in range(30)],
)
INDEX = prepare("roc_auc", SOLUTION).index
SUBMISSION = csv_bytes("id,y", [(f"r{i}", i / 30) for i in range(30)])
JOB = ScoreJob(metric=MetricSpec(name="roc_auc"), submission_name="s.csv")


def test_an_index_that_was_read_writes_the_same_bytes() -> None:
    assert read_index(INDEX).to_bytes() == INDEX


def true_values(data: bytes | memoryview) -> Any:
    return read_index(data).truth.targets[0].values


def test_an_index_can_be_used_where_it_lies() -> None:
    values = true_values(memoryview(INDEX))
    assert not values.flags.owndata
    assert not values.flags.writeable


def test_rows_are_public_then_private_then_ignored_and_negatives_first() -> None:
    index = read_index(INDEX)
    assert (index.splits.public, index.splits.private, index.splits.ignored) == (
        10,
    ) * 3
    for part in index.splits.parts.values():
        target = true_values(INDEX)[part].tolist()
        assert target == sorted(target)


def changed_header(**changes: object) -> bytes:
    """The index with another header; where a value is None the key is left out."""
    magic, version, size = struct.unpack("<8sII", INDEX[:16])
    header = json.loads(INDEX[16 : 16 + size]) | changes
    header = {key: value for key, value in header.items() if value != "gone"}
    data = json.dumps(header).encode()
    data += b" " * (-len(data) % 8)
    return struct.pack("<8sII", magic, version, len(data)) + data + INDEX[16 + size :]


def test_a_changed_header_helper_changes_nothing_by_itself() -> None:
    assert read_index(changed_header()).to_bytes() == INDEX


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"PODIUMIX",
        INDEX[:40],
        INDEX[:-1],
        INDEX[:-8],
        INDEX + bytes(8),
        b"X" + INDEX[1:],
        struct.pack("<8sII", b"PODIUMIX", 99, 8) + INDEX[16:],
        struct.pack("<8sII", b"PODIUMIX", 2, 1 << 31) + INDEX[16:],
        struct.pack("<8sII", b"PODIUMIX", 2, 8) + INDEX[16:],
        changed_header(metric="unknown"),
        changed_header(metric=3),
        changed_header(rows=[30, 0]),
        changed_header(rows=[31, 0, 0]),
        changed_header(rows=[-1, 1, 30]),
        changed_header(rows=[True, 9, 20]),
        changed_header(sizes={}),
        changed_header(sizes=7),
        changed_header(targets=[["y", "number", []]]),
        changed_header(targets=[["y", "text", []]]),
        changed_header(targets=[["y", "other", []]]),
        changed_header(targets=[["y", "binary", []]] * 2),
        changed_header(targets=[]),
        changed_header(targets="gone"),
        changed_header(extras={"weight_column": ["w", "number", []]}),
        changed_header(extras=[1]),
        changed_header(columns=5),
        changed_header(columns=[["y", "score", [1], None]]),
        changed_header(columns=[["y", "other", None, None]]),
        changed_header(params="gone"),
        changed_header(mixed="gone"),
    ],
)
def test_unsound_bytes_are_refused(broken: bytes) -> None:
    with pytest.raises(UnsoundIndex):
        read_index(broken)
    report = run_score(JOB, broken, SUBMISSION)
    assert report.status is Outcome.HOST_ERROR
    assert "Prepare the solution again" in report.message


def test_a_table_without_an_end_is_refused() -> None:
    index = read_index(INDEX)
    table = index.expectation.ids.table.copy()
    table[table < 0] = 0
    full = INDEX.replace(index.expectation.ids.table.tobytes(), table.tobytes())
    with pytest.raises(UnsoundIndex):
        read_index(full)


def test_a_class_that_is_none_of_the_classes_is_refused() -> None:
    solution = csv_bytes("id,y", [(i, "abc"[i % 3]) for i in range(9)])
    index = prepare("accuracy", solution).index
    target = true_values(index)
    for wrong in (-1, 3):
        changed = target.copy()
        changed[4] = wrong
        with pytest.raises(UnsoundIndex):
            read_index(index.replace(target.tobytes(), changed.tobytes()))


def test_slots_outside_the_solution_are_refused() -> None:
    slots = read_index(INDEX).slots
    wrong = slots.copy()
    wrong[0] = 30
    with pytest.raises(UnsoundIndex):
        read_index(INDEX.replace(slots.tobytes(), wrong.tobytes()))


@given(st.integers(0, len(INDEX) - 1), st.integers(0, 255))
@settings(max_examples=400, deadline=None)
def test_no_changed_byte_makes_the_scorer_fail(place: int, value: int) -> None:
    broken = bytearray(INDEX)
    broken[place] = value
    report = run_score(JOB, bytes(broken), SUBMISSION)
    assert report.status in {Outcome.SCORED, Outcome.REJECTED, Outcome.HOST_ERROR}


@pytest.mark.parametrize(
    "spec",
    [
        MetricSpec(name="log_loss"),
        MetricSpec(name="roc_auc", params={"positive_label": "1"}),
    ],
)
def test_an_index_of_another_metric_or_setting_is_refused(spec: MetricSpec) -> None:
    job = ScoreJob(metric=spec, submission_name="s.csv")
    report = run_score(job, INDEX, SUBMISSION)
    assert report.status is Outcome.HOST_ERROR
    assert "another metric" in report.message


def test_an_index_from_before_a_parameter_was_there_has_its_default() -> None:
    older = changed_header(params={})
    assert read_index(older).params == read_index(INDEX).params
    assert run_score(JOB, older, SUBMISSION).status is Outcome.SCORED


def test_an_alias_with_the_same_setting_is_the_same_metric() -> None:
    job = ScoreJob(metric=MetricSpec(name="AUC"), submission_name="s.csv")
    assert run_score(job, INDEX, SUBMISSION).status is Outcome.SCORED
