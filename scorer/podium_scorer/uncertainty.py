"""95 % confidence intervals: in closed form, by draws of a confusion matrix, or by resampling.

All treat the rows as independent draws. An interval never leaves the range that its score
can have. Where there is none (a single row, say) the answer is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import cast

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
RESAMPLED_ROWS, RESAMPLED_SLOWLY, LEFT_OUT_ROWS = 1_000, 100, 200_000


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


def of_influences(
    score: float, influences: Floats, low: float = -math.inf, high: float = math.inf
) -> Interval | None:
    """The delta method's interval: each row's influence is the derivative of the score by
    that row's weight, times the number of rows, so that their mean is 0.

    Hampel, Journal of the American Statistical Association 69 (1974) 383-393.
    """
    count = len(influences)
    if count < 2:
        return None
    variance = sum_of_squares(influences) / (count - 1)
    return around(score, math.sqrt(variance / count), low, high)


def of_weighted_mean(
    losses: Floats,
    weights: Floats,
    mean: float,
    low: float = -math.inf,
    high: float = math.inf,
) -> Interval | None:
    """The interval of a weighted mean, rows and their weights drawn together."""
    influences = weights * (losses - mean) / float(weights.mean())
    return of_influences(mean, influences, low, high)


def of_resamples(
    count: int,
    score: Callable[[NDArray[np.int64]], float],
    low: float = -math.inf,
    high: float = math.inf,
    *,
    slow: bool = False,
) -> Interval | None:
    """The interval of any score of rows, for which there is no closed form.

    ``score`` takes the numbers of some rows, ascending, repeated where a row is drawn
    more than once. Up to 1,000 rows: percentiles of 1,000 resamples (Efron, Annals of
    Statistics 7 (1979) 1-26). Above, where that would take long: the jackknife over 20
    groups of rows, each left out in turn, and above 200,000 rows the scores of 50 groups
    by themselves (Wolter, Introduction to Variance Estimation, 2007, chapters 2 and 4),
    both with Student's quantile. Of a ``slow`` score the jackknife begins at 100 rows. The
    seed is fixed. None for fewer than two rows, or
    where more than a tenth of the draws have no score.
    """
    if count < 2:
        return None
    random = Generator(PCG64(SEED))
    if count <= (RESAMPLED_SLOWLY if slow else RESAMPLED_ROWS):
        draws = (np.sort(random.integers(count, size=count)) for _ in range(DRAWS))
        scores = _scores(score, draws)
        if len(scores) < 0.9 * DRAWS:
            return None
        ends = np.quantile(scores, [0.025, 0.975])
        return max(low, float(ends[0])), min(high, float(ends[1]))
    alone = count > LEFT_OUT_ROWS
    groups, student = (50, 2.009575) if alone else (20, 2.093024)
    group = random.permutation(count) % groups
    parts = (
        np.flatnonzero((group == number) if alone else (group != number))
        for number in range(groups)
    )
    scores = _scores(score, parts)
    if len(scores) < groups:
        return None
    spread = sum_of_squares(scores - scores.mean())
    variance = spread / (groups * (groups - 1))
    if not alone:
        variance = spread * (groups - 1) / groups
    whole = score(np.arange(count))
    return around(whole, student / Z * math.sqrt(variance), low, high)


def _scores(
    score: Callable[[NDArray[np.int64]], float], draws: Iterable[NDArray[np.int64]]
) -> Floats:
    scores = np.array([score(rows) for rows in draws])
    return cast(Floats, scores[np.isfinite(scores)])


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
    """The interval of a score of a confusion matrix's counts, as ``of_matrices`` draws it."""

    def of_counts(matrices: Floats) -> Floats:
        right = np.diagonal(matrices, axis1=1, axis2=2)
        return score(right, matrices.sum(axis=2), matrices.sum(axis=1))

    return of_matrices(cells, classes, of_counts)


def of_matrices(
    cells: NDArray[np.int64], classes: int, score: Callable[[Floats], Floats]
) -> Interval | None:
    """The interval of a score of a confusion matrix, by multinomial draws of its cells.

    ``cells`` are the matrix's rows (true classes) one after the other; ``score`` takes
    matrices (draws, classes, classes). The seed is fixed: the same matrix has the same
    interval everywhere. None for fewer than two rows.
    """
    total = int(cells.sum())
    if total < 2:
        return None
    random = Generator(PCG64(SEED))
    draws = random.multinomial(total, cells / total, DRAWS).astype(np.float64)
    scores = score(draws.reshape(DRAWS, classes, classes))
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)
