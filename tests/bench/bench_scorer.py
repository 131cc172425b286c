"""The scorer's own speed, for files with 10,000 and 1,000,000 rows: what a warm scorer
takes from the submission's bytes to the report (public and private score, both with
intervals), beside ``wc -l`` of the same file and, where they are installed, pandas and
scikit-learn doing the same work. Every figure is the smallest and the median of several
rounds, the variants taking turns, since neighbours on the machine disturb them all alike.
"""

from __future__ import annotations

import importlib
import io
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from podium_scorer.contract import MetricSpec, Outcome, PrepareJob, ScoreJob
from podium_scorer.cpu import settle
from tests.bench.tables import Table

settle()  # before numpy is loaded, as the warm process does

engine = importlib.import_module("podium_scorer.engine")
serve = importlib.import_module("podium_scorer.serve")
np: Any = importlib.import_module("numpy")

ROUNDS = 7
ROWS = (10_000, 1_000_000)


@dataclass(frozen=True)
class Case:
    """One file to score: its solution's index, its bytes, and where they lie."""

    name: str
    metric: str
    solution: bytes
    index: bytes
    submission: bytes
    path: Path


def cases(rows: int, folder: Path) -> Iterator[Case]:
    """Whole numbers and texts as ids, in the solution's order and shuffled."""
    rng = np.random.default_rng(rows)
    usage = np.where(rng.random(rows) < 0.3, "Public", "Private").tolist()
    truth = rng.integers(0, 2, rows)
    scores = rng.random(rows) * 0.7 + truth * 0.3
    shuffled = rng.permutation(rows).tolist()
    for ids in ("whole", "hexadecimal"):
        names = [
            str(i) if ids == "whole" else f"{i * 2654435761:016x}" for i in range(rows)
        ]
        lines = [f"{n},{s!r}\n" for n, s in zip(names, scores.tolist(), strict=True)]
        solution = _csv(
            "id,y,Usage\n",
            [
                f"{n},{t},{u}\n"
                for n, t, u in zip(names, truth.tolist(), usage, strict=True)
            ],
        )
        for order in ("in order", "shuffled"):
            chosen = lines if order == "in order" else [lines[i] for i in shuffled]
            metrics = (
                ("roc_auc", "log_loss", "rmse") if ids == "whole" else ("roc_auc",)
            )
            for metric in metrics if order == "in order" else ("roc_auc",):
                spec = MetricSpec(name=metric)
                index = engine.run_prepare(PrepareJob(metric=spec), solution, b"").index
                data = _csv("id,y\n", chosen)
                path = folder / f"{ids} {order}.csv"
                path.write_bytes(data)
                name = f"{metric}, {ids} ids {order}"
                yield Case(name, metric, solution, index, data, path)


def score(case: Case) -> None:
    """The scorer, warm."""
    spec = MetricSpec(name=case.metric)
    job = ScoreJob(metric=spec, submission_name=case.path.name)
    report = engine.run_score(job, case.index, case.submission)
    if report.status is not Outcome.SCORED:
        raise AssertionError(report)


def count_lines(case: Case) -> None:
    """``wc -l``."""
    subprocess.run(["wc", "-l", case.path], stdout=subprocess.DEVNULL, check=True)


class Pandas:
    """The usual grader: read, merge, mask, scikit-learn's metric; no intervals."""

    def __init__(self, pandas: ModuleType, metrics: ModuleType) -> None:
        self._pandas, self._metrics = pandas, metrics
        self._solutions: dict[bytes, Any] = {}

    def score(self, case: Case) -> None:
        """Score with the solution already loaded, as our index is."""
        solution = self._solutions.get(case.solution)
        if solution is None:
            solution = self._pandas.read_csv(io.BytesIO(case.solution))
            self._solutions = {case.solution: solution}
        frame = self._pandas.read_csv(io.BytesIO(case.submission))
        if frame.isna().to_numpy().any() or len(frame) != len(solution):
            raise AssertionError("a faulty file")
        both = solution.merge(
            frame, on="id", validate="one_to_one", suffixes=("", "_p")
        )
        names = {"rmse": "root_mean_squared_error", "roc_auc": "roc_auc_score"}
        metric = getattr(self._metrics, names.get(case.metric, case.metric))
        for part in ("Public", "Private"):
            rows = both[both["Usage"] == part]
            metric(rows["y"], rows["y_p"])


def peer() -> Pandas | None:
    """pandas and scikit-learn, where they are installed."""
    try:
        pandas = importlib.import_module("pandas")
        return Pandas(pandas, importlib.import_module("sklearn.metrics"))
    except ImportError:
        return None


def measure(runs: dict[str, Callable[[], None]]) -> dict[str, tuple[float, float]]:
    """Smallest and median milliseconds of each, the rounds interleaved."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: (min(t), statistics.median(t)) for name, t in times.items()}


def run(*, quick: bool) -> Iterator[Table]:
    """The scorer beside its floor and its usual peer."""
    serve.warm_up()
    other = peer()
    table = Table(
        f"Scorer, warm, ms: smallest / median of {ROUNDS} rounds",
        ("rows and case", "scorer", "wc -l", "pandas + sklearn", "x wc", "x pandas"),
    )
    for rows in ROWS[:1] if quick else ROWS:
        with tempfile.TemporaryDirectory() as folder:
            for case in cases(rows, Path(folder)):
                _add_row(table, rows, case, other)
    table.notes.append(
        "The last columns divide medians: the scorer's by wc's, and pandas's by ours."
    )
    yield table


def _add_row(table: Table, rows: int, case: Case, other: Pandas | None) -> None:
    runs: dict[str, Callable[[], None]] = {
        "scorer": lambda: score(case),
        "wc": lambda: count_lines(case),
    }
    if other is not None:
        runs["pandas"] = lambda: other.score(case)
    found = measure(runs)
    cells = [f"{low:.1f} / {middle:.1f}" for low, middle in found.values()]
    cells += ["not installed"] * (3 - len(cells))
    (_, ours), (_, floor) = found["scorer"], found["wc"]
    against = found["pandas"][1] / ours if "pandas" in found else "-"
    table.add(f"{rows:,}: {case.name}", *cells, ours / floor, against)


def _csv(header: str, lines: list[str]) -> bytes:
    return (header + "".join(lines)).encode()
