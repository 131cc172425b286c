"""Metrics of several classes. The truth is each row's class number."""

from __future__ import annotations

from typing import cast

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


def log_loss(part: Part) -> Estimate:
    """The mean of -log(probability given to the truth), clipped to [clip, 1 - clip].

    With one row of predictions it is the probability of class 1; with several, one for
    each class, each divided by their sum first where ``row_sums`` is ``rescale``.
    """
    return of_losses(_log_losses(part), part.weights, 0.0)


def weighted_log_loss(part: Part) -> Estimate:
    """The mean log loss of each class, and of these the weighted mean."""
    truth, losses = part.truth, _log_losses(part)
    classes = len(part.setting.classes)
    counts = np.bincount(truth, minlength=classes)
    shares = np.where(counts > 0, _class_weights(part), 0.0)
    shares /= shares.sum()
    of_rows = (shares / np.maximum(counts, 1))[truth]
    score = float((of_rows * losses).sum())
    means = np.bincount(truth, losses, classes) / np.maximum(counts, 1)
    influences = part.rows * of_rows * (losses - means[truth])
    return Estimate(score, uncertainty.of_influences(score, influences, 0.0))


def refuse_class_weights(part: Part) -> str | None:
    """Weights are of classes that there are, and some class that has rows weighs."""
    setting = part.setting
    named = setting.texts("weighted_classes")
    if unknown := [name for name in named if name not in setting.classes]:
        return f"have no class {unknown[0][:60]!r}, which weighted_classes names"
    if float(_class_weights(part)[np.unique(part.truth)].sum()) > 0:
        return None
    return "have only classes that weigh 0"


def _class_weights(part: Part) -> Floats:
    """The weight of each class, (classes,): 1 unless it is named with another."""
    setting = part.setting
    weights = np.ones(len(setting.classes))
    named = setting.texts("weighted_classes"), setting.numbers("class_weights")
    for name, weight in zip(*named, strict=True):
        weights[setting.classes.index(name)] = weight
    return weights


def _log_losses(part: Part) -> Floats:
    truth, predictions, setting = part.truth, part.predictions, part.setting
    if len(predictions) == 1:
        given = np.where(truth == 1, predictions[0], 1.0 - predictions[0])
    else:
        given = predictions[truth, np.arange(len(truth))]
        if setting.params["row_sums"] == "rescale":
            given = given / _row_sums(predictions)
    clip = setting.number("clip")
    return cast(Floats, -np.log(np.clip(given, clip, 1.0 - clip)))


def _row_sums(predictions: Array) -> Floats:
    totals = predictions[0].copy()
    for column in predictions[1:]:
        totals += column
    return cast(Floats, totals)


def accuracy(part: Part) -> Estimate:
    """The share of rows whose predicted class is the true one."""
    right = part.truth == part.prediction
    if part.weights is not None:
        return of_losses(right.astype(np.float64), part.weights, 0.0, 1.0)
    hits = int(np.count_nonzero(right))
    return Estimate(hits / part.rows, uncertainty.of_share(hits, part.rows))


def balanced_accuracy(part: Part) -> Estimate:
    """The mean recall of the classes that occur in the truth."""
    return _of_counts(part, _recalls)


def f1_macro(part: Part) -> Estimate:
    """The mean F1 of the classes that occur in the truth or in the predictions."""
    return _of_counts(part, _f1s)


def mcc(part: Part) -> Estimate:
    """Matthews' correlation coefficient in Gorodkin's form for several classes."""
    return _of_counts(part, _mccs)


def _of_counts(part: Part, score: uncertainty.CountsScore) -> Estimate:
    truth, predicted = part.truth, part.prediction
    classes = len(part.setting.classes)
    right = np.bincount(truth[truth == predicted], minlength=classes)
    true = np.bincount(truth, minlength=classes)
    guessed = np.bincount(predicted, minlength=classes)
    counts = (right[np.newaxis], true[np.newaxis], guessed[np.newaxis])
    value = float(score(*(count.astype(np.float64) for count in counts))[0])
    if classes > uncertainty.MOST_CLASSES:
        return Estimate(value)
    cells = np.bincount(truth.astype(np.int64) * classes + predicted)
    cells = np.pad(cells, (0, classes * classes - len(cells)))
    return Estimate(value, uncertainty.of_cells(cells, classes, score))


# Scores of counts by class, each of shape (draws, classes): how many are right, truly of
# the class, and predicted to be.


def _recalls(right: Floats, true: Floats, _predicted: Floats) -> Floats:
    return _mean_of_present(right, true)


def _f1s(right: Floats, true: Floats, predicted: Floats) -> Floats:
    return _mean_of_present(2.0 * right, true + predicted)  # 2 TP, 2 TP + FP + FN


def _mean_of_present(numerators: Floats, denominators: Floats) -> Floats:
    """The mean over the classes of quotients, without those whose denominator is 0."""
    present = denominators > 0
    quotients = np.divide(
        numerators, denominators, out=np.zeros_like(denominators), where=present
    )
    return cast(Floats, quotients.sum(axis=1) / present.sum(axis=1))


def _mccs(right: Floats, true: Floats, predicted: Floats) -> Floats:
    total = true.sum(axis=1)
    covariance = right.sum(axis=1) * total - (true * predicted).sum(axis=1)
    of_truth = total * total - np.square(true).sum(axis=1)
    of_predictions = total * total - np.square(predicted).sum(axis=1)
    spread = np.sqrt(of_truth) * np.sqrt(of_predictions)
    # A spread of 0 means that the truth or the predictions are all the same.
    quotients = np.divide(
        covariance, spread, out=np.zeros_like(spread), where=spread > 0
    )
    # Rounding may carry a perfect one beyond 1.
    return cast(Floats, np.clip(quotients, -1.0, 1.0))


CODE = {
    "log_loss": Metric(log_loss, refuse_weights),
    "weighted_log_loss": Metric(weighted_log_loss, refuse_class_weights),
    "accuracy": Metric(accuracy, refuse_weights),
    "balanced_accuracy": Metric(balanced_accuracy),
    "f1_macro": Metric(f1_macro),
    "mcc": Metric(mcc),
}
