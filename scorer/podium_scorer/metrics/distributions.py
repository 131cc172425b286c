"""Rows that are distributions: a share for each column, which add up to 1."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer.metrics.base import Estimate, Floats, Metric, Part, of_losses

_TOLERANCE = 1e-3


def _shares(part: Part) -> tuple[Floats, Floats]:
    """Truth and predictions, (columns, rows); predictions rescaled where asked."""
    predictions = part.predictions
    if part.setting.text("row_sums") == "rescale":
        predictions = predictions / predictions.sum(axis=0)
    return part.truths, predictions


def kl_divergence(part: Part) -> Estimate:
    """The mean over the rows of sum p log(p / q), q clipped."""
    truth, predicted = _shares(part)
    clip = part.setting.number("clip")
    predicted = np.clip(predicted, clip, 1.0 - clip)
    return of_losses(_relative_entropy(truth, predicted), None)


def js_divergence(part: Part) -> Estimate:
    """The mean Jensen-Shannon divergence, in nats."""
    truth, predicted = _shares(part)
    middle = (truth + predicted) / 2.0
    losses = _relative_entropy(truth, middle) + _relative_entropy(predicted, middle)
    return of_losses(np.maximum(losses / 2.0, 0.0), None, 0.0, math.log(2.0))


def wasserstein(part: Part) -> Estimate:
    """The mean Wasserstein-1 distance of distributions over places one step apart."""
    truth, predicted = _shares(part)
    gaps = np.abs(np.cumsum(truth - predicted, axis=0)[:-1])
    return of_losses(gaps.sum(axis=0), None, 0.0)


def total_variation(part: Part) -> Estimate:
    """The mean of half the sum of the shares' differences."""
    truth, predicted = _shares(part)
    return of_losses(np.abs(truth - predicted).sum(axis=0) / 2.0, None, 0.0, 1.0)


def _relative_entropy(first: Floats, second: Floats) -> Floats:
    there = first > 0
    quotient = np.divide(first, second, out=np.ones_like(first), where=there)
    losses: Floats = (first * np.log(quotient)).sum(axis=0)
    return losses


def refuse_no_distribution(part: Part) -> str | None:
    """The true shares of a row must add up to 1."""
    sound = np.abs(part.truths.sum(axis=0) - 1.0) <= _TOLERANCE
    return None if sound.all() else "have a row whose true shares do not add up to 1"


CODE = {
    "kl_divergence": Metric(kl_divergence, refuse_no_distribution),
    "js_divergence": Metric(js_divergence, refuse_no_distribution),
    "wasserstein": Metric(wasserstein, refuse_no_distribution),
    "total_variation": Metric(total_variation, refuse_no_distribution),
}
