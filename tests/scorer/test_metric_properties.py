"""What holds for every metric, whatever the numbers."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.catalogue import METRICS, Prediction, Target
from podium_scorer.contract import Outcome, Report
from tests.scorer.support import csv_bytes, score

PARTS = ("Public", "Private", "Ignored")
numbers = st.floats(-1e6, 1e6, allow_nan=False)
probabilities = st.floats(0, 1)
labels = st.sampled_from(["a", "b", "c"])
# One column of truth and one of predictions; test_every_metric asks the others.
names = st.sampled_from(
    "accuracy balanced_accuracy brier f1_macro log_loss mae mcc mse r2 rmse roc_auc "
    "smape pearson".split()
)
seeds = st.integers(0, 2**32)


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[tuple[Any, Any, str]]]:
    """A metric, and rows of truth, prediction and part that it can be computed on."""
    name = draw(names)
    info = METRICS[name]
    truth: st.SearchStrategy[Any]
    predicted: st.SearchStrategy[Any]
    if info.prediction is Prediction.LABEL:
        truth, predicted = labels, labels
    elif info.target is Target.NUMBER:
        truth, predicted = numbers, numbers
    else:
        truth = st.integers(0, 1)
        predicted = numbers if info.prediction is Prediction.SCORE else probabilities
    rows = draw(
        st.lists(st.tuples(truth, predicted, st.sampled_from(PARTS)), max_size=40)
    )
    # Each part needs two rows that differ, or some metrics have no value.
    first: Any
    second: Any
    first, second = (0, 1) if truth is not labels else ("a", "b")
    for part in ("Public", "Private"):
        rows += [(first, draw(predicted), part), (second, draw(predicted), part)]
    return name, rows


def score_rows(
    name: str,
    rows: list[tuple[Any, Any, str]],
    order: list[int] | None = None,
    *,
    swap: bool = False,
) -> Report:
    solution = csv_bytes(
        "id,y,Usage", [(f"r{i}", t, part) for i, (t, _, part) in enumerate(rows)]
    )
    order = list(range(len(rows))) if order is None else order
    pairs = [(f"r{i}", rows[i][1]) for i in order]
    if swap:
        submission = csv_bytes("y,id", [(y, key) for key, y in pairs])
    else:
        submission = csv_bytes("id,y", pairs)
    extra: dict[str, Any] = {}
    if any(param.name == "labels" for param in METRICS[name].params):
        extra["labels"] = ["a", "b", "c"]
    return score(name, solution, submission, **extra)


@given(case=cases(), seed=seeds)
@settings(max_examples=120, deadline=None)
def test_neither_row_order_nor_column_order_changes_a_bit(
    case: tuple[str, list[tuple[Any, Any, str]]], seed: int
) -> None:
    name, rows = case
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    report = score_rows(name, rows)
    assert report.status is Outcome.SCORED, report
    assert score_rows(name, rows, order) == report
    assert score_rows(name, rows, order, swap=True) == report


@given(case=cases())
@settings(max_examples=120, deadline=None)
def test_scores_and_intervals_keep_to_their_bounds(
    case: tuple[str, list[tuple[Any, Any, str]]],
) -> None:
    name, rows = case
    report = score_rows(name, rows)
    info = METRICS[name]
    low = -math.inf if info.low is None else info.low
    high = math.inf if info.high is None else info.high
    for value, interval in (
        (report.public, report.public_interval),
        (report.private, report.private_interval),
    ):
        assert value is not None
        assert low <= value <= high
        if interval is not None:
            assert low <= interval[0] <= interval[1] <= high


@given(case=cases())
@settings(max_examples=80, deadline=None)
def test_the_public_score_knows_nothing_of_the_private_rows(
    case: tuple[str, list[tuple[Any, Any, str]]],
) -> None:
    name, rows = case
    public = [row for row in rows if row[2] == "Public"]
    alone = score_rows(name, public)
    whole = score_rows(name, rows)
    assert alone.private is None
    assert whole.public == alone.public
    assert whole.public_interval == alone.public_interval


@given(case=cases())
@settings(max_examples=80, deadline=None)
def test_a_perfect_prediction_has_the_best_score(
    case: tuple[str, list[tuple[Any, Any, str]]],
) -> None:
    name, rows = case
    perfect = score_rows(name, [(t, t, part) for t, _, part in rows])
    report = score_rows(name, rows)
    assert perfect.public == pytest.approx(METRICS[name].perfect, abs=1e-12)
    assert perfect.public is not None
    assert report.public is not None
    if METRICS[name].higher_is_better:
        assert report.public <= perfect.public
    else:
        assert report.public >= perfect.public


@given(
    st.lists(st.tuples(st.integers(0, 1), numbers), min_size=2, max_size=30).filter(
        lambda rows: len({t for t, _ in rows}) == 2
    )
)
@settings(max_examples=60, deadline=None)
def test_auc_of_reversed_scores_is_the_rest_to_one(
    pairs: list[tuple[int, float]],
) -> None:
    rows = [(t, s, "Public") for t, s in pairs]
    turned = [(t, -s, "Public") for t, s in pairs]
    first, second = score_rows("roc_auc", rows), score_rows("roc_auc", turned)
    assert first.public is not None
    assert second.public == pytest.approx(1 - first.public, abs=1e-12)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_multiclass_log_loss_does_not_depend_on_the_order_of_columns(seed: int) -> None:
    rng = random.Random(seed)
    truth = [rng.choice("abc") for _ in range(12)]
    solution = csv_bytes("id,y", enumerate(truth))
    sample = csv_bytes("id,a,b,c", [(i, 0.5, 0.25, 0.25) for i in range(12)])
    rows = []
    for _ in truth:
        weights = [rng.random() + 1e-3 for _ in "abc"]
        rows.append(dict(zip("abc", [w / sum(weights) for w in weights], strict=True)))
    scores = set()
    for order in itertools.permutations("abc"):
        cells = [(*(row[name] for name in order), i) for i, row in enumerate(rows)]
        submission = csv_bytes(",".join([*order, "id"]), cells)
        scores.add(score("log_loss", solution, submission, sample).public)
    assert len(scores) == 1


def test_as_many_threads_as_there_are_give_the_same_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(5)
    rows = [
        (rng.gauss(0, 1), rng.gauss(0, 1), rng.choice(PARTS)) for _ in range(30_000)
    ]
    reports = []
    for threads in (1, 2, 4):
        monkeypatch.setattr("pyarrow.cpu_count", lambda count=threads: count)
        reports.append(score_rows("rmse", rows))
    assert reports[0] == reports[1] == reports[2]
