"""What every metric's code looks like.

A metric is a function of the truth and the predictions of one part of the solution. Rows
come in the solution's own order, whatever the order of the submission was; a binary truth
comes sorted, the negatives first. It may not change its arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podium_scorer.contract import ParamValue
from podium_scorer.uncertainty import Interval

Floats = NDArray[np.float64]
Array = NDArray[Any]


class Refusal(Exception):
    """What a metric itself can't score in a submission: a sentence without labels."""


@dataclass(frozen=True)
class Setting:
    """A metric's parameters, and how many classes there are (0 for numbers)."""

    params: Mapping[str, ParamValue] = field(default_factory=dict)
    classes: int = 0

    def number(self, name: str) -> float:
        """A parameter that is a number."""
        return float(str(self.params[name]))


@dataclass(frozen=True)
class Estimate:
    """A score and its 95 % confidence interval, None where there is none."""

    score: float
    interval: Interval | None = None


# truth (rows,), predictions (columns, rows), setting -> score
Compute = Callable[[Array, Array, Setting], Estimate]
# truth (rows,) -> why no submission could be scored on it, None if any can
RefuseTruth = Callable[[Array], str | None]


def _any_truth(_truth: Array) -> str | None:
    return None


@dataclass(frozen=True)
class Metric:
    """A metric's code: how it is computed, and which truths it can't be computed on."""

    compute: Compute
    refuse_truth: RefuseTruth = _any_truth
