"""How well the scores of two classes tell them apart. The truth comes sorted, 0 first."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    resampled,
)
from podium_scorer.metrics.binary import refuse_one_class, roc_auc
from podium_scorer.metrics.pairs import average_ranks


def auc_of(positive: Array, scores: Array) -> float:
    """The area under the ROC curve; NaN where one of the classes is missing."""
    count = int(np.count_nonzero(positive))
    others = len(positive) - count
    if not count or not others:
        return math.nan
    ranks = float(average_ranks(scores)[positive].sum())
    return (ranks - count * (count + 1) / 2.0) / (count * others)


def gini(part: Part) -> Estimate:
    """Twice the area under the ROC curve minus one."""
    found = roc_auc(part)
    interval = found.interval
    if interval is not None:
        interval = (2.0 * interval[0] - 1.0, 2.0 * interval[1] - 1.0)
    return Estimate(2.0 * found.score - 1.0, interval)


def _curve(truth: Array, scores: Array) -> tuple[Floats, Floats]:
    """How many positives and negatives have at least each score, highest first."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    ends = np.r_[np.flatnonzero(np.diff(ordered)), len(ordered) - 1]
    hits = np.cumsum(truth[order], dtype=np.float64)[ends]
    return hits, ends + 1.0 - hits


def average_precision_of(truth: Array, scores: Array) -> float:
    """The sum over the distinct scores of precision times the step in recall."""
    hits, misses = _curve(truth, scores)
    if not hits[-1]:
        return math.nan
    steps = np.diff(hits, prepend=0.0)
    return float((steps * hits / (hits + misses)).sum() / hits[-1])


def average_precision(part: Part) -> Estimate:
    """Average precision."""

    def score(rows: Part) -> float:
        return average_precision_of(rows.truth, rows.prediction)

    return resampled(part, score, 0.0, 1.0)


def pr_auc(part: Part) -> Estimate:
    """The area under the precision-recall curve by the trapezoidal rule."""

    def score(rows: Part) -> float:
        hits, misses = _curve(rows.truth, rows.prediction)
        if not hits[-1]:
            return math.nan
        precision = np.r_[1.0, hits / (hits + misses)]
        recall = np.r_[0.0, hits / hits[-1]]
        return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2.0).sum())

    return resampled(part, score, 0.0, 1.0)


def partial_auc(part: Part) -> Estimate:
    """The area up to a false positive rate, so standardized that chance has one half."""
    most = part.setting.number("max_fpr")

    def score(rows: Part) -> float:
        hits, misses = _curve(rows.truth, rows.prediction)
        if not hits[-1] or not misses[-1]:
            return math.nan
        rate, found = np.r_[0.0, misses / misses[-1]], np.r_[0.0, hits / hits[-1]]
        stop = int(np.searchsorted(rate, most, "right"))
        height = float(np.interp(most, rate, found))
        rate, found = np.r_[rate[:stop], most], np.r_[found[:stop], height]
        area = float((np.diff(rate) * (found[1:] + found[:-1]) / 2.0).sum())
        chance = most * most / 2.0
        return 0.5 * (1.0 + (area - chance) / (most - chance))

    return resampled(part, score, 0.0, 1.0)


def ks(part: Part) -> Estimate:
    """The largest distance between the two classes' distribution functions."""

    def score(rows: Part) -> float:
        hits, misses = _curve(rows.truth, rows.prediction)
        if not hits[-1] or not misses[-1]:
            return math.nan
        return float(np.abs(hits / hits[-1] - misses / misses[-1]).max())

    return resampled(part, score, 0.0, 1.0)


def lift(part: Part) -> Estimate:
    """How much more positives the highest scores hold than the whole; ties share."""
    share = part.setting.number("share")

    def score(rows: Part) -> float:
        hits, misses = _curve(rows.truth, rows.prediction)
        if not hits[-1]:
            return math.nan
        most = share * rows.rows
        found = float(np.interp(most, np.r_[0.0, hits + misses], np.r_[0.0, hits]))
        return found / most / (float(hits[-1]) / rows.rows)

    return resampled(part, score, 0.0)


def hinge(part: Part) -> Estimate:
    """The mean of what each score lacks to 1 on its own side of 0."""
    signed = np.where(part.truth == 1, part.prediction, -part.prediction)
    return of_losses(np.maximum(0.0, 1.0 - signed), None, 0.0)


def calibration_error(part: Part) -> Estimate:
    """The mean, or largest, distance between probability and frequency over bins."""
    bins = part.setting.whole("bins")
    strategy, worst = part.setting.text("strategy"), part.setting.text("norm") == "max"

    def score(rows: Part) -> float:
        chance = rows.prediction
        if strategy == "width":
            places = np.minimum((chance * bins).astype(np.int64), bins - 1)
        else:
            order = np.argsort(chance, kind="stable")
            places = np.empty(rows.rows, np.int64)
            places[order] = np.arange(rows.rows) * bins // rows.rows
        counts = np.bincount(places, minlength=bins)
        gaps = np.abs(np.bincount(places, chance - rows.truth, minlength=bins))
        there = counts > 0
        if worst:
            return float((gaps[there] / counts[there]).max())
        return float(gaps.sum() / rows.rows)

    return resampled(part, score, 0.0, 1.0)


CODE = {
    "gini": Metric(gini, refuse_one_class),
    "average_precision": Metric(average_precision, refuse_one_class),
    "pr_auc": Metric(pr_auc, refuse_one_class),
    "partial_auc": Metric(partial_auc, refuse_one_class),
    "ks_statistic": Metric(ks, refuse_one_class),
    "lift": Metric(lift, refuse_one_class),
    "hinge_loss": Metric(hinge),
    "calibration_error": Metric(calibration_error),
}
