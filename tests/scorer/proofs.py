"""Small solutions and submissions which prove what an entry states of an edge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome, Report
from tests.scorer.cases import Case
from tests.scorer.support import kinds, lines, prepare, quoted_csv, score

Cells = str | Sequence[Any]  # words, or any cells
Table = Cells | Mapping[str, Cells]  # a column y, or several


@dataclass(frozen=True)
class Refused:
    """The solution is refused, with these words, at this line where it has one."""

    words: str = ""
    kind: str = "solution"
    line: int | None = None


@dataclass(frozen=True)
class Rejected:
    """The reader refuses the submission for one fault, at this line."""

    kind: str
    line: int | None


@dataclass(frozen=True)
class Scored:
    """A score, any if None, and its interval: "some" stands for any, and for none."""

    score: float | None = None
    interval: tuple[float, float] | str | None = "some"


Expected = float | Refused | Rejected | Scored


@dataclass(frozen=True)
class Proof:
    """Files, and what must come of them."""

    solution: bytes
    submission: bytes
    expected: Expected
    sample: bytes = b""
    params: Mapping[str, Any] = field(default_factory=dict)

    def check(self, metric: str) -> None:
        """Run the scorer."""
        match self.expected:
            case Refused():
                self._check_refused(metric, self.expected)
            case Rejected(kind, line):
                report = self._score(metric)
                assert report.status is Outcome.REJECTED, report
                assert kinds(report) == {kind: 1}
                assert lines(report, kind) == [line]
            case Scored(value, interval):
                report = self._score(metric)
                assert report.status is Outcome.SCORED, report
                assert report.public is not None
                assert math.isfinite(report.public)
                assert value is None or report.public == close_to(value)
                assert interval == "some" or report.public_interval == interval
            case value:
                report = self._score(metric)
                assert report.status is Outcome.SCORED, report
                assert report.public == close_to(value)

    def _check_refused(self, metric: str, expected: Refused) -> None:
        found = prepare(metric, self.solution, self.sample, **self.params)
        assert found.report.status is Outcome.HOST_ERROR, found.report
        assert kinds(found.report) == {expected.kind: 1}
        assert expected.words in found.report.message
        if expected.line is not None:
            assert lines(found.report, expected.kind) == [expected.line]

    def _score(self, metric: str) -> Report:
        return score(metric, self.solution, self.submission, self.sample, **self.params)


def close_to(value: float) -> Any:
    """Equal but for the last digits."""
    return pytest.approx(value, rel=1e-9, abs=1e-11)


@dataclass(frozen=True)
class Edge:
    """What the entries of some metrics state of a case, with proofs for each of them."""

    case: str
    decision: str
    metrics: str
    proofs: tuple[Proof, ...]

    def __iter__(self) -> Iterator[tuple[tuple[str, str, str], tuple[Proof, ...]]]:
        for metric in self.metrics.split():
            yield (metric, self.case, self.decision), self.proofs


def edge(case: str, decision: str, metrics: str, *proofs: Proof) -> Edge:
    """The proofs hold for each of the metrics."""
    return Edge(case, decision, metrics, proofs)


def edges(
    case: str, decision: str, expected: Mapping[str, Expected], *proofs: Proof
) -> list[Edge]:
    """The same files for several metrics, what must come of them for each."""
    return [
        edge(case, decision, name, *(replace(one, expected=value) for one in proofs))
        for name, value in expected.items()
    ]


def proof(
    truth: Table,
    guess: Table,
    expected: Expected = math.nan,
    *,
    sample: bytes | str = b"",
    **params: Any,
) -> Proof:
    """Rows 1, 2, ... with these true and predicted cells.

    Prediction columns that are not the target's come from a sample: that of the columns
    that ``sample`` names, all 0, or the submission itself.
    """
    true, guessed = columns(truth), columns(guess)
    submission = table(guessed)
    rows = len(next(iter(true.values())))
    if isinstance(sample, str):
        sample = table({name: [0] * rows for name in sample.split()})
    elif not sample and isinstance(guess, dict) and not set(guessed) <= set(true):
        sample = submission
    return Proof(table(true), submission, expected, sample, params)


def refused(
    truth: Table, words: str = "", kind: str = "solution", **options: Any
) -> Proof:
    """A solution that is refused, at ``line`` if it is given."""
    found = Refused(words, kind, options.pop("line", None))
    return proof(truth, "", found, **options)


def refused_parts(
    sound: Table, without_value: Table, words: str, **options: Any
) -> list[Proof]:
    """The second's rows are refused as the public and as the private ones."""
    first, second = columns(sound), columns(without_value)
    proofs = []
    for part, other in (("public", "private"), ("private", "public")):
        counts = {other: _rows(first), part: _rows(second)}
        usage = [name.title() for name, count in counts.items() for _ in range(count)]
        whole = {name: [*first[name], *second[name]] for name in first}
        said = f"The {part} rows {words}"
        proofs.append(refused({**whole, "Usage": usage}, said, **options))
    return proofs


def of_case(case: Case, expected: Expected, submission: bytes | None = None) -> Proof:
    """A generated case, maybe with another submission."""
    sample = case.reordered(list(range(len(case.truth))))
    return Proof(case.solution, submission or sample, expected, sample, case.params)


def stating(case: str, decision: str) -> list[str]:
    """The metrics whose entries state this."""
    return [info.name for info in METRICS.values() if (case, decision) in info.edges]


def columns(cells: Table) -> dict[str, list[Any]]:
    """The cells of each column; of one, its name is y."""
    several = cells if isinstance(cells, Mapping) else {"y": cells}
    return {
        name: values.split() if isinstance(values, str) else list(values)
        for name, values in several.items()
    }


def table(cells: Mapping[str, Sequence[Any]]) -> bytes:
    """Columns as a file, with ids from 1."""
    rows = zip(*cells.values(), strict=True)
    return quoted_csv(["id", *cells], [[i, *row] for i, row in enumerate(rows, 1)])


def _rows(cells: Mapping[str, Sequence[Any]]) -> int:
    return len(next(iter(cells.values())))
