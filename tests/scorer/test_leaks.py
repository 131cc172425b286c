"""No answer to a participant ever holds a value of the solution."""

from __future__ import annotations

import json
import random

import pytest

from podium_scorer.contract import MetricSpec, Outcome, ScoreJob
from podium_scorer.engine import run_score
from podium_scorer.metrics import CODE, Estimate, Metric, Refusal
from tests.scorer.support import csv_bytes, prepare, score

CANARY = "Xq7Canary"
NUMBER = 31415.926


def mutations(rows: list[tuple[str, str]]) -> list[bytes]:
    """Submissions that are wrong in many ways."""
    rng = random.Random(3)
    cells = [
        "",
        "nan",
        "inf",
        "-1",
        "1e999",
        "text",
        "0,5",
        "9e99",
        '"',
        "\0",
        " ",
        "é",
    ]
    files = [b"", b"id\n", b"id,y\n", b"\xff\xfe", b"PK\x03\x04", b"PAR1", b"{}"]
    for _ in range(60):
        changed = list(rows)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(changed))
            key, value = changed[place]
            changed[place] = rng.choice(
                [
                    (key, rng.choice(cells)),
                    (key + "x", value),
                    (rows[0][0], value),
                    ("", ""),
                ]
            )
        files.append(csv_bytes("id,y", changed))
    return files


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "mcc"])
def test_labels_never_stand_in_a_rejection(metric: str) -> None:
    solution = csv_bytes(
        "id,y,Usage",
        [
            (f"r{i}", f"{CANARY}{i % 3}", ("Public", "Private")[i % 2])
            for i in range(12)
        ],
    )
    refused = 0
    for submission in mutations([(f"r{i}", "other") for i in range(12)]):
        report = score(metric, solution, submission)
        assert report.status is Outcome.REJECTED
        assert CANARY not in json.dumps(report.to_json())
        refused += 1
    assert refused == 67


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2"])
def test_numbers_never_stand_in_a_rejection(metric: str) -> None:
    solution = csv_bytes("id,y", [(f"r{i}", NUMBER + i) for i in range(12)])
    refused = 0
    for submission in mutations([(f"r{i}", "1") for i in range(12)]):
        report = score(metric, solution, submission)
        text = json.dumps(report.to_json())
        if report.status is Outcome.REJECTED:
            assert "31415" not in text
            refused += 1
    assert refused > 40


def test_what_the_metric_itself_refuses_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    solution = csv_bytes("id,y", [(1, 1), (2, 2)])
    index = prepare("rmse", solution).index

    def refuse(*_: object) -> Estimate:
        raise Refusal("These predictions are refused.")

    monkeypatch.setattr("podium_scorer.engine.CODE", {**CODE, "rmse": Metric(refuse)})
    job = ScoreJob(metric=MetricSpec(name="rmse"), submission_name="s.csv")
    report = run_score(job, index, csv_bytes("id,y", [(1, 1), (2, 2)]))
    assert report.status is Outcome.REJECTED
    assert report.counts is True
    assert report.errors[0].message == "These predictions are refused."


def test_a_score_that_is_no_number_is_never_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = prepare("rmse", csv_bytes("id,y", [(1, 1)])).index
    nan = Metric(lambda *_: Estimate(float("nan")))
    monkeypatch.setattr("podium_scorer.engine.CODE", {**CODE, "rmse": nan})
    job = ScoreJob(metric=MetricSpec(name="rmse"), submission_name="s.csv")
    report = run_score(job, index, b"id,y\n1,1\n")
    assert (report.status, report.public) == (Outcome.REJECTED, None)


def test_a_host_error_while_scoring_shows_no_value() -> None:
    job = ScoreJob(metric=MetricSpec(name="rmse"), submission_name="s.csv")
    report = run_score(job, b"PODIUMIX" + CANARY.encode() * 9, b"id,y\n")
    assert report.status is Outcome.HOST_ERROR
    assert CANARY not in json.dumps(report.to_json())
