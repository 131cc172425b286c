"""Which column of a solution is what, and which columns a submission must have."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium_scorer.catalogue import (
    LARGEST,
    TEXT_TARGETS,
    Columns,
    MetricInfo,
    ParamInfo,
    ParamType,
    Target,
)
from podium_scorer.contract import ParamValue
from podium_scorer.faults import FaultKind, FaultLog, example, named, quoted
from podium_scorer.splits import find_usage
from podium_scorer.tables import (
    ContentKind,
    Kind,
    LabelKind,
    NumberKind,
    Source,
    TextKind,
)


@dataclass(frozen=True)
class Extra:
    """A further column of the solution that a parameter names, such as weights."""

    param: ParamInfo
    place: int

    @property
    def kind(self) -> Kind:
        """How the column is read; the parameter's bounds themselves are not allowed."""
        if self.param.holds is not Target.NUMBER:
            return LabelKind()
        low, high = self.param.above, self.param.below
        return NumberKind(
            math.nextafter(low, math.inf) if math.isfinite(low) else -LARGEST,
            math.nextafter(high, -math.inf) if math.isfinite(high) else LARGEST,
        )


@dataclass(frozen=True)
class Layout:
    """What each column of a solution is.

    ``predictions`` are a submission's prediction columns where the sample names them,
    else empty: then the target's own name or its classes do. ``target`` is None while
    only the classes can tell two classes from several.
    """

    source: Source
    info: MetricInfo
    params: Mapping[str, ParamValue]
    id_place: int
    usage_place: int | None
    target_places: tuple[int, ...]
    target: Target | None
    predictions: tuple[str, ...]
    extras: tuple[Extra, ...] = ()

    @property
    def id_column(self) -> str:
        """The name of the id column."""
        return self.source.columns[self.id_place]

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of the target columns: one, one for each class, or several."""
        return tuple(self.source.columns[place] for place in self.target_places)

    @property
    def one_hot(self) -> bool:
        """Whether the target is one column a class."""
        return self.info.columns is Columns.CLASSES and len(self.target_places) > 1

    @property
    def wanted(self) -> dict[int, Kind]:
        """How each column is read."""
        wanted: dict[int, Kind] = {self.id_place: TextKind()}
        if self.usage_place is not None:
            wanted[self.usage_place] = LabelKind()
        wanted |= {extra.place: extra.kind for extra in self.extras}
        return wanted | {
            place: self._target_kind(place) for place in self.target_places
        }

    def _target_kind(self, place: int) -> Kind:
        info = self.info.for_column(self.source.columns[place])
        target = info.target if self.info.of_columns else self.target
        pairs = info.columns is Columns.PAIRS
        if self.one_hot or (target is Target.BINARY and pairs):
            return NumberKind(0.0, 1.0)
        if target is Target.NUMBER:
            return NumberKind(*(info.target_range or (-LARGEST, LARGEST)))
        return ContentKind() if target in TEXT_TARGETS else LabelKind()


def check_sample(columns: Sequence[str], id_column: str, log: FaultLog) -> None:
    """The sample has the id, something to predict, and no column twice."""
    if id_column not in columns:
        one = f"The id column {quoted(id_column)} is missing."
        log.add(FaultKind.MISSING_COLUMN, one, "Add it, or name another id column.")
    elif len(columns) < 2:
        one = "There is no column to predict beside the id."
        log.add(FaultKind.MISSING_COLUMN, one, "Add the column of predictions.")
    check_twice(columns, log)


def choose_layout(
    source: Source,
    sample: Sequence[str],
    id_column: str,
    info: MetricInfo,
    params: Mapping[str, ParamValue],
    log: FaultLog,
) -> Layout | None:
    """Decide what each column of a solution is; None with the reasons in ``log``."""
    columns = source.columns
    check_twice(columns, log)
    if id_column not in columns:
        one = f"The id column {quoted(id_column)} is missing."
        advice = f"The columns are: {named(columns)}."
        log.add(FaultKind.MISSING_COLUMN, one, advice)
    predictions = tuple(name for name in sample if name != id_column)
    usage = find_usage(columns, sample)
    extras = _find_extras(columns, info, params, log)
    taken = {extra.place for extra in extras} | {usage}
    others = [
        name
        for place, name in enumerate(columns)
        if name != id_column and place not in taken
    ]
    _check_arity(info, predictions, log)
    if info.of_columns:
        others = _check_named(info, others, predictions, log)
    if log:
        return None
    targets = _choose_targets(info.columns, others, predictions, log)
    if not targets:
        return None
    return Layout(
        source=source,
        info=info,
        params=params,
        id_place=columns.index(id_column),
        usage_place=usage,
        target_places=tuple(columns.index(name) for name in targets),
        target=_target_kind(info, targets, predictions),
        predictions=predictions,
        extras=extras,
    )


def _find_extras(
    columns: Sequence[str],
    info: MetricInfo,
    params: Mapping[str, ParamValue],
    log: FaultLog,
) -> tuple[Extra, ...]:
    found = []
    for param in info.params:
        name = params.get(param.name)
        if param.type is not ParamType.COLUMN or name is None:
            continue
        if name in columns:
            found.append(Extra(param, columns.index(str(name))))
            continue
        log.add(
            FaultKind.MISSING_COLUMN,
            f"The column {quoted(str(name))}, which the parameter {param.name} names, is "
            "missing.",
            f"Add it to the solution, or name one of its columns: {named(columns)}.",
            column=str(name),
        )
    return tuple(found)


def _check_arity(info: MetricInfo, predictions: Sequence[str], log: FaultLog) -> None:
    if info.columns is Columns.ONE and len(predictions) > 1:
        log.add(
            FaultKind.SETTINGS,
            f"{info.title} takes one column of predictions, the sample submission has "
            f"{len(predictions):,}.",
            "Keep one of them, or choose another metric.",
        )
    if info.columns is Columns.SEVERAL and not predictions:
        log.add(
            FaultKind.SETTINGS,
            f"{info.title} compares one target with several columns of predictions, and "
            "only a sample submission can name them.",
            "Add a sample submission.",
        )


def _check_named(
    info: MetricInfo, others: Sequence[str], predictions: Sequence[str], log: FaultLog
) -> list[str]:
    """The columns that the metric itself names; they must be there, and in the sample."""
    names = [name for name, _ in info.of_columns]
    for name in names:
        if name not in others:
            log.add(
                FaultKind.MISSING_COLUMN,
                f"The column {quoted(name)}, which the parameter columns names, is missing.",
                "Add it to the solution, or name one of its columns.",
                column=name,
            )
    if predictions and set(predictions) != set(names):
        log.add(
            FaultKind.SETTINGS,
            f"The sample submission's columns are {named(predictions)}; the metric "
            f"compares {named(names)}.",
            "Give the sample submission a column for each of them, and no others.",
        )
    return names


def _choose_targets(
    arity: Columns, others: list[str], predictions: tuple[str, ...], log: FaultLog
) -> list[str]:
    if arity is Columns.PAIRS and others:
        return _paired_targets(others, predictions, log)
    several = arity is Columns.CLASSES
    if several and len(predictions) > 1 and set(predictions) <= set(others):
        return list(predictions)
    if several and not predictions:
        return others
    if len(others) == 1:
        return others
    if len(predictions) == 1 and predictions[0] in others:
        return list(predictions)
    if not others:
        one = "There is no target column."
        log.add(FaultKind.MISSING_COLUMN, one, "Add the column of true values.")
        return []
    one = f"Which column is the target can't be told: {named(others)}."
    advice = "Name it like the sample submission's column, or take the others away."
    log.add(FaultKind.SOLUTION, one, advice)
    return []


def _paired_targets(
    others: list[str], predictions: tuple[str, ...], log: FaultLog
) -> list[str]:
    lacking = [name for name in predictions if name not in others]
    if not lacking:
        return list(predictions) or others
    if len(predictions) == len(others) == 1:
        return others
    log.add(
        FaultKind.MISSING_COLUMN,
        f"The sample submission's column {quoted(lacking[0])} is no column here.",
        "Name each true column like the column that predicts it.",
        many=f"{{count}} of the sample submission's columns are no columns here: "
        f"{named(lacking)}.",
        count=len(lacking),
    )
    return []


def _target_kind(
    info: MetricInfo, targets: list[str], predictions: tuple[str, ...]
) -> Target | None:
    if info.columns is not Columns.CLASSES or info.target is not Target.LABEL:
        return info.target
    if len(predictions) == 1:
        return Target.BINARY
    if len(predictions) > 1 or len(targets) > 1:
        return Target.LABEL
    return None


def check_twice(columns: Sequence[str], log: FaultLog) -> None:
    """Note columns whose name is there more than once."""
    twice = [name for name, times in Counter(columns).items() if times > 1]
    if twice:
        log.add(
            FaultKind.DUPLICATE_COLUMN,
            f"The column {quoted(twice[0])} is there more than once.",
            "Give every column a name of its own.",
            many=f"{len(twice):,} columns are there more than once: {named(twice)}.",
            count=len(twice),
            examples=[example(None, name) for name in twice],
        )
