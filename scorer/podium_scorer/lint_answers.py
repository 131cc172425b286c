"""The answers in the order that participants see: that of the sample submission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podium_scorer.bundle import USAGE_COLUMN
from podium_scorer.catalogue import ParamType, Target, describe
from podium_scorer.catalogue.info import MetricInfo
from podium_scorer.lint_exam import Exam
from podium_scorer.lint_numbers import Codes, Floats
from podium_scorer.lint_tables import Column, DataTable, read_data_table


@dataclass(frozen=True, eq=False)
class Answer:
    """One target: its cells, and its numbers where it holds quantities."""

    name: str
    column: Column
    classes: bool
    numbers: Floats | None

    @property
    def codes(self) -> Codes:
        """A number for each different text."""
        return self.column.codes

    @property
    def distinct(self) -> int:
        """How many different texts there are."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0


@dataclass(frozen=True, eq=False)
class Answers:
    """The rows that are scored, in the sample's order, with ids, Usage and targets."""

    ids: list[str]
    public: NDArray[np.bool_]
    targets: tuple[Answer, ...]
    said: str

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.ids)

    def places(self) -> dict[str, int]:
        """Where each id stands."""
        return {each: place for place, each in enumerate(self.ids)}


def read_answers(exam: Exam) -> Answers | None:
    """The scored rows; None where the files can't be read as tables."""
    solution = read_data_table(exam.solution)
    sample = read_data_table(exam.sample)
    id_column = exam.id_column
    if solution is None or sample is None:
        return None
    names = _target_names(exam, solution)
    needed = {id_column, USAGE_COLUMN, *names}
    if not needed <= set(solution.columns) or id_column not in sample.columns:
        return None
    rows = _rows(solution, sample, id_column)
    if len(rows) == 0:
        return None
    ids = solution.columns[id_column].taken(rows).texts.to_pylist()
    usage = solution.columns[USAGE_COLUMN].taken(rows).texts.to_pylist()
    targets = tuple(
        _answer(exam, name, solution.columns[name].taken(rows)) for name in names
    )
    public = np.array([word == "Public" for word in usage])
    return Answers(ids, public, targets, solution.said or sample.said)


def _rows(solution: DataTable, sample: DataTable, id_column: str) -> Codes:
    """The solution's rows that are scored, as the sample orders them."""
    usage = solution.columns[USAGE_COLUMN].texts.to_pylist()
    ids = solution.columns[id_column].texts.to_pylist()
    scored = {
        each: place
        for place, (each, word) in enumerate(zip(ids, usage, strict=True))
        if word != "Ignored"
    }
    order = sample.columns[id_column].texts.to_pylist()
    found = [scored[each] for each in order if each in scored]
    return np.array(found, np.int64)


def _answer(exam: Exam, name: str, column: Column) -> Answer:
    kind = _kind(exam, name)
    numbers = column.numbers
    if numbers is not None and np.isnan(numbers).any():
        numbers = None
    if kind is None:  # the organizer's metric: what it holds can only be guessed
        few = len(set(column.codes.tolist())) <= min(20, len(column.codes) // 5)
        kind = Target.LABEL if few or numbers is None else Target.NUMBER
    classes = kind in {Target.BINARY, Target.LABEL}
    two = int(column.codes.max()) == 1
    keeps = kind is Target.NUMBER or (classes and two)
    return Answer(name, column, classes, numbers if keeps else None)


def _kind(exam: Exam, name: str) -> Target | None:
    info = _info(exam)
    return None if info is None else info.for_column(name).target


def _info(exam: Exam) -> MetricInfo | None:
    if exam.custom:
        return None
    try:
        return describe(exam.metric.name, exam.metric.params)
    except (LookupError, ValueError):
        return None


def _target_names(exam: Exam, solution: DataTable) -> tuple[str, ...]:
    """The targets; all that is no id, Usage or column of a parameter where none are said."""
    if exam.targets is not None:
        return exam.targets
    info = _info(exam)
    further = {
        str(exam.metric.params.get(param.name))
        for param in (info.params if info else ())
        if param.type is ParamType.COLUMN
    }
    others = {exam.id_column, USAGE_COLUMN, *further}
    return tuple(name for name in solution.columns if name not in others)
