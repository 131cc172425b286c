"""Metrics of two classes. The truth is 0 and 1, sorted, so the negatives come first."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    refuse_weights,
)


def roc_auc(part: Part) -> Estimate:
    """The area under the ROC curve, ties counting one half, with DeLong's interval.

    Both classes must be there. Counts are exact integers, so the score is the exact
    quotient, rounded once. DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988)
    837-845; on sorted scores as in Sun and Xu, IEEE Signal Processing Letters 21 (2014)
    1389-1393.
    """
    if part.weights is not None:
        return _weighted_auc(part, part.weights)
    border = int(np.searchsorted(part.truth, 1))
    negatives = np.sort(part.prediction[:border])
    positives = np.sort(part.prediction[border:])
    below = np.searchsorted(negatives, positives, "left")
    up_to = _up_to(negatives, positives, below)
    twice = int(below.sum()) + int(up_to.sum())
    score = twice / (2 * len(negatives) * len(positives))
    return Estimate(score, _delong(score, below, up_to, border))


def _weighted_auc(part: Part, weights: Floats) -> Estimate:
    """The same where a pair counts as much as the product of its rows' weights.

    The interval is the delta method's: DeLong's where all weights are the same.
    """
    border = int(np.searchsorted(part.truth, 1))
    negatives, positives = np.split(part.prediction, [border])
    of_negatives, of_positives = np.split(weights, [border])
    beaten = _weight_below(negatives, of_negatives, positives)
    won = 1.0 - _weight_below(positives, of_positives, negatives)
    score = float((of_positives * beaten).sum() / of_positives.sum())
    score = min(1.0, max(0.0, score))
    if min(border, len(positives)) < 2:
        return Estimate(score)
    variance = _variance_of_mean(beaten, of_positives, score)
    variance += _variance_of_mean(won, of_negatives, score)
    return Estimate(score, uncertainty.around(score, math.sqrt(variance), 0.0, 1.0))


def _weight_below(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """The share of the values' weight that is below each level, ties counting one half."""
    order = np.argsort(values, kind="stable")
    ordered, sums = values[order], np.r_[0.0, np.cumsum(weights[order])]
    below = sums[np.searchsorted(ordered, levels, "left")]
    up_to = sums[np.searchsorted(ordered, levels, "right")]
    shares: Floats = (below + up_to) / (2.0 * sums[-1])
    return shares


def _variance_of_mean(values: Floats, weights: Floats, mean: float) -> float:
    count, total = len(values), float(weights.sum())
    squares = uncertainty.sum_of_squares(weights * (values - mean) / total)
    return squares * count / (count - 1)


def _up_to(negatives: Floats, positives: Floats, below: Array) -> Array:
    """How many negatives are not above each positive: more than below it for ties."""
    tied = below < len(negatives)
    tied &= negatives[np.minimum(below, len(negatives) - 1)] == positives
    if not tied.any():
        return below
    up_to = below.copy()
    up_to[tied] = np.searchsorted(negatives, positives[tied], "right")
    return up_to


def _delong(
    score: float, below: Array, up_to: Array, negatives: int
) -> uncertainty.Interval | None:
    """DeLong's interval from each positive's count of negatives below, and up to, it."""
    positives = len(below)
    if positives < 2 or negatives < 2:
        return None
    of_positives = (below + up_to) / (2.0 * negatives)
    # The j-th negative (sorted) is below a positive if that one's count is above j.
    lost = _counts_up_to(below, negatives) + _counts_up_to(up_to, negatives)
    of_negatives = 1.0 - lost / (2.0 * positives)
    variance = _variance(of_positives, score) / positives
    variance += _variance(of_negatives, score) / negatives
    return uncertainty.around(score, math.sqrt(variance), 0.0, 1.0)


def _counts_up_to(counts: Array, negatives: int) -> Array:
    return np.cumsum(np.bincount(counts, minlength=negatives + 1)[:negatives])


def _variance(values: Floats, mean: float) -> float:
    centred = values - mean
    return uncertainty.sum_of_squares(centred) / (len(values) - 1)


def refuse_one_class(part: Part) -> str | None:
    """ROC AUC has no value where every row is of the same class."""
    return None if part.truth.min() != part.truth.max() else "are all of one class"


def refuse_weightless_class(part: Part) -> str | None:
    """Nor has it one where all rows of a class weigh nothing."""
    weights = part.weights
    if (why := refuse_one_class(part)) is not None or weights is None:
        return why
    border = int(np.searchsorted(part.truth, 1))
    if float(weights[:border].sum()) > 0 and float(weights[border:].sum()) > 0:
        return None
    return "have a class whose weights add up to 0"


def brier(part: Part) -> Estimate:
    """The mean of (p - y)²."""
    return of_losses(np.square(part.prediction - part.truth), part.weights, 0.0, 1.0)


CODE = {
    "roc_auc": Metric(roc_auc, refuse_weightless_class),
    "brier": Metric(brier, refuse_weights),
}
