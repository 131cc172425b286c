"""The table of metrics."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import re
import subprocess
import sys

import pytest

from podium_scorer.catalogue import (
    LARGEST,
    METRICS,
    MetricInfo,
    Prediction,
    check_params,
    find_metric,
    nearest_metrics,
    range_in_words,
    search_metrics,
    with_defaults,
)
from podium_scorer.metrics import CODE, source_sha256
from tests.scorer.support import perfect_submission, score


def test_every_metric_has_code_and_every_code_an_entry() -> None:
    assert set(CODE) == set(METRICS)


@pytest.mark.parametrize("info", METRICS.values(), ids=METRICS)
def test_a_metric_is_found_by_each_of_its_names(info: MetricInfo) -> None:
    for name in (info.name, *info.aliases, info.name.upper(), f" {info.title} "):
        assert find_metric(name) is info


def plain(name: str) -> str:
    return re.sub("[ -]", "_", name.casefold())


def test_no_name_stands_for_two_metrics() -> None:
    owners: dict[str, set[str]] = {}
    for info in METRICS.values():
        for name in (info.name, info.title, *info.aliases):
            owners.setdefault(plain(name), set()).add(info.name)
    assert {name: of for name, of in owners.items() if len(of) > 1} == {}


@pytest.mark.parametrize("info", METRICS.values(), ids=METRICS)
def test_the_example_of_an_entry_is_right(info: MetricInfo) -> None:
    example = info.example
    submission = example.submission.encode()
    several = submission.partition(b"\n")[0].count(b",") > 1
    report = score(
        info.name,
        example.solution.encode(),
        submission,
        submission if several else b"",  # as a sample it names the columns
        **example.params,
    )
    assert report.public is not None, report
    assert f"{report.public:.5f}" == f"{example.score:.5f}"
    assert report.private is None


PERFECT = [info for info in METRICS.values() if info.perfect is not None]


@pytest.mark.parametrize("info", PERFECT, ids=[info.name for info in PERFECT])
def test_a_perfect_prediction_has_the_score_that_the_entry_names(
    info: MetricInfo,
) -> None:
    submission = perfect_submission(info)
    solution = info.example.solution.encode()
    report = score(info.name, solution, submission, **info.example.params)
    assert report.public == pytest.approx(info.perfect, abs=1e-12)


@pytest.mark.parametrize("info", METRICS.values(), ids=METRICS)
def test_an_entry_says_all_there_is_to_say(info: MetricInfo) -> None:
    for text in (info.title, info.summary, info.formula, info.source, info.interval):
        assert text.strip()
    assert info.summary.endswith(".")
    assert info.edges
    assert all(case and decision for case, decision in info.edges)
    for param in info.params:
        assert param.doc.endswith(".")
        assert param.fault(param.default) is None or param.required


def test_an_unknown_name_is_a_key_error_with_suggestions() -> None:
    with pytest.raises(KeyError):
        find_metric("accurracy")
    assert nearest_metrics("accurracy")[0] == "accuracy"


def test_each_wrong_parameter_is_one_sentence() -> None:
    info = find_metric("log_loss")
    wrong = {"clip": 0.7, "row_sums": "none", "positive_label": 3, "eps": 1}
    sentences = check_params(info, wrong)
    assert len(sentences) == len(wrong)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert check_params(info, {"clip": 1e-7, "row_sums": "rescale"}) == []
    assert check_params(find_metric("accuracy"), {"labels": ["a", 1]}) != []


def test_defaults_fill_what_is_not_given() -> None:
    filled = with_defaults(find_metric("log_loss"), {"clip": 0.1})
    assert filled == {"clip": 0.1, "row_sums": "one"} | dict.fromkeys(
        ("positive_label", "weight_column")
    )


def test_labels_have_no_range_and_probabilities_one_from_0_to_1() -> None:
    for info in METRICS.values():
        if info.prediction is Prediction.LABEL:
            assert info.valid_range is None
        if info.prediction is Prediction.PROBABILITY:
            assert info.valid_range == (0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.0, 1.0, "numbers from 0 to 1"),
        (-LARGEST, LARGEST, "finite numbers"),
        (math.nextafter(0.0, 1.0), LARGEST, "numbers above 0"),
        (math.nextafter(-1.0, 0.0), LARGEST, "numbers above -1"),
        (0.0, LARGEST, "numbers from 0"),
        (1 / 3, math.nextafter(2.0, 0.0), "numbers from 0.333333 below 2"),
        (-LARGEST, 90.0, "numbers up to 90"),
    ],
)
def test_a_range_is_said_in_words(low: float, high: float, words: str) -> None:
    assert range_in_words(low, high) == words


def test_entries_are_plain_json() -> None:
    for info in METRICS.values():
        data = json.loads(json.dumps(info.to_json(), allow_nan=False))
        assert data["direction"] == ("higher" if info.higher_is_better else "lower")
        assert data["formula"]
        assert data["source"]


def test_the_source_hash_is_of_all_modules_that_compute_a_metric() -> None:
    assert source_sha256("rmse") == source_sha256("mae")
    assert source_sha256("rmse") != source_sha256("roc_auc")
    alone = inspect.getsource(sys.modules[CODE["rmse"].compute.__module__])
    assert source_sha256("rmse") != hashlib.sha256(alone.encode()).hexdigest()


def test_metrics_are_found_by_words_of_what_is_said_of_them() -> None:
    assert search_metrics("AUC")[0].name == "roc_auc"
    assert search_metrics("") == list(METRICS.values())
    assert "rmse" in {info.name for info in search_metrics("regression squared")}
    assert search_metrics("no such words at all") == []


def test_the_catalogue_needs_neither_numpy_nor_pyarrow() -> None:
    code = (
        "import sys, podium_scorer.catalogue;"
        "print([m for m in ('numpy', 'pyarrow', 'yaml') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
