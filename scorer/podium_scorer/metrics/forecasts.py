"""Predictions of whole distributions: quantiles, members of an ensemble, mean and spread."""

from __future__ import annotations

import math
import re

import numpy as np

from podium_scorer.metrics.base import (
    Estimate,
    Floats,
    Metric,
    Part,
    Refusal,
    of_losses,
    refuse_weights,
)
from podium_scorer.metrics.errors import pinball_losses, refuse_not_two_columns

_QUANTILE = re.compile(r"[^0-9.]*([0-9]*\.?[0-9]+)")


def quantile_loss(part: Part) -> Estimate:
    """The mean pinball loss over the quantiles that name the prediction columns."""
    levels = quantile_levels(part.setting.columns)
    losses = np.zeros(part.rows)
    for level, prediction in zip(levels, part.predictions, strict=True):
        losses += pinball_losses(part.truth, prediction, level)
    return of_losses(losses / len(levels), part.weights, 0.0)


def interval_coverage(part: Part) -> Estimate:
    """The share of truths between the lowest and the highest predicted quantile."""
    low, high = part.predictions.min(axis=0), part.predictions.max(axis=0)
    inside = ((low <= part.truth) & (part.truth <= high)).astype(np.float64)
    return of_losses(inside, part.weights, 0.0, 1.0)


def winkler(part: Part) -> Estimate:
    """The width of the interval, and 2/alpha times what the truth lies outside of it."""
    low, high = part.predictions.min(axis=0), part.predictions.max(axis=0)
    alpha, truth = part.setting.number("alpha"), part.truth
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return of_losses(high - low + 2.0 / alpha * outside, part.weights, 0.0)


def crps_ensemble(part: Part) -> Estimate:
    """E|X - y| - E|X - X'| / 2 over the members, which may come in any order."""
    members = np.sort(part.predictions, axis=0)
    count = len(members)
    first = np.abs(members - part.truth).mean(axis=0)
    # The sum over all pairs from the sorted members, in O(m): Jordan et al. 2019, (3).
    places = (2.0 * np.arange(1, count + 1) - count - 1.0)[:, np.newaxis]
    second = (places * members).sum(axis=0) / (count * count)
    return of_losses(np.maximum(first - second, 0.0), part.weights, 0.0)


def crps_gaussian(part: Part) -> Estimate:
    """The CRPS of a normal distribution given by mean and standard deviation."""
    mean, sigma = part.predictions
    # Below 0 the formula would reward what is no deviation at all.
    sigma = np.maximum(sigma, part.setting.number("sigma_clip"))
    z = (part.truth - mean) / sigma
    density = np.exp(-0.5 * np.square(z)) / math.sqrt(2.0 * math.pi)
    losses = sigma * (
        z * (2.0 * _normal(z) - 1.0) + 2.0 * density - 1.0 / math.sqrt(math.pi)
    )
    return of_losses(np.maximum(losses, 0.0), part.weights, 0.0)


def _normal(values: Floats) -> Floats:
    """The standard normal distribution function."""
    # numpy has no erf; this runs once a row and is exact to the last digits.
    root = math.sqrt(2.0)
    found = (0.5 * math.erfc(-value / root) for value in values.tolist())
    return np.fromiter(found, np.float64, len(values))


def quantile_levels(columns: tuple[str, ...]) -> list[float]:
    """The number in each column's name: ``q0.1``, ``0.9``, ``quantile_0.5``."""
    levels = []
    for name in columns:
        match = _QUANTILE.fullmatch(name)
        level = float(match[1]) if match else math.nan
        if not 0.0 < level < 1.0:
            raise Refusal("The prediction columns are not named by their quantiles.")
        levels.append(level)
    return levels


def refuse_unnamed_quantiles(part: Part) -> str | None:
    """Each prediction column must be named by a quantile, and rows weigh something."""
    try:
        quantile_levels(part.setting.columns)
    except Refusal:
        return "have prediction columns that are not named like q0.1 or 0.9"
    return refuse_weights(part)


CODE = {
    "quantile_loss": Metric(quantile_loss, refuse_unnamed_quantiles),
    "interval_coverage": Metric(interval_coverage, refuse_weights),
    "winkler_score": Metric(winkler, refuse_weights),
    "crps_ensemble": Metric(crps_ensemble, refuse_weights),
    "crps_gaussian": Metric(crps_gaussian, refuse_not_two_columns),
}
