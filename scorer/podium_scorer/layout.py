"""Which column of a solution is what, and which columns a submission must have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podium_scorer.catalogue import LARGEST, Columns, MetricInfo, Target
from podium_scorer.contract import ParamValue
from podium_scorer.faults import FaultKind, FaultLog, example, named, quoted
from podium_scorer.splits import find_usage
from podium_scorer.tables import Kind, LabelKind, NumberKind, Source, TextKind


@dataclass(frozen=True)
class Layout:
    """What each column of a solution is.

    ``predictions`` are a submission's prediction columns where the sample names them,
    else empty: then the target's own name or its classes do. ``target`` is None while
    only the classes can tell two classes from several.
    """

    source: Source
    params: Mapping[str, ParamValue]
    id_place: int
    usage_place: int | None
    target_places: tuple[int, ...]
    target: Target | None
    predictions: tuple[str, ...]

    @property
    def id_column(self) -> str:
        """The name of the id column."""
        return self.source.columns[self.id_place]

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of the target columns: one, or one for each class."""
        return tuple(self.source.columns[place] for place in self.target_places)

    @property
    def one_hot(self) -> bool:
        """Whether the target is one column a class."""
        return len(self.target_places) > 1

    @property
    def wanted(self) -> dict[int, Kind]:
        """How each column is read."""
        kind: Kind = LabelKind()
        if self.one_hot:
            kind = NumberKind(0.0, 1.0)
        elif self.target is Target.NUMBER:
            kind = NumberKind(-LARGEST, LARGEST)
        wanted: dict[int, Kind] = {self.id_place: TextKind()}
        if self.usage_place is not None:
            wanted[self.usage_place] = LabelKind()
        return wanted | dict.fromkeys(self.target_places, kind)


def check_sample(columns: Sequence[str], id_column: str, log: FaultLog) -> None:
    """The sample has the id, something to predict, and no column twice."""
    if id_column not in columns:
        one = f"The id column {quoted(id_column)} is missing."
        log.add(FaultKind.MISSING_COLUMN, one, "Add it, or name another id column.")
    elif len(columns) < 2:
        one = "There is no column to predict beside the id."
        log.add(FaultKind.MISSING_COLUMN, one, "Add the column of predictions.")
    _check_twice(columns, log)


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
    _check_twice(columns, log)
    if id_column not in columns:
        one = f"The id column {quoted(id_column)} is missing."
        advice = f"The columns are: {named(columns)}."
        log.add(FaultKind.MISSING_COLUMN, one, advice)
    predictions = tuple(name for name in sample if name != id_column)
    usage = find_usage(columns, sample)
    others = [
        name
        for place, name in enumerate(columns)
        if name != id_column and place != usage
    ]
    several = info.columns is Columns.CLASSES
    if len(predictions) > 1 and not several:
        one = (
            f"{info.title} takes one column of predictions, the sample submission has "
        )
        one += f"{len(predictions):,}."
        log.add(FaultKind.SETTINGS, one, "Keep one of them, or choose another metric.")
    if log:
        return None
    targets = _choose_targets(others, predictions, several, log)
    if not targets:
        return None
    return Layout(
        source=source,
        params=params,
        id_place=columns.index(id_column),
        usage_place=usage,
        target_places=tuple(columns.index(name) for name in targets),
        target=_target_kind(info, targets, predictions),
        predictions=predictions,
    )


def _choose_targets(
    others: list[str], predictions: tuple[str, ...], several: bool, log: FaultLog
) -> list[str]:
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


def _target_kind(
    info: MetricInfo, targets: list[str], predictions: tuple[str, ...]
) -> Target | None:
    if info.columns is not Columns.CLASSES:
        return info.target
    if len(predictions) == 1:
        return Target.BINARY
    if len(predictions) > 1 or len(targets) > 1:
        return Target.LABEL
    return None


def _check_twice(columns: Sequence[str], log: FaultLog) -> None:
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
