"""The few statistics that the linter needs, on ranks and on classes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def ranks(values: Floats) -> Floats:
    """Ranks from 0, the average of their ranks for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    average: Floats = (ends - (counts + 1) / 2)[inverse]
    return average


def correlation(one: Floats, other: Floats) -> float:
    """Pearson's correlation; 0 where either is constant."""
    first, second = one - one.mean(), other - other.mean()
    scale = math.sqrt(float((first**2).sum()) * float((second**2).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's correlation."""
    return correlation(ranks(one), ranks(other))


def ratio_of_ranks(values: Floats, codes: Codes) -> float:
    """The share of the variance of the values' ranks that lies between classes."""
    ranked = ranks(values)
    spread = float(((ranked - ranked.mean()) ** 2).sum())
    counts = np.bincount(codes)
    sums = np.bincount(codes, ranked)
    means = sums / np.maximum(counts, 1)
    between = float((counts * (means - ranked.mean()) ** 2)[counts > 0].sum())
    return between / spread if spread > 0 else 0.0


def auc(values: Floats, positive: NDArray[np.bool_]) -> float:
    """The area under the ROC curve."""
    count = int(positive.sum())
    others = len(values) - count
    total = float(ranks(values)[positive].sum()) - count * (count - 1) / 2
    return total / (count * others)


def kendall(one: Floats, other: Floats) -> float:
    """Kendall's tau-b, over all pairs; 0 where either is constant."""
    upper = np.triu_indices(len(one), 1)
    first = np.sign(one[:, None] - one[None, :])[upper]
    second = np.sign(other[:, None] - other[None, :])[upper]
    scale = math.sqrt(float((first != 0).sum()) * float((second != 0).sum()))
    return float((first * second).sum()) / scale if scale > 0 else 0.0
