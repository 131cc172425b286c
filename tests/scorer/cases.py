"""Random files for any entry of the catalogue, made after its worked example."""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from podium_scorer.catalogue import Columns, MetricInfo, ParamType, Prediction, Target
from podium_scorer.contract import Report
from tests.scorer.support import ideal, score

PARTS = ("Public", "Private", "Ignored")
_TEXTS = ("", 'a "b",', "ä\n", " ")
_MASKS = ("", "1 2", "1 1 4 2")
_SEGMENTS = ("", "ant 1 2;bee 7 2")
# Apart, since a kind of either may have the same name.
ODD_TRUTHS: Mapping[Target, tuple[str, ...]] = {
    Target.TEXT: _TEXTS,
    Target.MASK: _MASKS,
    Target.SEGMENTS: _SEGMENTS,
    Target.BOXES: ("", "0 0 2 2"),
}
ODD_GUESSES: Mapping[Prediction, tuple[str, ...]] = {
    Prediction.TEXT: _TEXTS,
    Prediction.ITEMS: ("", " "),
    Prediction.SCORED: ("", "3 0.5 4 0.5"),
    Prediction.MASK: _MASKS,
    Prediction.SEGMENTS: _SEGMENTS,
    Prediction.BOXES: ("", "0.5 0 0 2 2 0.5 0 0 2 2"),
}
LABELS = ("ant", "bee", "cat")
WORDS = ("der", "rote", "Fuchs", "läuft", "the", "red", "fox", "runs", "far", "away")
Row = dict[str, Any]
Maker = Callable[["Names", random.Random], tuple[Row, Row]]


@dataclass(frozen=True)
class Names:
    """The columns of an entry's example by their roles."""

    info: MetricInfo
    key: str
    targets: tuple[str, ...]
    extras: Mapping[str, str]  # parameter -> column
    columns: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes: the columns' names, or two where one must be the positive one."""
        if self.info.columns is Columns.CLASSES:
            return self.columns
        return (
            LABELS[:2] if any(p.name == "average" for p in self.info.params) else LABELS
        )

    @classmethod
    def of(cls, info: MetricInfo) -> Names:
        head = next(csv.reader(io.StringIO(info.example.solution)))
        named = next(csv.reader(io.StringIO(info.example.submission)))
        extras = {
            param: str(value)
            for param, value in info.example.params.items()
            if param.endswith("_column")
        }
        targets = [name for name in head[1:] if name not in extras.values()]
        return cls(info, head[0], tuple(targets), extras, tuple(named[1:]))


@dataclass(frozen=True)
class Case:
    """A solution with Usage, and a submission for it, row by row."""

    names: Names
    truth: list[Row]
    predicted: list[Row]
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def info(self) -> MetricInfo:
        return self.names.info

    def column(self, name: str) -> list[Any]:
        """A column of the solution."""
        return [row[name] for row in self.truth]

    def guess(self, name: str) -> list[Any]:
        """A column of the submission."""
        return [row[name] for row in self.predicted]

    @property
    def t(self) -> list[Any]:
        """The first target."""
        return self.column(self.names.targets[0])

    @property
    def p(self) -> list[Any]:
        """The first prediction column."""
        return self.guess(self.names.columns[0])

    def further(self, param: str) -> list[Any]:
        """The column that a parameter names."""
        return self.column(self.names.extras[param])

    def only(self, part: str) -> Case:
        """The rows of a part alone, all of them public."""
        keep = [i for i, row in enumerate(self.truth) if row["Usage"] == part]
        truth = [{**self.truth[i], "Usage": "Public"} for i in keep]
        return Case(self.names, truth, [self.predicted[i] for i in keep], self.params)

    @property
    def solution(self) -> bytes:
        """The solution as a file."""
        header = [self.names.key, *self.names.targets, *self.names.extras.values()]
        return _csv([*header, "Usage"], self.truth)

    def reordered(self, rows: list[int], columns: list[str] | None = None) -> bytes:
        """The submission with its rows, and maybe its columns, in another order."""
        header = columns or [self.names.key, *self.names.columns]
        return _csv(header, [self.predicted[i] for i in rows])

    def report(self, submission: bytes | None = None, **params: Any) -> Report:
        """What the scorer says."""
        rows = list(range(len(self.truth)))
        sample = self.reordered(rows)
        return score(
            self.info.name,
            self.solution,
            sample if submission is None else submission,
            sample=sample,
            **{**self.params, **params},
        )


def make(
    info: MetricInfo,
    seed: int,
    rows: int = 60,
    *,
    usage: bool = True,
    odd: bool = False,
) -> Case:
    """A random case: predictions that are better than chance, some of them tied.

    ``odd`` puts in what is seldom: many ties, ends of ranges, empty cells, texts that
    must be quoted; and it names every further column that a parameter can name.
    """
    rng, names = random.Random(f"{info.name} {seed}"), Names.of(info)
    params = dict(info.example.params)
    if odd:
        named = {p.name: p.name for p in info.params if p.type is ParamType.COLUMN}
        names = replace(names, extras={**named, **names.extras})
        params |= names.extras
    maker = MAKERS.get(info.name) or KINDS.get(info.target) or _plain
    truth, predicted = [], []
    for number in range(rows):
        true, guess = maker(names, rng)
        if odd:
            true, guess = _odd_truth(names, rng, true), _odd_guess(names, rng, guess)
        part = PARTS[number % 3] if usage else "Public"
        key = f"r{number}"
        truth.append({names.key: key, **true, **_extras(names, rng), "Usage": part})
        predicted.append({names.key: key, **guess})
    _vary(names, truth)
    return Case(names, truth, predicted, params)


def _odd_truth(names: Names, rng: random.Random, row: Row) -> Row:
    """Now and then an odd cell, where truths of the kind may be so."""
    info = names.info
    if info.target is Target.NUMBER and info.prediction is not Prediction.PROBABILITY:
        cells: tuple[Any, ...] = (0.5, 1.0, 2.0, 3.0)
    else:
        cells = ODD_TRUTHS.get(info.target, ())
    return _with_some(rng, row, cells)


def _odd_guess(names: Names, rng: random.Random, row: Row) -> Row:
    info = names.info
    if info.valid_range is None:
        return _with_some(rng, row, ODD_GUESSES.get(info.prediction, ()))
    if info.prediction is Prediction.PROBABILITY and info.target is not Target.BINARY:
        if len(row) < 2 or rng.random() < 0.7 or info.name == "integrated_brier":
            return row
        sure = rng.choice(list(row))
        return {name: int(name == sure) for name in row}
    low, high = info.valid_range
    numbers = (-1e6, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1e6)
    return _with_some(rng, row, tuple(x for x in numbers if low <= x <= high))


def _with_some(rng: random.Random, row: Row, cells: tuple[Any, ...]) -> Row:
    return {
        name: rng.choice(cells) if cells and rng.random() < 0.3 else cell
        for name, cell in row.items()
    }


def perfect(case: Case) -> Case:
    """The same with the truth for a prediction."""
    guesses = [
        {case.names.key: row[case.names.key], **_right(case.names, row)}
        for row in case.truth
    ]
    return Case(case.names, case.truth, guesses, case.params)


def _right(names: Names, row: Row) -> Row:
    if names.info.columns is Columns.CLASSES and len(names.columns) > 1:
        return {name: int(row[names.targets[0]] == name) for name in names.columns}
    return {name: ideal(names.info, row[name]) for name in names.columns}


def _vary(names: Names, truth: list[Row]) -> None:
    """Each part gets two rows whose truths differ, or some metrics have no value."""
    if names.info.target not in {Target.BINARY, Target.LABEL}:
        return
    two = names.info.columns is Columns.CLASSES and len(names.columns) == 1
    values: tuple[Any, ...] = names.labels
    if two or names.info.target is Target.BINARY:
        values = (0, 1)
    for place, value in enumerate(values):
        for part in range(3):
            for name in names.targets:
                truth[3 * place + part][name] = value


def _extras(names: Names, rng: random.Random) -> Row:
    found: Row = {}
    for param, column in names.extras.items():
        if param == "event_column":
            found[column] = int(rng.random() < 0.7)
        elif param in {"group_column", "series_column", "query_column"}:
            found[column] = rng.choice(LABELS)
        else:
            found[column] = round(rng.uniform(0.2, 3.0), 3)
    return found


def _number(info: MetricInfo, rng: random.Random) -> float:
    low = -math.inf if info.target_range is None else info.target_range[0]
    if low >= 0:
        return round(rng.gammavariate(2.0, 3.0) + 0.1, 2)
    return round(rng.gauss(10, 5), 1) or 0.5


def _near(info: MetricInfo, value: float, rng: random.Random) -> float:
    guess = round(value + rng.gauss(0, 2), 1)
    return max(guess, 0.1) if info.prediction_range else guess


def _plain(names: Names, rng: random.Random) -> tuple[Row, Row]:
    info = names.info
    if info.columns is Columns.SEVERAL:
        value = _number(info, rng)
        guesses = sorted(_near(info, value, rng) for _ in names.columns)
        return {names.targets[0]: value}, dict(zip(names.columns, guesses, strict=True))
    true = {name: _number(info, rng) for name in names.targets}
    pairs = zip(names.columns, names.targets, strict=True)
    return true, {column: _near(info, true[name], rng) for column, name in pairs}


def _binary(names: Names, rng: random.Random) -> tuple[Row, Row]:
    true = {name: int(rng.random() < 0.4) for name in names.targets}
    pairs = zip(names.columns, names.targets, strict=True)
    if names.info.prediction is Prediction.LABEL:
        return true, {c: true[t] ^ (rng.random() < 0.3) for c, t in pairs}
    return true, {
        c: round(min(1.0, 0.7 * rng.random() + 0.3 * true[t]), 2) for c, t in pairs
    }


def _label(names: Names, rng: random.Random) -> tuple[Row, Row]:
    if names.info.columns is Columns.CLASSES and len(names.columns) == 1:
        return _binary(names, rng)
    labels = names.labels
    value = rng.choice(labels)
    true = {names.targets[0]: value}
    if names.info.prediction in {Prediction.LABEL, Prediction.TEXT}:
        guess = value if rng.random() < 0.6 else rng.choice(labels)
        return true, {names.columns[0]: guess}
    weights = [rng.random() + (value == name) for name in names.columns]
    total = math.fsum(weights)
    return true, {
        name: weight / total
        for name, weight in zip(names.columns, weights, strict=True)
    }


def _text(names: Names, rng: random.Random) -> tuple[Row, Row]:
    words = [rng.choice(WORDS) for _ in range(rng.randrange(1, 9))]
    guess = [w if rng.random() < 0.7 else rng.choice(WORDS) for w in words]
    if rng.random() < 0.3:
        guess = guess[: rng.randrange(len(guess) + 1)]
    return {names.targets[0]: " ".join(words)}, {names.columns[0]: " ".join(guess)}


def _items(names: Names, rng: random.Random) -> tuple[Row, Row]:
    true = rng.sample(range(12), rng.randrange(1, 6))
    guess = rng.sample(range(12), rng.randrange(0, 8))
    guess += rng.sample(guess, min(len(guess), rng.randrange(2)))
    return (
        {names.targets[0]: " ".join(map(str, true))},
        {names.columns[0]: " ".join(map(str, guess))},
    )


def _graded(names: Names, rng: random.Random) -> tuple[Row, Row]:
    true = rng.sample(range(12), rng.randrange(1, 6))
    grades = [1, *(rng.choice((0, 1, 2, 3, 1.5)) for _ in true[1:])]
    guess = rng.sample(range(12), rng.randrange(0, 8))
    guess += rng.sample(guess, min(len(guess), rng.randrange(2)))
    pairs = zip(true, grades, strict=True)
    return (
        {names.targets[0]: " ".join(f"{item}:{grade}" for item, grade in pairs)},
        {names.columns[0]: " ".join(map(str, guess))},
    )


def _scored(names: Names, rng: random.Random) -> tuple[Row, Row]:
    true = rng.sample(range(12), rng.randrange(0, 4))
    guess = rng.sample(range(12), rng.randrange(0, 6))
    pairs = [(item, round(rng.random() + 0.3 * (item in true), 1)) for item in guess]
    return (
        {names.targets[0]: " ".join(map(str, true))},
        {names.columns[0]: " ".join(f"{item} {sure}" for item, sure in pairs)},
    )


def _mask(names: Names, rng: random.Random) -> tuple[Row, Row]:
    def draw() -> str:
        place, runs = 0, []
        for _ in range(rng.randrange(5)):
            place += rng.randrange(1, 6)
            length = rng.randrange(1, 9)
            runs += [place, length]
            place += length
        return " ".join(map(str, runs))

    return {names.targets[0]: draw()}, {names.columns[0]: draw()}


def _boxes(names: Names, rng: random.Random) -> tuple[Row, Row]:
    def draw() -> list[int]:
        return [rng.randrange(30) for _ in "xy"] + [rng.randrange(3, 12) for _ in "wh"]

    true = [draw() for _ in range(rng.randrange(1, 4))]
    near = [[value + rng.randrange(2) for value in box] for box in true]
    guess = [box for box in (*near, draw()) if rng.random() < 0.8]
    sure = [round(rng.random(), 1) for _ in guess]
    pairs = zip(sure, guess, strict=True)
    return (
        {names.targets[0]: " ".join(" ".join(map(str, box)) for box in true)},
        {names.columns[0]: " ".join(" ".join(map(str, [s, *b])) for s, b in pairs)},
    )


def _segments(names: Names, rng: random.Random) -> tuple[Row, Row]:
    """Up to four segments, and most of each under its class or, seldom, another."""
    true, guess, place = [], [], 1
    for _ in range(rng.randrange(1, 5)):
        name, length = rng.choice(LABELS), rng.randrange(3, 20)
        true.append(f"{name} {place} {length}")
        if rng.random() < 0.8:
            kept = rng.randrange(1, length)
            name = name if rng.random() < 0.8 else rng.choice(LABELS)
            guess.append(f"{name} {place + rng.randrange(3)} {kept}")
        place += length + rng.randrange(3, 6)
    return {names.targets[0]: "; ".join(true)}, {names.columns[0]: ";".join(guess)}


def _shares(names: Names, rng: random.Random) -> tuple[Row, Row]:
    def draw(centre: list[float]) -> list[float]:
        weights = [rng.random() ** 2 + value for value in centre]
        return [weight / math.fsum(weights) for weight in weights]

    true = draw([0.0] * len(names.targets))
    guess = draw(true)
    return (
        dict(zip(names.targets, true, strict=True)),
        dict(zip(names.columns, guess, strict=True)),
    )


def _place(names: Names, rng: random.Random) -> tuple[Row, Row]:
    true = rng.uniform(-80, 80), rng.uniform(-179, 179)
    guess = [value + rng.gauss(0, 1) for value in true]
    return (
        dict(zip(names.targets, true, strict=True)),
        dict(zip(names.columns, guess, strict=True)),
    )


def _centre_and_spread(names: Names, rng: random.Random) -> tuple[Row, Row]:
    value = _number(names.info, rng)
    guess = (round(value + rng.gauss(0, 2), 1), round(rng.uniform(0.5, 100), 2))
    return {names.targets[0]: value}, dict(zip(names.columns, guess, strict=True))


def _survival(names: Names, rng: random.Random) -> tuple[Row, Row]:
    time = round(rng.expovariate(1 / 4), 1) + 0.1
    if len(names.columns) == 1:
        return {names.targets[0]: time}, {names.columns[0]: round(rng.gauss(-time, 3))}
    chances = sorted((rng.random() for _ in names.columns), reverse=True)
    return {names.targets[0]: time}, dict(zip(names.columns, chances, strict=True))


KINDS: dict[Target, Maker] = {
    Target.BINARY: _binary,
    Target.LABEL: _label,
    Target.TEXT: _text,
    Target.ITEMS: _items,
    Target.GRADED: _graded,
    Target.MASK: _mask,
    Target.BOXES: _boxes,
    Target.SEGMENTS: _segments,
}


def _relevance(names: Names, rng: random.Random) -> tuple[Row, Row]:
    grade = rng.choice((0, 0, 1, 2, 3))
    guess = round(grade + rng.gauss(0, 1.5), 1)
    return {names.targets[0]: grade}, {names.columns[0]: guess}


MAKERS: dict[str, Maker] = {
    **dict.fromkeys(
        ("kl_divergence", "js_divergence", "wasserstein", "total_variation"), _shares
    ),
    "gap": _scored,
    "query_ranking": _relevance,
    **dict.fromkeys(("haversine", "mean_angular_error"), _place),
    **dict.fromkeys(
        ("crps_gaussian", "laplace_log_likelihood", "gaussian_log_likelihood"),
        _centre_and_spread,
    ),
    **dict.fromkeys(("c_index", "stratified_c_index", "integrated_brier"), _survival),
}


def _csv(header: list[str], rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
