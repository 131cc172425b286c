"""Ranked lists and sets of items, a row for each query."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from podium_scorer.metrics.base import Estimate, Metric, Part, of_losses

# the relevant items, the predicted ones without repetition, k -> the row's value
RowScore = Callable[[frozenset[str], Sequence[str], int], float]


def _mean(part: Part, score: RowScore) -> Estimate:
    """The mean over the rows; an item that is predicted again counts once, at first."""
    k = part.setting.whole("k") if "k" in part.setting.params else 0
    true, guessed = part.true_texts[0].strings(), part.predicted_texts[0].strings()
    rows = (
        score(frozenset(left.split()), list(dict.fromkeys(right.split())), k)
        for left, right in zip(true, guessed, strict=True)
    )
    return of_losses(np.fromiter(rows, np.float64, part.rows), None, 0.0, 1.0)


def map_at_k(part: Part) -> Estimate:
    """The mean over the queries of the average precision at k."""
    return _mean(part, _average_precision)


def _average_precision(
    relevant: frozenset[str], ranked: Sequence[str], k: int
) -> float:
    hits, total = 0, 0.0
    for place, item in enumerate(ranked[:k], 1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / min(len(relevant), k) if relevant else 0.0


def mrr(part: Part) -> Estimate:
    """The mean of one over the place of the first relevant item."""
    return _mean(part, _reciprocal_rank)


def _reciprocal_rank(relevant: frozenset[str], ranked: Sequence[str], k: int) -> float:
    for place, item in enumerate(ranked[:k], 1):
        if item in relevant:
            return 1.0 / place
    return 0.0


def ndcg_at_k(part: Part) -> Estimate:
    """The mean of the discounted gain over the best there could be; every gain is 1."""
    return _mean(part, _ndcg)


def _ndcg(relevant: frozenset[str], ranked: Sequence[str], k: int) -> float:
    gain = math.fsum(
        1.0 / math.log2(place + 1)
        for place, item in enumerate(ranked[:k], 1)
        if item in relevant
    )
    best = math.fsum(
        1.0 / math.log2(place + 1) for place in range(1, min(len(relevant), k) + 1)
    )
    return min(1.0, gain / best) if best else 0.0


def precision_at_k(part: Part) -> Estimate:
    """The share of the first k places that hold relevant items."""
    return _mean(part, lambda relevant, ranked, k: len(relevant & {*ranked[:k]}) / k)


def recall_at_k(part: Part) -> Estimate:
    """The share of the relevant items that are in the first k places."""
    return _mean(
        part,
        lambda relevant, ranked, k: (
            len(relevant & {*ranked[:k]}) / len(relevant) if relevant else 0.0
        ),
    )


def hit_rate_at_k(part: Part) -> Estimate:
    """The share of queries with a relevant item in the first k places."""
    return _mean(
        part, lambda relevant, ranked, k: float(bool(relevant & {*ranked[:k]}))
    )


def r_precision(part: Part) -> Estimate:
    """Precision at as many places as there are relevant items."""

    def score(relevant: frozenset[str], ranked: Sequence[str], _k: int) -> float:
        count = len(relevant)
        return len(relevant & {*ranked[:count]}) / count if count else 0.0

    return _mean(part, score)


def mean_f_score(part: Part) -> Estimate:
    """The mean over the rows of F-beta of the two sets of items."""
    square = part.setting.number("beta") ** 2

    def score(relevant: frozenset[str], ranked: Sequence[str], _k: int) -> float:
        below = square * len(relevant) + len(ranked)
        return (1.0 + square) * len(relevant & {*ranked}) / below if below else 1.0

    return _mean(part, score)


def item_jaccard(part: Part) -> Estimate:
    """The mean over the rows of the shared items over those of either set."""

    def score(relevant: frozenset[str], ranked: Sequence[str], _k: int) -> float:
        either = relevant | {*ranked}
        return len(relevant & {*ranked}) / len(either) if either else 1.0

    return _mean(part, score)


def refuse_no_relevant(part: Part) -> str | None:
    """Somewhere there must be something to find."""
    there = any(text.strip() for text in part.true_texts[0].strings())
    return None if there else "have no relevant item at all"


CODE = {
    "map_at_k": Metric(map_at_k, refuse_no_relevant),
    "mrr": Metric(mrr, refuse_no_relevant),
    "ndcg_at_k": Metric(ndcg_at_k, refuse_no_relevant),
    "precision_at_k": Metric(precision_at_k, refuse_no_relevant),
    "recall_at_k": Metric(recall_at_k, refuse_no_relevant),
    "hit_rate_at_k": Metric(hit_rate_at_k, refuse_no_relevant),
    "r_precision": Metric(r_precision, refuse_no_relevant),
    "mean_f_score": Metric(mean_f_score),
    "item_jaccard": Metric(item_jaccard),
}
