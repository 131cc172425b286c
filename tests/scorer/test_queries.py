"""Rankings in long form: against literal definitions, and against scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

import numpy as np
import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from tests.scorer.cases import Case, make
from tests.scorer.support import csv_bytes, score

Grades = list[float]


def queries(case: Case) -> list[Grades]:
    """The grades of each query that has any above 0, in the order of its ranking."""
    rows = sorted(
        zip(case.further("query_column"), case.p, case.t, strict=True),
        key=lambda row: (row[0], -row[1], row[2]),
    )
    found = [[t for _, _, t in own] for _, own in groupby(rows, lambda row: row[0])]
    return [grades for grades in found if max(grades) > 0]


def ndcg(grades: Grades, k: int) -> float:
    def gained(ranked: Grades) -> float:
        pairs = enumerate(ranked[:k])
        return math.fsum((2**g - 1) / math.log2(i + 2) for i, g in pairs)

    return gained(grades) / gained(sorted(grades, reverse=True))


def average_precision(grades: Grades, k: int) -> float:
    hits = [i for i, g in enumerate(grades[:k]) if g > 0]
    found = math.fsum((n + 1) / (i + 1) for n, i in enumerate(hits))
    return found / min(k, sum(g > 0 for g in grades))


def reciprocal_rank(grades: Grades, k: int) -> float:
    return next((1 / (i + 1) for i, g in enumerate(grades[:k]) if g > 0), 0.0)


def found(grades: Grades, k: int) -> int:
    return sum(g > 0 for g in grades[:k])


NAIVE: dict[str, Callable[[Grades, int], float]] = {
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "precision": lambda grades, k: found(grades, k) / k,
    "recall": lambda grades, k: found(grades, k) / found(grades, len(grades)),
    "hit_rate": lambda grades, k: float(found(grades, k) > 0),
}


@pytest.mark.parametrize("k", [1, 4, 1000])
@pytest.mark.parametrize("measure", NAIVE)
def test_a_measure_is_what_its_definition_says(measure: str, k: int) -> None:
    for seed in range(3):
        case = make(METRICS["query_ranking"], seed, rows=70, usage=False, odd=True)
        rankings = queries(case)
        expected = math.fsum(NAIVE[measure](each, k) for each in rankings)
        report = case.report(measure=measure, k=k)
        assert report.public == pytest.approx(expected / len(rankings), abs=1e-9)


def lists(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Grades and scores, none tied, of 40 queries with 9 items each."""
    random = np.random.default_rng(seed)
    grades = random.integers(0, 4, (40, 9))
    grades[:, 4] = 2
    return grades, random.permutation(360).reshape(40, 9) / 7


def long_form(grades: np.ndarray, scores: np.ndarray) -> tuple[bytes, bytes]:
    rows = list(np.ndenumerate(grades))
    solution = [(f"{q}-{i}", grade, f"q{q}") for (q, i), grade in rows]
    submission = [(f"{q}-{i}", scores[q, i]) for (q, i), _ in rows]
    return (
        csv_bytes("id,grade,query", solution),
        csv_bytes("id,grade", submission[::-1]),
    )


@pytest.mark.parametrize("k", [3, 9])
@pytest.mark.parametrize("gain", ["exponential", "linear"])
def test_ndcg_is_scikit_learns(gain: str, k: int) -> None:
    grades, scores = lists(5)
    worth = 2**grades - 1 if gain == "exponential" else grades
    expected = sk.ndcg_score(worth, scores, k=k)
    report = score(
        "query_ranking",
        *long_form(grades, scores),
        query_column="query",
        gain=gain,
        k=k,
    )
    assert report.public == pytest.approx(expected, abs=1e-9)


def test_map_is_scikit_learns_where_all_places_count() -> None:
    grades, scores = lists(6)
    pairs = zip(grades > 0, scores, strict=True)
    expected = float(np.mean([sk.average_precision_score(*pair) for pair in pairs]))
    report = score(
        "query_ranking", *long_form(grades, scores), query_column="query", measure="map"
    )
    assert report.public == pytest.approx(expected, abs=1e-9)


def test_the_interval_is_that_of_the_mean_over_queries() -> None:
    grades, scores = lists(7)
    values = [
        ndcg([float(grades[q, i]) for i in np.argsort(-scores[q])], 10)
        for q in range(len(grades))
    ]
    half = 1.959963984540054 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    report = score("query_ranking", *long_form(grades, scores), query_column="query")
    assert report.public_interval == pytest.approx(
        (np.mean(values) - half, np.mean(values) + half), abs=1e-9
    )
