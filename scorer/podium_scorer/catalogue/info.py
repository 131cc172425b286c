"""What there is to know about a metric and its parameters, as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from podium_scorer.contract import ParamValue

LARGEST = 1e100  # of a regression's numbers: their squares still add up below infinity

_NEXT = 1e-12  # how far from a round number the float next to it may be

MEAN_INTERVAL = "mean of the rows' losses, normal approximation"
LARGE_NUMBERS = (
    "numbers beyond 1e100",
    "refused by the reader: their squares would not add up to a finite score",
)


class Family(StrEnum):
    """What a metric judges."""

    BINARY = "binary classification"
    MULTICLASS = "multiclass classification"
    MULTILABEL = "several labels a row"
    CLUSTERING = "clustering"
    REGRESSION = "regression"
    FORECAST = "probabilistic forecasts"
    RETRIEVAL = "ranking and retrieval"
    TEXT = "text and sequences"
    IMAGE = "images"
    DISTRIBUTION = "distributions"
    SURVIVAL = "survival"
    COMBINED = "combined metrics"


class Target(StrEnum):
    """What each of the solution's target columns holds."""

    BINARY = "binary"  # two classes: 0 and 1, or any two with ``positive_label``
    LABEL = "label"  # one of some classes, any text
    NUMBER = "number"  # a finite number
    TEXT = "text"  # any text, also none
    ITEMS = "items"  # items separated by spaces, also none
    GRADED = "graded items"  # items with grades of relevance, also none
    MASK = "mask"  # a run-length encoded mask, also none
    BOXES = "boxes"  # bounding boxes, also none
    SEGMENTS = "segments"  # run-length encoded masks with classes, also none


TEXT_TARGETS = frozenset(
    {
        Target.TEXT,
        Target.ITEMS,
        Target.GRADED,
        Target.MASK,
        Target.BOXES,
        Target.SEGMENTS,
    }
)


class Prediction(StrEnum):
    """What each of a submission's prediction columns holds."""

    SCORE = "score"  # any finite number: higher means more likely positive
    PROBABILITY = "probability"  # from 0 to 1
    NUMBER = "number"  # any finite number
    LABEL = "label"  # a class as the solution writes it
    TEXT = "text"  # any text, also none
    ITEMS = "items"  # items separated by spaces, the best first, also none
    SCORED = "scored items"  # items, each followed by its confidence, also none
    MASK = "mask"  # a run-length encoded mask, also none
    BOXES = "boxes"  # bounding boxes with confidences, also none
    SEGMENTS = "segments"  # run-length encoded masks with classes, also none


class Columns(StrEnum):
    """How many columns there are, and which prediction belongs to which target."""

    ONE = "one"  # one target, one prediction
    CLASSES = "classes"  # one target; one prediction, or one for each class
    PAIRS = "pairs"  # one target or more, each with a prediction of the same name
    SEVERAL = "several"  # one target, one prediction or more, whatever their names


class ParamType(StrEnum):
    """What a parameter holds."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    TEXTS = "texts"
    NUMBERS = "numbers"
    FLAG = "flag"  # true or false
    COLUMN = "column"  # the name of a further column of the solution


@dataclass(frozen=True, kw_only=True)
class ParamInfo:
    """A metric's parameter; numbers must stay between ``above`` and ``below``, and not
    between the ends of a ``gap``.

    ``holds`` says what the column of a COLUMN parameter holds: numbers between ``above``
    and ``below``, or labels. Where such a parameter is ``required`` it has no default.
    A list that stands ``beside`` another one has a value for each of its values.
    """

    name: str
    type: ParamType
    default: ParamValue
    doc: str
    choices: tuple[str, ...] = ()
    above: float = -math.inf
    below: float = math.inf
    gap: tuple[float, float] | None = None
    whole: bool = False
    required: bool = False
    beside: str = ""
    holds: Target = Target.NUMBER

    def fault(self, value: object) -> str | None:
        """Say what is wrong with ``value``, or None if it will do."""
        if value is None and self.default is None and not self.required:
            return None
        match self.type:
            case ParamType.TEXTS:
                right = isinstance(value, list) and all(map(self._is_one, value))
                wanted = "a list of texts (in YAML within quotes)"
                if self.choices:
                    wanted = "a list of some of " + ", ".join(self.choices)
            case ParamType.NUMBERS:
                right = isinstance(value, list) and all(map(self._holds, value))
                wanted = f"a list of {self._numbers('numbers')}"
            case ParamType.TEXT:
                right = _is_text(value)
                wanted = "a text (in YAML within quotes)"
            case ParamType.COLUMN:
                right = _is_text(value)
                wanted = "the name of a column of the solution"
            case ParamType.FLAG:
                right, wanted = isinstance(value, bool), "true or false"
            case ParamType.CHOICE:
                right = value in self.choices
                wanted = "one of " + ", ".join(self.choices)
            case ParamType.NUMBER:
                right, wanted = self._holds(value), f"a {self._numbers('number')}"
        return None if right else f"The parameter {self.name} must be {wanted}."

    def _is_one(self, value: object) -> bool:
        return _is_text(value) and (not self.choices or value in self.choices)

    def _holds(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.whole and not float(value).is_integer():
            return False
        if self.gap is not None and self.gap[0] < value < self.gap[1]:
            return False
        return self.above < value < self.below

    def _numbers(self, noun: str) -> str:
        whole = "whole " if self.whole else ""
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("above", self.above), ("below", self.below))
            if math.isfinite(bound)
        ]
        if self.gap is not None:
            bounds.append("not between {:g} and {:g}".format(*self.gap))
        return f"{whole}{noun} {' and '.join(bounds)}".strip()


@dataclass(frozen=True, kw_only=True)
class WorkedExample:
    """A small solution, a submission for it (both CSV) and the score, all rows public.

    ``params`` are given besides the metric's defaults; ``score`` is right to five digits
    behind the point.
    """

    solution: str
    submission: str
    score: float
    params: Mapping[str, ParamValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class MetricInfo:
    """Everything there is to know about a metric without computing it.

    ``low`` and ``high`` bound the score (None: without bound), ``perfect`` is its
    value where every prediction is right. ``edges`` are pairs of a case and what is
    decided for it. ``formula`` is LaTeX. ``prediction_range`` and ``target_range`` are the
    numbers (ends included) that columns may hold where that is not what follows from
    their kind: the reader refuses others. ``of_columns`` says of each column what it holds,
    where that differs from column to column.
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
    example: WorkedExample
    interval: str
    columns: Columns = Columns.ONE
    prediction_range: tuple[float, float] | None = None
    target_range: tuple[float, float] | None = None
    aliases: tuple[str, ...] = ()
    params: tuple[ParamInfo, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    low: float | None = None
    high: float | None = None
    perfect: float | None = None
    decimals: int = 5
    of_columns: tuple[tuple[str, MetricInfo], ...] = ()

    def for_column(self, name: str) -> MetricInfo:
        """The entry that says what a column holds."""
        return dict(self.of_columns).get(name, self)

    @property
    def direction(self) -> str:
        """``higher`` or ``lower``: which score is better."""
        return "higher" if self.higher_is_better else "lower"

    @property
    def valid_range(self) -> tuple[float, float] | None:
        """The lowest and highest number that a prediction may be, None for texts."""
        if self.prediction_range is not None:
            return self.prediction_range
        match self.prediction:
            case Prediction.PROBABILITY:
                return (0.0, 1.0)
            case Prediction.SCORE | Prediction.NUMBER:
                return (-LARGEST, LARGEST)
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
            "columns": str(self.columns),
            "valid_range": self.valid_range and list(self.valid_range),
            "parameters": [_param_to_json(param) for param in self.params],
            "low": self.low,
            "high": self.high,
            "perfect": self.perfect,
            "decimals": self.decimals,
            "edges": [list(edge) for edge in self.edges],
            "formula": self.formula,
            "source": self.source,
            "interval": self.interval,
            "example": {**asdict(self.example), "params": dict(self.example.params)},
        }


def range_in_words(low: float, high: float) -> str:
    """Say which numbers lie between two bounds: "numbers above 0", "numbers from 0 to 1".

    A bound that is next to a round number, as floats go, leaves that number out.
    """
    bounds = []
    if low > -LARGEST:
        edge = round(low, 9)
        strict = 0 < low - edge < _NEXT
        bounds.append(f"above {edge:g}" if strict else f"from {low:g}")
    if high < LARGEST:
        edge = round(high, 9)
        strict = 0 < edge - high < _NEXT
        to = "to" if bounds else "up to"
        bounds.append(f"below {edge:g}" if strict else f"{to} {high:g}")
    return f"numbers {' '.join(bounds)}" if bounds else "finite numbers"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _param_to_json(param: ParamInfo) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": param.name,
        "type": str(param.type),
        "default": param.default,
        "doc": param.doc,
    }
    if param.choices:
        data["choices"] = list(param.choices)
    if param.type is ParamType.COLUMN:
        data |= {"holds": str(param.holds), "required": param.required}
    for limit in ("above", "below"):
        if math.isfinite(bound := getattr(param, limit)):
            data[limit] = bound
    if param.gap is not None:
        data["gap"] = list(param.gap)
    return data
