"""Metrics of numbers."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import Estimate, Metric, Part


def mse(part: Part) -> Estimate:
    """The mean of the squared errors."""
    losses = np.square(part.prediction - part.truth)
    score = float(losses.mean())
    return Estimate(score, uncertainty.of_mean(losses, score, 0.0))


def rmse(part: Part) -> Estimate:
    """The square root of the mean squared error, and of its interval's ends."""
    squared = mse(part)
    interval = squared.interval
    if interval is not None:
        interval = (math.sqrt(interval[0]), math.sqrt(interval[1]))
    return Estimate(math.sqrt(squared.score), interval)


def mae(part: Part) -> Estimate:
    """The mean of the errors' sizes."""
    losses = np.abs(part.prediction - part.truth)
    score = float(losses.mean())
    return Estimate(score, uncertainty.of_mean(losses, score, 0.0))


def r2(part: Part) -> Estimate:
    """1 - the squared errors' share of the truth's squared distance from its mean.

    The interval is the delta method's for a quotient of two means: each row's influence
    is -(its squared error - (1 - R²) its squared distance) / the mean squared distance.
    """
    errors = np.square(part.prediction - part.truth)
    truth = part.truth
    distances = np.square(truth - truth.mean())
    scale = float(distances.mean())
    quotient = float(errors.mean()) / scale
    influences = (quotient * distances - errors) / scale
    variance = uncertainty.sum_of_squares(influences) / (len(truth) - 1)
    deviation = math.sqrt(variance / len(truth))
    score = 1.0 - quotient
    return Estimate(score, uncertainty.around(score, deviation, high=1.0))


def refuse_constant(part: Part) -> str | None:
    """R² has no value where the truth does not vary."""
    spread = float(np.square(part.truth - part.truth.mean()).mean())
    return None if spread > 0 else "all have the same target"


CODE = {
    "rmse": Metric(rmse),
    "mse": Metric(mse),
    "mae": Metric(mae),
    "r2": Metric(r2, refuse_constant),
}
