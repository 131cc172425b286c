"""Means of the rows' losses, and roots of such means. All take weights where it is usual."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    refuse_weights,
    rooted,
)


def mse(part: Part) -> Estimate:
    """The mean of the squared errors."""
    return of_losses(np.square(part.prediction - part.truth), part.weights, 0.0)


def rmse(part: Part) -> Estimate:
    """The square root of the mean squared error."""
    return rooted(mse(part))


def mae(part: Part) -> Estimate:
    """The mean of the errors' sizes."""
    return of_losses(np.abs(part.prediction - part.truth), part.weights, 0.0)


def msle(part: Part) -> Estimate:
    """The mean squared difference of log(1 + value)."""
    losses = np.square(np.log1p(part.prediction) - np.log1p(part.truth))
    return of_losses(losses, part.weights, 0.0)


def rmsle(part: Part) -> Estimate:
    """The square root of the mean squared logarithmic error."""
    return rooted(msle(part))


def median_ae(part: Part) -> Estimate:
    """The median of the errors' sizes; its interval by order statistics.

    The ranks of the interval are those of the binomial distribution's normal
    approximation, as far from either end: David and Nagaraja, Order Statistics (2003),
    section 7.1.
    """
    errors = np.sort(np.abs(part.prediction - part.truth))
    count = len(errors)
    score = float(np.median(errors))
    half = 1.959963984540054 * math.sqrt(count) / 2.0
    low = math.floor((count - 1) / 2.0 - half)
    if low < 0:
        return Estimate(score)
    return Estimate(score, (float(errors[low]), float(errors[count - 1 - low])))


def max_error(part: Part) -> Estimate:
    """The largest error. No interval: a maximum has none that resampling could find."""
    return Estimate(float(np.abs(part.prediction - part.truth).max()))


def mape(part: Part) -> Estimate:
    """The mean of |error| / |truth|."""
    losses = np.abs(part.prediction - part.truth) / np.abs(part.truth)
    return of_losses(losses, part.weights, 0.0)


def smape(part: Part) -> Estimate:
    """The mean of |error| / ((|truth| + |prediction|) / 2), in percent where asked."""
    sizes = np.abs(part.truth) + np.abs(part.prediction)
    errors = np.abs(part.prediction - part.truth)
    losses = np.divide(2.0 * errors, sizes, out=np.zeros(part.rows), where=sizes > 0)
    factor = {"0 to 200": 100.0, "0 to 100": 50.0, "0 to 2": 1.0}
    most = {"0 to 200": 200.0, "0 to 100": 100.0, "0 to 2": 2.0}
    scale = part.setting.text("scale")
    return of_losses(losses * factor[scale], part.weights, 0.0, most[scale])


def rmspe(part: Part) -> Estimate:
    """The square root of the mean squared error relative to the truth."""
    relative = (part.prediction - part.truth) / part.truth
    return rooted(of_losses(np.square(relative), part.weights, 0.0))


def huber(part: Part) -> Estimate:
    """Half the squared error up to delta, delta times the rest of it beyond."""
    delta = part.setting.number("delta")
    sizes = np.abs(part.prediction - part.truth)
    losses = np.where(
        sizes <= delta, 0.5 * np.square(sizes), delta * (sizes - 0.5 * delta)
    )
    return of_losses(losses, part.weights, 0.0)


def log_cosh(part: Part) -> Estimate:
    """The mean of log cosh(error), without overflow."""
    sizes = np.abs(part.prediction - part.truth)
    losses = sizes + np.log1p(np.exp(-2.0 * sizes)) - math.log(2.0)
    return of_losses(losses, part.weights, 0.0)


def pinball(part: Part) -> Estimate:
    """The quantile loss at ``alpha``."""
    return of_losses(
        pinball_losses(part.truth, part.prediction, part.setting.number("alpha")),
        part.weights,
        0.0,
    )


def pinball_losses(truth: Array, prediction: Array, alpha: float) -> Floats:
    """max(alpha (y - q), (alpha - 1) (y - q)) for each row."""
    errors = truth - prediction
    return np.maximum(alpha * errors, (alpha - 1.0) * errors)


def tweedie_losses(truth: Array, prediction: Array, power: float) -> Floats:
    """Twice the unit deviance of each row; 0 is the squared error, 1 and 2 are limits.

    No deviance is below 0: rounding may carry that of a perfect prediction there.
    """
    if power == 0.0:
        squares: Floats = np.square(prediction - truth)
        return squares
    if power == 1.0:
        losses = _times_log(truth, prediction) - truth + prediction
    elif power == 2.0:
        quotients = truth / prediction
        losses = quotients - np.log(quotients) - 1.0
    else:
        best = np.power(np.maximum(truth, 0.0), 2.0 - power) / (1.0 - power)
        slope = truth * np.power(prediction, 1.0 - power) / (1.0 - power)
        level = np.power(prediction, 2.0 - power) / (2.0 - power)
        losses = best / (2.0 - power) - slope + level
    return np.maximum(2.0 * losses, 0.0)


def _times_log(truth: Array, prediction: Array) -> Floats:
    """truth log(truth / prediction), which is 0 where the truth is 0."""
    quotient = np.divide(truth, prediction, out=np.ones(len(truth)), where=truth > 0)
    losses: Floats = truth * np.log(quotient)
    return losses


def poisson_deviance(part: Part) -> Estimate:
    """The mean Poisson deviance."""
    return of_losses(
        tweedie_losses(part.truth, part.prediction, 1.0), part.weights, 0.0
    )


def gamma_deviance(part: Part) -> Estimate:
    """The mean gamma deviance."""
    return of_losses(
        tweedie_losses(part.truth, part.prediction, 2.0), part.weights, 0.0
    )


def tweedie_deviance(part: Part) -> Estimate:
    """The mean Tweedie deviance at ``power``."""
    power = part.setting.number("power")
    return of_losses(
        tweedie_losses(part.truth, part.prediction, power), part.weights, 0.0
    )


def laplace_log_likelihood(part: Part) -> Estimate:
    """The mean log-likelihood of a Laplace distribution given by centre and deviation.

    The two prediction columns are the centre and the standard deviation, in this order.
    """
    centre, sigma = part.predictions
    sigma = np.maximum(sigma, part.setting.number("sigma_clip"))
    delta = np.minimum(np.abs(part.truth - centre), part.setting.number("error_clip"))
    root = math.sqrt(2.0)
    losses = -root * delta / sigma - np.log(root * sigma)
    return of_losses(losses, part.weights)


def gaussian_log_likelihood(part: Part) -> Estimate:
    """The mean log-density of a normal distribution given by mean and deviation."""
    mean, sigma = part.predictions
    sigma = np.maximum(sigma, part.setting.number("sigma_clip"))
    losses = -0.5 * np.square((part.truth - mean) / sigma)
    return of_losses(
        losses - np.log(sigma) - 0.5 * math.log(2.0 * math.pi), part.weights
    )


def refuse_not_two_columns(part: Part) -> str | None:
    """A distribution's centre and spread are two columns; and rows weigh something."""
    two = len(part.setting.columns) == 2
    return refuse_weights(part) if two else "do not have two prediction columns"


CODE = {
    "rmse": Metric(rmse, refuse_weights),
    "mse": Metric(mse, refuse_weights),
    "mae": Metric(mae, refuse_weights),
    "msle": Metric(msle, refuse_weights),
    "rmsle": Metric(rmsle, refuse_weights),
    "median_ae": Metric(median_ae),
    "max_error": Metric(max_error),
    "smape": Metric(smape, refuse_weights),
    "huber": Metric(huber, refuse_weights),
    "log_cosh": Metric(log_cosh, refuse_weights),
    "pinball": Metric(pinball, refuse_weights),
    "poisson_deviance": Metric(poisson_deviance, refuse_weights),
    "gamma_deviance": Metric(gamma_deviance, refuse_weights),
    "tweedie_deviance": Metric(tweedie_deviance, refuse_weights),
    "laplace_log_likelihood": Metric(laplace_log_likelihood, refuse_not_two_columns),
    "gaussian_log_likelihood": Metric(gaussian_log_likelihood, refuse_not_two_columns),
}
