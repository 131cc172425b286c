"""Bounding boxes in one cell: their form, and how much two of them overlap."""

from __future__ import annotations

import re
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.catalogue import Prediction, Target
from podium_scorer.cells import PREDICTION_FORMS, TRUTH_FORMS, CellForm, Params

LARGEST_PLACE = 1e9  # pixels
Floats = NDArray[np.float64]
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


class Boxes(NamedTuple):
    """The boxes of a cell: the class of each ("" where boxes have none), its confidence
    (1 for true ones), and left, top, right and bottom (boxes, 4)."""

    classes: tuple[str, ...]
    sure: Floats
    edges: Floats

    def of(self, name: str) -> Boxes:
        """Those of one class, in their order."""
        places = [place for place, each in enumerate(self.classes) if each == name]
        return Boxes((name,) * len(places), self.sure[places], self.edges[places])

    def by_confidence(self) -> Boxes:
        """The most confident first; those of the same confidence as they are written."""
        order = np.argsort(-self.sure, kind="stable")
        names = tuple(self.classes[place] for place in order)
        return Boxes(names, self.sure[order], self.edges[order])


def boxes(text: str, params: Params, *, predicted: bool) -> Boxes:
    """The boxes of a cell; raises ValueError where the text holds none such.

    Each is four numbers, after its confidence if it is predicted, after its class if the
    parameter ``classes`` says that boxes have one.
    """
    words, named = text.split(), bool(params.get("classes"))
    size = 4 + predicted + named
    if len(words) % size:
        raise ValueError("a box that is cut short")
    rows = [words[start : start + size] for start in range(0, len(words), size)]
    table = np.array([list(map(_number, row[named:])) for row in rows], np.float64)
    table = table.reshape(len(rows), 4 + predicted)
    edges = table[:, predicted:].copy()
    if params["form"] == "xywh":
        edges[:, 2:] += edges[:, :2]
    if not ((edges[:, 2:] > edges[:, :2]).all() and (_areas(edges) > 0.0).all()):
        raise ValueError("a box without an inside")
    sure = table[:, 0] if predicted else np.ones(len(rows))
    names = tuple(row[0] if named else "" for row in rows)
    return Boxes(names, sure, edges)


def overlaps(first: Boxes, second: Boxes) -> Floats:
    """Intersection over union of each of the first with each of the second boxes."""
    one, other = first.edges[:, np.newaxis], second.edges[np.newaxis]
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    return cast(Floats, shared / (_areas(one) + _areas(other) - shared))


def _areas(edges: Floats) -> Floats:
    return cast(Floats, np.prod(edges[..., 2:] - edges[..., :2], axis=-1))


def _number(word: str) -> float:
    if not _NUMBER.fullmatch(word) or abs(float(word)) > LARGEST_PLACE:
        raise ValueError("not a number of a sound size")
    return float(word)


def _are_true(text: str, params: Params) -> bool:
    try:
        boxes(text, params, predicted=False)
    except ValueError:
        return False
    return True


def _are_predicted(text: str, params: Params) -> bool:
    try:
        found = boxes(text, params, predicted=True)
    except ValueError:
        return False
    return len(found.sure) <= float(str(params["k"]))


_ADVICE = (
    "as the metric's parameters form and classes say (xywh: left, top, width, height; "
    "xyxy: left, top, right, bottom), width and height above 0. Leave the cell empty for "
    "no box."
)
TRUTH_FORMS[Target.BOXES] = CellForm(
    one="is not a list of boxes",
    many="are not lists of boxes",
    advice=f"Write the four numbers of each box, after its class if it has one, {_ADVICE}",
    holds=_are_true,
)
PREDICTION_FORMS[Prediction.BOXES] = CellForm(
    one="is not a list of boxes with confidences",
    many="are not lists of boxes with confidences",
    advice="Write a confidence and four numbers for each box, after its class if it has "
    f"one, {_ADVICE} No more boxes than the parameter k allows.",
    holds=_are_predicted,
)
