"""Classes: which text is which class, in solutions and in submissions.

A class is compared as text, exactly as written, with one exception that a page explains:
where every class is a whole number, a text that is the same number (``1.0``) is that
class, since many programs write whole numbers so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WHOLE = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_WHOLE_AS_FLOAT = re.compile(r"\s*([+-]?\d+)(\.0*)?\s*", re.ASCII)
_BINARY = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
_LONGEST_WHOLE = 100  # characters; longer ones are no class of anybody's


def decode(text: bytes) -> str:
    """A label's text; bytes that are not UTF-8 are replaced."""
    return text.decode("utf-8", "replace")


def class_order(classes: Iterable[str]) -> tuple[str, ...]:
    """The different classes, by number where all are whole numbers, else by text."""
    different = set(classes)
    if _all_whole(different):
        return tuple(sorted(different, key=int))
    return tuple(sorted(different))


def class_codes(texts: Sequence[bytes | None], classes: Sequence[str]) -> list[int]:
    """The class's number of each text, -1 for a text that is no class."""
    codes = {name: code for code, name in enumerate(classes)}
    whole = _all_whole(classes)
    found = []
    for text in texts:
        name = "" if text is None else decode(text)
        code = codes.get(name, -1)
        if code < 0 and whole and len(name) <= _LONGEST_WHOLE:
            number = _WHOLE_AS_FLOAT.fullmatch(name)
            code = codes.get(str(int(number[1])), -1) if number else -1
        found.append(code)
    return found


def binary_codes(
    texts: Sequence[bytes | None], positive_label: str | None
) -> list[int] | None:
    """0 or 1 for each text, None where the texts are not those of two classes.

    Without a positive label the texts are 0 and 1, also as 1.0, true and false.
    """
    names = ["" if text is None else decode(text) for text in texts]
    if positive_label is None:
        codes = [_BINARY.get(name.lower(), -1) for name in names]
        return None if -1 in codes else codes
    others = {name for name in names if name != positive_label}
    if len(others) > 1 or "" in names or positive_label not in names:
        return None
    return [int(name == positive_label) for name in names]


def _all_whole(classes: Iterable[str]) -> bool:
    return all(
        len(name) <= _LONGEST_WHOLE and _WHOLE.fullmatch(name) for name in classes
    )
