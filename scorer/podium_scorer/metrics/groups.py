"""Another metric on each group of rows apart: the mean of its scores, or the worst."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from podium_scorer.catalogue import find_metric
from podium_scorer.metrics.base import Array, Estimate, Metric, Part
from podium_scorer.uncertainty import Interval


def code(others: Mapping[str, Metric]) -> dict[str, Metric]:
    """The code of ``by_group``, given the other metrics' code."""

    def compute(part: Part) -> Estimate:
        """The mean of the groups' scores with its interval, or the worst without one."""
        inner = others[part.setting.text("metric")]
        found = [inner.compute(group) for group in _groups(part)]
        scores = [each.score for each in found]
        if part.setting.text("take") == "mean":
            return Estimate(math.fsum(scores) / len(scores), _of_mean(found))
        higher = find_metric(part.setting.text("metric")).higher_is_better
        return Estimate(min(scores) if higher else max(scores))

    def refuse_truth(part: Part) -> str | None:
        inner = others[part.setting.text("metric")]
        for group in _groups(part):
            if (why := inner.refuse_truth(group)) is not None:
                return f"have a group whose rows {why}"
        return None

    return {"by_group": Metric(compute, refuse_truth)}


def _of_mean(found: list[Estimate]) -> Interval | None:
    """Each side is the root of the sum of the groups' squared sides, by their number."""
    sides = [
        (each.score - each.interval[0], each.interval[1] - each.score)
        for each in found
        if each.interval is not None
    ]
    if len(sides) < len(found):
        return None
    mean = math.fsum(each.score for each in found) / len(found)
    below, above = (math.hypot(*side) / len(found) for side in zip(*sides, strict=True))
    return mean - below, mean + above


def _groups(part: Part) -> Iterator[Part]:
    """The rows of each group that has any, in their order."""
    codes = part.extras["group_column"]
    order = np.argsort(codes, kind="stable")
    borders = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in np.split(order, borders):
        yield _taken(part, rows)


def _taken(part: Part, rows: Array) -> Part:
    return Part(
        truths=part.truths[:, rows],
        predictions=part.predictions[:, rows] if part.predictions.size else _none(rows),
        setting=part.setting,
        extras={name: values[rows] for name, values in part.extras.items()},
        true_texts=tuple(texts.taken(rows) for texts in part.true_texts),
        predicted_texts=tuple(texts.taken(rows) for texts in part.predicted_texts),
    )


def _none(rows: Array) -> Array:
    return np.empty((0, len(rows)))
