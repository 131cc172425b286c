"""Scores of a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from podium_scorer import uncertainty
from podium_scorer.metrics.base import Estimate, Floats, Metric, Part, refuse_weights

# right, true, predicted, each (draws, classes) -> numerators and denominators
Quotient = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]


def precision(part: Part) -> Estimate:
    """The share of what is predicted to be of a class that is of it."""
    return _averaged(part, lambda right, _true, guessed: (right, guessed))


def recall(part: Part) -> Estimate:
    """The share of a class that is found."""
    return _averaged(part, lambda right, true, _guessed: (right, true))


def f1(part: Part) -> Estimate:
    """The harmonic mean of precision and recall."""
    return _averaged(part, lambda right, true, guessed: (2.0 * right, true + guessed))


def fbeta(part: Part) -> Estimate:
    """The weighted harmonic mean: recall counts beta times as much as precision."""
    square = part.setting.number("beta") ** 2
    return _averaged(
        part,
        lambda right, true, guessed: ((1.0 + square) * right, square * true + guessed),
    )


def jaccard(part: Part) -> Estimate:
    """What is both truly and predicted of a class, over what is either."""
    return _averaged(part, lambda right, true, guessed: (right, true + guessed - right))


def _averaged(part: Part, quotient: Quotient) -> Estimate:
    average = part.setting.text("average")
    positive = positive_class(part) if average == "binary" else 0

    def score(matrices: Floats) -> Floats:
        right = np.diagonal(matrices, axis1=1, axis2=2)
        true, guessed = matrices.sum(axis=2), matrices.sum(axis=1)
        above, below = quotient(right, true, guessed)
        if average == "micro":
            above, below = above.sum(axis=1), below.sum(axis=1)
        shares = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
        if average == "micro":
            return shares
        if average == "binary":
            return shares[:, positive]
        weights = true if average == "weighted" else (true + guessed > 0) * 1.0
        averages: Floats = (shares * weights).sum(axis=1) / weights.sum(axis=1)
        return averages

    return _of_matrix(part, score)


def positive_class(part: Part) -> int:
    """The number of the positive class: the one that is named, else the second of two."""
    name = part.setting.params.get("positive_label")
    classes = part.setting.classes
    return len(classes) - 1 if name is None else classes.index(str(name))


def cohen_kappa(part: Part) -> Estimate:
    """Agreement beyond chance, disagreements weighted by the classes' distance."""
    return _kappa(part, part.setting.text("weights"))


def quadratic_weighted_kappa(part: Part) -> Estimate:
    """Cohen's kappa with squared distances between the classes."""
    return _kappa(part, "quadratic")


def _kappa(part: Part, weights: str) -> Estimate:
    places = np.arange(len(part.setting.classes), dtype=np.float64)
    apart = np.abs(places[:, np.newaxis] - places)
    cost = {"none": (apart > 0) * 1.0, "linear": apart, "quadratic": apart**2}[weights]

    def score(matrices: Floats) -> Floats:
        true, guessed = matrices.sum(axis=2), matrices.sum(axis=1)
        chance = true[:, :, np.newaxis] * guessed[:, np.newaxis, :]
        seen = (matrices * cost).sum(axis=(1, 2)) * matrices.sum(axis=(1, 2))
        expected = (chance * cost).sum(axis=(1, 2))
        # Without any expected disagreement truth and predictions are one class: 1.
        kappas: Floats = 1.0 - np.divide(
            seen, expected, out=np.zeros_like(seen), where=expected > 0
        )
        return kappas

    return _of_matrix(part, score)


def g_mean(part: Part) -> Estimate:
    """The geometric mean of the recalls of the classes that occur in the truth."""

    def score(matrices: Floats) -> Floats:
        right = np.diagonal(matrices, axis1=1, axis2=2)
        true = matrices.sum(axis=2)
        there = true > 0
        shares = np.divide(right, true, out=np.ones_like(right), where=there)
        means: Floats = np.prod(shares, axis=1) ** (1.0 / there.sum(axis=1))
        return means

    return _of_matrix(part, score)


def zero_one(part: Part) -> Estimate:
    """The share of rows whose predicted class is wrong."""
    wrong = int(np.count_nonzero(part.truth != part.prediction))
    return Estimate(wrong / part.rows, uncertainty.of_share(wrong, part.rows))


def _of_matrix(part: Part, score: Callable[[Floats], Floats]) -> Estimate:
    classes = len(part.setting.classes)
    if part.weights is not None:
        return _of_weighted_matrix(part, part.weights, score)
    cells = _cells(part, classes)
    value = float(score(cells.astype(np.float64).reshape(1, classes, classes))[0])
    if classes > uncertainty.MOST_CLASSES:
        return Estimate(value)
    return Estimate(value, uncertainty.of_matrices(cells, classes, score))


def _of_weighted_matrix(
    part: Part, weights: Floats, score: Callable[[Floats], Floats]
) -> Estimate:
    """The score of a matrix whose cells are sums of weights; resampled by rows."""
    classes = len(part.setting.classes)
    places = part.truth.astype(np.int64) * classes + part.prediction

    def of_rows(rows: NDArray[np.int64]) -> float:
        drawn = weights[rows]
        if not drawn.any():
            return math.nan
        cells = np.bincount(places[rows], drawn, classes * classes)
        matrix = cells.astype(np.float64).reshape(1, classes, classes)
        return float(score(matrix)[0])

    value = of_rows(np.arange(part.rows))
    if classes > uncertainty.MOST_CLASSES:
        return Estimate(value)
    return Estimate(value, uncertainty.of_resamples(part.rows, of_rows, 0.0, 1.0))


def _cells(part: Part, classes: int) -> NDArray[np.int64]:
    cells = np.bincount(part.truth.astype(np.int64) * classes + part.prediction)
    return np.pad(cells, (0, classes * classes - len(cells)))


def refuse_no_two_classes(part: Part) -> str | None:
    """One class can only be the positive one of two."""
    if part.setting.params["average"] != "binary":
        return None
    classes, name = part.setting.classes, part.setting.params["positive_label"]
    if len(classes) != 2 or (name is not None and str(name) not in classes):
        return (
            "do not have two classes of which one is the positive one (choose another "
            "average, or name positive_label)"
        )
    return None


def refuse_no_two_classes_or_weights(part: Part) -> str | None:
    """And its rows must weigh something."""
    return refuse_no_two_classes(part) or refuse_weights(part)


CODE = {
    "precision": Metric(precision, refuse_no_two_classes_or_weights),
    "recall": Metric(recall, refuse_no_two_classes_or_weights),
    "f1": Metric(f1, refuse_no_two_classes_or_weights),
    "fbeta": Metric(fbeta, refuse_no_two_classes_or_weights),
    "jaccard": Metric(jaccard, refuse_no_two_classes),
    "cohen_kappa": Metric(cohen_kappa),
    "quadratic_weighted_kappa": Metric(quadratic_weighted_kappa),
    "g_mean": Metric(g_mean),
    "zero_one_loss": Metric(zero_one),
}
