"""Finding ids, in the table and against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.alignment import LONGEST_ID, Texts, build_index, first_of_each

ids = st.one_of(
    st.integers(-50, 2_000_000).map(lambda i: str(i).encode()),
    st.integers(0, 9999).map(lambda i: f"row_{i:05}".encode()),
    st.uuids().map(lambda u: u.hex.encode()),
    st.binary(min_size=1, max_size=40),
    st.sampled_from([b"1", b"01", b"1.0", b"1\0", b"1\0\0", b"a" * 8, b"a" * 9]),
)


@given(st.lists(ids, unique=True, min_size=1, max_size=60), st.lists(ids, max_size=60))
@settings(max_examples=400, deadline=None)
def test_a_column_of_ids_is_located_as_a_dictionary_would(
    own: list[bytes], others: list[bytes]
) -> None:
    index = build_index(Texts.of(own))
    asked = [*others, b"", *reversed(own), b"x" * (LONGEST_ID + 1)]
    positions = {name: place for place, name in enumerate(own)}
    expected = [positions.get(name, -1) for name in asked]
    assert index.locate(Texts.of(asked)).tolist() == expected


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        (str, False),
        (lambda i: f"id_{i:08}", False),
        (lambda i: str(3_000_000_000 + i), False),
        (lambda i: str(i * 4096), True),
        (lambda i: f"{i:08x}", True),
        (lambda i: f"{i}_same_tail", True),
    ],
)
def test_the_hash_suits_the_ids(name: object, mixed: bool) -> None:
    own = [name(i).encode() for i in range(5000)]  # type: ignore[operator]
    index = build_index(Texts.of(own))
    assert index.mixed is mixed
    shuffled = np.random.default_rng(1).permutation(len(own))
    located = index.locate(Texts.of([own[i] for i in shuffled]))
    assert (located == shuffled).all()
    assert (index.locate(Texts.of([b"x" + own[i] for i in shuffled])) == -1).all()


def test_order_is_recognised_by_bytes_and_lengths() -> None:
    index = build_index(Texts.of([b"ab", b"c"]))
    assert index.in_order(Texts.of([b"ab", b"c"]))
    assert not index.in_order(Texts.of([b"a", b"bc"]))
    assert not index.in_order(Texts.of([b"c", b"ab"]))
    assert not index.in_order(Texts.of([b"ab"]))


def test_the_first_row_of_each_text_is_found() -> None:
    column = Texts.of([b"a", b"b", b"a", b"", b"b", b""])
    assert first_of_each(column).tolist() == [0, 1, 0, 3, 1, 3]
