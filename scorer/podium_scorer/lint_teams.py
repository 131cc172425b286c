"""Predictions that the linter makes up: constants, random ones, and simulated teams.

All are in slot order, in the form in which the scorer holds a submission it has read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import Texts
from podium_scorer.catalogue import Columns, Prediction, Target
from podium_scorer.expectation import ColumnSpec
from podium_scorer.lint_findings import SEED
from podium_scorer.solution_index import SolutionIndex
from podium_scorer.targets import TargetColumn

TEAMS = 40
SHARED = 0.8  # of the variance of two teams' errors: they learn from the same data
_SAME_FORM = {
    Target.TEXT: Prediction.TEXT,
    Target.ITEMS: Prediction.ITEMS,
    Target.MASK: Prediction.MASK,
}
_PROBABLE = frozenset({Prediction.SCORE, Prediction.PROBABILITY})
Values = NDArray[Any] | Texts


@dataclass(frozen=True, eq=False)
class Guess:
    """Predictions by column, and how a sentence calls them."""

    name: str
    columns: tuple[Values, ...]

    @property
    def numbers(self) -> NDArray[Any] | None:
        """The columns that are no texts, (columns, rows)."""
        columns = [each for each in self.columns if not isinstance(each, Texts)]
        return np.stack(columns) if columns else None

    @property
    def texts(self) -> list[Texts]:
        """The columns of texts."""
        return [each for each in self.columns if isinstance(each, Texts)]


@dataclass(frozen=True, eq=False)
class Inventor:
    """Makes predictions up for one solution."""

    solution: SolutionIndex

    @property
    def rows(self) -> int:
        """All rows, ignored ones included."""
        return self.solution.splits.total

    @cached_property
    def scored(self) -> slice:
        """The rows that are scored."""
        return slice(0, self.rows - self.solution.splits.ignored)

    @cached_property
    def pairs(self) -> list[tuple[ColumnSpec, TargetColumn]]:
        """Each prediction column with the target that it is for."""
        specs, targets = self.solution.expectation.specs, self.solution.truth.targets
        by_name = {target.name: target for target in targets}
        one = targets[0] if len(targets) == 1 else None
        return [
            (spec, one or by_name.get(spec.name, targets[place % len(targets)]))
            for place, spec in enumerate(specs)
        ]

    @property
    def one_hot(self) -> bool:
        """Whether there is a probability for each class of the one target."""
        by_class = self.solution.metric.columns is Columns.CLASSES
        return by_class and len(self.pairs) > 1

    def perfect(self) -> Guess | None:
        """The answers themselves; None where predictions have another form."""
        columns = [self._perfect(*pair) for pair in self.pairs]
        if any(column is None for column in columns):
            return None
        return Guess("the answers", tuple(c for c in columns if c is not None))

    def _perfect(self, spec: ColumnSpec, target: TargetColumn) -> Values | None:
        if isinstance(target.values, Texts):
            same = _SAME_FORM.get(target.kind) is spec.holds
            return target.values if same else None
        if spec.holds is Prediction.LABEL:
            return target.values
        if self.one_hot:
            if spec.name not in target.classes:
                return None
            return np.asarray(target.values == target.classes.index(spec.name), float)
        if target.kind is Target.LABEL or spec.valid_range is None:
            return None
        return np.asarray(np.clip(target.values.astype(float), *spec.valid_range))

    def constants(self, perfect: Guess) -> Iterator[Guess]:
        """Some constant predictions that are good for one metric or another."""
        if any(isinstance(column, Texts) for column in perfect.columns):
            yield self._constant("an empty text", perfect, _empty)
            yield self._constant("the most frequent text", perfect, _frequent_text)
            return
        if any(spec.holds is Prediction.LABEL for spec, _ in self.pairs):
            yield self._constant("the most frequent label", perfect, _frequent)
            return
        yield self._constant("the mean of each column's answers", perfect, _mean)
        if all(spec.holds is Prediction.NUMBER for spec, _ in self.pairs):
            yield self._constant("the median", perfect, np.median)
            yield self._constant("the mean on a logarithmic scale", perfect, _log_mean)

    def _constant(
        self, name: str, perfect: Guess, choose: Callable[[Any], Any]
    ) -> Guess:
        columns: list[Values] = []
        for column in perfect.columns:
            if isinstance(column, Texts):
                text = choose(column.taken(np.arange(self.scored.stop)))
                columns.append(Texts.of([text] * self.rows))
                continue
            value = choose(column[self.scored])
            columns.append(np.full(self.rows, value, column.dtype))
        return Guess(name, tuple(columns))

    def random(self, perfect: Guess) -> Guess:
        """Uniform probabilities, or the answers in random order."""
        random = np.random.default_rng(SEED)
        if self.one_hot:
            drawn = random.dirichlet(np.ones(len(self.pairs)), self.rows).T
            return Guess("random probabilities", tuple(drawn))
        if all(spec.holds in _PROBABLE for spec, _ in self.pairs):
            drawn = random.random((len(self.pairs), self.rows))
            return Guess("random numbers from 0 to 1", tuple(drawn))
        order = random.permutation(self.scored.stop)
        rows = np.concatenate([order, np.arange(self.scored.stop, self.rows)])
        return Guess("the answers in random order", _taken(perfect, rows))

    def teams(self, perfect: Guess) -> Iterator[Guess]:
        """Teams from the best to the last, whose errors go along with each other."""
        random = np.random.default_rng(SEED)
        shape = (len(self.pairs), self.rows)
        common = random.standard_normal(shape)
        others = random.permutation(self.scored.stop)
        order = np.concatenate([others, np.arange(self.scored.stop, self.rows)])
        elsewhere = Guess("", _taken(perfect, order))
        for place in range(TEAMS):
            own = random.standard_normal(shape)
            noise = math.sqrt(SHARED) * common + math.sqrt(1 - SHARED) * own
            worse = place / (TEAMS - 1)
            columns = self._team(perfect, elsewhere, noise, worse)
            yield Guess(f"team {place + 1}", columns)

    def _team(
        self, perfect: Guess, elsewhere: Guess, noise: NDArray[Any], worse: float
    ) -> tuple[Values, ...]:
        if self.one_hot:
            return _classes(perfect, noise, 1.5 - 0.15 * worse)
        columns: list[Values] = []
        for pair, right, wrong, errors in zip(
            self.pairs, perfect.columns, elsewhere.columns, noise, strict=True
        ):
            columns.append(_blended(pair[0], right, wrong, errors, worse))
        return tuple(columns)


def _blended(
    spec: ColumnSpec, right: Values, wrong: Values, errors: NDArray[Any], worse: float
) -> Values:
    """Right in 80 % to 76 % of the rows; numbers with an error of 50 % to 55 % of the
    answers' deviation; or scores that lie 2 to 1.8 deviations apart."""
    miss = errors < NormalDist().inv_cdf(0.2 + 0.04 * worse)
    if isinstance(right, Texts) or isinstance(wrong, Texts):
        kept, other = _texts(right), _texts(wrong)
        return Texts.of(
            [b if m else a for a, b, m in zip(kept, other, miss, strict=True)]
        )
    if spec.holds is Prediction.LABEL:
        return np.where(miss, wrong, right)
    low, high = spec.valid_range or (-math.inf, math.inf)
    if spec.holds in _PROBABLE and set(np.unique(right)) <= {0.0, 1.0}:
        apart = 1 - 0.1 * worse
        logits = 2 * apart * ((2 * right - 1) * apart + errors)
        return np.asarray(np.clip(1 / (1 + np.exp(-logits)), low, high))
    deviation = float(np.std(right))
    return np.clip(right + (0.5 + 0.05 * worse) * deviation * errors, low, high)


def _classes(
    perfect: Guess, noise: NDArray[Any], strength: float
) -> tuple[Values, ...]:
    truth = perfect.numbers
    if truth is None:
        raise TypeError("probabilities are numbers")
    logits = strength * (strength * truth + noise)
    powers = np.exp(logits - logits.max(axis=0))
    return tuple(powers / powers.sum(axis=0))


def _taken(guess: Guess, rows: NDArray[np.int64]) -> tuple[Values, ...]:
    return tuple(
        column.taken(rows) if isinstance(column, Texts) else column[rows]
        for column in guess.columns
    )


def _texts(column: Values) -> list[bytes]:
    if not isinstance(column, Texts):
        raise TypeError("the column holds texts")
    data = column.used.tobytes()
    ends = column.starts + column.lengths
    return [data[a:b] for a, b in zip(column.starts, ends, strict=True)]


def _empty(_: Values) -> bytes:
    return b""


def _frequent_text(column: Values) -> bytes:
    texts, counts = np.unique(np.array(_texts(column), object), return_counts=True)
    return bytes(texts[int(counts.argmax())])


def _frequent(column: NDArray[Any]) -> Any:
    values, counts = np.unique(column, return_counts=True)
    return values[int(counts.argmax())]


def _mean(column: NDArray[Any]) -> float:
    return float(column.mean())


def _log_mean(column: NDArray[Any]) -> float:
    if float(column.min()) < 0:
        return float(column.mean())
    return float(np.expm1(np.log1p(column).mean()))
