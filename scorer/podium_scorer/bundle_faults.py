"""How faults of a bundle are said: every one with its file, line and what is expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class BundleFault:
    """One fault. ``file`` is relative to the bundle, ``line`` counts from 1.

    ``problem`` and ``expected`` are sentences for the organizer. ``line`` is None where
    no line can be named, for example when the file is not there.
    """

    file: str
    line: int | None
    problem: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.problem} Expected: {self.expected}"


class BundleError(Exception):
    """A bundle that can't be used, with all its faults at once."""

    def __init__(self, faults: tuple[BundleFault, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass
class FaultList:
    """Collects faults while a bundle is read.

    Reading goes on after a fault, with a placeholder in place of the faulty value; the
    placeholders never leave the reader, since ``raise_if_any`` is called at the end.
    """

    faults: list[BundleFault] = field(default_factory=list)

    def add(self, file: str, line: int | None, problem: str, expected: str) -> None:
        """Note a fault."""
        self.faults.append(
            BundleFault(file=file, line=line, problem=problem, expected=expected)
        )

    def raise_if_any(self) -> None:
        """Raise BundleError if there is a fault; competition.yaml first, then by line."""
        if self.faults:
            ordered = sorted(
                dict.fromkeys(self.faults), key=lambda f: (f.file, f.line or 0)
            )
            raise BundleError(tuple(ordered))


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean «x»?`` for the known word that looks most like ``word``, or nothing."""
    lowered = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), lowered, n=1, cutoff=0.6)
    return f" Did you mean “{lowered[found[0]]}”?" if found else ""


def quoted(value: str, most: int = 40) -> str:
    """A value of a file between quotes, on one line and cut to ``most`` characters."""
    flat = " ".join(value.split()) if value.strip() else value
    printable = "".join(char if char.isprintable() else "?" for char in flat)
    cut = printable if len(printable) <= most else printable[: most - 1] + "…"
    return f"“{cut}”"


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence: ``a, b or c``."""
    *most, last = list(words)
    return f"{', '.join(most)} or {last}" if most else last
