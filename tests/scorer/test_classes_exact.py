"""Metrics of classes and labels: against literal definitions, and against scikit-learn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS, check_params
from podium_scorer.contract import Outcome
from tests.scorer.cases import Case, make
from tests.scorer.support import csv_bytes, prepare, score

Naive = Callable[[Case], float]
POSITIVE = "bee"  # the second of two classes


def mean(values: Any) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def counts(case: Case) -> tuple[int, int, int]:
    """True positives, false positives, false negatives of the positive class."""
    pairs = list(zip(case.t, case.p, strict=True))
    return (
        sum(t == p == POSITIVE for t, p in pairs),
        sum(t != POSITIVE and p == POSITIVE for t, p in pairs),
        sum(t == POSITIVE and p != POSITIVE for t, p in pairs),
    )


def of_counts(quotient: Callable[[int, int, int], float]) -> Naive:
    return lambda case: quotient(*counts(case))


def kappa(cost: Callable[[int, int], float]) -> Naive:
    def score_of(case: Case) -> float:
        labels = sorted({*case.t, *case.p})
        t = [labels.index(each) for each in case.t]
        p = [labels.index(each) for each in case.p]
        seen = mean(cost(a, b) for a, b in zip(t, p, strict=True))
        chance = mean(cost(a, b) for a in t for b in p)
        return 1 - seen / chance

    return score_of


def g_mean(case: Case) -> float:
    found = []
    for label in set(case.t):
        rows = [p for t, p in zip(case.t, case.p, strict=True) if t == label]
        found.append(sum(p == label for p in rows) / len(rows))
    return math.prod(found) ** (1 / len(found))


def auc(positive: list[bool], scores: list[float]) -> float:
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a, up in zip(scores, positive, strict=True)
        if up
        for b, down in zip(scores, positive, strict=True)
        if not down
    ]
    return mean(wins)


def average_precision(case: Case) -> float:
    total, before = sum(case.t), 0.0
    found = 0.0
    for level in sorted(set(case.p), reverse=True):
        chosen = [t for t, p in zip(case.t, case.p, strict=True) if p >= level]
        recall = sum(chosen) / total
        found += (recall - before) * sum(chosen) / len(chosen)
        before = recall
    return found


def calibration(case: Case) -> float:
    bins: dict[int, list[tuple[float, int]]] = {}
    for t, p in zip(case.t, case.p, strict=True):
        bins.setdefault(min(14, math.floor(p * 15)), []).append((p, t))
    return math.fsum(
        len(rows)
        / len(case.t)
        * abs(mean(p for p, _ in rows) - mean(t for _, t in rows))
        for rows in bins.values()
    )


def lift(case: Case) -> float:
    """With a quarter of the rows; those at the border's score count with their share."""
    most = 0.25 * len(case.t)
    taken = found = 0.0
    for level in sorted(set(case.p), reverse=True):
        here = [t for t, p in zip(case.t, case.p, strict=True) if p == level]
        share = min(1.0, (most - taken) / len(here))
        found += share * sum(here)
        taken += share * len(here)
        if taken >= most:
            break
    return found / most / mean(case.t)


def table(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Truth and predictions of several columns, (rows, columns)."""
    true = [case.column(name) for name in case.names.targets]
    guess = [case.guess(name) for name in case.names.columns]
    return np.array(true).T, np.array(guess).T


def scores_of(case: Case) -> tuple[list[str], np.ndarray]:
    return case.t, np.array([case.guess(name) for name in case.names.columns]).T


def lwlrap(case: Case) -> float:
    true, scores = table(case)
    found = []
    for row, values in zip(true, scores, strict=True):
        labels = [j for j, t in enumerate(row) if t]
        for j in labels:
            above = [k for k, value in enumerate(values) if value >= values[j]]
            found.append(len(set(above) & set(labels)) / len(above))
    return mean(found)


def weighted_log_loss(case: Case) -> float:
    """With the weights of the catalogue's example: 2 for the last class."""
    found = []
    for j, name in enumerate(case.names.columns):
        rows = [row for t, row in zip(*scores_of(case), strict=True) if t == name]
        found.append(mean(-math.log(row[j]) for row in rows))
    return (found[0] + found[1] + 2 * found[2]) / 4


NAIVE: dict[str, Naive] = {
    "precision": of_counts(lambda tp, fp, fn: tp / (tp + fp)),
    "recall": of_counts(lambda tp, fp, fn: tp / (tp + fn)),
    "f1": of_counts(lambda tp, fp, fn: 2 * tp / (2 * tp + fp + fn)),
    "fbeta": of_counts(lambda tp, fp, fn: 5 * tp / (5 * tp + 4 * fn + fp)),
    "jaccard": of_counts(lambda tp, fp, fn: tp / (tp + fp + fn)),
    "cohen_kappa": kappa(lambda a, b: float(a != b)),
    "quadratic_weighted_kappa": kappa(lambda a, b: float((a - b) ** 2)),
    "g_mean": g_mean,
    "zero_one_loss": lambda case: mean(
        t != p for t, p in zip(case.t, case.p, strict=True)
    ),
    "gini": lambda case: 2 * auc([t == 1 for t in case.t], case.p) - 1,
    "average_precision": average_precision,
    "hinge_loss": lambda case: mean(
        max(0.0, 1 - (2 * t - 1) * p) for t, p in zip(case.t, case.p, strict=True)
    ),
    "calibration_error": calibration,
    "lift": lift,
    "lwlrap": lwlrap,
    "top_k_accuracy": lambda case: mean(
        sum(value >= row[case.names.columns.index(t)] for value in row) <= 2
        for t, row in zip(*scores_of(case), strict=True)
    ),
    "brier_multiclass": lambda case: mean(
        math.fsum(
            (p - (name == t)) ** 2
            for name, p in zip(case.names.columns, row, strict=True)
        )
        for t, row in zip(*scores_of(case), strict=True)
    ),
    "weighted_log_loss": weighted_log_loss,
    "roc_auc_multiclass": lambda case: mean(
        auc([t == name for t in case.t], case.guess(name))
        for name in case.names.columns
    ),
    "mean_columnwise_auc": lambda case: mean(
        auc([t == 1 for t in case.column(name)], case.guess(name))
        for name in case.names.columns
    ),
}


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_a_metric_is_what_its_definition_says(name: str, seed: int) -> None:
    case = make(METRICS[name], seed, rows=60 + seed, usage=False)
    assert case.report().public == pytest.approx(NAIVE[name](case), abs=1e-9)


PLAIN: dict[str, Callable[[Any, Any], float]] = {
    "precision": lambda t, p: sk.precision_score(t, p, pos_label=POSITIVE),
    "recall": lambda t, p: sk.recall_score(t, p, pos_label=POSITIVE),
    "f1": lambda t, p: sk.f1_score(t, p, pos_label=POSITIVE),
    "fbeta": lambda t, p: sk.fbeta_score(t, p, beta=2.0, pos_label=POSITIVE),
    "jaccard": lambda t, p: sk.jaccard_score(t, p, pos_label=POSITIVE),
    "cohen_kappa": sk.cohen_kappa_score,
    "quadratic_weighted_kappa": lambda t, p: sk.cohen_kappa_score(
        t, p, weights="quadratic"
    ),
    "zero_one_loss": sk.zero_one_loss,
    "average_precision": sk.average_precision_score,
    "partial_auc": lambda t, p: sk.roc_auc_score(t, p, max_fpr=0.1),
    "hinge_loss": sk.hinge_loss,
    "ks_statistic": lambda t, p: float(
        scipy.stats.ks_2samp(
            [s for s, y in zip(p, t, strict=True) if y],
            [s for s, y in zip(p, t, strict=True) if not y],
        ).statistic
    ),
    "adjusted_rand": sk.adjusted_rand_score,
    "normalized_mutual_information": sk.normalized_mutual_info_score,
    "v_measure": sk.v_measure_score,
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_metric_is_what_scikit_learn_or_scipy_says(name: str) -> None:
    case = make(METRICS[name], 9, rows=300, usage=False)
    expected = PLAIN[name](case.t, case.p)
    assert case.report().public == pytest.approx(expected, abs=1e-9)


def test_the_area_under_the_curve_is_scikit_learns() -> None:
    case = make(METRICS["pr_auc"], 9, rows=300, usage=False)
    precision, recall, _ = sk.precision_recall_curve(case.t, case.p)
    expected = sk.auc(recall, precision)
    assert case.report().public == pytest.approx(expected, abs=1e-9)


SEVERAL: dict[str, Callable[[Any, Any], float]] = {
    "multilabel_f1": lambda t, p: sk.f1_score(
        t, p >= 0.5, average="samples", zero_division=0
    ),
    "hamming_loss": lambda t, p: sk.hamming_loss(t, p >= 0.5),
    "subset_accuracy": lambda t, p: sk.accuracy_score(t, p >= 0.5),
    "mean_columnwise_auc": sk.roc_auc_score,
    "mean_columnwise_log_loss": lambda t, p: mean(
        sk.log_loss(t[:, j], p[:, j]) for j in range(t.shape[1])
    ),
    "lrap": sk.label_ranking_average_precision_score,
    "coverage_error": sk.coverage_error,
    "ranking_loss": sk.label_ranking_loss,
}


@pytest.mark.parametrize("name", SEVERAL)
def test_a_metric_of_several_labels_is_what_scikit_learn_says(name: str) -> None:
    case = make(METRICS[name], 9, rows=200, usage=False)
    assert case.report().public == pytest.approx(SEVERAL[name](*table(case)), abs=1e-9)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("name", ["precision", "recall", "f1", "jaccard"])
def test_every_average_is_scikit_learns(name: str, average: str) -> None:
    case = make(METRICS["accuracy"], 4, rows=150, usage=False)
    expected = getattr(sk, f"{name}_score")(case.t, case.p, average=average)
    solution = csv_bytes("id,y", enumerate(case.t))
    report = score(
        name, solution, csv_bytes("id,y", enumerate(case.p)), average=average
    )
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_every_average_of_labels_is_scikit_learns(average: str) -> None:
    case = make(METRICS["multilabel_f1"], 4, rows=150, usage=False)
    true, guess = table(case)
    expected = sk.f1_score(true, guess >= 0.5, average=average, zero_division=0)
    assert case.report(average=average).public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_kappas_weights_are_scikit_learns(weights: str) -> None:
    truth = [i * 7 % 11 for i in range(120)]
    guess = [(t + i % 3) % 12 for i, t in enumerate(truth)]
    solution = csv_bytes("id,y", enumerate(truth))
    report = score(
        "cohen_kappa",
        solution,
        csv_bytes("id,y", enumerate(guess)),
        weights=weights,
        labels=[str(i) for i in range(12)],
    )
    expected = sk.cohen_kappa_score(truth, guess, weights=weights, labels=range(12))
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("multi_class", "average"),
    list(itertools.product(("ovr", "ovo"), ("macro", "weighted"))),
)
def test_multiclass_auc_is_scikit_learns(multi_class: str, average: str) -> None:
    case = make(METRICS["brier_multiclass"], 4, rows=120, usage=False)
    truth, chances = scores_of(case)
    expected = sk.roc_auc_score(
        truth, chances, multi_class=multi_class, average=average, labels=["a", "b", "c"]
    )
    header = "id,a,b,c"
    submission = csv_bytes(header, [(i, *row) for i, row in enumerate(chances)])
    report = score(
        "roc_auc_multiclass",
        csv_bytes("id,y", enumerate(truth)),
        submission,
        submission,
        multi_class=multi_class,
        average=average,
    )
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("weights", [(1.0, 2.0), (0.0, 0.25)])
def test_class_weighted_log_loss_is_scikit_learns_with_weights_of_rows(
    weights: tuple[float, float],
) -> None:
    case = make(METRICS["weighted_log_loss"], 4, rows=120, usage=False)
    truth, chances = scores_of(case)
    of_class = dict(zip("ac", weights, strict=True))
    rows = [of_class.get(t, 1.0) / truth.count(t) for t in truth]
    expected = sk.log_loss(truth, chances, sample_weight=rows, labels=["a", "b", "c"])
    report = case.report(weighted_classes=["c", "a"], class_weights=[*weights[::-1]])
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "params",
    [{"weighted_classes": ["a"]}, {"weighted_classes": ["a"], "class_weights": [1, 2]}],
)
def test_every_weighted_class_has_a_weight(params: dict[str, Any]) -> None:
    faults = check_params(METRICS["weighted_log_loss"], params)
    assert faults == [
        "The parameter class_weights must have a value for each of weighted_classes."
    ]


def test_three_classes_have_no_positive_one() -> None:
    solution = csv_bytes("id,y", enumerate("abcabc"))
    report = prepare("f1", solution).report
    assert report.status is Outcome.HOST_ERROR
    assert "average" in report.message


def test_a_named_class_is_the_positive_one() -> None:
    solution = csv_bytes("id,y", enumerate("xxyy"))
    submission = csv_bytes("id,y", enumerate("xyyy"))
    assert score("recall", solution, submission, positive_label="x").public == 0.5
    assert score("recall", solution, submission).public == 1.0


def test_a_column_of_labels_that_is_not_0_or_1_is_refused() -> None:
    solution = csv_bytes("id,a,b", [(1, 0, 1), (2, 1, 0.5)])
    report = prepare("hamming_loss", solution).report
    assert report.status is Outcome.HOST_ERROR
    assert "neither 0 nor 1" in report.message
