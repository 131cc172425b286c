"""How well predictions go along with the truth: correlations and concordance."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import Array, Estimate, Floats, Metric, Part, resampled
from podium_scorer.metrics.pairs import (
    average_ranks,
    dense_ranks,
    smaller_behind,
    tied_pairs,
)
from podium_scorer.metrics.relative import refuse_constant


def pearson(part: Part) -> Estimate:
    """Pearson's r; 0 where the predictions do not vary. Delta method's interval."""
    score, influences = correlate(part.truth, part.prediction)
    if influences is None:
        return Estimate(score)
    return Estimate(score, uncertainty.of_influences(score, influences, -1.0, 1.0))


def correlate(truth: Array, prediction: Array) -> tuple[float, Floats | None]:
    """Pearson's r and each row's influence on it; 0 and None where one does not vary."""
    x, y = _standard(truth), _standard(prediction)
    if x is None or y is None:
        return 0.0, None
    score = min(1.0, max(-1.0, float((x * y).mean())))
    return score, x * y - score * (np.square(x) + np.square(y)) / 2.0


def _standard(values: Array) -> Floats | None:
    """The values in units of their standard deviation; None where they do not vary."""
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return None
    scaled = values / largest  # so that no square overflows
    centred = scaled - scaled.mean()
    spread = math.sqrt(float(np.square(centred).mean()))
    if spread <= 1e-15:
        return None
    standard: Floats = centred / spread
    return standard


def spearman(part: Part) -> Estimate:
    """Pearson's r of the ranks, ties at the mean of their places."""
    return resampled(part, _spearman, -1.0, 1.0)


def _spearman(part: Part) -> float:
    return correlate(average_ranks(part.truth), average_ranks(part.prediction))[0]


def normalized_gini(part: Part) -> Estimate:
    """The Gini coefficient of the predictions' order over that of the right order."""
    return resampled(part, _normalized_gini, -1.0, 1.0)


def _normalized_gini(part: Part) -> float:
    middle = (part.rows + 1) / 2
    # Without the mean, which changes neither sum, nothing cancels. Not by BLAS, whose
    # last digits depend on its threads.
    truth = part.truth - part.truth.mean()
    best = float((truth * (average_ranks(part.truth) - middle)).sum())
    own = float((truth * (average_ranks(part.prediction) - middle)).sum())
    return max(-1.0, min(1.0, own / best)) if best > 0 else math.nan


def kendall(part: Part) -> Estimate:
    """Kendall's tau-b; 0 where the predictions do not vary."""
    return resampled(part, _kendall, -1.0, 1.0)


def _kendall(part: Part) -> float:
    x, y = dense_ranks(part.truth), dense_ranks(part.prediction)
    order = np.lexsort((y, x))
    smaller, _ = smaller_behind(y[order])
    discordant = int(smaller.sum())
    pairs = part.rows * (part.rows - 1) // 2
    ties_x, ties_y = tied_pairs(x), tied_pairs(y)
    both = tied_pairs(dense_ranks(x * (int(y.max()) + 1) + y))
    concordant = pairs - ties_x - ties_y + both - discordant
    spread = math.sqrt(pairs - ties_x) * math.sqrt(pairs - ties_y)
    # Rounding may carry a perfect one beyond 1.
    return min(1.0, max(-1.0, (concordant - discordant) / spread)) if spread else 0.0


def lins_concordance(part: Part) -> Estimate:
    """Lin's concordance correlation: agreement with the line through 0 at 45°."""
    return resampled(part, _lins, -1.0, 1.0)


def _lins(part: Part) -> float:
    x, y = part.truth, part.prediction
    centred = x - x.mean(), y - y.mean()
    both = float((centred[0] * centred[1]).mean())
    spread = float(np.square(centred[0]).mean()) + float(np.square(centred[1]).mean())
    spread += float(x.mean() - y.mean()) ** 2
    return 2.0 * both / spread if spread else math.nan


def concordance(part: Part) -> Estimate:
    """The share of pairs with different truths that are predicted in the right order."""
    return resampled(part, _concordance, 0.0, 1.0)


def _concordance(part: Part) -> float:
    x, y = dense_ranks(part.truth), dense_ranks(part.prediction)
    order = np.lexsort((y, x))  # within equal truths ascending: no pair is discordant
    smaller, _ = smaller_behind(y[order])
    pairs = part.rows * (part.rows - 1) // 2 - tied_pairs(x)
    both = tied_pairs(dense_ranks(x * (int(y.max()) + 1) + y))
    tied = tied_pairs(y) - both
    if not pairs:
        return math.nan
    return (pairs - int(smaller.sum()) - tied + tied / 2.0) / pairs


CODE = {
    "pearson": Metric(pearson, refuse_constant),
    "spearman": Metric(spearman, refuse_constant),
    "normalized_gini_regression": Metric(normalized_gini, refuse_constant),
    "kendall_tau": Metric(kendall, refuse_constant),
    "lins_concordance": Metric(lins_concordance, refuse_constant),
    "concordance": Metric(concordance, refuse_constant),
}
