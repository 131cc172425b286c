"""Columns of cells that list words: split all at once, and compared cell by cell.

What is a word is what ``str.split`` says: spaces of all kinds stand between words. Words
are the same where their bytes are. Their hashes are compared first; wherever those are
equal the bytes are compared too, and where these are not, words get exact numbers instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from podium_scorer.alignment import WORD, Ints, Texts, Words, mixed_hash

Flags: TypeAlias = NDArray[np.bool_]

_BLOCK_CELLS = 1 << 15  # so many at once stay in the processor's cache
_HASHED = 8  # words of eight bytes: within these, words nearly always differ
_FEW = 16  # words in a cell that are compared each with each
# All spaces of Unicode beyond ASCII, in UTF-8.
_WIDE_SPACES = tuple(
    chr(point).encode() for point in range(128, 0x10000) if chr(point).isspace()
)


@dataclass(frozen=True, eq=False)
class Listed:
    """The words of a column's cells: where each starts in the column's data, and its bytes.

    Those of a cell begin at ``firsts[cell]`` and end before ``firsts[cell + 1]``: there is
    one number more than there are cells.
    """

    cells: Texts
    starts: Ints
    lengths: Ints
    firsts: Ints

    def hashes(self) -> Words:
        """A number for each word, nearly always another for another word."""
        longest = -(-int(self.lengths.max(initial=1)) // WORD)
        words = min(longest, _HASHED)
        return mixed_hash(self.cells, self.starts, self.lengths, words)

    def numbers(self) -> Words:
        """A number for each word, always another for another word; this takes long."""
        data, seen = self.cells.data.tobytes(), dict[bytes, int]()
        pairs = zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        found = (
            seen.setdefault(data[start : start + size], len(seen))
            for start, size in pairs
        )
        return np.fromiter(found, np.uint64, len(self.starts))

    def equal(self, some: Ints, others: Ints) -> bool:
        """Whether each of some words is the same as another one."""
        lengths = self.lengths[some]
        if not np.array_equal(lengths, self.lengths[others]):
            return False
        starts, opposite = self.starts[some], self.starts[others]
        while len(starts):
            spare = np.maximum(WORD - lengths, 0).astype(np.uint64) << np.uint64(3)
            differ = self.cells.word(starts, 0) ^ self.cells.word(opposite, 0)
            if (differ << spare).any():
                return False
            longer = lengths > WORD
            starts, opposite = starts[longer] + WORD, opposite[longer] + WORD
            lengths = lengths[longer] - WORD
        return True


@dataclass(frozen=True, eq=False)
class Shared:
    """What two columns of lists have in common, cell by cell. A word counts once a cell.

    ``left`` and ``right`` are the numbers of different words, (cells,). ``cells`` and
    ``places`` tell each word of the right column that the left one has too: its cell, and
    its place from 1 among the different words there, ascending.
    """

    left: Ints
    right: Ints
    cells: Ints
    places: Ints


def split(cells: Texts) -> Listed:
    """The words of each cell."""
    cells = _with_plain_spaces(cells)
    data, starts = cells.used, cells.starts
    # Bytes 9 to 13 and 28 to 32; what is below wraps around and is large.
    space = (data - np.uint8(9)) < 5
    space |= (data - np.uint8(28)) < 5
    border = np.zeros(len(data) + 1, np.bool_)
    border[starts] = border[-1] = True
    begins, ends = border[:-1].copy(), border[1:]
    begins[1:] |= space[:-1]
    ends[:-1] |= space[1:]
    np.logical_not(space, out=space)
    begins &= space
    ends &= space
    first = np.flatnonzero(begins)
    lengths = np.flatnonzero(ends) + 1 - first
    firsts = np.searchsorted(first, np.append(starts, len(data)))
    return Listed(cells, first, lengths, firsts)


def shared(left: Texts, right: Texts) -> Shared:
    """Compare two columns, cell by cell; both must have as many cells."""
    blocks = []
    for start in range(0, max(len(left), 1), _BLOCK_CELLS):
        stop = min(start + _BLOCK_CELLS, len(left))
        block = _shared(left.between(start, stop), right.between(start, stop))
        blocks.append((block.left, block.right, block.cells + start, block.places))
    return Shared(*map(np.concatenate, zip(*blocks, strict=True)))


def _shared(left: Texts, right: Texts) -> Shared:
    """Both columns are split as one, the left cells before the right ones."""
    cells = len(left)
    lengths = np.concatenate([left.lengths, right.lengths])
    both = split(Texts.of_parts([left.used, right.used], lengths))
    few = int(np.diff(both.firsts).max(initial=0)) <= _FEW
    compare = _each_with_each if few else _sorted
    found = compare(both, both.hashes(), cells)
    found = found or _sorted(both, both.numbers(), cells)
    if found is None:
        raise AssertionError("the same number for different words")
    return found


@dataclass(frozen=True, eq=False)
class _Column:
    """The word at the same place of each cell, by its number; whether there is one."""

    words: Ints
    codes: Words
    there: Flags

    @classmethod
    def all_of(cls, firsts: Ints, codes: Words) -> list[_Column]:
        """The columns of the cells whose words begin at ``firsts``."""
        counts = np.diff(firsts)
        return [
            cls(words, np.take(codes, words, mode="clip"), counts > place)
            for place in range(int(counts.max(initial=0)))
            for words in (firsts[:-1] + place,)
        ]


def _each_with_each(both: Listed, codes: Words, cells: int) -> Shared | None:
    """Compare every two words of a cell; None where different words have one code."""
    left = _Column.all_of(both.firsts[: cells + 1], codes)
    right = _Column.all_of(both.firsts[cells:], codes)
    pairs = [(np.empty(0, np.int64),) * 2]

    def is_one_of(column: _Column, others: Sequence[_Column]) -> Flags:
        found = np.zeros(cells, np.bool_)
        for other in others:
            same = (column.codes == other.codes) & column.there & other.there
            rows = np.flatnonzero(same)
            pairs.append((column.words[rows], other.words[rows]))
            found |= same
        return found

    def new(columns: Sequence[_Column]) -> list[Flags]:
        return [
            column.there & ~is_one_of(column, columns[:place])
            for place, column in enumerate(columns)
        ]

    nobody = np.zeros(cells, np.int64)
    places, hits = nobody.copy(), [(nobody[:0], nobody[:0])]
    for column, fresh in zip(right, new(right), strict=True):
        places += fresh
        rows = np.flatnonzero(fresh & is_one_of(column, left))
        hits.append((rows, places[rows]))
    of_left = nobody.copy()
    for fresh in new(left):
        of_left += fresh
    if not both.equal(*map(np.concatenate, zip(*pairs, strict=True))):
        return None
    found, places_found = map(np.concatenate, zip(*hits, strict=True))
    order = np.argsort(found, kind="stable")
    return Shared(of_left, places, found[order], places_found[order])


def _sorted(both: Listed, codes: Words, cells: int) -> Shared | None:
    """Sort words by code and turn, so that the same words of a cell follow each other;
    None where different words of a cell have one code."""
    total, border = len(codes), int(both.firsts[cells])
    of_left, of_right = both.firsts[: cells + 1], both.firsts[cells:] - border
    owners = np.concatenate(
        [np.repeat(np.arange(cells), np.diff(of)) for of in (of_left, of_right)]
    )
    # The turn of each word, were each cell's left ones followed by its right ones.
    turns = np.arange(total)
    turns[:border] += of_right[owners[:border]]
    turns[border:] += of_left[owners[border:] + 1] - border
    words = np.empty(total, np.int64)
    words[turns] = np.arange(total)
    bits = np.uint64(total.bit_length())
    keys = codes << bits
    keys |= turns.view(np.uint64)
    keys.sort()
    mask = (np.uint64(1) << bits) - np.uint64(1)
    order = words[(keys & mask).view(np.int64)]
    keys >>= bits
    again = np.zeros(total, np.bool_)
    again[1:] = keys[1:] == keys[:-1]
    again[1:] &= owners[order[1:]] == owners[order[:-1]]
    rows = np.flatnonzero(again)
    if not both.equal(order[rows], order[rows - 1]):
        return None
    is_left = order < border
    hit = again & ~is_left
    hit[1:] &= is_left[:-1]
    new = np.empty(total, np.bool_)
    new[order] = ~again | hit
    counted = np.append(0, np.cumsum(new))
    before = counted[both.firsts]
    found = np.sort(order[hit])
    return Shared(
        left=np.diff(before[: cells + 1]),
        right=np.diff(before[cells:]),
        cells=owners[found],
        places=counted[found + 1] - before[cells + owners[found]],
    )


def _with_plain_spaces(cells: Texts) -> Texts:
    """The same words with spaces of ASCII between them, all bytes sound UTF-8."""
    data = cells.used
    if int(data.max(initial=0)) < 128:
        return cells
    joined, lengths = data.tobytes(), cells.lengths
    if not _is_sound(cells, joined):
        encoded = [text.encode() for text in cells.strings()]
        joined = b"".join(encoded)
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    for space in _WIDE_SPACES:
        joined = joined.replace(space, b" " * len(space))
    return Texts.of_parts([np.frombuffer(joined, np.uint8)], lengths)


def _is_sound(cells: Texts, joined: bytes) -> bool:
    """Whether each cell by itself is UTF-8: all are, and none begins within a letter."""
    try:
        joined.decode()
    except UnicodeDecodeError:
        return False
    heads = cells.used[cells.starts[cells.lengths > 0]]
    return not bool(((heads & 0xC0) == 0x80).any())
