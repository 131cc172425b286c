"""What every metric's code looks like.

A metric is a function of one part of a solution, with a submission's predictions for its
rows. Rows come in the solution's own order, whatever the order of the submission was;
the truth of a ``Target.BINARY`` metric with one target comes sorted, the negatives first.
A metric may not change what it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer import uncertainty
from podium_scorer.alignment import Texts
from podium_scorer.catalogue import Target
from podium_scorer.contract import ParamValue
from podium_scorer.uncertainty import Interval

Floats = NDArray[np.float64]
Array = NDArray[Any]


class Refusal(Exception):
    """What a metric itself can't score in a submission: a sentence without labels."""


@dataclass(frozen=True)
class Setting:
    """A metric's parameters, and the names of what it compares.

    ``classes`` are the classes behind class numbers (none for other targets), ``targets``
    and ``columns`` the names of the target and prediction columns. ``kinds`` and
    ``classes_of`` say of each target what it holds, and the classes behind its numbers.
    """

    params: Mapping[str, ParamValue] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    kinds: tuple[Target, ...] = ()
    classes_of: tuple[tuple[str, ...], ...] = ()

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        return float(str(self.params[name]))

    def whole(self, name: str) -> int:
        """A parameter that is a whole number."""
        return int(self.number(name))

    def text(self, name: str) -> str:
        """A parameter that is a text or a choice."""
        return str(self.params[name])

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list of texts; empty where it is not given."""
        values = cast("list[str] | None", self.params[name])
        return [str(value) for value in values or []]

    def numbers(self, name: str) -> list[float]:
        """A parameter that is a list of numbers; empty where it is not given."""
        values = cast("list[float] | None", self.params[name])
        return [float(value) for value in values or []]


@dataclass(frozen=True, eq=False)
class Part:
    """The rows of one part of a solution, and a submission's predictions for them.

    ``truths`` has shape (targets, rows): 0 and 1, class numbers, or numbers. Targets that
    are texts, lists, masks or boxes are in ``true_texts`` instead, one column each, and
    ``truths`` has no row. ``predictions`` (columns, rows) and ``predicted_texts`` likewise.
    ``extras`` are the further columns of the solution, by the name of the parameter that
    names them: numbers, or for labels their numbers from 0 (rows,). Only columns that the
    parameters name are there.
    """

    truths: Array
    predictions: Array
    setting: Setting = Setting()
    extras: Mapping[str, Array] = field(default_factory=dict)
    true_texts: tuple[Texts, ...] = ()
    predicted_texts: tuple[Texts, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.true_texts[0]) if self.true_texts else self.truths.shape[1]

    @property
    def truth(self) -> Array:
        """The one target, (rows,)."""
        return cast(Array, self.truths[0])

    def taken(self, rows: NDArray[np.int64]) -> Part:
        """Some of the rows, in their order; ascending where the truth is to stay sorted."""
        return Part(
            truths=self.truths[:, rows],
            predictions=self.predictions[:, rows],
            setting=self.setting,
            extras={name: values[rows] for name, values in self.extras.items()},
            true_texts=tuple(texts.taken(rows) for texts in self.true_texts),
            predicted_texts=tuple(texts.taken(rows) for texts in self.predicted_texts),
        )

    @property
    def weights(self) -> Floats | None:
        """The column that the parameter ``weight_column`` names, (rows,)."""
        return self.extras.get("weight_column")

    @property
    def prediction(self) -> Array:
        """The one prediction column, (rows,)."""
        return cast(Array, self.predictions[0])


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % confidence interval, None where there is none."""

    score: float
    interval: Interval | None = None


Compute = Callable[[Part], Estimate]
# A part without predictions -> why no submission could be scored on it, None if any can:
# the end of a sentence that begins with "The public rows", such as "are all of one class".
RefuseTruth = Callable[[Part], str | None]


def of_losses(
    losses: Floats,
    weights: Floats | None,
    low: float = -math.inf,
    high: float = math.inf,
) -> Estimate:
    """The (weighted) mean of the rows' losses with its interval."""
    if weights is None:
        score = float(losses.mean())
        return Estimate(score, uncertainty.of_mean(losses, score, low, high))
    score = float((weights * losses).sum() / weights.sum())
    interval = uncertainty.of_weighted_mean(losses, weights, score, low, high)
    return Estimate(score, interval)


def rooted(squared: Estimate) -> Estimate:
    """The square root of a score that is never below 0, and of its interval's ends."""
    interval = squared.interval
    if interval is not None:
        interval = (math.sqrt(max(interval[0], 0.0)), math.sqrt(interval[1]))
    return Estimate(math.sqrt(squared.score), interval)


def resampled(
    part: Part,
    score: Callable[[Part], float],
    low: float = -math.inf,
    high: float = math.inf,
) -> Estimate:
    """A score for whose interval there is no closed form. ``score`` may return NaN for a
    draw of rows on which it has no value."""
    value = score(part)
    interval = uncertainty.of_resamples(
        part.rows, lambda rows: score(part.taken(rows)), low, high
    )
    return Estimate(value, interval)


def refuse_weights(part: Part) -> str | None:
    """A weighted metric has no value where all weights are 0."""
    weights = part.weights
    if weights is None or float(weights.sum()) > 0:
        return None
    return "have weights that add up to 0"


def _any_truth(_part: Part) -> str | None:
    return None


@dataclass(frozen=True)
class Metric:
    """A metric's code: how it is computed, and which truths it can't be computed on."""

    compute: Compute
    refuse_truth: RefuseTruth = _any_truth
