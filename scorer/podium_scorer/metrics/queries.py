"""Rankings in long form: a row for each item of a query, with a score that ranks it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podium_scorer.alignment import Ints
from podium_scorer.metrics.base import Array, Estimate, Floats, Metric, Part, of_losses


@dataclass(frozen=True, eq=False)
class _Ranking:
    """The rows of all queries, each query's together and the first place first.

    ``of`` are the queries of the rows, ``places`` their places from 1, ``grades`` their
    grades, each (rows,); ``relevant`` is how many rows of each query have a grade above 0,
    (queries,). Queries without any are left out.
    """

    of: Ints
    places: Ints
    grades: Floats
    relevant: Ints

    def total(self, values: Array) -> Floats:
        """The sum over the rows of each query."""
        return np.bincount(self.of, values, len(self.relevant)).astype(np.float64)

    @property
    def hits(self) -> Array:
        """Which rows are relevant."""
        return self.grades > 0


def query_ranking(part: Part) -> Estimate:
    """The mean over the queries of a measure of their rankings."""
    setting = part.setting
    k, measure = setting.whole("k"), setting.text("measure")
    found = _ranked(part, -part.prediction)
    if measure == "ndcg":
        best = _ranked(part, -part.truth)
        gains = [_gains(ranking, k, setting.text("gain")) for ranking in (found, best)]
        values = np.minimum(gains[0] / gains[1], 1.0)
    else:
        values = _of_hits(found, measure, k)
    return of_losses(values, None, 0.0, 1.0)


def _ranked(part: Part, order: Array) -> _Ranking:
    """Rows by ``order``, lowest first; where it is the same the lowest grade comes first,
    so that a tie gains nothing and the order of the file makes no difference."""
    queries, grades = part.extras["query_column"], part.truth
    relevant = np.bincount(queries, grades > 0).astype(np.int64)
    rows = np.lexsort((grades, order, queries))
    rows = rows[relevant[queries[rows]] > 0]
    _, starts, of = np.unique(queries[rows], return_index=True, return_inverse=True)
    return _Ranking(
        of=of,
        places=np.arange(1, len(rows) + 1) - starts[of],
        grades=grades[rows],
        relevant=relevant[relevant > 0],
    )


def _gains(ranking: _Ranking, k: int, gain: str) -> Floats:
    worth = np.exp2(ranking.grades) - 1.0 if gain == "exponential" else ranking.grades
    gains = worth / np.log2(ranking.places + 1.0)
    return ranking.total(np.where(ranking.places <= k, gains, 0.0))


def _of_hits(ranking: _Ranking, measure: str, k: int) -> Floats:
    within = ranking.hits & (ranking.places <= k)
    hits = ranking.total(within)
    match measure:
        case "map":
            so_far = np.cumsum(within)
            before = (np.cumsum(hits) - hits)[ranking.of]
            precisions = np.where(within, (so_far - before) / ranking.places, 0.0)
            return ranking.total(precisions) / np.minimum(ranking.relevant, k)
        case "mrr":
            first = np.zeros(len(hits))
            np.maximum.at(first, ranking.of[within], 1.0 / ranking.places[within])
            return first
        case "precision":
            return hits / k
        case "recall":
            return hits / ranking.relevant
        case _:
            return np.where(hits > 0, 1.0, 0.0)


def refuse_nothing_relevant(part: Part) -> str | None:
    """Somewhere there must be something to find."""
    return None if (part.truth > 0).any() else "have no row of a grade above 0"


CODE = {"query_ranking": Metric(query_ranking, refuse_nothing_relevant)}
