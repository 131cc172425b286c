"""Intervals: against their textbook formulas, and by how often they are right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from podium_scorer import uncertainty
from podium_scorer.metrics import CODE
from podium_scorer.metrics.base import Array, Estimate
from tests.scorer.parts import part

Z = 1.959963984540054


def estimate(name: str, truth: Array, predicted: Array, classes: int = 0) -> Estimate:
    names = tuple(map(str, range(classes)))
    return CODE[name].compute(part(name, truth, predicted, classes=names))


def naive_delong(truth: Array, scores: Array) -> tuple[float, float]:
    """AUC and its variance from the matrix of all pairs (DeLong et al. 1988)."""
    positives, negatives = scores[truth == 1], scores[truth == 0]
    greater = positives[:, None] > negatives[None, :]
    wins = greater + 0.5 * (positives[:, None] == negatives[None, :])
    variance = wins.mean(axis=1).var(ddof=1) / len(positives)
    variance += wins.mean(axis=0).var(ddof=1) / len(negatives)
    return float(wins.mean()), float(variance)


@pytest.mark.parametrize("decimals", [1, 2, 9])
def test_the_interval_of_auc_is_delongs(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    truth = np.sort(rng.integers(0, 2, 150))
    scores = np.round(rng.normal(size=150) + truth, decimals)
    area, variance = naive_delong(truth, scores)
    found = estimate("roc_auc", truth, scores)
    half = Z * math.sqrt(variance)
    assert found.score == pytest.approx(area, abs=1e-12)
    assert found.interval == pytest.approx((area - half, area + half), abs=1e-12)


def test_the_interval_of_a_mean_is_the_normal_one() -> None:
    rng = np.random.default_rng(3)
    truth, predicted = rng.normal(size=80), rng.normal(size=80)
    losses = np.abs(truth - predicted)
    half = Z * losses.std(ddof=1) / math.sqrt(80)
    found = estimate("mae", truth, predicted)
    expected = (losses.mean() - half, losses.mean() + half)
    assert found.interval == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # R's prop.test(..., correct = FALSE).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)],
)
def test_the_interval_of_a_share_is_wilsons(
    hits: int, count: int, low: float, high: float
) -> None:
    assert uncertainty.of_share(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_a_single_row_has_no_interval_where_a_spread_is_needed() -> None:
    one = np.array([1.0])
    for name in ("mae", "mse", "rmse"):
        assert estimate(name, one, one).interval is None
    truth, scores = np.array([0, 1]), np.array([0.1, 0.2])
    assert estimate("roc_auc", truth, scores).interval is None
    assert estimate("mcc", np.array([1]), np.array([1]), 2).interval is None


def test_the_same_matrix_has_the_same_interval() -> None:
    rng = np.random.default_rng(1)
    truth, predicted = rng.integers(0, 4, 500), rng.integers(0, 4, 500)
    first = estimate("f1_macro", truth, predicted, 4)
    order = rng.permutation(500)
    assert estimate("f1_macro", truth[order], predicted[order], 4) == first


def test_a_confusion_matrix_is_drawn_like_rows_are() -> None:
    """Draws of the cells have the spread of a bootstrap of the rows."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 400)
    predicted = np.where(rng.random(400) < 0.6, truth, rng.integers(0, 3, 400))
    scores = []
    for _ in range(1000):
        rows = rng.integers(0, 400, 400)
        # So many classes have no interval, which would only take time here.
        scores.append(estimate("f1_macro", truth[rows], predicted[rows], 99).score)
    found = estimate("f1_macro", truth, predicted, 3).interval
    assert found == pytest.approx(np.quantile(scores, [0.025, 0.975]), abs=0.01)


@pytest.mark.parametrize("name", ["roc_auc", "accuracy", "mae", "rmse", "r2", "brier"])
def test_an_interval_holds_the_true_score_about_19_times_in_20(name: str) -> None:
    rng = np.random.default_rng(11)

    def sample(rows: int) -> Estimate:
        truth: Array
        predicted: Array
        if name in {"roc_auc", "brier"}:
            truth = np.sort(rng.integers(0, 2, rows))
            predicted = np.clip(rng.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
        elif name == "accuracy":
            truth = rng.integers(0, 3, rows)
            predicted = np.where(rng.random(rows) < 0.7, truth, (truth + 1) % 3)
        else:
            truth = rng.normal(size=rows)
            predicted = truth + rng.normal(size=rows) * 0.7
        return estimate(name, truth, predicted, 3)

    true = sample(1_000_000).score
    held = 0
    for _ in range(600):
        interval = sample(300).interval
        assert interval is not None
        held += interval[0] <= true <= interval[1]
    assert 0.92 <= held / 600 <= 0.975
