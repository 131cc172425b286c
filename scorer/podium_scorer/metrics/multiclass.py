"""Scores or probabilities of several classes, a column each."""

from __future__ import annotations

import itertools
import math

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Metric,
    Part,
    of_losses,
    resampled,
)
from podium_scorer.metrics.ranked import auc_of


def _all_classes(part: Part) -> tuple[Array, Array]:
    """The truth as class numbers and one row of predictions for each class."""
    if len(part.predictions) > 1:
        return part.truth, part.predictions
    return part.truth, np.stack([1.0 - part.prediction, part.prediction])


def top_k_accuracy(part: Part) -> Estimate:
    """The share of rows whose class is among the k highest; ties count as not."""
    truth, scores = _all_classes(part)
    own = scores[truth, np.arange(part.rows)]
    above = (scores >= own).sum(axis=0)  # itself too
    hits = int(np.count_nonzero(above <= part.setting.whole("k")))
    return Estimate(hits / part.rows, uncertainty.of_share(hits, part.rows))


def brier_multiclass(part: Part) -> Estimate:
    """The mean over the rows of the summed squared distance from the true class."""
    truth, chances = _all_classes(part)
    own = chances[truth, np.arange(part.rows)]
    losses = np.square(chances).sum(axis=0) - np.square(own) + np.square(1.0 - own)
    return of_losses(losses, None, 0.0, 2.0)


def roc_auc_multiclass(part: Part) -> Estimate:
    """The mean area under the ROC curves of each class, or each pair of classes."""
    average, pairs = part.setting.text("average"), part.setting.text("multi_class")

    def score(rows: Part) -> float:
        truth, scores = _all_classes(rows)
        counts = np.bincount(truth, minlength=len(scores)).astype(np.float64)
        if pairs == "ovr":
            areas = [auc_of(truth == c, row) for c, row in enumerate(scores)]
            weights = counts
        else:
            areas, shares = [], []
            for a, b in itertools.combinations(range(len(scores)), 2):
                mine = (truth == a) | (truth == b)
                one = auc_of(truth[mine] == a, scores[a][mine])
                other = auc_of(truth[mine] == b, scores[b][mine])
                areas.append((one + other) / 2.0)
                shares.append(counts[a] + counts[b])
            weights = np.array(shares)
        if average == "macro":
            weights = np.ones(len(areas))
        return float((np.array(areas) * weights).sum() / weights.sum())

    return resampled(part, score, 0.0, 1.0)


def refuse_missing_class(part: Part) -> str | None:
    """Each class needs a row, or its curve is none."""
    classes = max(2, len(part.setting.classes))
    there = len(np.unique(part.truth))
    return None if there == classes else "lack one of the classes"


def multilabel_f1(part: Part) -> Estimate:
    """F1 of sets of labels: by rows, by labels, or of all cells together."""
    average, threshold = part.setting.text("average"), part.setting.number("threshold")

    def score(rows: Part) -> float:
        true, guessed = rows.truths > 0, rows.predictions >= threshold
        axis = {"samples": 0, "macro": 1, "weighted": 1, "micro": None}[average]
        both = np.atleast_1d((true & guessed).sum(axis=axis)).astype(np.float64)
        either = np.atleast_1d(true.sum(axis=axis) + guessed.sum(axis=axis))
        found = np.divide(2.0 * both, either, out=np.zeros(len(both)), where=either > 0)
        if average == "weighted":
            support = true.sum(axis=1).astype(np.float64)
            return (
                float((found * support).sum() / support.sum()) if support.any() else 0.0
            )
        return float(found.mean())

    return resampled(part, score, 0.0, 1.0)


def hamming_loss(part: Part) -> Estimate:
    """The share of cells whose label is wrong."""
    threshold = part.setting.number("threshold")
    wrong = (part.truths > 0) != (part.predictions >= threshold)
    return of_losses(wrong.mean(axis=0), None, 0.0, 1.0)


def subset_accuracy(part: Part) -> Estimate:
    """The share of rows all of whose labels are right."""
    threshold = part.setting.number("threshold")
    right = ((part.truths > 0) == (part.predictions >= threshold)).all(axis=0)
    hits = int(np.count_nonzero(right))
    return Estimate(hits / part.rows, uncertainty.of_share(hits, part.rows))


def mean_columnwise_auc(part: Part) -> Estimate:
    """The mean over the columns of the area under the ROC curve."""

    def score(rows: Part) -> float:
        columns = zip(rows.truths, rows.predictions, strict=True)
        return math.fsum(auc_of(t > 0, p) for t, p in columns) / len(rows.truths)

    return resampled(part, score, 0.0, 1.0)


def mean_columnwise_log_loss(part: Part) -> Estimate:
    """The mean over the columns of the binary log loss."""
    clip = part.setting.number("clip")
    given = np.where(part.truths > 0, part.predictions, 1.0 - part.predictions)
    losses = -np.log(np.clip(given, clip, 1.0 - clip))
    return of_losses(losses.mean(axis=0), None, 0.0)


def lrap(part: Part) -> Estimate:
    """The mean over the rows, then their labels, of the precision at each label."""
    found, counts = _label_precisions(part)
    rows = np.where(counts > 0, found.sum(axis=0) / np.maximum(counts, 1), 1.0)
    return of_losses(rows, None, 0.0, 1.0)


def lwlrap(part: Part) -> Estimate:
    """The mean over all labels of all rows of the precision at each."""

    def score(rows: Part) -> float:
        found, counts = _label_precisions(rows)
        total = int(counts.sum())
        return float(found.sum()) / total if total else math.nan

    return resampled(part, score, 0.0, 1.0)


def _label_precisions(part: Part) -> tuple[Array, Array]:
    """The precision at each true label's score (0 elsewhere), and the labels of each row."""
    true, scores = part.truths > 0, part.predictions
    found = np.zeros(true.shape)
    for label in range(len(true)):
        above = scores >= scores[label]
        among = (above & true).sum(axis=0)
        found[label] = np.where(true[label], among / above.sum(axis=0), 0.0)
    return found, true.sum(axis=0)


def coverage_error(part: Part) -> Estimate:
    """How far down the ranking all labels of a row are found, on average."""
    true, scores = part.truths > 0, part.predictions
    lowest = np.where(true, scores, np.inf).min(axis=0)
    depth = np.where(true.any(axis=0), (scores >= lowest).sum(axis=0), 0)
    return of_losses(depth.astype(np.float64), None, 0.0)


def ranking_loss(part: Part) -> Estimate:
    """The share of pairs of a label and no label that are ranked wrongly; ties count."""
    true, scores = part.truths > 0, part.predictions
    wrong = np.zeros(part.rows)
    for a, b in itertools.permutations(range(len(true)), 2):
        wrong += true[a] & ~true[b] & (scores[a] <= scores[b])
    pairs = true.sum(axis=0) * (~true).sum(axis=0)
    losses = np.divide(wrong, pairs, out=np.zeros(part.rows), where=pairs > 0)
    return of_losses(losses, None, 0.0, 1.0)


def refuse_constant_label(part: Part) -> str | None:
    """A column with one class has no curve."""
    sums = (part.truths > 0).sum(axis=1)
    if ((sums == 0) | (sums == part.rows)).any():
        return "have a target column of one class only"
    return None


CODE = {
    "top_k_accuracy": Metric(top_k_accuracy),
    "brier_multiclass": Metric(brier_multiclass),
    "roc_auc_multiclass": Metric(roc_auc_multiclass, refuse_missing_class),
    "multilabel_f1": Metric(multilabel_f1),
    "hamming_loss": Metric(hamming_loss),
    "subset_accuracy": Metric(subset_accuracy),
    "mean_columnwise_auc": Metric(mean_columnwise_auc, refuse_constant_label),
    "mean_columnwise_log_loss": Metric(mean_columnwise_log_loss),
    "lrap": Metric(lrap),
    "lwlrap": Metric(lwlrap),
    "coverage_error": Metric(coverage_error),
    "ranking_loss": Metric(ranking_loss),
}
