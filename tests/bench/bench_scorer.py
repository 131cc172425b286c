"""The scorer's own speed and memory, beside what else would do the same work.

A warm scorer takes a submission's bytes to the report: public and private score, both with
intervals. Beside it, on the same files: ``wc -l``, reading the bytes and nothing else,
pandas with scikit-learn (for MAP@5 the usual loop over rows), and for ROC AUC a literal
program in C++ on one thread. The variants take turns, since neighbours on the machine
disturb them all alike. Ten million rows are scored with whole numbers as ids by every
metric, with texts by ROC AUC; with ``--quick`` there are only ten thousand rows.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from podium_scorer.cpu import settle
from tests.bench.graders import GRADERS, Case, Pandas, Podium
from tests.bench.processes import Cold, compiled, run_cold
from tests.bench.tables import Table, p50, shown

settle()  # before numpy is loaded, as the warm process does

files: Any = importlib.import_module("tests.bench.scorer_files")

ROWS = (10_000, 1_000_000, 10_000_000)
QUICK = 10_000
ALL = {"whole": list(files.METRICS), "hexadecimal": list(files.METRICS)}
LARGEST = {"whole": list(files.METRICS), "hexadecimal": ["roc_auc"]}
ROUNDS, QUICK_ROUNDS, LARGEST_ROUNDS = 7, 3, 3
READER = Path(__file__).with_name("auc_reader.cpp")
TOLERANCE = 1e-9  # between the scorer and its peers

# What the scorer's time is split by: where each step begins and ends.
STEPS = {
    "read": (
        ("podium_scorer.submission", "open_source"),
        ("podium_scorer.submission", "read_fast"),
    ),
    "align": (("podium_scorer.submission", "_check_table"),),
    "score": (("podium_scorer.engine", "_estimates"),),
}
# Everything that makes an interval, and nothing else.
INTERVALS = (
    ("podium_scorer.metrics.binary", "_delong"),
    ("podium_scorer.uncertainty", "of_mean"),
    ("podium_scorer.uncertainty", "of_influences"),
    ("podium_scorer.uncertainty", "of_matrices"),
    ("podium_scorer.uncertainty", "of_resamples"),
)
IMPORTED = {
    "podium_scorer.serve": "podium_scorer.serve",
    "its numpy and pyarrow alone": "numpy, pyarrow, pyarrow.csv, pyarrow.parquet",
}
IMPORTS = """
import sys, time
begun = time.perf_counter()
import {names}
seconds = time.perf_counter() - begun
heavy = [name for name in ("pandas", "scipy", "sklearn") if name in sys.modules]
print(1000 * seconds, 1000 * time.process_time(), *heavy)
"""


@dataclass
class Stopwatch:
    """Milliseconds of each step of the scorer, one entry a round."""

    rounds: list[dict[str, float]] = field(default_factory=list)

    def begin(self) -> None:
        """Begin a round."""
        self.rounds.append(dict.fromkeys(STEPS, 0.0))

    def install(self, stack: ExitStack) -> None:
        """Put the clock around each step until the stack is closed."""
        for step, places in STEPS.items():
            for module_name, name in places:
                module = importlib.import_module(module_name)
                timed = self._timed(step, getattr(module, name))
                stack.enter_context(patch.object(module, name, timed))

    def _timed(self, step: str, run: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            found = run(*arguments, **options)
            if isinstance(found, Iterator):
                found = list(found)
            self.rounds[-1][step] += 1000 * (time.perf_counter() - begun)
            return found

        return timed


@dataclass
class Measured:
    """What was found of one case: milliseconds by variant, one entry a round."""

    case: Case
    times: dict[str, list[float]]
    steps: list[dict[str, float]]
    cold: dict[str, Cold]
    reader: dict[str, list[list[float]]]  # of the C++ program by way of alignment

    def cell(self, name: str) -> str:
        """The median and the fastest round of a variant."""
        times = self.times.get(name)
        return _both(times) if times else "-"

    def ratio(self, above: str, below: str) -> str:
        """How many times as long one variant takes as another: medians, and fastest."""
        first, second = self.times.get(above), self.times.get(below)
        if not first or not second:
            return "-"
        medians, fastest = p50(first) / p50(second), min(first) / min(second)
        return f"{shown(medians)} / {shown(fastest)}"

    @property
    def label(self) -> str:
        """The first cell of the case's row."""
        return f"{self.case.rows:,}: {self.case.name}"


def run(*, quick: bool) -> Iterator[Table]:
    """The scorer's times, memory and start, beside those of its peers."""
    importlib.import_module("podium_scorer.serve").warm_up()
    yield _imports(QUICK_ROUNDS if quick else ROUNDS)
    with compiled(READER) as reader:
        for rows in (QUICK,) if quick else ROWS:
            rounds = _rounds(rows, quick=quick)
            wanted = LARGEST if rows == max(ROWS) else ALL
            with tempfile.TemporaryDirectory() as folder:
                found = [
                    _measure(
                        case,
                        rounds,
                        reader,
                        in_new_process=_is_readers(case) or not quick,
                    )
                    for case in files.cases(rows, Path(folder), wanted)
                ]
            yield from _tables(rows, rounds, found, has_reader=reader is not None)


def _rounds(rows: int, *, quick: bool) -> int:
    if quick:
        return QUICK_ROUNDS
    return LARGEST_ROUNDS if rows == max(ROWS) else ROUNDS


def _measure(
    case: Case, rounds: int, reader: Path | None, *, in_new_process: bool
) -> Measured:
    ours, watch = Podium(case), Stopwatch()
    runs: dict[str, Callable[[], object]] = {
        "scorer": lambda: _watched(ours, watch),
        "bare": lambda: _without_intervals(ours),
        "wc": lambda: subprocess.run(
            ["wc", "-l", case.submission], stdout=subprocess.DEVNULL, check=True
        ),
        "bytes": case.submission.read_bytes,
    }
    peer = _peer(case)
    if peer is not None:
        _compare(case, "pandas", ours.score(), peer.score())
        runs["pandas"] = peer.score
    for name, each in runs.items():
        if name != "pandas":  # it has run for the comparison
            each()
    watch.rounds.clear()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, each in runs.items():
            if number and name == "pandas" and case.rows == max(ROWS):
                continue  # it takes a minute
            begun = time.perf_counter()
            each()
            times[name].append(1000 * (time.perf_counter() - begun))
    ways = () if not _is_readers(case) or reader is None else ("sort", "scatter")
    return Measured(
        case=case,
        times=times,
        steps=watch.rounds,
        cold=_cold(case, with_pandas=peer is not None) if in_new_process else {},
        reader={way: _read(reader, way, rounds, case, ours.score()) for way in ways},
    )


def _watched(ours: Podium, watch: Stopwatch) -> None:
    with ExitStack() as stack:
        watch.install(stack)
        watch.begin()
        ours.score()


def _without_intervals(ours: Podium) -> None:
    with ExitStack() as stack:
        for module, name in INTERVALS:
            stack.enter_context(patch(f"{module}.{name}", lambda *_, **__: None))
        ours.score()


def _peer(case: Case) -> Pandas | None:
    """pandas and scikit-learn, where they are installed."""
    try:
        return Pandas(case)
    except ImportError:
        return None


def _compare(
    case: Case, name: str, ours: tuple[float, float], theirs: tuple[float, float]
) -> None:
    if max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) > TOLERANCE:
        raise AssertionError(f"{case.name}: {ours} here, {theirs} by {name}")


def _cold(case: Case, *, with_pandas: bool) -> dict[str, Cold]:
    graders = GRADERS if with_pandas else ("podium",)
    module = ("-m", "tests.bench.graders")
    return {
        name: run_cold(sys.executable, *module, name, case.to_json())
        for name in graders
    }


def _is_readers(case: Case) -> bool:
    return case.metric == "roc_auc" and case.ids == "whole"


def _read(
    reader: Path | None, way: str, rounds: int, case: Case, ours: tuple[float, float]
) -> list[list[float]]:
    command = [str(reader), way, str(rounds + 1), case.solution, case.submission]
    answer = subprocess.run(command, check=True, capture_output=True)
    found = json.loads(answer.stdout)
    _compare(case, "C++", ours, (found["public"], found["private"]))
    rounds_of_steps: list[list[float]] = found["rounds"][1:]
    return rounds_of_steps


def _tables(
    rows: int, rounds: int, found: list[Measured], *, has_reader: bool
) -> Iterator[Table]:
    title = f"{rows:,} rows, {rounds} rounds"
    yield _times(title, found)
    yield _processes(title, found)
    yield _readers(title, found, has_reader=has_reader)


def _times(title: str, found: list[Measured]) -> Table:
    table = Table(
        f"Scorer, warm, ms, p50 / fastest: {title}",
        (
            "case",
            "scorer",
            *STEPS,
            "intervals",
            "wc -l",
            "bytes",
            "pandas",
            "x wc",
            "x bytes",
            "pandas x",
        ),
    )
    for each in found:
        extra = min(each.times["scorer"]) / min(each.times["bare"]) - 1
        table.add(
            each.label,
            each.cell("scorer"),
            *(p50([steps[step] for steps in each.steps]) for step in STEPS),
            f"{100 * extra:+.0f} %",
            *(each.cell(name) for name in ("wc", "bytes", "pandas")),
            each.ratio("scorer", "wc"),
            each.ratio("scorer", "bytes"),
            each.ratio("pandas", "scorer"),
        )
    table.notes += [
        "read: bytes to columns; align: ids and values checked, rows aligned; score: into",
        "slots and both scores. The rest is the index. intervals: what they add to the",
        "fastest round. bytes: the file read, nothing else. pandas: with scikit-learn,",
        "without intervals, - where it is not installed. x wc and x bytes are the scorer's",
        "times over theirs, pandas x its times over the scorer's.",
        "Goals at a million rows: ROC AUC of whole ids at most 12 x wc shuffled, 10 x in",
        "order, hexadecimal 20 x; at least 7 x faster than pandas; intervals at most +15 %.",
    ]
    return table


def _processes(title: str, found: list[Measured]) -> Table:
    table = Table(
        f"One submission in a new process: {title}",
        (
            "case",
            "scorer ms",
            "pandas ms",
            "pandas x",
            "scorer MB",
            "pandas MB",
            "share",
        ),
    )
    for each in found:
        if not each.cold:
            continue
        ours, other = each.cold["podium"], each.cold.get("pandas")
        if other is None:
            lacking = "not installed"
            table.add(each.label, ours.ms, lacking, "-", ours.peak_mb, lacking, "-")
            continue
        table.add(
            each.label,
            ours.ms,
            other.ms,
            other.ms / ours.ms,
            ours.peak_mb,
            other.peak_mb,
            ours.peak_mb / other.peak_mb,
        )
    table.notes += [
        "From the interpreter's start to its end, imports and the solution included; MB is",
        "the peak of the resident memory. Goals at a million rows: at least 5 x faster, at",
        "most half the memory.",
    ]
    return table


def _readers(title: str, found: list[Measured], *, has_reader: bool) -> Table:
    table = Table(
        f"ROC AUC beside a literal reader in C++ on one thread, p50 ms: {title}",
        ("case", "scorer", "C++", "parse", "align", "score", "x C++"),
    )
    for each in found:
        if not _is_readers(each.case):
            continue
        ours = p50(each.times["scorer"])
        if not has_reader:
            table.add(each.label, ours, *["no g++"] * 4, "-")
        for way, steps in each.reader.items():
            total = p50([sum(step) for step in steps])
            parts = (p50(list(step)) for step in zip(*steps, strict=True))
            table.add(f"{each.label}, {way}", ours, total, *parts, ours / total)
    table.notes += [
        "sort: aligned by sorted ids, of any size; scatter: only for ids 0 to n-1. Its",
        "ids are no text, and it gives no intervals. Goal at a million rows: at most 1.3 x.",
    ]
    return table


def _imports(rounds: int) -> Table:
    answers: dict[str, list[list[str]]] = {name: [] for name in IMPORTED}
    for _ in range(rounds):
        for name, modules in IMPORTED.items():
            program = IMPORTS.format(names=modules)
            found = subprocess.run(
                [sys.executable, "-c", program],
                check=True,
                capture_output=True,
                text=True,
            )
            answers[name].append(found.stdout.split())
    table = Table(
        f"Importing the scorer, ms, p50 / fastest: {rounds} rounds",
        ("", "to import", "processor, whole process", "pandas, scipy, scikit-learn"),
    )
    for name, rows in answers.items():
        wall, spent = ([float(row[place]) for row in rows] for place in range(2))
        heavy = ", ".join(rows[0][2:]) or "none"
        table.add(name, _both(wall), _both(spent), heavy)
    table.notes.append("Goal: at most 150 ms, and none of them.")
    return table


def _both(times: list[float]) -> str:
    return f"{shown(p50(times))} / {shown(min(times))}"
