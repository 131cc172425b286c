"""The public and the private part of a solution, by its Usage column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podium_scorer.faults import FaultKind, FaultLog
from podium_scorer.tables import Labels

PUBLIC, PRIVATE, IGNORED = range(3)
_WORDS = {b"public": PUBLIC, b"private": PRIVATE, b"ignored": IGNORED}


@dataclass(frozen=True)
class Splits:
    """How many rows are public, private and ignored; rows are stored in that order."""

    public: int
    private: int = 0
    ignored: int = 0

    @property
    def total(self) -> int:
        """All rows."""
        return self.public + self.private + self.ignored

    @property
    def parts(self) -> dict[str, slice]:
        """Where the rows of each scored part are; only parts that have rows."""
        ends = {
            "public": slice(0, self.public),
            "private": slice(self.public, self.public + self.private),
        }
        return {name: part for name, part in ends.items() if part.stop > part.start}

    def to_json(self) -> dict[str, int]:
        """The counts by name; without private and ignored where there are none."""
        counts = {"public": self.public}
        if self.private:
            counts["private"] = self.private
        if self.ignored:
            counts["ignored"] = self.ignored
        return counts


def find_usage(columns: Sequence[str], taken: Sequence[str]) -> int | None:
    """The place of the Usage column, None where there is none; capitals are free."""
    for place, column in enumerate(columns):
        if column.strip().casefold() == "usage" and column not in taken:
            return place
    return None


def read_usage(
    column: Labels, lines: NDArray[np.int64] | None, log: FaultLog
) -> NDArray[np.int8]:
    """The part of each row; a word that is none of the three is a fault."""
    known = [_WORDS.get((text or b"").strip().lower(), -1) for text in column.texts]
    parts = np.array([*known, -1], np.int8)[column.codes]
    faulty = np.flatnonzero(parts < 0)
    log.add_rows(
        FaultKind.USAGE,
        faulty,
        (
            "1 row has a Usage that is not Public, Private or Ignored.",
            "{count} rows have a Usage that is not Public, Private or Ignored.",
            "Write Public, Private or Ignored into every row's Usage.",
        ),
        lines=lines,
        show=column.show,
    )
    if not len(faulty) and not (parts == PUBLIC).any():
        log.add(
            FaultKind.USAGE,
            "No row is Public, so there would be no public score.",
            "Mark the rows of the public leaderboard with Usage Public.",
        )
    return parts
