"""Several numbers a row, and means over them."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import (
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    resampled,
)
from podium_scorer.metrics.correlation import correlate
from podium_scorer.metrics.pairs import average_ranks

EARTH_KM = 6371.0088  # the mean radius, IUGG


def mcrmse(part: Part) -> Estimate:
    """The mean over the columns of the root mean squared error."""
    return _mean_of_roots(np.square(part.predictions - part.truths))


def mean_columnwise_mae(part: Part) -> Estimate:
    """The mean over the columns of the mean absolute error."""
    return of_losses(np.abs(part.predictions - part.truths).mean(axis=0), None, 0.0)


def mean_columnwise_rmsle(part: Part) -> Estimate:
    """The mean over the columns of the root mean squared logarithmic error."""
    return _mean_of_roots(np.square(np.log1p(part.predictions) - np.log1p(part.truths)))


def _mean_of_roots(squares: Floats) -> Estimate:
    """The mean of the columns' roots, and the delta method's interval."""
    means = squares.mean(axis=1)
    roots = np.sqrt(means)
    score = float(roots.mean())
    if not roots.all():
        return Estimate(score)
    influences = ((squares - means[:, np.newaxis]) / (2.0 * roots[:, np.newaxis])).mean(
        0
    )
    return Estimate(score, uncertainty.of_influences(score, influences, 0.0))


def mean_columnwise_spearman(part: Part) -> Estimate:
    """The mean over the columns of Spearman's correlation."""

    def score(rows: Part) -> float:
        pairs = zip(rows.truths, rows.predictions, strict=True)
        found = [correlate(average_ranks(t), average_ranks(p))[0] for t, p in pairs]
        return math.fsum(found) / len(found)

    return resampled(part, score, -1.0, 1.0)


def haversine(part: Part) -> Estimate:
    """The mean distance on the sphere in km between two points given in degrees.

    The first column is the latitude, the second the longitude.
    """
    (lat, lon), (lat_p, lon_p) = np.radians(part.truths), np.radians(part.predictions)
    half = np.square(np.sin((lat_p - lat) / 2.0))
    half += np.cos(lat) * np.cos(lat_p) * np.square(np.sin((lon_p - lon) / 2.0))
    losses = 2.0 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return of_losses(losses, None, 0.0, math.pi * EARTH_KM)


def mean_angular_error(part: Part) -> Estimate:
    """The mean angle in radians between two directions given by azimuth and zenith."""
    (azimuth, zenith), (azimuth_p, zenith_p) = part.truths, part.predictions
    # By half angles: the arc cosine of nearly 1 would lose half of the digits.
    half = np.square(np.sin((zenith_p - zenith) / 2.0))
    turn = np.square(np.sin((azimuth_p - azimuth) / 2.0))
    half += np.sin(zenith) * np.sin(zenith_p) * turn
    losses = 2.0 * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return of_losses(losses, None, 0.0, math.pi)


def mean_euclidean(part: Part) -> Estimate:
    """The mean distance between two points of any number of coordinates."""
    squares = np.square(part.predictions - part.truths).sum(axis=0)
    return of_losses(np.sqrt(squares), None, 0.0)


def refuse_not_two(part: Part) -> str | None:
    """A point on a sphere has two coordinates."""
    return None if len(part.truths) == 2 else "do not have two target columns"


def refuse_constant_column(part: Part) -> str | None:
    """A correlation has no value where a column does not vary."""
    return "have a target column that does not vary" if _constant(part) else None


def _constant(part: Part) -> bool:
    return bool((part.truths.min(axis=1) == part.truths.max(axis=1)).any())


CODE = {
    "mcrmse": Metric(mcrmse),
    "mean_columnwise_mae": Metric(mean_columnwise_mae),
    "mean_columnwise_rmsle": Metric(mean_columnwise_rmsle),
    "mean_columnwise_spearman": Metric(
        mean_columnwise_spearman, refuse_constant_column
    ),
    "haversine": Metric(haversine, refuse_not_two),
    "mean_angular_error": Metric(mean_angular_error, refuse_not_two),
    "mean_euclidean_distance": Metric(mean_euclidean),
}
