"""Lists of words, split and compared as whole columns: always as row by row."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.alignment import Texts
from podium_scorer.metrics import CODE
from podium_scorer.metrics.base import Part, Setting, of_losses
from podium_scorer.metrics.words import Listed, shared, split

Literal: TypeAlias = Callable[[frozenset[str], list[str], int], float]

SPACES = [
    " ",
    "  ",
    "\t",
    "\n",
    "\x0b",
    "\x1c",
    "\x1f",
    "\x85",
    "\xa0",
    "\u2003",
    "\u3000",
]
LONG = "a-name-of-more-than-sixty-four-bytes-so-that-its-end-is-in-no-hash-"
NAMES = [
    *map(str, range(12)),
    *("é", "Ω", "ω", "\0", "\0\0", "x\0", "12345678", "123456789", "日本語", "�"),
    *(LONG + end for end in "ab"),
]


def average_precision(relevant: frozenset[str], ranked: list[str], k: int) -> float:
    hits, total = 0, 0.0
    for place, item in enumerate(ranked[:k], 1):
        if item in relevant:
            hits += 1
            total += hits / place
    return total / min(len(relevant), k) if relevant else 0.0


def reciprocal_rank(relevant: frozenset[str], ranked: list[str], k: int) -> float:
    places = (place for place, item in enumerate(ranked[:k], 1) if item in relevant)
    return next((1.0 / place for place in places), 0.0)


def ndcg(relevant: frozenset[str], ranked: list[str], k: int) -> float:
    gain = math.fsum(
        1.0 / math.log2(place + 1)
        for place, item in enumerate(ranked[:k], 1)
        if item in relevant
    )
    best = math.fsum(
        1.0 / math.log2(place + 1) for place in range(1, min(len(relevant), k) + 1)
    )
    return gain / best if best else 0.0


def r_precision(relevant: frozenset[str], ranked: list[str], _k: int) -> float:
    count = len(relevant)
    return len(relevant & {*ranked[:count]}) / count if count else 0.0


def f_score(relevant: frozenset[str], ranked: list[str], _k: int) -> float:
    below = 4.0 * len(relevant) + len(ranked)
    return 5.0 * len(relevant & {*ranked}) / below if below else 1.0


def jaccard(relevant: frozenset[str], ranked: list[str], _k: int) -> float:
    either = relevant | {*ranked}
    return len(relevant & {*ranked}) / len(either) if either else 1.0


LITERAL: dict[str, Literal] = {
    "map_at_k": average_precision,
    "mrr": reciprocal_rank,
    "ndcg_at_k": ndcg,
    "precision_at_k": lambda true, ranked, k: len(true & {*ranked[:k]}) / k,
    "recall_at_k": lambda true, ranked, k: (
        len(true & {*ranked[:k]}) / len(true) if true else 0.0
    ),
    "hit_rate_at_k": lambda true, ranked, k: float(bool(true & {*ranked[:k]})),
    "r_precision": r_precision,
    "mean_f_score": f_score,
    "item_jaccard": jaccard,
}


def cells(rng: random.Random, rows: int, most: int) -> list[str]:
    """Cells of up to ``most`` words, some repeated, with all kinds of spaces between."""
    return [
        "".join(
            rng.choice(["", *SPACES]) * (place == 0)
            + rng.choice(NAMES)
            + rng.choice(SPACES)
            for place in range(rng.randrange(most + 1))
        )
        for _ in range(rows)
    ]


def part(true: list[str], guessed: list[str], k: int) -> Part:
    columns = [Texts.of([each.encode() for each in side]) for side in (true, guessed)]
    return Part(
        truths=np.empty((0, len(true))),
        predictions=np.empty((0, len(true))),
        setting=Setting({"k": k, "beta": 2.0}),
        true_texts=(columns[0],),
        predicted_texts=(columns[1],),
    )


@pytest.mark.parametrize("name", LITERAL)
@pytest.mark.parametrize(
    ("rows", "most", "k"), [(70_000, 4, 3), (3_000, 16, 5), (2_000, 40, 12), (5, 0, 1)]
)
def test_a_metric_of_all_rows_at_once_is_to_the_last_bit_that_of_row_by_row(
    name: str, rows: int, most: int, k: int
) -> None:
    rng = random.Random(f"{name} {rows}")
    true, guessed = cells(rng, rows, min(most, 9)), cells(rng, rows, most)
    values = [
        LITERAL[name](frozenset(left.split()), list(dict.fromkeys(right.split())), k)
        for left, right in zip(true, guessed, strict=True)
    ]
    expected = of_losses(np.array(values), None, 0.0, 1.0)
    assert CODE[name].compute(part(true, guessed, k)) == expected


def words_of(listed: Listed) -> list[list[str]]:
    data = listed.cells.data.tobytes()
    every = [
        data[start : start + size].decode()
        for start, size in zip(listed.starts, listed.lengths, strict=True)
    ]
    borders = listed.firsts.tolist()
    return [every[a:b] for a, b in pairwise(borders)]


TEXT = st.text(
    st.one_of(st.sampled_from(" ab\x00\x1c\xa0\u2028"), st.characters(codec="utf-8"))
)


@given(st.lists(TEXT, max_size=6))
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_split(column: list[str]) -> None:
    listed = split(Texts.of([text.encode() for text in column]))
    assert words_of(listed) == [text.split() for text in column]


@given(st.lists(st.binary(max_size=9), max_size=6))
@settings(max_examples=300, deadline=None)
def test_words_of_broken_utf_8_are_those_of_its_replacement(
    column: list[bytes],
) -> None:
    listed = split(Texts.of(column))
    assert words_of(listed) == [t.decode("utf-8", "replace").split() for t in column]


SMALL = st.lists(st.sampled_from(NAMES), max_size=40)


@given(st.lists(st.tuples(SMALL, SMALL), max_size=5), st.sampled_from([0, 1, 8]))
@settings(max_examples=200, deadline=None)
def test_what_cells_share_is_right_even_where_hashes_are_not(
    rows: list[tuple[list[str], list[str]]], hashed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("podium_scorer.metrics.words._HASHED", hashed)
        if not hashed:  # every word has the same
            patch.setattr(Listed, "hashes", lambda it: np.zeros(len(it.starts), "u8"))
        columns = [
            Texts.of([" ".join(row[side]).encode() for row in rows]) for side in (0, 1)
        ]
        found = shared(*columns)
    assert found.left.tolist() == [len({*left}) for left, _ in rows]
    assert found.right.tolist() == [len({*right}) for _, right in rows]
    assert list(zip(found.cells.tolist(), found.places.tolist(), strict=True)) == [
        (cell, place)
        for cell, (left, right) in enumerate(rows)
        for place, word in enumerate(dict.fromkeys(right), 1)
        if word in left
    ]


def test_texts_between_two_rows_are_those_that_are_taken() -> None:
    column = Texts.of([b"", b"abc", b"", "é".encode(), b"x" * 1000, b""])
    for start in range(7):
        for stop in range(start, 7):
            some = column.between(start, stop)
            assert some.strings() == column.strings()[start:stop]
            assert some.strings() == column.taken(np.arange(start, stop)).strings()
            assert len(some.data) == sum(some.lengths) + Texts.PADDING
