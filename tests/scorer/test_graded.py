"""Items with grades or confidences: against definitions, libraries and known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome
from tests.scorer.cases import Case, make
from tests.scorer.support import kinds, lines, prepare, quoted_csv, score


def graded(cell: str) -> dict[str, float]:
    return {word.split(":")[0]: float(word.split(":")[1]) for word in cell.split()}


def once(cell: str) -> list[str]:
    return list(dict.fromkeys(cell.split()))


def naive_ndcg(case: Case, k: int, gain: str) -> float:
    def worth(grade: float) -> float:
        return 2**grade - 1 if gain == "exponential" else grade

    def discounted(grades: list[float]) -> float:
        return math.fsum(worth(g) / math.log2(i + 2) for i, g in enumerate(grades[:k]))

    rows = []
    for true, guess in zip(map(graded, case.t), map(once, case.p), strict=True):
        best = discounted(sorted(true.values(), reverse=True))
        rows.append(discounted([true.get(item, 0.0) for item in guess]) / best)
    return math.fsum(rows) / len(rows)


def pooled(case: Case) -> tuple[list[tuple[float, bool]], int]:
    """Confidence and rightness of all rows' items, and how many true items there are."""
    pairs, wanted = [], 0
    for true, guess in zip(case.t, case.p, strict=True):
        words, relevant = guess.split(), true.split()
        wanted += len(relevant)
        for item, sure in zip(words[::2], words[1::2], strict=True):
            pairs.append((float(sure), item in relevant))
    return pairs, wanted


def naive_gap(case: Case) -> float:
    pairs, wanted = pooled(case)
    terms = []
    for sure, right in pairs:
        if right:
            above = [hit for other, hit in pairs if other >= sure]
            terms.append(sum(above) / len(above))
    return math.fsum(terms) / wanted


@pytest.mark.parametrize("gain", ["exponential", "linear"])
@pytest.mark.parametrize("seed", range(3))
def test_ndcg_of_grades_is_what_its_definition_says(seed: int, gain: str) -> None:
    case = make(METRICS["ndcg_graded"], seed, rows=60 + seed, usage=False)
    expected = naive_ndcg(case, 3, gain)
    assert case.report(gain=gain).public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gain", ["exponential", "linear"])
def test_ndcg_of_grades_is_scikit_learns(gain: str) -> None:
    case = make(METRICS["ndcg_graded"], 8, rows=60, usage=False)
    names = list(map(str, range(12)))
    true, guessed, expected = [], [], []
    for cell, guess in zip(map(graded, case.t), map(once, case.p), strict=True):
        if len(guess) < 3:  # scikit-learn shares the places of what is not ranked
            continue
        grades = np.array([[cell.get(item, 0.0) for item in names]])
        ranks = [[-guess.index(i) if i in guess else -1000 for i in names]]
        worth = 2**grades - 1 if gain == "exponential" else grades
        true.append(" ".join(f"{item}:{grade}" for item, grade in cell.items()))
        guessed.append(" ".join(guess))
        expected.append(sk.ndcg_score(worth, ranks, k=3))
    assert len(expected) > 20
    solution = quoted_csv(("id", "items"), list(enumerate(true)))
    submission = quoted_csv(("id", "items"), list(enumerate(guessed)))
    report = score("ndcg_graded", solution, submission, k=3, gain=gain)
    assert report.public == pytest.approx(np.mean(expected), abs=1e-12)


def test_ndcg_of_grades_is_wikipedias() -> None:
    # "Discounted cumulative gain": D1 to D8 have 3, 2, 3, 0, 1, 2, 3, 2; nDCG6 is 0.785.
    solution = b"id,items\nq,a:3 b:2 c:3 d:0 e:1 f:2 g:3 h:2\n"
    submission = b"id,items\nq,a b c d e f\n"
    report = score("ndcg_graded", solution, submission, k=6, gain="linear")
    assert f"{report.public:.3f}" == "0.785"


@pytest.mark.parametrize("seed", range(3))
def test_gap_is_what_its_definition_says(seed: int) -> None:
    case = make(METRICS["gap"], seed, rows=60 + seed, usage=False)
    assert case.report().public == pytest.approx(naive_gap(case), abs=1e-9)


def test_gap_is_scikit_learns_average_precision_times_what_is_found() -> None:
    case = make(METRICS["gap"], 9, rows=200, usage=False)
    pairs, wanted = pooled(case)
    sure, right = zip(*pairs, strict=True)
    expected = sk.average_precision_score(right, sure) * sum(right) / wanted
    assert case.report().public == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "true", "guessed", "expected"),
    [
        ("gap", ["a", ""], ["a 0.9", "x 0.9"], 0.5),  # a tie is shared
        ("gap", ["", "a"], ["x 0.9", "a 0.9"], 0.5),
        ("gap", ["a", ""], ["a 0.9", "x 0.1"], 1.0),
        ("gap", ["a b", "c"], ["a 1", ""], 1 / 3),
        ("gap", ["a"], [""], 0.0),
        ("gap", ["a"], ["a -1e300"], None),  # beyond any number of the scorer
        ("ndcg_graded", ["a:1", "b:0"], ["a", "b"], 0.5),
        ("ndcg_graded", ["a:1", ""], ["a", "b"], 0.5),
        ("ndcg_graded", ["a:1"], [""], 0.0),
        ("ndcg_graded", ["a:2 b:1"], ["x a x a"], 3 / math.log2(3) / 3.63092975),
        ("ndcg_graded", ["http://x:3"], ["http://x"], 1.0),
    ],
)
def test_the_edges_are_as_stated(
    name: str, true: list[str], guessed: list[str], expected: float | None
) -> None:
    solution = quoted_csv(("id", "items"), list(enumerate(true)))
    submission = quoted_csv(("id", "items"), list(enumerate(guessed)))
    report = score(name, solution, submission)
    if expected is None:
        assert kinds(report) == {"malformed": 1}
    else:
        assert report.public == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    "cell", ["a", "a 0.5 b", "a x", "a nan", "a inf", "a 1_0", "a 1 a 2", "a 1 b 2 c 3"]
)
def test_a_text_without_confidences_is_a_free_fault_with_its_line(cell: str) -> None:
    solution = quoted_csv(("id", "items"), [("1", "a"), ("2", "b")])
    submission = quoted_csv(("id", "items"), [("1", "a 1 b 0"), ("2", cell)])
    report = score("gap", solution, submission, k=2)
    assert report.status is Outcome.REJECTED
    assert kinds(report) == {"malformed": 1}
    assert lines(report, "malformed") == [3]
    assert report.counts is False


@pytest.mark.parametrize("cell", ["a", ":1", "a:", "a:-1", "a:51", "a:nan", "a:1 a:2"])
def test_a_true_cell_without_grades_is_refused_with_its_line(cell: str) -> None:
    solution = quoted_csv(("id", "items"), [("1", "a:1"), ("2", cell)])
    report = prepare("ndcg_graded", solution).report
    assert report.status is Outcome.HOST_ERROR
    assert kinds(report) == {"malformed": 1}
    assert lines(report, "malformed") == [3]


@pytest.mark.parametrize(
    ("name", "cell", "why"),
    [("gap", "", "no relevant item"), ("ndcg_graded", "a:0", "no item of a grade")],
)
def test_a_solution_with_nothing_to_find_is_refused(
    name: str, cell: str, why: str
) -> None:
    report = prepare(name, quoted_csv(("id", "items"), [("1", cell), ("2", "")])).report
    assert report.status is Outcome.HOST_ERROR
    assert why in report.message
