"""Counting ordered pairs of rows without looking at every pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podium_scorer.metrics.base import Array

Ints = NDArray[np.int64]


def dense_ranks(values: Array) -> Ints:
    """The rank of each value from 0, equal ones the same."""
    _, ranks = np.unique(values, return_inverse=True)
    return ranks.astype(np.int64)


def average_ranks(values: Array) -> NDArray[np.float64]:
    """The rank of each value from 1, equal ones the mean of their places."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    firsts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[firsts[1:], len(values)]
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((firsts + ends + 1) / 2.0, ends - firsts)
    return ranks


def tied_pairs(ranks: Ints) -> int:
    """How many pairs have the same rank."""
    counts = np.bincount(ranks)
    return int((counts * (counts - 1) // 2).sum())


def smaller_behind(ranks: Ints) -> tuple[Ints, Ints]:
    """How many later elements are smaller than each, and how many are equal to it.

    By merging sorted blocks of doubling size: O(n log² n), all levels vectorised.
    """
    count = len(ranks)
    size = 1 << max(count - 1, 0).bit_length()
    padded = np.full(size, count, np.int64)  # larger than all, and behind them
    padded[:count] = ranks
    order = np.arange(size)
    smaller, up_to = np.zeros(size, np.int64), np.zeros(size, np.int64)
    width = 1
    while width < size:
        blocks = order.reshape(-1, 2, width)
        left, right = blocks[:, 0].ravel(), blocks[:, 1].ravel()
        number = np.repeat(np.arange(len(blocks)), width)
        keys = padded[right] + number * (count + 1)
        wanted = padded[left] + number * (count + 1)
        before = number * width
        smaller[left] += np.searchsorted(keys, wanted, "left") - before
        up_to[left] += np.searchsorted(keys, wanted, "right") - before
        merged = order.reshape(-1, 2 * width)
        places = np.argsort(padded[merged], axis=1, kind="stable")
        order = np.take_along_axis(merged, places, axis=1).ravel()
        width *= 2
    return smaller[:count], (up_to - smaller)[:count]
