"""Lists of items that have grades of relevance, or confidences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podium_scorer import items, uncertainty
from podium_scorer.metrics.base import Estimate, Floats, Metric, Part, of_losses
from podium_scorer.metrics.retrieval import refuse_no_relevant
from podium_scorer.metrics.writing import texts


def ndcg_graded(part: Part) -> Estimate:
    """The mean of the discounted gain of the grades over the best there could be.

    An item that is predicted again counts once, at its first place.
    """
    k = part.setting.whole("k")
    exponential = part.setting.text("gain") == "exponential"

    def gain(grade: float) -> float:
        return 2.0**grade - 1.0 if exponential else grade

    def score(true: str, guessed: str) -> float:
        grades = items.grades(true)
        best = _discounted(sorted(map(gain, grades.values()), reverse=True)[:k])
        ranked = list(dict.fromkeys(guessed.split()))[:k]
        found = _discounted([gain(grades.get(item, 0.0)) for item in ranked])
        return min(1.0, found / best) if best else 0.0

    rows = (score(*pair) for pair in texts(part))
    return of_losses(np.fromiter(rows, np.float64, part.rows), None, 0.0, 1.0)


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(value / math.log2(place + 2) for place, value in enumerate(gains))


def refuse_no_grade(part: Part) -> str | None:
    """Somewhere there must be something to find."""
    cells = part.true_texts[0].strings()
    if any(max(items.grades(cell).values(), default=0.0) > 0 for cell in cells):
        return None
    return "have no item of a grade above 0"


def gap(part: Part) -> Estimate:
    """The average precision of all rows' items in one list, the most confident first.

    Items of the same confidence share the precision at the end of their tie, so that the
    order of rows makes no difference.
    """
    owners, hits, ends, wanted = _one_list(part)

    def score(times: NDArray[np.int64]) -> float:
        """The score where each row is there so many times."""
        there = int((times * wanted).sum())
        weights = times[owners]
        seen, found = np.cumsum(weights)[ends], np.cumsum(weights * hits)[ends]
        steps = np.diff(found, prepend=0)
        precision = np.divide(found, seen, out=np.zeros(len(seen)), where=seen > 0)
        return float((steps * precision).sum() / there) if there else math.nan

    rows = part.rows
    interval = uncertainty.of_resamples(
        rows, lambda drawn: score(np.bincount(drawn, minlength=rows)), 0.0, 1.0
    )
    return Estimate(score(np.ones(rows, np.int64)), interval)


def _one_list(
    part: Part,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each item's row and whether it is right, where ties end, each row's right items."""
    owners, hits, sure = [], [], []
    wanted = np.zeros(part.rows, np.int64)
    for row, (true, guessed) in enumerate(texts(part)):
        relevant = frozenset(true.split())
        wanted[row] = len(relevant)
        for item, confidence in items.confidences(guessed).items():
            owners.append(row)
            hits.append(item in relevant)
            sure.append(confidence)
    confidences: Floats = np.array(sure, np.float64)
    order = np.argsort(-confidences, kind="stable")
    changes = np.flatnonzero(np.diff(confidences[order]))
    ends = np.r_[changes, len(order) - 1] if len(order) else changes
    return (
        np.array(owners, np.int64)[order],
        np.array(hits, np.int64)[order],
        ends,
        wanted,
    )


CODE = {
    "ndcg_graded": Metric(ndcg_graded, refuse_no_grade),
    "gap": Metric(gap, refuse_no_relevant),
}
