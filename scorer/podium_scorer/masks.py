"""Run-length encoded masks: pairs of start and length, counted from 1, and their overlap.

Whether pixels are counted down the columns or along the rows makes no difference to the
overlap of two masks of the same image, nor does its size; so no pixel is ever laid out,
and a text of twenty bytes that claims a mask of a terabyte costs twenty bytes.
"""

from __future__ import annotations

import itertools

from podium_scorer.catalogue import Prediction, Target
from podium_scorer.cells import PREDICTION_FORMS, TRUTH_FORMS, CellForm, Params

LARGEST_PIXEL = 10**15
EMPTY = frozenset({"", "-1"})
Runs = list[tuple[int, int]]  # first pixel, and the one behind the last


def runs(text: str, encoding: str = "pairs") -> Runs:
    """The runs of a mask; raises ValueError where the text is none.

    ``pairs`` are starts and lengths; ``counts`` are the lengths of runs in turn, the first
    one outside the mask, as in COCO's uncompressed form.
    """
    numbers = [] if text.strip() in EMPTY else [_whole(word) for word in text.split()]
    return _of_counts(numbers) if encoding == "counts" else _of_pairs(numbers)


def _of_counts(counts: list[int]) -> Runs:
    if 0 in counts[1:]:
        raise ValueError("a run without pixels")
    ends = [1 + end for end in itertools.accumulate(counts)]
    if ends and ends[-1] > LARGEST_PIXEL:
        raise ValueError("too large")
    return list(zip(ends[::2], ends[1::2], strict=False))


def _of_pairs(numbers: list[int]) -> Runs:
    if len(numbers) % 2:
        raise ValueError("a start without a length")
    found: Runs = []
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        if length < 1 or start < 1 or (found and start < found[-1][1]):
            raise ValueError("runs must have pixels, ascend and not overlap")
        found.append((start, start + length))
    return found


def pixels(mask: Runs) -> int:
    """How many pixels a mask has."""
    return sum(end - start for start, end in mask)


def overlap(first: Runs, second: Runs) -> int:
    """How many pixels two masks share, in one walk along both."""
    shared, a, b = 0, 0, 0
    while a < len(first) and b < len(second):
        start = max(first[a][0], second[b][0])
        end = min(first[a][1], second[b][1])
        shared += max(0, end - start)
        if first[a][1] <= second[b][1]:
            a += 1
        else:
            b += 1
    return shared


def _whole(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) <= 16):
        raise ValueError("not a whole number")
    number = int(word)
    if number > LARGEST_PIXEL:
        raise ValueError("too large")
    return number


def _is_mask(text: str, params: Params) -> bool:
    try:
        runs(text, str(params.get("encoding", "pairs")))
    except ValueError:
        return False
    return True


_FORM = CellForm(
    one="is not a run-length encoded mask",
    many="are not run-length encoded masks",
    advice="Write pairs of start and length, such as 1 3 10 5: whole numbers, starts from "
    "1 and ascending, runs that do not overlap; or where the metric's encoding is counts, the "
    "lengths of runs outside and inside in turn. Leave the cell empty for an empty mask.",
    holds=_is_mask,
)
TRUTH_FORMS[Target.MASK] = _FORM
PREDICTION_FORMS[Prediction.MASK] = _FORM
