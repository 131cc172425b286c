"""Bringing a submission's rows into the solution's order, by id.

Ids are compared as text, byte for byte as they are written: ``1`` is neither ``1.0`` nor
``01``. Every id is read in words of eight bytes, so that a whole column is hashed, looked
up in an open-addressing table and compared with a few vector operations a word. The table
belongs to the solution and is made once; equality is always checked on the bytes, never
on a hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

WORD = 8
LONGEST_ID = 1024  # bytes
_PADDING = np.zeros(LONGEST_ID + WORD, np.uint8)
_KEEP = np.array(
    [(1 << (8 * size)) - 1 for size in range(WORD)] + [2**64 - 1], np.uint64
)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: their bytes one after the other, and each one's length.

    ``data`` carries ``LONGEST_ID + WORD`` bytes of padding behind the last text, so that
    a word can be read at the start of any text.
    """

    PADDING: ClassVar[int] = len(_PADDING)
    data: Bytes
    lengths: Ints

    @classmethod
    def of_parts(cls, parts: Sequence[Bytes], lengths: Ints) -> Texts:
        """Join the bytes of some pieces of a column and add the padding."""
        return cls(np.concatenate([*parts, _PADDING]), lengths)

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> Texts:
        """A column of the given texts."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        return cls.of_parts([np.frombuffer(b"".join(texts), np.uint8)], lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def starts(self) -> Ints:
        """Where each text starts in ``data``."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def used(self) -> Bytes:
        """The bytes without the padding."""
        return self.data[: len(self.data) - self.PADDING]

    def text(self, row: int) -> str:
        """One text; bytes that are not UTF-8 are replaced."""
        start, size = int(self.starts[row]), int(self.lengths[row])
        return self.data[start : start + size].tobytes().decode("utf-8", "replace")

    def word(self, starts: Ints, lengths: Ints, number: int) -> Words:
        """The ``number``-th eight bytes of the texts at ``starts``, zero where short."""
        keep = _KEEP[np.clip(lengths - number * WORD, 0, WORD)]
        shift = min(number * WORD, LONGEST_ID)
        return self._words[starts + shift] & keep

    @cached_property
    def _words(self) -> Words:
        # One (unaligned) little-endian word at every byte of the data.
        count = len(self.data) - WORD + 1
        view: Words = np.ndarray((count,), "<u8", self.data.data, strides=(1,))
        return view


@dataclass(frozen=True, eq=False)
class IdIndex:
    """The solution's ids, in the sample submission's order, with a table to find them.

    ``table`` has a power of two places, at most half of them taken, each the position of
    an id or -1; an id stands at its hash's place or behind it, without a gap between.
    """

    ids: Texts
    table: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    def in_order(self, ids: Texts) -> bool:
        """Whether ``ids`` are the same ids in the same order."""
        return (
            len(ids) == len(self.ids)
            and len(ids.data) == len(self.ids.data)
            and np.array_equal(ids.lengths, self.ids.lengths)
            and np.array_equal(ids.used, self.ids.used)
        )

    def locate(self, ids: Texts) -> Ints:
        """The position of each id in the solution, -1 where the solution has it not."""
        found = np.full(len(ids), -1, np.int64)
        mask = len(self.table) - 1
        rows: Any = slice(None)
        place = _hashes(ids, self._count_words(self.ids)) & np.uint64(mask)
        place = place.astype(np.int64)
        while True:
            candidates = self.table[place].astype(np.int64)
            taken = candidates >= 0
            same = taken & self._equal(ids, rows, np.maximum(candidates, 0))
            if isinstance(rows, slice):
                found = np.where(same, candidates, -1)
                rows = np.arange(len(ids))
            else:
                found[rows[same]] = candidates[same]
            again = taken & ~same  # another id has the place: look at the next one
            if not again.any():
                return found
            rows = rows[again]
            place = (place[again] + 1) & mask

    def _equal(self, ids: Texts, rows: Any, positions: Ints) -> NDArray[np.bool_]:
        """Whether the ids of ``rows`` are the solution's ids at ``positions``."""
        starts, lengths = ids.starts[rows], ids.lengths[rows]
        own_starts, own_lengths = (
            self.ids.starts[positions],
            self.ids.lengths[positions],
        )
        equal: NDArray[np.bool_] = lengths == own_lengths
        for number in range(self._count_words(self.ids)):
            word = ids.word(starts, lengths, number)
            equal &= word == self.ids.word(own_starts, own_lengths, number)
        return equal

    @staticmethod
    def _count_words(ids: Texts) -> int:
        longest = int(ids.lengths.max(initial=1))
        return -(-longest // WORD)


def build_index(ids: Texts) -> IdIndex:
    """Make the table of some ids, which must differ and be at most ``LONGEST_ID`` long."""
    size = 1 << max(2, (2 * len(ids) - 1).bit_length())
    table = np.full(size, -1, np.int32)
    index = IdIndex(ids, table)
    place = _hashes(ids, index._count_words(ids)) & np.uint64(size - 1)
    place = place.astype(np.int64)
    rows = np.arange(len(ids))
    while len(rows):
        free = table[place] < 0
        table[place[free]] = rows[free]  # of several rows at one place the last stays
        late = table[place] != rows
        rows, place = rows[late], (place[late] + 1) & (size - 1)
    return index


def first_of_each(ids: Texts) -> Ints:
    """For each row the first row with the same text (itself where there is none)."""
    seen: dict[bytes, int] = {}
    data = ids.data.tobytes()
    firsts = np.empty(len(ids), np.int64)
    pairs = zip(ids.starts.tolist(), ids.lengths.tolist(), strict=True)
    for row, (start, size) in enumerate(pairs):
        firsts[row] = seen.setdefault(data[start : start + size], row)
    return firsts


def _hashes(ids: Texts, words: int) -> Words:
    """A hash of each text's first ``words`` words and its length."""
    mixed = ids.lengths.astype(np.uint64) * _ODD
    for number in range(words):
        mixed ^= ids.word(ids.starts, ids.lengths, number)
        mixed *= _ODD
        mixed ^= mixed >> _HALF
    return mixed
