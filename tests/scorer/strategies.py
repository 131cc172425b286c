"""For any metric of the catalogue: solutions and submissions that it can be computed on.

What a kind of column holds follows from the entry. Where a metric asks for more (a mean
and a deviation side by side, quantiles that belong to a parameter), its family says so in
``OWN``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from podium_scorer.catalogue import (
    METRICS,
    Columns,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
)
from podium_scorer.contract import Report
from tests.scorer.support import ideal, quoted_csv, score

CLASSES = ("a", "b", "c")
PARTS = ("Public", "Private", "Ignored")
WORDS = ("one", "two", "three", "four", "five")
RANGE = 1e3  # of numbers whose kind does not bound them

Cell = Any
Row = tuple[Cell, ...]
Cells = st.SearchStrategy[Cell]


@dataclass(frozen=True)
class Own:
    """What a metric wants beyond what its entry says.

    ``columns`` are its prediction columns, ``truth`` and ``predicted`` one row's cells,
    ``fixed`` rows of true cells that each part has at the least, and ``perfect`` the best
    prediction for a row of true cells (None: there is none to test).
    """

    columns: tuple[str, ...] = ()
    truth: st.SearchStrategy[Row] | None = None
    predicted: st.SearchStrategy[Row] | None = None
    fixed: Sequence[Row] = ()
    perfect: Callable[[Row], Row | None] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


OWN: dict[str, Own] = {}


@dataclass(frozen=True)
class Line:
    """A row: its true cells, further cells, predicted cells, and its part."""

    truth: Row
    further: Row
    predicted: Row
    part: str


@dataclass(frozen=True)
class Case:
    """A metric, with a solution and a submission for it."""

    info: MetricInfo
    targets: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    params: Mapping[str, Any]
    further: tuple[str, ...] = ()

    def public(self) -> Case:
        """The same with its public rows alone."""
        return replace(
            self, lines=tuple(line for line in self.lines if line.part == "Public")
        )

    def perfect(self) -> Case | None:
        """The same with perfect predictions, None where nobody can say what those are."""
        best = OWN.get(self.info.name, Own()).perfect or self._best
        lines = []
        for line in self.lines:
            predicted = best(line.truth)
            if predicted is None:
                return None
            lines.append(replace(line, predicted=predicted))
        return replace(self, lines=tuple(lines))

    def score(
        self,
        order: Sequence[int] | None = None,
        columns: Sequence[int] | None = None,
    ) -> Report:
        """Score the submission, its rows and its columns (the id is the last) in order."""
        rows = [(*line.predicted, f"r{place}") for place, line in enumerate(self.lines)]
        header = (*self.columns, "id")
        columns = range(len(header)) if columns is None else columns
        order = range(len(rows)) if order is None else order
        submission = quoted_csv(
            [header[place] for place in columns],
            [[rows[row][place] for place in columns] for row in order],
        )
        return score(
            self.info.name, self._solution(), submission, self._sample(), **self.params
        )

    def _solution(self) -> bytes:
        return quoted_csv(
            ("id", *self.targets, *self.further, "Usage"),
            [
                (f"r{place}", *line.truth, *line.further, line.part)
                for place, line in enumerate(self.lines)
            ],
        )

    def _sample(self) -> bytes:
        """The first row's prediction for every row."""
        cells = self.lines[0].predicted
        rows = [(f"r{place}", *cells) for place in range(len(self.lines))]
        return quoted_csv(("id", *self.columns), rows)

    def _best(self, truth: Row) -> Row | None:
        if self.info.columns is Columns.SEVERAL:
            return truth * len(self.columns)
        if len(self.columns) > len(truth):
            return tuple(float(name == truth[0]) for name in self.columns)
        return tuple(ideal(self.info, cell) for cell in truth)


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    """A metric's solutions: each part has rows enough for the metric to have a value."""
    info, own = METRICS[name], OWN.get(name, Own())
    targets, columns = draw(_names(info, own))
    kind = _kind(info, columns)
    truth = own.truth or st.tuples(*[_truths(info, kind)] * len(targets))
    predicted = own.predicted or _predictions(info, columns)
    params, further = _params(info, own)
    extra = st.tuples(*[_extras(param) for param in further])
    rows = st.builds(Line, truth, extra, predicted, st.sampled_from(PARTS))
    fixed = [
        Line(row, draw(extra), draw(predicted), part)
        for part in ("Public", "Private")
        for row in own.fixed or _fixed(info, kind, len(targets))
    ]
    return Case(
        info=info,
        targets=targets,
        columns=columns,
        lines=(*draw(st.lists(rows, max_size=15)), *fixed),
        params=params,
        further=tuple(str(params[param.name]) for param in further),
    )


def numbers(low: float = -math.inf, high: float = math.inf) -> Cells:
    """Numbers of a size that suits tests, ties among them."""
    low, high = max(low, -RANGE), min(high, RANGE)
    ties = [value for value in (0.0, 0.5, 1.0, 2.0, 3.0) if low <= value <= high]
    some = st.floats(low, high, allow_subnormal=False)
    return some | st.sampled_from(ties) if ties else some


def lists(items: Cells, least: int = 0) -> Cells:
    """At least so many different items, separated by spaces."""
    return st.lists(items, min_size=least, max_size=5, unique=True).map(" ".join)


def _names(
    info: MetricInfo, own: Own
) -> st.SearchStrategy[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The target and the prediction columns."""
    if own.columns:
        pairs = info.columns is Columns.PAIRS
        return st.just((own.columns if pairs else ("y",), own.columns))
    match info.columns:
        case Columns.CLASSES if info.target is Target.LABEL:
            return st.sampled_from([(("y",), CLASSES), (("y",), ("y",))])
        case Columns.PAIRS:
            names = st.sampled_from([("u", "v", "w"), ("u", "v")])
            return names.map(lambda found: (found, found))
        case Columns.SEVERAL:
            return st.just((("y",), ("p", "q", "r")))
    return st.just((("y",), ("y",)))


def _kind(info: MetricInfo, columns: tuple[str, ...]) -> Target:
    """What a target holds: two classes where one column of probabilities is for both."""
    if info.columns is Columns.CLASSES and len(columns) == 1:
        return Target.BINARY
    return info.target


def _truths(info: MetricInfo, kind: Target) -> Cells:
    match kind:
        case Target.BINARY:
            return st.integers(0, 1)
        case Target.LABEL:
            return st.sampled_from(CLASSES)
        case Target.NUMBER:
            return numbers(*_common(info))
    return _texts(kind)


def _predictions(info: MetricInfo, columns: tuple[str, ...]) -> st.SearchStrategy[Row]:
    several = info.columns is Columns.CLASSES and len(columns) > 1
    if several and info.prediction is Prediction.PROBABILITY:
        weights = st.integers(1, 1000)
        return st.tuples(*[weights] * len(columns)).map(
            lambda row: tuple(weight / sum(row) for weight in row)
        )
    return st.tuples(*[_cells(info)] * len(columns))


def _cells(info: MetricInfo) -> Cells:
    if info.valid_range is not None:
        return numbers(*info.valid_range)
    match info.prediction:
        case Prediction.LABEL:
            classes = info.target is Target.LABEL
            return st.sampled_from(CLASSES) if classes else st.sampled_from(["0", "1"])
    return _texts(info.prediction)


def _texts(kind: Target | Prediction) -> Cells:
    if isinstance(kind, Prediction):
        return _predicted_texts(kind)
    match kind:
        case Target.ITEMS:  # many metrics give a row without any item 0 at the best
            return lists(st.sampled_from(WORDS), least=1)
        case Target.GRADED:
            return st.sampled_from(["one:3 two:1", "two:2", "three:0 one:0.5"])
        case Target.BOXES:
            return st.sampled_from(["", "0 0 2 2", "1 1 3 3 5 5 2 2"])
        case Target.MASK:
            return _masks()
        case Target.SEGMENTS:
            return _segments()
    return _words()


def _predicted_texts(kind: Prediction) -> Cells:
    """Apart from the true ones: a kind of either may have the same name."""
    match kind:
        case Prediction.ITEMS:
            return lists(st.sampled_from(WORDS))
        case Prediction.SCORED:
            return st.sampled_from(["", "one 0.9", "two 0.5 one 0.5", "three 1 two 0"])
        case Prediction.BOXES:
            return st.sampled_from(["", "0.9 0 0 2 2", "0.5 1 1 3 3 0.8 5 5 2 2"])
        case Prediction.MASK:
            return _masks()
        case Prediction.SEGMENTS:
            return _segments()
    return _words()


def _masks() -> Cells:
    return st.sampled_from(["", "1 2", "2 3", "1 1 4 2", "5 1"])


def _segments() -> Cells:
    return st.sampled_from(["", "a 1 2", "b 2 3; a 9 1", "a 1 1 4 2;a 7 2", "c 5 1"])


def _words() -> Cells:
    return st.lists(st.sampled_from([*WORDS, 'a "b",', "ä\n"]), max_size=5).map(
        " ".join
    )


def _fixed(info: MetricInfo, kind: Target, targets: int) -> Sequence[Row]:
    """True cells that differ, so that every metric has a value."""
    cells: Sequence[Cell]
    match kind:
        case Target.BINARY:
            cells = (0, 1)
        case Target.LABEL:
            cells = CLASSES
        case Target.NUMBER:
            low, high = _common(info)
            cells = (max(low, 0.5), min(high, 0.75), max(low, min(high, 1.0)))
        case Target.GRADED:
            cells = ("one:1", "two:2 three:1")
        case Target.MASK:
            cells = ("1 2", "3 4")
        case Target.SEGMENTS:
            cells = ("a 1 2", "b 3 4; a 8 1")
        case Target.BOXES:
            cells = ("0 0 2 2", "1 1 3 3")
        case _:
            cells = ("one", "two three")
    return [(cell,) * targets for cell in cells]


def _common(info: MetricInfo) -> tuple[float, float]:
    """The numbers that may be true and predicted both."""
    low, high = info.target_range or (-RANGE, RANGE)
    if info.prediction is Prediction.NUMBER and info.valid_range is not None:
        low, high = max(low, info.valid_range[0]), min(high, info.valid_range[1])
    return low, high


def _params(info: MetricInfo, own: Own) -> tuple[dict[str, Any], tuple[ParamInfo, ...]]:
    """The parameters, and those among them that name further columns."""
    params = {**info.example.params, **own.params}
    params.pop("positive_label", None)  # of the example's own classes
    known = {param.name for param in info.params}
    if "labels" in known and info.target is Target.LABEL:
        params["labels"] = list(CLASSES)
    further = tuple(param for param in info.params if param.type is ParamType.COLUMN)
    return params | {param.name: f"x_{param.name}" for param in further}, further


def _extras(param: ParamInfo) -> Cells:
    if param.holds is not Target.NUMBER:
        return st.sampled_from(["g", "h"])
    high = min(param.below, 10.0)
    whole = st.integers(1, max(1, math.ceil(high) - 1))  # weights of 0 may add up to 0
    return whole if param.whole else whole.map(float)
