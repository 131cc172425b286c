"""The format of a score's receipt: how it is written, hashed, chained and checked.

A receipt is a JSON object:

``statement``  what is said of a score
``chain``      ``format``, ``competition``, ``number`` (from 1), ``previous`` (the hash of the
               receipt before, ``START`` for the first) and ``statement`` (its hash)
``sha256``     the hash of ``chain``
``key``        an Ed25519 public key, ``signature`` by it over the canonical form of ``chain``
``opening``    null until what was sealed is revealed

A hash is the SHA-256, in hex, of the canonical form (RFC 8785). A commitment is the hash of
an object that holds a random salt beside what it seals: nobody can guess what is in it, and
nobody can put something else into it later. Only the standard library is needed here; who
checks signatures brings the means to do so.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

FORMAT = "podium-receipt/1"
START = "0" * 64  # stands before the first receipt
_PARTS = ("statement", "chain", "sha256", "key", "signature")
_LINK = ("format", "competition", "number", "previous", "statement")
_HASH = re.compile(r"[0-9a-f]{64}")
# ECMAScript writes numbers plainly between these powers of ten.
_PLAIN_LEAST, _PLAIN_MOST = -6, 21

# Whether a signature (hex) of a message is by a public key (hex).
Signed: TypeAlias = Callable[[str, bytes, str], bool]


class NoReceipt(ValueError):
    """What was read is no receipt; the text says why."""


def canonical(value: object) -> bytes:
    """The one way to write a JSON value, as RFC 8785 has it; raises ValueError for what JSON
    has no word for. Whole numbers are written with all their digits."""
    return "".join(_written(value)).encode("utf-8", "surrogatepass")


def digest(value: object) -> str:
    """The SHA-256 of a value's canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def link(
    *, competition: str, number: int, previous: str, statement: str
) -> dict[str, Any]:
    """What a receipt's hash and signature are made over; ``statement`` is a hash."""
    return {
        "format": FORMAT,
        "competition": competition,
        "number": number,
        "previous": previous,
        "statement": statement,
    }


def read(data: object) -> dict[str, Any]:
    """A receipt that has all its parts; raises NoReceipt."""
    if not isinstance(data, dict) or any(name not in data for name in _PARTS):
        raise NoReceipt(f"A receipt is a JSON object with {', '.join(_PARTS)}.")
    if not isinstance(data["statement"], dict) or not isinstance(data["chain"], dict):
        raise NoReceipt("A receipt's statement and chain are JSON objects.")
    if data["chain"].get("format") != FORMAT:
        raise NoReceipt(
            f"This receipt's format is {data['chain'].get('format')!r}, and only "
            f"{FORMAT!r} is known here. A newer podium may know it."
        )
    if set(data["chain"]) != set(_LINK):
        raise NoReceipt(f"A receipt's chain has {', '.join(_LINK)}.")
    if not isinstance(data.get("opening"), dict | None):
        raise NoReceipt("A receipt's opening is null or a JSON object.")
    return data


def faults(receipt: Mapping[str, Any], *, signed: Signed) -> list[str]:
    """What is wrong with a receipt that ``read`` took, a sentence each; none for a sound
    one. Whose the key is, only a look elsewhere can tell."""
    chain, statement = receipt["chain"], receipt["statement"]
    found = []
    if chain["statement"] != _safe_digest(statement):
        found.append("The statement is not the one that was signed.")
    if chain["competition"] != statement.get("competition"):
        found.append("The statement is of another competition than the chain.")
    if receipt["sha256"] != _safe_digest(chain):
        found.append("The hash is not that of this place in the chain.")
    if not signed(str(receipt["key"]), _safe(chain), str(receipt["signature"])):
        found.append("The signature is not by the key that the receipt names.")
    return found + _opening_faults(statement, receipt.get("opening"))


def _opening_faults(
    statement: Mapping[str, Any], opening: Mapping[str, Any] | None
) -> list[str]:
    if opening is None:
        return []
    found = []
    for sealed, what in (("scores", "scores"), ("revision", "solution and its split")):
        revealed = opening.get(sealed)
        if not isinstance(revealed, dict) or not _HASH.fullmatch(
            str(revealed.get("salt"))
        ):
            found.append(f"The opening lacks the {what}, or their salt.")
        elif _safe_digest(revealed) != statement.get("sealed", {}).get(sealed):
            found.append(
                f"The {what} that were revealed are not those that were sealed."
            )
    return found


class Chain:
    """A walk along the chain of one competition, receipt by receipt."""

    def __init__(self, competition: str) -> None:
        self.competition = competition
        self.number = 0
        self.last = START

    def add(self, chain: Mapping[str, Any], sha256: str) -> list[str]:
        """Go on to the next receipt; what is wrong with its place, a sentence each."""
        number, found = chain.get("number"), []
        if chain.get("competition") != self.competition:
            found.append(f"Receipt {number} is of another competition's chain.")
        if number != self.number + 1:
            found.append(f"After receipt {self.number} comes {number}.")
        if chain.get("previous") != self.last:
            found.append(f"Receipt {number} does not follow the one before it.")
        if _safe_digest(chain) != sha256:
            found.append(f"The place of receipt {number} was changed.")
        self.number = number if isinstance(number, int) else self.number + 1
        self.last = sha256
        return found


def _safe(value: object) -> bytes:
    """The canonical form; nothing for a value that has none, which equals no other."""
    try:
        return canonical(value)
    except (ValueError, RecursionError):
        return b""


def _safe_digest(value: object) -> str:
    written = _safe(value)
    return hashlib.sha256(written).hexdigest() if written else ""


def _written(value: object) -> list[str]:
    if value is None or isinstance(value, bool | str):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, float):
        return [_number(value)]
    if isinstance(value, list | tuple):
        return ["[", *_joined([_written(each) for each in value]), "]"]
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("the names of a JSON object are texts")
        pairs = [
            [json.dumps(name, ensure_ascii=False), ":", *_written(value[name])]
            for name in sorted(value, key=_utf16)
        ]
        return ["{", *_joined(pairs), "}"]
    raise ValueError(f"JSON has no {type(value).__name__}")


def _joined(parts: list[list[str]]) -> list[str]:
    pieces = [piece for part in parts for piece in (",", *part)]
    return pieces[1:]


def _utf16(name: str) -> bytes:
    """The order of names: by their UTF-16 code units."""
    return name.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """A number as ECMAScript writes it: the shortest digits that are read back as it."""
    if not math.isfinite(value):
        raise ValueError("JSON has no such number")
    if value == 0:
        return "0"
    sign, digit_tuple, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digit_tuple))
    digits = text.rstrip("0")
    point = len(text) + int(exponent)  # where the decimal point stands in the digits
    minus = "-" if sign else ""
    if len(digits) <= point <= _PLAIN_MOST:
        return minus + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_MOST:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if _PLAIN_LEAST < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1:+d}"
