"""Masks: the overlap of each row's two, and of all together."""

from __future__ import annotations

import numpy as np

from podium_scorer import masks
from podium_scorer.metrics.base import (
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    resampled,
)


def _areas(part: Part) -> tuple[Floats, Floats]:
    """The shared pixels of each row's masks, and the sum of both."""
    true, guessed = part.true_texts[0].strings(), part.predicted_texts[0].strings()
    encoding = part.setting.text("encoding")
    shared, both = np.zeros(part.rows), np.zeros(part.rows)
    for row, (left, right) in enumerate(zip(true, guessed, strict=True)):
        first, second = masks.runs(left, encoding), masks.runs(right, encoding)
        shared[row] = masks.overlap(first, second)
        both[row] = masks.pixels(first) + masks.pixels(second)
    return shared, both


def dice(part: Part) -> Estimate:
    """Twice the shared pixels over all of both masks: the mean of the rows, or global."""
    shared, both = _areas(part)
    return _of_areas(part, 2.0 * shared, both)


def iou(part: Part) -> Estimate:
    """The shared pixels over those of either mask: the mean of the rows, or global."""
    shared, both = _areas(part)
    return _of_areas(part, shared, both - shared)


def _of_areas(part: Part, above: Floats, below: Floats) -> Estimate:
    if part.setting.text("average") == "rows":
        empty = part.setting.number("both_empty")
        rows = np.divide(above, below, out=np.full(part.rows, empty), where=below > 0)
        return of_losses(rows, None, 0.0, 1.0)
    # Resampled over what was already counted: no mask is read again.
    counted = Part(np.stack([above, below]), np.empty((0, part.rows)), part.setting)
    return resampled(counted, _quotient_of_sums, 0.0, 1.0)


def _quotient_of_sums(part: Part) -> float:
    above, below = part.truths.sum(axis=1)
    return float(above / below) if below else part.setting.number("both_empty")


CODE = {"dice": Metric(dice), "iou": Metric(iou)}
