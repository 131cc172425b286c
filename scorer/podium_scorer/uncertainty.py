"""95 % confidence intervals: in closed form, or by draws of a confusion matrix.

All treat the rows as independent draws. An interval never leaves the range that its score
can have. Where there is none (a single row, say) the answer is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]
# Counts by class (right, true, predicted), each (draws, classes): a score for each draw.
CountsScore = Callable[[Floats, Floats, Floats], Floats]

Z = 1.959963984540054  # the normal distribution's 97.5 % quantile
DRAWS = 1000
SEED = 20_240_229
MOST_CLASSES = 50


def sum_of_squares(values: Floats) -> float:
    """The sum of squares; not by BLAS, whose last digits depend on its threads."""
    return float(np.einsum("i,i->", values, values))


def around(
    score: float, deviation: float, low: float = -math.inf, high: float = math.inf
) -> Interval | None:
    """The normal interval of a score with this standard deviation, within its range."""
    if not math.isfinite(deviation):
        return None
    return max(low, score - Z * deviation), min(high, score + Z * deviation)


def of_mean(
    losses: Floats, mean: float, low: float = -math.inf, high: float = math.inf
) -> Interval | None:
    """The interval of a mean of independent losses; None for fewer than two."""
    count = len(losses)
    if count < 2:
        return None
    centred = losses - mean
    variance = sum_of_squares(centred) / (count - 1)
    return around(mean, math.sqrt(variance / count), low, high)


def of_share(hits: int, count: int) -> Interval:
    """Wilson's interval of a share, which is sound near 0 and 1 too.

    Wilson, Journal of the American Statistical Association 22 (1927) 209-212.
    """
    share, square = hits / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = share * (1 - share) / count + square / (4 * count * count)
    half = Z * math.sqrt(spread) / (1 + square / count)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == count else min(1.0, middle + half)


def of_cells(
    cells: NDArray[np.int64], classes: int, score: CountsScore
) -> Interval | None:
    """The interval of a score of a confusion matrix, by multinomial draws of its cells.

    ``cells`` are the matrix's rows (true classes) one after the other. The seed is fixed:
    the same matrix has the same interval everywhere. None for fewer than two rows.
    """
    total = int(cells.sum())
    if total < 2:
        return None
    random = Generator(PCG64(SEED))
    draws = random.multinomial(total, cells / total, DRAWS).astype(np.float64)
    matrices = draws.reshape(DRAWS, classes, classes)
    right = np.diagonal(matrices, axis1=1, axis2=2)
    scores = score(right, matrices.sum(axis=2), matrices.sum(axis=1))
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)
