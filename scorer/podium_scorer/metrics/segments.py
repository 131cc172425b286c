"""Segments with classes, a row for each image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from podium_scorer import masks, uncertainty
from podium_scorer.metrics.base import Array, Estimate, Metric, Part
from podium_scorer.metrics.writing import texts
from podium_scorer.segments import Segment, segments, shared

# true and predicted segments of a row -> a class, and what is added to its two sums
RowSums = Callable[[list[Segment], list[Segment]], Iterator[tuple[str, float, float]]]


def panoptic_quality(part: Part) -> Estimate:
    """The mean over the classes of the matches' IoU over TP + FP / 2 + FN / 2."""
    return _mean_of_classes(part, _matches)


def _matches(
    true: list[Segment], guessed: list[Segment]
) -> Iterator[tuple[str, float, float]]:
    """Segments of a class that share more than half of either match: at most one each."""
    yield from ((segment.name, 0.0, 0.5) for segment in (*true, *guessed))
    sizes, others = _sizes(true), _sizes(guessed)
    for (left, right), both in shared(true, guessed).items():
        either = sizes[left] + others[right] - both
        if true[left].name == guessed[right].name and 2 * both > either:
            yield true[left].name, both / either, 0.0


def mean_class_iou(part: Part) -> Estimate:
    """The mean over the classes of all shared pixels over all of either."""
    return _mean_of_classes(part, _pixels)


def _pixels(
    true: list[Segment], guessed: list[Segment]
) -> Iterator[tuple[str, float, float]]:
    for cell in (true, guessed):
        for segment, size in zip(cell, _sizes(cell), strict=True):
            yield segment.name, 0.0, float(size)
    for (left, right), both in shared(true, guessed).items():
        if true[left].name == guessed[right].name:
            yield true[left].name, float(both), -float(both)


def _sizes(cell: Sequence[Segment]) -> list[int]:
    return [masks.pixels(segment.runs) for segment in cell]


def _mean_of_classes(part: Part, sums: RowSums) -> Estimate:
    """The mean of the quotients of two sums for each class."""
    names: dict[str, int] = {}
    entries = [
        (names.setdefault(name, len(names)), row, above, below)
        for row, (true, guessed) in enumerate(texts(part))
        for name, above, below in sums(segments(true), segments(guessed))
    ]
    table = np.array(entries, np.float64).reshape(-1, 4).T
    places, owners = table[:2].astype(np.int64)

    def score(times: Array) -> float:
        """The score where each row is there so many times."""
        weights = times[owners]
        above, below = (np.bincount(places, values * weights) for values in table[2:])
        there = below > 0  # a class of none of these rows is left out
        if not there.any():
            return math.nan
        return math.fsum(above[there] / below[there]) / int(there.sum())

    rows, value = part.rows, score(np.ones(part.rows, np.int64))
    if len(names) > uncertainty.MOST_CLASSES:
        return Estimate(value)
    interval = uncertainty.of_resamples(
        rows, lambda drawn: score(np.bincount(drawn, minlength=rows)), 0.0, 1.0
    )
    return Estimate(value, interval)


def refuse_no_segment(part: Part) -> str | None:
    """Without a true segment nobody knows what classes there are."""
    there = any(text.strip() for text in part.true_texts[0].strings())
    return None if there else "have no segment at all"


CODE = {
    "panoptic_quality": Metric(panoptic_quality, refuse_no_segment),
    "mean_class_iou": Metric(mean_class_iou, refuse_no_segment),
}
