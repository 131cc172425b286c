"""What every metric's code looks like.

A metric is a function of one part of a solution, with a submission's predictions for its
rows. Rows come in the solution's own order, whatever the order of the submission was;
the truth of a ``Target.BINARY`` metric with one target comes sorted, the negatives first.
A metric may not change what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import Texts
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
    and ``columns`` the names of the target and prediction columns.
    """

    params: Mapping[str, ParamValue] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        return float(str(self.params[name]))

    def whole(self, name: str) -> int:
        """A parameter that is a whole number."""
        return int(self.number(name))

    def text(self, name: str) -> str:
        """A parameter that is a text or a choice."""
        return str(self.params[name])

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


def _any_truth(_part: Part) -> str | None:
    return None


@dataclass(frozen=True)
class Metric:
    """A metric's code: how it is computed, and which truths it can't be computed on."""

    compute: Compute
    refuse_truth: RefuseTruth = _any_truth
