"""Segments in one cell: masks that have a class, apart from each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from podium_scorer import masks
from podium_scorer.catalogue import Prediction, Target
from podium_scorer.cells import PREDICTION_FORMS, TRUTH_FORMS, CellForm, Params


class Segment(NamedTuple):
    """A class, and the runs of the pixels that are of it."""

    name: str
    runs: masks.Runs


def segments(text: str) -> list[Segment]:
    """The segments of a cell; raises ValueError where the text holds none such.

    They stand between semicolons: a class, then pairs of start and length.
    """
    found = [_segment(part) for part in text.split(";")] if text.strip() else []
    every = sorted(run for segment in found for run in segment.runs)
    if any(right[0] < left[1] for left, right in itertools.pairwise(every)):
        raise ValueError("a pixel of two segments")
    return found


def _segment(text: str) -> Segment:
    name, _, mask = text.strip().partition(" ")
    runs = masks.runs(mask)
    if not runs:
        raise ValueError("a segment without pixels")
    return Segment(name, runs)


def shared(
    first: Sequence[Segment], second: Sequence[Segment]
) -> dict[tuple[int, int], int]:
    """How many pixels two segments share, by their places; only those that share any.

    One walk along the runs of both: no segment overlaps another of the same cell.
    """
    found: dict[tuple[int, int], int] = {}
    one, other = _in_order(first), _in_order(second)
    a, b = 0, 0
    while a < len(one) and b < len(other):
        (start, end, left), (begin, stop, right) = one[a], other[b]
        both = min(end, stop) - max(start, begin)
        if both > 0:
            found[left, right] = found.get((left, right), 0) + both
        if end <= stop:
            a += 1
        else:
            b += 1
    return found


def _in_order(cell: Sequence[Segment]) -> list[tuple[int, int, int]]:
    return sorted(
        (start, end, place)
        for place, segment in enumerate(cell)
        for start, end in segment.runs
    )


def _are_segments(text: str, _params: Params) -> bool:
    try:
        segments(text)
    except ValueError:
        return False
    return True


_FORM = CellForm(
    one="is not a list of segments",
    many="are not lists of segments",
    advice="Write each segment as its class and pairs of start and length, with semicolons "
    "between segments, such as cat 1 3 10 5; dog 20 4: runs ascend, and no pixel is of two "
    "segments. Leave the cell empty for none.",
    holds=_are_segments,
)
TRUTH_FORMS[Target.SEGMENTS] = _FORM
PREDICTION_FORMS[Prediction.SEGMENTS] = _FORM
