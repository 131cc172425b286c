"""What a solution may look like, and every fault of it told to the organizer."""

from __future__ import annotations

from typing import Any

import pytest

from podium_scorer.contract import (
    MetricSpec,
    Outcome,
    PrepareJob,
    ScoreJob,
    report_from_json,
)
from podium_scorer.engine import run_prepare, run_score
from podium_scorer.solution_index import read_index
from tests.scorer.support import csv_bytes, kinds, lines, prepare, score

USAGE = ["Public", "Private", "Public", "Private", "Ignored"]
BINARY = csv_bytes(
    "id,y,Usage", [(i, i % 2, u) for i, u in enumerate([*USAGE, *USAGE])]
)


def refused(
    metric: str, solution: bytes, sample: bytes = b"", **params: Any
) -> dict[str, int]:
    """Prepare a solution that has faults; their kinds."""
    prepared = prepare(metric, solution, sample, **params)
    assert prepared.index == b""
    assert prepared.report.status is Outcome.HOST_ERROR
    assert prepared.report.message
    assert report_from_json(prepared.report.to_json()) == prepared.report
    return kinds(prepared.report)


def test_a_prepared_solution_counts_its_rows() -> None:
    report = prepare("roc_auc", BINARY).report
    assert report.status is Outcome.PREPARED
    assert report.rows == {"public": 4, "private": 4, "ignored": 2}


def test_without_usage_every_row_is_public() -> None:
    solution = csv_bytes("id,y", [(1, 2.5), (2, 3.5)])
    report = score("mae", solution, csv_bytes("id,y", [(1, 2), (2, 4)]))
    assert (report.public, report.private) == (0.5, None)
    assert report.rows == {"public": 2}
    assert "private" not in report.to_json()


def test_ignored_rows_have_no_influence_but_must_be_there() -> None:
    rows = [(i, 0.5) for i in range(10)]
    changed = [(i, 0.9 if USAGE[i % 5] == "Ignored" else 0.5) for i in range(10)]
    first = score("log_loss", BINARY, csv_bytes("id,y", rows))
    assert score("log_loss", BINARY, csv_bytes("id,y", changed)) == first
    assert kinds(score("log_loss", BINARY, csv_bytes("id,y", rows[:-1])))["missing_id"]


def test_usage_is_read_in_any_capitals() -> None:
    solution = csv_bytes("id,y,usage", [(1, 1, "PUBLIC"), (2, 2, " private ")])
    assert prepare("mae", solution).report.rows == {"public": 1, "private": 1}


def test_the_sample_names_the_prediction_column() -> None:
    sample = csv_bytes("id,probability", [(i, 0.5) for i in range(10)])
    index = read_index(prepare("roc_auc", BINARY, sample).index)
    assert index.expectation.header == ("id", "probability")


def test_the_samples_order_becomes_the_order_of_the_index() -> None:
    sample = csv_bytes("id,y", [(i, 0.5) for i in reversed(range(10))])
    index = read_index(prepare("roc_auc", BINARY, sample).index)
    assert index.expectation.ids.ids.text(0) == "9"
    submission = csv_bytes("id,y", [(i, i % 2) for i in range(10)])
    report = score("brier", BINARY, submission, sample)
    assert (report.public, report.private) == (0, 0)


def test_the_id_column_may_be_named() -> None:
    solution = csv_bytes("y,key", [(1, "a"), (0, "b")])
    index = read_index(prepare("roc_auc", solution, id_column="key").index)
    assert index.expectation.header == ("key", "y")


def test_a_positive_label_makes_any_two_classes_binary() -> None:
    solution = csv_bytes("id,y", [(1, "sick"), (2, "well"), (3, "sick")])
    submission = csv_bytes("id,y", [(1, 0.9), (2, 0.1), (3, 0.8)])
    report = score("roc_auc", solution, submission, positive_label="sick")
    assert report.public == 1
    assert refused("roc_auc", solution) == {"solution": 1}
    assert refused("roc_auc", solution, positive_label="ill") == {"solution": 1}


@pytest.mark.parametrize("words", ["0 1", "0.0 1.0", "False True", "false true"])
def test_two_classes_may_be_written_in_several_ways(words: str) -> None:
    no, yes = words.split()
    solution = csv_bytes("id,y", [(1, no), (2, yes)])
    assert score("brier", solution, csv_bytes("id,y", [(1, 0), (2, 1)])).public == 0


def test_classes_of_several_come_from_the_solution_where_there_is_no_sample() -> None:
    solution = csv_bytes("id,y", [(1, 10), (2, 9), (3, 1)])
    index = read_index(prepare("log_loss", solution).index)
    assert index.expectation.columns == ("1", "9", "10")


def test_one_hot_columns_and_labels_have_the_same_score() -> None:
    labels = csv_bytes("id,y,Usage", [(1, "b", "Public"), (2, "a", "Private")])
    one_hot = csv_bytes("id,a,b,Usage", [(1, 0, 1, "Public"), (2, 1, 0, "Private")])
    sample = csv_bytes("id,b,a", [(1, 0.5, 0.5), (2, 0.5, 0.5)])
    submission = csv_bytes("id,b,a", [(1, 0.7, 0.3), (2, 0.2, 0.8)])
    first = score("log_loss", labels, submission, sample)
    assert first.public is not None
    assert score("log_loss", one_hot, submission, sample) == first
    assert score("log_loss", one_hot, submission) == first


SAMPLE = csv_bytes("id,y", [(i, 0.5) for i in range(10)])


def solution_with(row: str, place: int = 2) -> bytes:
    rows = BINARY.decode().splitlines()
    rows[place] = row
    return ("\n".join(rows) + "\n").encode()


FAULTY: dict[str, tuple[str, bytes, bytes, dict[str, Any], dict[str, int]]] = {
    "unknown metric": ("rocauc2", BINARY, b"", {}, {"settings": 1}),
    "unknown parameter": ("roc_auc", BINARY, b"", {"eps": 1}, {"settings": 1}),
    "two wrong parameters": (
        "log_loss", BINARY, b"", {"clip": 2, "row_sums": "x"}, {"settings": 2},
    ),
    "empty": ("roc_auc", b"", b"", {}, {"empty_file": 1}),
    "excel": ("roc_auc", b"\xd0\xcf\x11\xe0", b"", {}, {"file_type": 1}),
    "no rows": ("roc_auc", b"id,y,Usage\n", b"", {}, {"empty_file": 1}),
    "no target": ("roc_auc", b"id,Usage\n1,Public\n", b"", {}, {"missing_column": 1}),
    "no id": ("roc_auc", BINARY, b"key,y\n1,0.5\n", {}, {"missing_column": 1}),
    "several targets": (
        "rmse", csv_bytes("id,a,b", [(1, 2, 3)]), b"", {}, {"solution": 1},
    ),
    "column twice": ("rmse", csv_bytes("id,y,y", [(1, 2, 3)]), b"", {}, {"duplicate_column": 1}),
    "sample of one column": ("rmse", BINARY, b"id\n1\n", {}, {"missing_column": 1}),
    "sample of two predictions": (
        "rmse", BINARY, b"id,y,z\n1,1,1\n", {}, {"settings": 1},
    ),
    "duplicate id": ("roc_auc", solution_with("0,1,Public"), b"", {}, {"duplicate_id": 1}),
    "empty id": ("roc_auc", solution_with(",1,Public"), b"", {}, {"empty_id": 1}),
    "long id": (
        "roc_auc", solution_with("a" * 1025 + ",1,Public"), b"", {}, {"field_too_long": 1},
    ),
    "usage": ("roc_auc", solution_with("1,1,Pubic"), b"", {}, {"usage": 1}),
    "nothing public": (
        "rmse", csv_bytes("id,y,Usage", [(1, 1, "Private")]), b"", {}, {"usage": 1},
    ),
    "three classes": ("roc_auc", solution_with("1,2,Public"), b"", {}, {"solution": 1}),
    "empty target": ("accuracy", solution_with("1,,Public"), b"", {}, {"empty_value": 1}),
    "text for a number": ("rmse", solution_with("1,x,Public"), b"", {}, {"not_a_number": 1}),
    "nan for a number": ("rmse", solution_with("1,nan,Public"), b"", {}, {"nan": 1}),
    "too large a number": ("rmse", solution_with("1,1e101,Public"), b"", {}, {"out_of_range": 1}),
    "ragged": ("rmse", solution_with("1,1"), b"", {}, {"ragged_row": 1, "usage": 1}),
    "one class in public": (
        "roc_auc",
        csv_bytes("id,y,Usage", [(1, 1, "Public"), (2, 0, "Private"), (3, 1, "Private")]),
        b"", {}, {"solution": 1},
    ),
    "no variance in both": (
        "r2",
        csv_bytes("id,y,Usage", [(1, 1, "Public"), (2, 0, "Private")]),
        b"", {}, {"solution": 2},
    ),
    "class without a column": (
        "log_loss",
        csv_bytes("id,y", [(1, "a"), (2, "d")]),
        csv_bytes("id,a,b,c", [(1, 1, 0, 0), (2, 1, 0, 0)]), {}, {"unknown_label": 1},
    ),
    "two ones in a row": (
        "log_loss", csv_bytes("id,a,b", [(1, 1, 0), (2, 1, 1)]), b"", {}, {"solution": 1},
    ),
    "half a one in a row": (
        "log_loss", csv_bytes("id,a,b", [(1, 1, 0), (2, 0.5, 0.5)]), b"", {}, {"solution": 1},
    ),
    "sample without an id": ("roc_auc", BINARY, SAMPLE[:-6], {}, {"missing_id": 1}),
    "sample that would be refused": (
        "brier", BINARY, SAMPLE.replace(b"0.5", b"7"), {}, {"out_of_range": 10},
    ),
    "sample with faults of its header": (
        "roc_auc", BINARY, b"id,y,y\n", {}, {"duplicate_column": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_solution_is_refused_with_all_its_faults(name: str) -> None:
    metric, solution, sample, params, expected = FAULTY[name]
    assert refused(metric, solution, sample, **params) == expected


def test_all_faults_of_a_solution_come_at_once_with_file_and_line() -> None:
    solution = b"id,y,Usage\n1,x,Public\n1,2,Pubic\n,nan,Private\n4,1\n"
    prepared = prepare("rmse", solution)
    assert kinds(prepared.report) == {
        "ragged_row": 1, "empty_id": 1, "duplicate_id": 1, "usage": 2,
        "not_a_number": 1, "nan": 1,
    }  # fmt: skip
    assert lines(prepared.report, "usage") == [3, 5]
    assert lines(prepared.report, "duplicate_id") == [3]
    assert all(f.message.startswith("solution.csv: ") for f in prepared.report.errors)
    assert "more: see errors" in prepared.report.message


def test_a_fault_of_the_sample_names_the_sample() -> None:
    prepared = prepare("roc_auc", BINARY, SAMPLE[:-6])
    assert prepared.report.message.startswith("sample_submission.csv: ")


def test_an_index_has_neither_values_of_the_sample_nor_pickles() -> None:
    index = prepare("roc_auc", BINARY, SAMPLE).index
    assert index.startswith(b"PODIUMIX")
    assert b"0.5" not in index


def test_only_the_public_rows_can_be_asked_for() -> None:
    """As in a code competition while it runs: the report counts what is kept back."""
    solution = b"id,y,Usage\n1,1,Public\n2,5,Private\n3,2,Public\n4,9,Ignored\n"
    sample = b"id,y\n4,0\n3,0\n2,0\n1,0\n"
    spec = MetricSpec(name="mae")
    job = PrepareJob(metric=spec, public_only=True)
    prepared = run_prepare(job, solution, sample)
    assert prepared.report.rows == {"public": 2, "private": 1, "ignored": 1}
    ask = ScoreJob(metric=spec, submission_name="a.csv")
    report = run_score(ask, prepared.index, b"id,y\n1,2\n3,5\n")
    assert (report.public, report.private) == (2.0, None)
    refused = run_score(ask, prepared.index, b"id,y\n1,2\n3,5\n2,1\n")
    assert [fault.kind for fault in refused.errors] == ["unexpected_id"]
