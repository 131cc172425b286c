"""Ranked lists and sets of items, a row for each query.

All rows are computed at once. An item that is predicted again counts once, at its first
place, which is what ``words.shared`` gives.
"""

from __future__ import annotations

import math

import numpy as np

from podium_scorer.alignment import Ints
from podium_scorer.metrics.base import Array, Estimate, Floats, Metric, Part, of_losses
from podium_scorer.metrics.words import Shared, shared

# Discounts are whole multiples of 2 ** -57 (above 2 ** -5, as k is at most 100,000), and
# are added up in two halves, so that sums of them are exact in any order.
_DISCOUNT_BITS, _HALF_BITS = 57, 29


def _compared(part: Part) -> Shared:
    return shared(part.true_texts[0], part.predicted_texts[0])


def _first_k(part: Part) -> Shared:
    """The relevant items (left) and the predicted ones (right), hits beyond k left out."""
    both = _compared(part)
    within = both.places <= part.setting.whole("k")
    return Shared(both.left, both.right, both.cells[within], both.places[within])


def _hits(part: Part, both: Shared) -> Ints:
    """How many hits each row has."""
    hits: Ints = np.bincount(both.cells, minlength=part.rows)
    return hits


def _mean_of_shares(above: Array, below: Array, empty: float = 0.0) -> Estimate:
    """The mean of the rows' quotients; a row without anything below counts ``empty``."""
    shares = np.full(len(above), empty)
    np.divide(above, below, out=shares, where=below > 0)
    return of_losses(shares, None, 0.0, 1.0)


def map_at_k(part: Part) -> Estimate:
    """The mean over the queries of the average precision at k."""
    both = _first_k(part)
    hits = _hits(part, both)
    so_far = np.arange(1, len(both.cells) + 1) - (np.cumsum(hits) - hits)[both.cells]
    precisions = np.bincount(both.cells, so_far / both.places, part.rows)
    return _mean_of_shares(precisions, np.minimum(both.left, part.setting.whole("k")))


def mrr(part: Part) -> Estimate:
    """The mean of one over the place of the first relevant item."""
    both = _first_k(part)
    rows, first = np.unique(both.cells, return_index=True)
    values = np.zeros(part.rows)
    values[rows] = 1.0 / both.places[first]
    return of_losses(values, None, 0.0, 1.0)


def ndcg_at_k(part: Part) -> Estimate:
    """The mean of the discounted gain over the best there could be; every gain is 1."""
    both, k = _first_k(part), part.setting.whole("k")
    wanted = np.minimum(both.left, k)
    most = max(int(wanted.max(initial=0)), int(both.places.max(initial=0)))
    high, low = _discounts(most)
    gains = _in_full(
        np.bincount(both.cells, high[both.places], part.rows),
        np.bincount(both.cells, low[both.places], part.rows),
    )
    best = _in_full(np.cumsum(high)[wanted], np.cumsum(low)[wanted])
    return _mean_of_shares(np.minimum(gains, best), best)


def _discounts(most: int) -> tuple[Floats, Floats]:
    """The discount of each place up to ``most``, in halves that are whole; 0 at place 0."""
    values = [1.0 / math.log2(place + 1) for place in range(1, most + 1)]
    whole = np.ldexp(np.array([0.0, *values]), _DISCOUNT_BITS).astype(np.int64)
    return (
        (whole >> _HALF_BITS).astype(np.float64),
        (whole & ((1 << _HALF_BITS) - 1)).astype(np.float64),
    )


def _in_full(high: Array, low: Array) -> Floats:
    """Sums of discounts from those of their halves, rounded once."""
    sums: Floats = np.ldexp(np.ldexp(high, _HALF_BITS) + low, -_DISCOUNT_BITS)
    return sums


def precision_at_k(part: Part) -> Estimate:
    """The share of the first k places that hold relevant items."""
    k = part.setting.whole("k")
    return _mean_of_shares(_hits(part, _first_k(part)), np.full(part.rows, k))


def recall_at_k(part: Part) -> Estimate:
    """The share of the relevant items that are in the first k places."""
    both = _first_k(part)
    return _mean_of_shares(_hits(part, both), both.left)


def hit_rate_at_k(part: Part) -> Estimate:
    """The share of queries with a relevant item in the first k places."""
    hits = _hits(part, _first_k(part))
    return of_losses((hits > 0).astype(np.float64), None, 0.0, 1.0)


def r_precision(part: Part) -> Estimate:
    """Precision at as many places as there are relevant items."""
    both = _compared(part)
    within = both.places <= both.left[both.cells]
    hits = np.bincount(both.cells[within], minlength=part.rows)
    return _mean_of_shares(hits, both.left)


def mean_f_score(part: Part) -> Estimate:
    """The mean over the rows of F-beta of the two sets of items."""
    square = part.setting.number("beta") ** 2
    both = _compared(part)
    above = (1.0 + square) * _hits(part, both)
    return _mean_of_shares(above, square * both.left + both.right, empty=1.0)


def item_jaccard(part: Part) -> Estimate:
    """The mean over the rows of the shared items over those of either set."""
    both = _compared(part)
    hits = _hits(part, both)
    return _mean_of_shares(hits, both.left + both.right - hits, empty=1.0)


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
