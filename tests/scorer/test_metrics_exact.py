"""Every metric against its definition, written out naively, and against scikit-learn."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from podium_scorer.catalogue import METRICS, Prediction, Target
from tests.scorer.support import csv_bytes, score

Numbers = Sequence[float]


def naive_auc(truth: Numbers, scores: Numbers) -> float:
    positives = [s for t, s in zip(truth, scores, strict=True) if t == 1]
    negatives = [s for t, s in zip(truth, scores, strict=True) if t == 0]
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def naive_binary_log_loss(truth: Numbers, given: Numbers) -> float:
    losses = [
        -math.log(min(max(p if t else 1 - p, 1e-15), 1 - 1e-15))
        for t, p in zip(truth, given, strict=True)
    ]
    return math.fsum(losses) / len(losses)


def naive_brier(truth: Numbers, given: Numbers) -> float:
    return math.fsum((p - t) ** 2 for t, p in zip(truth, given, strict=True)) / len(
        truth
    )


def naive_accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    return sum(t == p for t, p in zip(truth, predicted, strict=True)) / len(truth)


def naive_balanced_accuracy(truth: Sequence[str], predicted: Sequence[str]) -> float:
    recalls = []
    for label in set(truth):
        rows = [p for t, p in zip(truth, predicted, strict=True) if t == label]
        recalls.append(sum(p == label for p in rows) / len(rows))
    return math.fsum(recalls) / len(recalls)


def naive_f1_macro(truth: Sequence[str], predicted: Sequence[str]) -> float:
    f1s = []
    pairs = list(zip(truth, predicted, strict=True))
    for label in {*truth, *predicted}:
        hits = sum(t == p == label for t, p in pairs)
        false_alarms = sum(t != label and p == label for t, p in pairs)
        misses = sum(t == label and p != label for t, p in pairs)
        precision = hits / (hits + false_alarms) if hits + false_alarms else 0.0
        recall = hits / (hits + misses) if hits + misses else 0.0
        both = precision + recall
        f1s.append(2 * precision * recall / both if both else 0.0)
    return math.fsum(f1s) / len(f1s)


def naive_mcc(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """The correlation of the one-hot vectors, Gorodkin's first definition."""
    labels, n = sorted({*truth, *predicted}), len(truth)

    def covariance(left: Sequence[str], right: Sequence[str]) -> float:
        total = 0.0
        for label in labels:
            a = [float(x == label) for x in left]
            b = [float(x == label) for x in right]
            mean_a, mean_b = math.fsum(a) / n, math.fsum(b) / n
            total += math.fsum(
                (x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)
            )
        return total

    spread = covariance(truth, truth) * covariance(predicted, predicted)
    return covariance(truth, predicted) / math.sqrt(spread) if spread else 0.0


def naive_mse(truth: Numbers, predicted: Numbers) -> float:
    return math.fsum((p - t) ** 2 for t, p in zip(truth, predicted, strict=True)) / len(
        truth
    )


def naive_rmse(truth: Numbers, predicted: Numbers) -> float:
    return math.sqrt(naive_mse(truth, predicted))


def naive_mae(truth: Numbers, predicted: Numbers) -> float:
    return math.fsum(abs(p - t) for t, p in zip(truth, predicted, strict=True)) / len(
        truth
    )


def naive_r2(truth: Numbers, predicted: Numbers) -> float:
    mean = math.fsum(truth) / len(truth)
    total = math.fsum((t - mean) ** 2 for t in truth)
    return 1 - naive_mse(truth, predicted) * len(truth) / total


NAIVE: dict[str, Callable[..., float]] = {
    "roc_auc": naive_auc,
    "log_loss": naive_binary_log_loss,
    "brier": naive_brier,
    "accuracy": naive_accuracy,
    "balanced_accuracy": naive_balanced_accuracy,
    "f1_macro": naive_f1_macro,
    "mcc": naive_mcc,
    "rmse": naive_rmse,
    "mse": naive_mse,
    "mae": naive_mae,
    "r2": naive_r2,
}


def draw(name: str, seed: int, rows: int) -> tuple[list[object], list[object]]:
    """A truth and predictions of the right kind; scores have ties."""
    rng, info = random.Random(f"{name} {seed}"), METRICS[name]
    if info.prediction is Prediction.LABEL:
        labels = ["ant", "bee", "cat", "dog"]
        truth: list[object] = [rng.choice(labels) for _ in range(rows)]
        return truth, [t if rng.random() < 0.6 else rng.choice(labels) for t in truth]
    if info.target is Target.NUMBER:
        truth = [rng.gauss(10, 5) for _ in range(rows)]
        return truth, [t + rng.gauss(0, 3) for t in truth]  # type: ignore[operator]
    truth = [0, 1, *(rng.randrange(2) for _ in range(rows - 2))]
    return truth, [round(min(1, rng.random() * 0.8 + t * 0.2), 2) for t in truth]  # type: ignore[operator]


def our_score(name: str, truth: Sequence[object], predicted: Sequence[object]) -> float:
    solution = csv_bytes("id,y", enumerate_rows(truth))
    report = score(name, solution, csv_bytes("id,y", enumerate_rows(predicted)))
    assert report.public is not None, report
    return report.public


def enumerate_rows(values: Sequence[object]) -> list[tuple[object, object]]:
    return list(enumerate(values))


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(5))
def test_a_metric_is_what_its_definition_says(name: str, seed: int) -> None:
    truth, predicted = draw(name, seed, 60 + seed)
    expected = NAIVE[name](truth, predicted)
    assert our_score(name, truth, predicted) == pytest.approx(expected, abs=1e-9)


SKLEARN = {
    "roc_auc": "roc_auc_score",
    "log_loss": "log_loss",
    "brier": "brier_score_loss",
    "accuracy": "accuracy_score",
    "balanced_accuracy": "balanced_accuracy_score",
    "f1_macro": "f1_score",
    "mcc": "matthews_corrcoef",
    "rmse": "root_mean_squared_error",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "r2": "r2_score",
}


@pytest.mark.parametrize("name", SKLEARN)
@pytest.mark.parametrize("rows", [40, 3000])
def test_a_metric_is_what_scikit_learn_says(name: str, rows: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, predicted = draw(name, 7, rows)
    options = {"average": "macro"} if name == "f1_macro" else {}
    expected = getattr(sklearn, SKLEARN[name])(truth, predicted, **options)
    assert our_score(name, truth, predicted) == pytest.approx(expected, abs=1e-9)


def multiclass(seed: int, rows: int) -> tuple[list[str], list[list[float]]]:
    rng = random.Random(seed)
    truth = [rng.choice("abc") for _ in range(rows)]
    probabilities = []
    for label in truth:
        weights = [rng.random() + (label == name) for name in "abc"]
        probabilities.append([weight / math.fsum(weights) for weight in weights])
    return truth, probabilities


def score_multiclass(
    truth: list[str], probabilities: list[list[float]], **params: Any
) -> float:
    solution = csv_bytes("id,y", enumerate_rows(truth))
    rows = [(i, *row) for i, row in enumerate(probabilities)]
    sample = csv_bytes("id,a,b,c", [(i, 0.4, 0.3, 0.3) for i in range(len(truth))])
    report = score("log_loss", solution, csv_bytes("id,a,b,c", rows), sample, **params)
    assert report.public is not None, report
    return report.public


def test_multiclass_log_loss_is_what_scikit_learn_says() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, probabilities = multiclass(1, 500)
    expected = sklearn.log_loss(truth, probabilities, labels=["a", "b", "c"])
    assert score_multiclass(truth, probabilities) == pytest.approx(expected, abs=1e-9)


def test_rescaling_divides_each_row_by_its_sum_before_the_clip() -> None:
    truth, probabilities = multiclass(2, 50)
    grown = [[7 * p for p in row] for row in probabilities]
    grown = [[min(p, 1.0) for p in row] for row in grown]
    expected = 0.0
    for label, row in zip(truth, grown, strict=True):
        expected -= math.log(row["abc".index(label)] / math.fsum(row)) / len(truth)
    ours = score_multiclass(truth, grown, row_sums="rescale")
    assert ours == pytest.approx(expected, abs=1e-9)


def test_the_clip_bounds_what_a_wrong_certainty_costs() -> None:
    solution = csv_bytes("id,y", [(1, 1), (2, 0)])
    submission = csv_bytes("id,y", [(1, 0), (2, 0)])
    report = score("log_loss", solution, submission, clip=0.01)
    expected = (-math.log(0.01) - math.log(0.99)) / 2
    assert report.public == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "balanced_accuracy", "mcc"])
def test_a_class_that_only_the_predictions_have_counts(name: str) -> None:
    truth, predicted = ["a", "a", "b", "b"], ["a", "c", "b", "b"]
    solution = csv_bytes("id,y", enumerate_rows(truth))
    submission = csv_bytes("id,y", enumerate_rows(predicted))
    report = score(name, solution, submission, labels=["c"])
    assert report.public == pytest.approx(NAIVE[name](truth, predicted), abs=1e-12)


def test_mcc_of_constant_predictions_is_zero() -> None:
    assert our_score("mcc", ["a", "b", "a"], ["a", "a", "a"]) == 0


def test_auc_of_equal_scores_is_one_half() -> None:
    assert our_score("roc_auc", [0, 1, 1, 0], [0.3] * 4) == 0.5


def test_more_classes_than_have_an_interval_are_scored_all_the_same() -> None:
    truth = [f"class {i % 120}" for i in range(600)]
    predicted = [t if i % 3 else "class 0" for i, t in enumerate(truth)]
    solution = csv_bytes("id,y", enumerate_rows(truth))
    report = score("f1_macro", solution, csv_bytes("id,y", enumerate_rows(predicted)))
    assert report.public == pytest.approx(naive_f1_macro(truth, predicted), abs=1e-9)
    assert report.public_interval is None
