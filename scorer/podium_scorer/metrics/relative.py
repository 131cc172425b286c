"""Errors set against something: the truth's own spread, a scale, or a baseline."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from podium_scorer import uncertainty
from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    refuse_weights,
    resampled,
)
from podium_scorer.metrics.errors import (
    mae,
    mape,
    pinball_losses,
    rmspe,
    tweedie_losses,
)


def r2(part: Part) -> Estimate:
    """1 - the squared errors' share of the truth's squared distance from its mean."""
    weights = _weights(part)
    truth = part.truth
    mean = float((weights * truth).sum() / weights.sum())
    return _one_minus(
        weights * np.square(part.prediction - truth), weights * np.square(truth - mean)
    )


def explained_variance(part: Part) -> Estimate:
    """1 - the errors' variance over the truth's."""
    weights = _weights(part)
    truth = part.truth
    # Each less its own first value: beside a prediction of 1e100 the truth would vanish,
    # and an error that is the same everywhere costs nothing.
    errors = (truth - truth[0]) - (part.prediction - part.prediction[0])
    total = weights.sum()
    mean = float((weights * truth).sum() / total)
    shift = float((weights * errors).sum() / total)
    return _one_minus(
        weights * np.square(errors - shift), weights * np.square(truth - mean)
    )


def wape(part: Part) -> Estimate:
    """The sum of the errors' sizes over the sum of the truth's sizes."""
    errors, sizes = np.abs(part.prediction - part.truth), np.abs(part.truth)
    weights = _weights(part)
    return quotient_of_sums(weights * errors, weights * sizes, 0.0)


def normalized_wmae(part: Part) -> Estimate:
    """The weighted mean of the errors' sizes over the truth's range."""
    plain = mae(part)
    span = float(part.truth.max() - part.truth.min())
    interval = plain.interval
    if interval is not None:
        interval = (interval[0] / span, interval[1] / span)
    return Estimate(plain.score / span, interval)


def mase(part: Part) -> Estimate:
    """The mean of |error| / scale."""
    scale: float | Array = part.extras.get("scale_column", 0.0)
    if "scale_column" not in part.extras:
        scale = part.setting.number("scale")
    return of_losses(np.abs(part.prediction - part.truth) / scale, None, 0.0)


def wrmsse(part: Part) -> Estimate:
    """The weighted mean over the series of sqrt(mean squared error / scale)."""
    return resampled(part, _wrmsse, 0.0)


def _wrmsse(part: Part) -> float:
    series = part.extras["series_column"]
    count = int(series.max()) + 1
    rows = np.bincount(series, minlength=count)
    squares = np.square(part.prediction - part.truth) / part.extras["scale_column"]
    present = rows > 0
    sums = np.bincount(series, squares, minlength=count)[present]
    roots = np.sqrt(sums / rows[present])
    weights = part.weights
    if weights is None:
        return float(roots.mean())
    shares = np.bincount(series, weights, minlength=count)[present] / rows[present]
    total = float(shares.sum())  # 0 where only such rows are drawn
    return float((shares * roots).sum()) / total if total > 0.0 else math.nan


def d2_absolute(part: Part) -> Estimate:
    """1 - the absolute errors' share of those of the truth's median."""
    return _d2(part, lambda t, p: np.abs(t - p), lambda t: float(np.median(t)))


def d2_pinball(part: Part) -> Estimate:
    """1 - the pinball loss's share of that of the truth's own quantile."""
    alpha = part.setting.number("alpha")
    return _d2(
        part,
        lambda t, p: pinball_losses(t, p, alpha),
        lambda t: float(np.quantile(t, alpha)),
    )


def d2_tweedie(part: Part) -> Estimate:
    """1 - the Tweedie deviance's share of that of the truth's mean."""
    power = part.setting.number("power")
    return _d2(
        part, lambda t, p: tweedie_losses(t, p, power), lambda t: float(t.mean())
    )


def _d2(
    part: Part,
    losses: Callable[[Array, Array], Floats],
    baseline: Callable[[Array], float],
) -> Estimate:
    truth = part.truth
    constant = np.full(part.rows, baseline(truth))
    return _one_minus(losses(truth, part.prediction), losses(truth, constant))


def refuse_no_baseline(part: Part) -> str | None:
    """Below power 0 a prediction, and so the mean, must be above 0."""
    truth, power = part.truth, part.setting.number("power")
    if power < 0.0 and float(truth.mean()) <= 0.0:
        return "have a mean target of 0 or less"
    if (why := refuse_constant(part)) is not None:
        return why
    baseline = np.full(part.rows, truth.mean())
    deviance = float(tweedie_losses(truth, baseline, power).mean())
    return None if deviance > 0.0 else "have targets that hardly differ"


def _weights(part: Part) -> Floats:
    return np.ones(part.rows) if part.weights is None else part.weights


def quotient_of_sums(
    numerators: Floats,
    denominators: Floats,
    low: float = -math.inf,
    high: float = math.inf,
) -> Estimate:
    """A quotient of two sums over the rows, with the delta method's interval.

    Each row's influence is (numerator - quotient denominator) / the mean denominator.
    """
    scale = float(denominators.mean())
    quotient = float(numerators.mean()) / scale
    influences = (numerators - quotient * denominators) / scale
    interval = uncertainty.of_influences(quotient, influences, low, high)
    return Estimate(quotient, interval)


def _one_minus(numerators: Floats, denominators: Floats) -> Estimate:
    found = quotient_of_sums(numerators, denominators)
    interval = found.interval
    if interval is not None:
        interval = (1.0 - interval[1], min(1.0, 1.0 - interval[0]))
    return Estimate(1.0 - found.score, interval)


def refuse_constant(part: Part) -> str | None:
    """There is no share of a spread where the truth does not vary."""
    varies = _spread(part.truth, np.ones(part.rows)) > 0.0
    return refuse_weights(part) if varies else "all have the same target"


def refuse_constant_where_weighed(part: Part) -> str | None:
    """Nor where it varies in rows alone that weigh nothing."""
    if (why := refuse_constant(part)) is not None or part.weights is None:
        return why
    varies = _spread(part.truth, part.weights) > 0.0
    return None if varies else "have the same target wherever they weigh something"


def _spread(truth: Array, weights: Floats) -> float:
    """The squared distances from the mean; exactly 0 where the truth does not vary, for
    which a mean alone may be rounded."""
    weighed = truth[weights > 0.0]
    if not len(weighed) or weighed.min() == weighed.max():
        return 0.0
    mean = float((weights * truth).sum() / weights.sum())
    return float((weights * np.square(truth - mean)).mean())


def refuse_zeros(part: Part) -> str | None:
    """A relative error has no value where the truth is 0."""
    return refuse_weights(part) if part.truth.all() else "have a target of 0"


def refuse_all_zero(part: Part) -> str | None:
    """There is no share of a sum of 0."""
    if not part.truth.any():
        return "all have a target of 0"
    if (why := refuse_weights(part)) is not None or part.weights is None:
        return why
    some = float((part.weights * np.abs(part.truth)).mean()) > 0.0
    return None if some else "have a target of 0 wherever they weigh something"


def refuse_no_scale(part: Part) -> str | None:
    """Without a scale there is nothing to set the errors against."""
    if "scale_column" in part.extras or part.setting.params["scale"] is not None:
        return None
    return "have no scale: name scale_column, or give scale"


CODE = {
    "r2": Metric(r2, refuse_constant_where_weighed),
    "explained_variance": Metric(explained_variance, refuse_constant_where_weighed),
    "wape": Metric(wape, refuse_all_zero),
    "normalized_wmae": Metric(normalized_wmae, refuse_constant),
    "mase": Metric(mase, refuse_no_scale),
    "wrmsse": Metric(wrmsse, refuse_weights),
    "d2_absolute_error": Metric(d2_absolute, refuse_constant),
    "d2_pinball": Metric(d2_pinball, refuse_constant),
    "d2_tweedie": Metric(d2_tweedie, refuse_no_baseline),
    "mape": Metric(mape, refuse_zeros),
    "rmspe": Metric(rmspe, refuse_zeros),
}
