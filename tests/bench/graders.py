"""Who scores a file in the benchmark of the scorer: Podium's own, and the usual way.

    python -m tests.bench.graders podium|pandas CASE

scores one case, given as JSON, in a process of its own, to see its memory and its start.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from podium_scorer.contract import MetricSpec, Outcome, PrepareJob, Report, ScoreJob
from podium_scorer.cpu import settle

K = 5
PARAMS: dict[str, dict[str, Any]] = {"map_at_k": {"k": K}}


@dataclass(frozen=True)
class Case:
    """A submission to score by a metric, and where its files are."""

    name: str
    metric: str
    ids: str
    rows: int
    solution: Path
    index: Path
    submission: Path

    @property
    def spec(self) -> MetricSpec:
        """The metric with its parameters."""
        return MetricSpec(name=self.metric, params=PARAMS.get(self.metric, {}))

    def to_json(self) -> str:
        """The case for another process."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Case:
        """What ``to_json`` wrote."""
        fields = json.loads(text)
        files = {name: Path(fields.pop(name)) for name in ("solution", "index")}
        return cls(**fields | files | {"submission": Path(fields["submission"])})


class Grader(Protocol):
    """Has the solution, as an index or a table; scores the submission's bytes."""

    def score(self) -> tuple[float, float]:
        """The public and the private score."""


class Podium:
    """The scorer itself."""

    def __init__(self, case: Case) -> None:
        settle()  # before numpy is loaded, as the warm process does
        engine = importlib.import_module("podium_scorer.engine")
        self._score: Callable[..., Report] = engine.run_score
        self._job = ScoreJob(metric=case.spec, submission_name="submission.csv")
        self._index = case.index.read_bytes()
        self._submission = case.submission.read_bytes()

    def score(self) -> tuple[float, float]:
        """Both scores, with their intervals."""
        report = self._score(self._job, self._index, self._submission)
        if report.public is None or report.private is None:
            raise AssertionError(report)
        return report.public, report.private


class Pandas:
    """The usual grader: read, merge, mask, scikit-learn's metric; no intervals."""

    def __init__(self, case: Case) -> None:
        self._pandas = importlib.import_module("pandas")
        self._metrics = importlib.import_module("sklearn.metrics")
        self._case = case
        self._submission = case.submission.read_bytes()
        _ = self.solution

    @cached_property
    def solution(self) -> Any:
        """The solution as a table, loaded once, as the index is."""
        return self._read(self._case.solution)

    def score(self) -> tuple[float, float]:
        """Both scores."""
        frame = self._read(importlib.import_module("io").BytesIO(self._submission))
        if frame.isna().to_numpy().any() or len(frame) != len(self.solution):
            raise AssertionError("a faulty file")
        both = self.solution.merge(
            frame, on="id", validate="one_to_one", suffixes=("", "_p")
        )
        if len(both) != len(frame):
            raise AssertionError("ids are missing")
        return self._of(both, "Public"), self._of(both, "Private")

    def _read(self, file: Any) -> Any:
        kinds = {"id": str} if self._case.ids == "hexadecimal" else {}
        return self._pandas.read_csv(file, dtype=kinds)

    def _of(self, both: Any, part: str) -> float:
        rows = both[both["Usage"] == part]
        true, guessed, metrics = rows["y"], rows["y_p"], self._metrics
        match self._case.metric:
            case "roc_auc":
                return float(metrics.roc_auc_score(true, guessed))
            case "log_loss":
                return float(metrics.log_loss(true, guessed))
            case "rmse":
                return float(metrics.root_mean_squared_error(true, guessed))
            case "f1_macro":
                return float(metrics.f1_score(true, guessed, average="macro"))
            case "quadratic_weighted_kappa":
                kappa = metrics.cohen_kappa_score(true, guessed, weights="quadratic")
                return float(kappa)
            case "map_at_k":
                return mapk(true.str.split(), guessed.str.split())
        raise KeyError(self._case.metric)


def mapk(true: Sequence[list[str]], guessed: Sequence[list[str]]) -> float:
    """MAP@5 as most graders write it: a loop over rows, and one over places."""
    values = [apk(*pair) for pair in zip(true, guessed, strict=True)]
    return sum(values) / len(values)


def apk(true: list[str], guessed: list[str]) -> float:
    """The average precision of one row."""
    hits, total = 0, 0.0
    for place, item in enumerate(guessed[:K]):
        if item in true and item not in guessed[:place]:
            hits += 1
            total += hits / (place + 1)
    return total / min(len(true), K) if true else 0.0


GRADERS: dict[str, Callable[[Case], Grader]] = {"podium": Podium, "pandas": Pandas}


def prepare(metric: str, solution: Path, index: Path) -> None:
    """Make the scorer's index of a solution."""
    settle()
    engine = importlib.import_module("podium_scorer.engine")
    spec = MetricSpec(name=metric, params=PARAMS.get(metric, {}))
    prepared = engine.run_prepare(PrepareJob(metric=spec), solution.read_bytes(), b"")
    if prepared.report.status is not Outcome.PREPARED:
        raise AssertionError(prepared.report)
    index.write_bytes(prepared.index)


if __name__ == "__main__":
    GRADERS[sys.argv[1]](Case.from_json(sys.argv[2])).score()
