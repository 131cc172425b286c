"""Several metrics, each of one column, and what their scores make together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from podium_scorer.catalogue import TEXT_TARGETS, Target
from podium_scorer.metrics.base import Array, Estimate, Metric, Part, Setting
from podium_scorer.uncertainty import Interval

_TYPES = {Target.BINARY: np.uint8, Target.LABEL: np.int32, Target.NUMBER: np.float64}


def code(others: Mapping[str, Metric]) -> dict[str, Metric]:
    """The code of ``composite``, given the other metrics' code."""

    def compute(part: Part) -> Estimate:
        """The combined scores, and the combined ends of their intervals."""
        found = [others[name].compute(column) for name, column in _columns(part)]
        setting = part.setting
        take = setting.text("take")
        weights = setting.numbers("column_weights") or [1.0] * len(found)
        score = combined(take, weights, [each.score for each in found])
        return Estimate(score, _interval(take, weights, found))

    def refuse_truth(part: Part) -> str | None:
        for name, column in _columns(part):
            if (why := others[name].refuse_truth(column)) is not None:
                return f"in the column {column.setting.targets[0]} {why}"
        return None

    return {"composite": Metric(compute, refuse_truth)}


def combined(take: str, weights: Sequence[float], scores: Sequence[float]) -> float:
    """The weighted sum of scores, or one of their weighted means.

    Harmonic and geometric means are of scores from 0 up; a score of 0 makes them 0.
    """
    products = math.fsum(w * score for w, score in zip(weights, scores, strict=True))
    if take == "sum":
        return products
    total = math.fsum(weights)
    pairs = zip(weights, scores, strict=True)
    if take == "mean":
        mean = products / total
    elif 0.0 in scores:
        return 0.0
    elif take == "harmonic":
        mean = total / math.fsum(w / score for w, score in pairs)
    else:
        mean = math.exp(math.fsum(w * math.log(score) for w, score in pairs) / total)
    return max(min(scores), min(max(scores), mean))  # rounding may leave their range


def _interval(
    take: str, weights: Sequence[float], found: Sequence[Estimate]
) -> Interval | None:
    """All combinations grow with each score, so the ends are those of all ends."""
    ends = [each.interval for each in found if each.interval is not None]
    if len(ends) < len(found):
        return None
    lows, highs = zip(*ends, strict=True)
    return combined(take, weights, lows), combined(take, weights, highs)


def _columns(part: Part) -> Iterator[tuple[str, Part]]:
    """Each metric's name, and its column as a part of its own."""
    metrics, columns = part.setting.params["metrics"], part.setting.params["columns"]
    for name, column in zip(_texts(metrics), _texts(columns), strict=True):
        yield name, _column(part, column)


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _column(part: Part, name: str) -> Part:
    """One target with its predictions; that of two classes sorted, the negatives first."""
    setting = part.setting
    at = setting.targets.index(name)
    kind = setting.kinds[at]
    texts = [each in TEXT_TARGETS for each in setting.kinds]
    before = sum(texts[:at])  # columns of texts and of numbers are numbered apart
    written, place = slice(before, before + 1), at - before
    plain = slice(0, 0) if texts[at] else slice(place, place + 1)
    column = Part(
        truths=_typed(part.truths[plain], kind),
        predictions=_predicted(part.predictions[plain], kind),
        setting=Setting(
            params=setting.params,
            classes=setting.classes_of[at],
            targets=(name,),
            columns=(name,),
            kinds=(kind,),
            classes_of=(setting.classes_of[at],),
        ),
        extras=part.extras,
        true_texts=part.true_texts[written] if texts[at] else (),
        predicted_texts=part.predicted_texts[written] if texts[at] else (),
    )
    if kind is not Target.BINARY:
        return column
    return column.taken(np.argsort(column.truth, kind="stable"))


def _typed(truths: Array, kind: Target) -> Array:
    return truths.astype(_TYPES.get(kind, np.float64), copy=False)


def _predicted(predictions: Array, kind: Target) -> Array:
    return _typed(predictions, Target.LABEL if kind is Target.LABEL else Target.NUMBER)
