"""The canonical form of JSON (RFC 8785), and what a receipt's check finds."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from podium_scorer import receipt

JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    # Larger ones come back as whole numbers, which are compared digit by digit.
    | some.floats(min_value=-(2.0**53), max_value=2.0**53)
    | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)
# From appendix B of RFC 8785: the bits of a double, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


def as_double(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_standard_says(bits: str, text: str) -> None:
    assert receipt.canonical(as_double(bits)).decode() == text


def test_names_stand_in_the_order_of_their_utf_16_units() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    written = receipt.canonical(dict.fromkeys(names, 0)).decode()
    found = list(json.loads(written))
    assert found == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_texts_are_escaped_only_where_they_must_be() -> None:
    written = receipt.canonical('\u20ac$\x0f\nA\'B"\\\\"/')
    assert written.decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@given(JSON)
def test_what_is_written_is_read_back_and_written_the_same(value: Any) -> None:
    written = receipt.canonical(value)
    read = json.loads(written.decode("utf-8", "surrogatepass"))
    assert read == value
    assert receipt.canonical(read) == written


@given(JSON, some.integers(min_value=0, max_value=8))
def test_spaces_and_the_order_of_names_make_no_difference(
    value: Any, indent: int
) -> None:
    other = json.loads(json.dumps(value, indent=indent), object_pairs_hook=_backwards)
    assert receipt.canonical(other) == receipt.canonical(value)


def _backwards(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_exactly(value: float) -> None:
    assert float(receipt.canonical(value)) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, {"a"}, b"x", object()])
def test_what_json_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        receipt.canonical({"value": [value]})


def made(number: int = 1, previous: str = receipt.START, **said: Any) -> dict[str, Any]:
    """A receipt whose signature is its message's hash by a key that is a word."""
    scores = {"salt": "a" * 64, "public": 0.712345, "private": 0.698765}
    revision = {"salt": "b" * 64, "solution_sha256": "2" * 64}
    statement = {
        "competition": "stars",
        "submission": "7k3mqx9dtz",
        "public": 0.712,
        "sealed": {
            "scores": receipt.digest(scores),
            "revision": receipt.digest(revision),
        },
    } | said
    chain = receipt.link(
        competition="stars",
        number=number,
        previous=previous,
        statement=receipt.digest(statement),
    )
    return {
        "statement": statement,
        "chain": chain,
        "sha256": receipt.digest(chain),
        "key": "key",
        "signature": _sign("key", receipt.canonical(chain)),
        "opening": {"scores": scores, "revision": revision},
    }


def _sign(key: str, message: bytes) -> str:
    return receipt.digest([key, message.decode()])


def signed(key: str, message: bytes, signature: str) -> bool:
    return signature == _sign(key, message)


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The ways to every value of a nested object."""
    if not isinstance(value, dict):
        return [path]
    return [
        way for name, inner in value.items() for way in leaves(inner, (*path, name))
    ]


def changed(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A copy with one value changed."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    place = copy
    for name in path[:-1]:
        place = place[name]
    old = place[path[-1]]
    place[path[-1]] = old + 1 if isinstance(old, int | float) else f"{old}0"
    return copy


def test_a_sound_receipt_has_no_fault() -> None:
    assert receipt.faults(receipt.read(made()), signed=signed) == []


def test_a_receipt_that_is_still_sealed_has_no_fault() -> None:
    assert receipt.faults(made() | {"opening": None}, signed=signed) == []


@pytest.mark.parametrize("path", leaves(made()), ids=".".join)
def test_a_change_of_any_value_is_found(path: tuple[str, ...]) -> None:
    document = changed(made(), path)
    try:
        assert receipt.faults(receipt.read(document), signed=signed) != []
    except receipt.NoReceipt:
        assert path == ("chain", "format")


@pytest.mark.parametrize("part", ["scores", "revision"])
def test_an_opening_that_leaves_something_out_is_found(part: str) -> None:
    document = made()
    del document["opening"][part]
    assert len(receipt.faults(document, signed=signed)) == 1


def test_a_statement_with_a_word_more_is_found() -> None:
    document = made()
    document["statement"]["rank"] = 1
    assert receipt.faults(document, signed=signed) == [
        "The statement is not the one that was signed."
    ]


def test_a_statement_that_can_not_be_written_is_found_without_a_traceback() -> None:
    document = made()
    document["statement"]["public"] = math.nan
    assert receipt.faults(document, signed=signed) != []


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        made() | {"statement": 1},
        made() | {"chain": {}},
        made() | {"chain": {"format": "podium-receipt/2"}},
        made() | {"chain": made()["chain"] | {"more": 1}},
        made() | {"opening": 1},
    ],
)
def test_what_is_no_receipt_is_refused(data: object) -> None:
    with pytest.raises(receipt.NoReceipt):
        receipt.read(data)


def walked(documents: list[dict[str, Any]]) -> list[str]:
    chain = receipt.Chain("stars")
    return [
        fault
        for each in documents
        for fault in chain.add(each["chain"], each["sha256"])
    ]


@pytest.fixture
def three() -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    for number in (1, 2, 3):
        last = documents[-1]["sha256"] if documents else receipt.START
        documents.append(made(number, last))
    return documents


def test_a_chain_without_a_gap_is_sound(three: list[dict[str, Any]]) -> None:
    assert walked(three) == []


@pytest.mark.parametrize("order", [(0, 2), (1, 2), (0, 2, 1), (0, 1, 1), (0, 0, 2)])
def test_a_receipt_that_is_lost_or_moved_is_found(
    three: list[dict[str, Any]], order: tuple[int, ...]
) -> None:
    assert walked([three[place] for place in order]) != []


def test_a_receipt_that_was_written_anew_breaks_the_chain_after_it(
    three: list[dict[str, Any]],
) -> None:
    three[1] = made(2, three[0]["sha256"], public=0.9)
    assert walked(three) == ["Receipt 3 does not follow the one before it."]


def test_a_receipt_of_another_competition_is_found(
    three: list[dict[str, Any]],
) -> None:
    assert receipt.Chain("moons").add(three[0]["chain"], three[0]["sha256"]) == [
        "Receipt 1 is of another competition's chain."
    ]
