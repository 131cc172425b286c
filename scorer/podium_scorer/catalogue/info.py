"""What there is to know about a metric and its parameters, as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from podium_scorer.contract import ParamValue

LARGEST = 1e100  # of a regression's numbers: their squares still add up below infinity

MEAN_INTERVAL = "mean of the rows' losses, normal approximation"
LARGE_NUMBERS = (
    "numbers beyond 1e100",
    "refused by the reader: their squares would not add up to a finite score",
)


class Family(StrEnum):
    """What a metric judges."""

    BINARY = "binary classification"
    MULTICLASS = "multiclass classification"
    REGRESSION = "regression"


class Target(StrEnum):
    """What the solution's target column holds."""

    BINARY = "binary"  # two classes: 0 and 1, or any two with ``positive_label``
    LABEL = "label"  # one of some classes, any text
    NUMBER = "number"  # a finite number


class Prediction(StrEnum):
    """What a submission's prediction columns hold."""

    SCORE = "score"  # one column, any finite number: higher means more likely positive
    PROBABILITY = "probability"  # one column, from 0 to 1
    PROBABILITIES = "probabilities"  # one column, or one for each class, from 0 to 1
    NUMBER = "number"  # one column, any finite number
    LABEL = "label"  # one column, a class as the solution writes it


class ParamType(StrEnum):
    """What a parameter holds."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    TEXTS = "texts"


@dataclass(frozen=True, kw_only=True)
class ParamInfo:
    """A metric's parameter; it must stay between ``above`` and ``below``."""

    name: str
    type: ParamType
    default: ParamValue
    doc: str
    choices: tuple[str, ...] = ()
    above: float = -math.inf
    below: float = math.inf

    def fault(self, value: object) -> str | None:
        """Say what is wrong with ``value``, or None if it will do."""
        if value is None and self.default is None:
            return None
        match self.type:
            case ParamType.TEXTS:
                right = isinstance(value, list) and all(map(_is_text, value))
                wanted = "a list of texts (in YAML within quotes)"
            case ParamType.TEXT:
                right = _is_text(value)
                wanted = "a text (in YAML within quotes)"
            case ParamType.CHOICE:
                right = value in self.choices
                wanted = "one of " + ", ".join(self.choices)
            case ParamType.NUMBER:
                right = _is_number(value) and self.above < float(str(value))
                right = right and float(str(value)) < self.below
                wanted = f"a number above {self.above:g} and below {self.below:g}"
        return None if right else f"The parameter {self.name} must be {wanted}."


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """Everything there is to know about a metric without computing it.

    ``low`` and ``high`` bound the score (None: without bound), ``perfect`` is its
    value where every prediction is right. ``edges`` are pairs of a case and what is
    decided for it. ``formula`` is LaTeX. ``example`` shows truth, predictions, score.
    """

    name: str
    title: str
    summary: str
    family: Family
    higher_is_better: bool
    target: Target
    prediction: Prediction
    formula: str
    source: str
    example: str
    interval: str
    aliases: tuple[str, ...] = ()
    params: tuple[ParamInfo, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    perfect: float | None = None
    decimals: int = 5

    @property
    def direction(self) -> str:
        """``higher`` or ``lower``: which score is better."""
        return "higher" if self.higher_is_better else "lower"

    @property
    def valid_range(self) -> tuple[float, float] | None:
        """The lowest and highest number that a prediction may be, None for labels."""
        match self.prediction:
            case Prediction.PROBABILITY | Prediction.PROBABILITIES:
                return (0.0, 1.0)
            case Prediction.SCORE | Prediction.NUMBER:
                return (-LARGEST, LARGEST)
            case Prediction.LABEL:
                return None

    def to_json(self) -> dict[str, Any]:
        """The entry as JSON-ready data, for ``metrics --json`` and documentation."""
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "aliases": list(self.aliases),
            "family": str(self.family),
            "direction": self.direction,
            "target": str(self.target),
            "prediction": str(self.prediction),
            "valid_range": self.valid_range and list(self.valid_range),
            "params": [_param_to_json(param) for param in self.params],
            "low": self.low,
            "high": self.high,
            "perfect": self.perfect,
            "decimals": self.decimals,
            "edges": [list(edge) for edge in self.edges],
            "formula": self.formula,
            "source": self.source,
            "interval": self.interval,
            "example": self.example,
        }


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _param_to_json(param: ParamInfo) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": param.name,
        "type": str(param.type),
        "default": param.default,
        "doc": param.doc,
    }
    if param.choices:
        data["choices"] = list(param.choices)
    for limit in ("above", "below"):
        if math.isfinite(bound := getattr(param, limit)):
            data[limit] = bound
    return data
