"""Bringing a submission's rows into the solution's order, by id.

Ids are compared as text, byte for byte as they are written: ``1`` is neither ``1.0``
nor ``01``. Texts are read in words of eight bytes, so that a whole column is hashed,
looked up in an open-addressing table and compared by a few vector operations. The table
belongs to the solution and is made once; equality is always checked on the bytes, never
on a hash.

Two hashes take turns. Most ids end in a running number: the decimal value of the last
eight bytes sends them to places of their own and neighbours to neighbouring places,
which the processor's caches like. Where that makes too many of them meet, all bytes are
mixed instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

WORD = 8
LONGEST_ID = 1024  # bytes
_PADDING = np.zeros(LONGEST_ID + WORD, np.uint8)
_BLOCK_ROWS = 1 << 16  # that many at once: their bytes' places stay in the cache
_LENGTH_BITS = 12
_LENGTH_MASK = (1 << _LENGTH_BITS) - 1
_CROWDED = 0.2  # share of ids that may meet others before all bytes are mixed
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

    def taken(self, rows: Ints) -> Texts:
        """The texts of some rows, in their order."""
        lengths = self.lengths[rows]
        ends = np.cumsum(lengths)
        data = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
        for start in range(0, len(rows), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            first = int(ends[start] - lengths[start])
            last = int(ends[block][-1])
            moved = self.starts[rows[block]] - (ends[block] - lengths[block])
            places = np.repeat(moved, lengths[block])
            places += np.arange(first, last)
            np.take(self.data, places, out=data[first:last], mode="clip")
        return Texts.of_parts([data], lengths)

    def between(self, start: int, stop: int) -> Texts:
        """The texts of the rows from ``start`` up to, but without, ``stop``."""
        lengths = self.lengths[start:stop]
        first = int(self.starts[start]) if len(lengths) else 0
        return Texts.of_parts([self.data[first : first + int(lengths.sum())]], lengths)

    def strings(self) -> list[str]:
        """All texts; bytes that are not UTF-8 are replaced."""
        data, ends = self.used.tobytes(), np.cumsum(self.lengths).tolist()
        return [
            data[start:end].decode("utf-8", "replace")
            for start, end in pairwise([0, *ends])
        ]

    @cached_property
    def words(self) -> int:
        """How many words the longest text has."""
        return -(-int(self.lengths.max(initial=1)) // WORD)

    @cached_property
    def places(self) -> Ints:
        """Start and length of each text in one number."""
        return (self.starts << _LENGTH_BITS) | self.lengths

    def word(self, starts: Ints, number: int) -> Words:
        """The ``number``-th eight bytes behind each start, whatever they belong to."""
        words: Words = self._words[starts + number * WORD if number else starts]
        return words

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
    ``mixed`` says which hash the table was made with.
    """

    ids: Texts
    table: NDArray[np.int32]
    mixed: bool

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
        mask = len(self.table) - 1
        place = _places(ids, self.ids.words, mask, mixed=self.mixed)
        found = self.table[place].astype(np.int64)
        starts, lengths = ids.starts, ids.lengths
        same = self._equal(ids, starts, lengths, found)
        rows = np.flatnonzero(~same & (found >= 0))
        found[~same] = -1
        place = (place[rows] + 1) & mask
        while len(rows):  # another id had the place: look at the next one
            candidates = self.table[place].astype(np.int64)
            same = self._equal(ids, starts[rows], lengths[rows], candidates)
            found[rows[same]] = candidates[same]
            again = ~same & (candidates >= 0)
            rows, place = rows[again], (place[again] + 1) & mask
        return found

    def _equal(
        self, ids: Texts, starts: Ints, lengths: Ints, positions: Ints
    ) -> NDArray[np.bool_]:
        """Whether texts of ``ids`` are the ids at ``positions``; -1 equals nothing."""
        own = self.ids.places[positions]
        own_starts = own >> _LENGTH_BITS
        equal: NDArray[np.bool_] = (own & _LENGTH_MASK) == lengths
        equal &= positions >= 0
        for number in range(self.ids.words):
            differ = ids.word(starts, number)
            differ ^= self.ids.word(own_starts, number)
            # What follows the text in the word is shifted out, all of it behind the end.
            spare = np.maximum(WORD - (lengths - number * WORD), 0).astype(np.uint64)
            differ <<= spare << np.uint64(3)
            equal &= differ == 0
        return equal


def build_index(ids: Texts) -> IdIndex:
    """Make the table of some ids, which must differ and be at most ``LONGEST_ID`` long."""
    size = 1 << max(2, (2 * len(ids) - 1).bit_length())
    place = _places(ids, ids.words, size - 1, mixed=False)
    taken = np.zeros(size, np.bool_)
    taken[place] = True
    mixed = int(np.count_nonzero(taken)) < (1 - _CROWDED) * len(ids)
    if mixed:
        place = _places(ids, ids.words, size - 1, mixed=True)
    table = np.full(size, -1, np.int32)
    rows = np.arange(len(ids))
    while len(rows):
        free = table[place] < 0
        table[place[free]] = rows[free]  # of several rows at one place the last stays
        late = table[place] != rows
        rows, place = rows[late], (place[late] + 1) & (size - 1)
    return IdIndex(ids, table, mixed)


def first_of_each(ids: Texts) -> Ints:
    """For each row the first row with the same text (itself where there is none)."""
    seen: dict[bytes, int] = {}
    data = ids.data.tobytes()
    firsts = np.empty(len(ids), np.int64)
    pairs = zip(ids.starts.tolist(), ids.lengths.tolist(), strict=True)
    for row, (start, size) in enumerate(pairs):
        firsts[row] = seen.setdefault(data[start : start + size], row)
    return firsts


def mixed_hash(texts: Texts, starts: Ints, lengths: Ints, words: int) -> Words:
    """A hash of some stretches of the data: of each one's length and first ``words`` words.

    There may be at most ``LONGEST_ID`` bytes in so many words.
    """
    mixed = lengths.astype(np.uint64) * _ODD
    for number in range(words):
        word = texts.word(starts, number)
        spare = np.maximum(WORD - (lengths - number * WORD), 0).astype(np.uint64)
        spare <<= np.uint64(3)
        word <<= spare
        word >>= spare
        mixed ^= word
        mixed *= _ODD
        mixed ^= mixed >> _HALF
    mixed *= _ODD  # once more, so that the last bytes too reach every bit
    mixed ^= mixed >> _HALF
    return mixed


def _places(ids: Texts, words: int, mask: int, *, mixed: bool) -> Ints:
    """The place of each text's hash in a table."""
    hashes = _hashes(ids, words) if mixed else _tail_numbers(ids)
    hashes &= np.uint64(mask)
    return hashes.view(np.int64)


def _hashes(ids: Texts, words: int) -> Words:
    return mixed_hash(ids, ids.starts, ids.lengths, words)


def _tail_numbers(ids: Texts) -> Words:
    """The decimal value of each text's last eight bytes, were they all digits."""
    sizes = np.minimum(ids.lengths, WORD)
    tails = ids.word(ids.starts + (ids.lengths - sizes), 0)
    tails <<= ((WORD - sizes) << 3).view(np.uint64)  # the last byte is the highest
    tails &= np.uint64(0x0F0F0F0F0F0F0F0F)
    for factor, shift, keep in _TWO_FOUR_EIGHT:
        tails *= factor
        tails >>= shift
        tails &= keep
    return tails


# Two digits make one number, twice as wide, three times over.
_TWO_FOUR_EIGHT = tuple(
    (np.uint64(factor), np.uint64(shift), np.uint64(keep))
    for factor, shift, keep in (
        (1 + (10 << 8), 8, 0x00FF00FF00FF00FF),
        (1 + (100 << 16), 16, 0x0000FFFF0000FFFF),
        (1 + (10000 << 32), 32, 0xFFFFFFFF),
    )
)
