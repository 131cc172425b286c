"""Metrics of lists, texts and masks: against literal definitions and published values."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer import masks
from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome
from podium_scorer.metrics.writing import edits
from tests.scorer.cases import Case, make
from tests.scorer.support import kinds, lines, quoted_csv, score

Naive = Callable[[Case], float]


def mean(values: Any) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def once(items: str) -> list[str]:
    found: list[str] = []
    for item in items.split():
        if item not in found:
            found.append(item)
    return found


def listed(value: Callable[[list[str], list[str]], float]) -> Naive:
    return lambda case: mean(
        value(t.split(), once(p)) for t, p in zip(case.t, case.p, strict=True)
    )


def apk(true: list[str], guess: list[str]) -> float:
    total = 0.0
    for place in range(1, len(guess[:3]) + 1):
        if guess[place - 1] in true:
            total += sum(item in true for item in guess[:place]) / place
    return total / min(len(true), 3)


def ndcg(true: list[str], guess: list[str]) -> float:
    gains = [float(item in true) for item in guess[:3]]
    best = [1.0] * min(len(true), 3)

    def discounted(values: list[float]) -> float:
        return math.fsum(v / math.log2(i + 2) for i, v in enumerate(values))

    return discounted(gains) / discounted(best)


def table_distance(first: Any, second: Any) -> int:
    """Levenshtein's distance by its whole table."""
    table = [[i + j if 0 in (i, j) else 0 for j in range(len(second) + 1)]
             for i in range(len(first) + 1)]  # fmt: skip
    for i, a in enumerate(first, 1):
        for j, b in enumerate(second, 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (a != b),
            )
    return table[-1][-1]


def texts(value: Callable[[str, str], float]) -> Naive:
    return lambda case: mean(value(t, p) for t, p in zip(case.t, case.p, strict=True))


def rate(split: Callable[[str], Any]) -> Naive:
    def value(case: Case) -> float:
        pairs = [(split(t), split(p)) for t, p in zip(case.t, case.p, strict=True)]
        return sum(table_distance(t, p) for t, p in pairs) / sum(
            len(t) for t, _ in pairs
        )

    return value


def shared_words(true: str, guess: str) -> float:
    left, found = guess.split(), 0
    for word in true.split():
        if word in left:
            left.remove(word)
            found += 1
    total = len(true.split()) + len(guess.split())
    return 2 * found / total


def pixels(mask: str) -> set[int]:
    numbers = list(map(int, mask.split()))
    return {
        pixel
        for start, length in zip(numbers[::2], numbers[1::2], strict=True)
        for pixel in range(start, start + length)
    }


def overlap(value: Callable[[int, int, int], float]) -> Naive:
    def one(t: str, p: str) -> float:
        a, b = pixels(t), pixels(p)
        return value(len(a & b), len(a), len(b)) if a or b else 1.0

    return texts(one)


NAIVE: dict[str, Naive] = {
    "map_at_k": listed(apk),
    "mrr": listed(
        lambda t, p: next((1 / i for i, item in enumerate(p[:3], 1) if item in t), 0.0)
    ),
    "ndcg_at_k": listed(ndcg),
    "precision_at_k": listed(lambda t, p: sum(i in t for i in p[:3]) / 3),
    "recall_at_k": listed(lambda t, p: sum(i in t for i in p[:3]) / len(t)),
    "hit_rate_at_k": listed(lambda t, p: float(any(i in t for i in p[:3]))),
    "r_precision": listed(lambda t, p: sum(i in t for i in p[: len(t)]) / len(t)),
    "mean_f_score": listed(lambda t, p: 2 * sum(i in t for i in p) / (len(t) + len(p))),
    "item_jaccard": listed(lambda t, p: len({*t} & {*p}) / len({*t} | {*p})),
    "levenshtein_mean": texts(table_distance),
    "normalized_levenshtein_mean": texts(
        lambda t, p: table_distance(t, p) / max(len(t), len(p))
    ),
    "wer": rate(str.split),
    "cer": rate(list),
    "exact_match": texts(lambda t, p: float(t == p)),
    "token_f1": texts(shared_words),
    "word_jaccard": texts(
        lambda t, p: (
            len({*t.lower().split()} & {*p.lower().split()})
            / len({*t.lower().split()} | {*p.lower().split()})
        )
    ),
    "dice": overlap(lambda shared, a, b: 2 * shared / (a + b)),
    "iou": overlap(lambda shared, a, b: shared / (a + b - shared)),
}


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_a_metric_is_what_its_definition_says(name: str, seed: int) -> None:
    case = make(METRICS[name], seed, rows=60 + seed, usage=False)
    assert case.report().public == pytest.approx(NAIVE[name](case), abs=1e-9)


def test_ndcg_is_scikit_learns() -> None:
    case = make(METRICS["ndcg_at_k"], 8, rows=40, usage=False)
    found = []
    for true, guess in zip(case.t, map(once, case.p), strict=True):
        items = sorted({*true.split(), *guess, *map(str, range(12))})
        relevance = [[float(item in true.split()) for item in items]]
        ranks = [[-guess.index(i) if i in guess else -1000.0 for i in items]]
        # scikit-learn shares the places of ties, so only full lists can be compared.
        if len(guess) >= 3:
            ours = NAIVE["ndcg_at_k"](
                Case(case.names, [{"items": true}], [{"items": " ".join(guess)}])
            )
            found.append((ours, sk.ndcg_score(relevance, ranks, k=3)))
    assert len(found) > 10
    assert np.allclose(*zip(*found, strict=True), atol=1e-12)


@given(st.text("abcé ", max_size=90), st.text("abcé ", max_size=90))
@settings(max_examples=200, deadline=None)
def test_edits_are_those_of_the_whole_table(first: str, second: str) -> None:
    assert edits(first, second) == table_distance(first, second)
    assert edits(second, first) == edits(first, second)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    # The usual textbook examples.
    [
        ("kitten", "sitting", 3),
        ("saturday", "sunday", 3),
        ("", "abc", 3),
        ("abc", "", 3),
    ],
)
def test_known_distances(first: str, second: str, distance: int) -> None:
    assert edits(first, second) == distance


def test_global_overlap_is_of_all_pixels_together() -> None:
    case = make(METRICS["dice"], 5, rows=30, usage=False)
    shared = sum(
        len(pixels(t) & pixels(p)) for t, p in zip(case.t, case.p, strict=True)
    )
    both = sum(
        len(pixels(t)) + len(pixels(p)) for t, p in zip(case.t, case.p, strict=True)
    )
    assert case.report(average="global").public == pytest.approx(2 * shared / both)


def test_two_empty_masks_count_what_the_host_says() -> None:
    rows = [("1", ""), ("2", "1 2")]
    solution = quoted_csv(("id", "rle"), rows)
    submission = quoted_csv(("id", "rle"), [("1", ""), ("2", "")])
    assert score("dice", solution, submission).public == 0.5
    assert score("dice", solution, submission, both_empty=0.0).public == 0.0


@pytest.mark.parametrize(
    "mask",
    ["1", "0 3", "1 0", "5 2 1 1", "1 5 3 2", "1 2.5", "x", "-1 3", "1 9" + "9" * 30],
)
def test_a_text_that_is_no_mask_is_a_free_fault_with_its_line(mask: str) -> None:
    solution = quoted_csv(("id", "rle"), [("1", "1 2"), ("2", "")])
    submission = quoted_csv(("id", "rle"), [("1", "1 2"), ("2", mask)])
    report = score("iou", solution, submission)
    assert report.status is Outcome.REJECTED
    assert kinds(report) == {"malformed": 1}
    assert lines(report, "malformed") == [3]
    assert report.counts is False


def counts(mask: str) -> str:
    """A mask of pairs as COCO's counts of runs outside and inside in turn."""
    numbers, place, found = list(map(int, mask.split())), 1, []
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        if found and start == place:
            found[-1] += length  # runs that touch are one
        else:
            found += [start - place, length]
        place = start + length
    return " ".join(map(str, found))


@pytest.mark.parametrize("name", ["dice", "iou"])
def test_counts_are_another_way_to_write_the_same_masks(name: str) -> None:
    case = make(METRICS[name], 6, rows=40, usage=False)
    solution, submission = (
        quoted_csv(("id", "rle"), list(enumerate(map(counts, column))))
        for column in (case.t, case.p)
    )
    report = score(name, solution, submission, encoding="counts")
    assert report.public == case.report().public


# pycocotools 2.0.11: mask.frPyObjects of these counts, then mask.area.
@pytest.mark.parametrize(
    ("text", "area"),
    [("0 3 2 4 91", 7), ("5 1 94", 1), ("100", 0), ("", 0), ("0 100", 100)],
)
def test_counts_have_the_area_that_pycocotools_gives(text: str, area: int) -> None:
    assert masks.pixels(masks.runs(text, "counts")) == area


@pytest.mark.parametrize("text", ["1 0 3", "-1 2", "1 2.5", "x", "1 9" + "9" * 15])
def test_a_text_that_is_no_counts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"pixels|whole number|large"):
        masks.runs(text, "counts")


def test_a_mask_of_a_terabyte_is_measured_without_laying_it_out() -> None:
    huge = masks.runs("1 1000000000000")
    assert masks.overlap(huge, masks.runs("500 10 999999999999 5")) == 12


def test_overlap_is_that_of_sets_of_pixels() -> None:
    rng = random.Random(3)
    for _ in range(200):
        case = make(METRICS["dice"], rng.randrange(10**6), rows=9, usage=False)
        for t, p in zip(case.t, case.p, strict=True):
            found = masks.overlap(masks.runs(t), masks.runs(p))
            assert found == len(pixels(t) & pixels(p))
