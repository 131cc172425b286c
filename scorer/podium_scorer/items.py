"""Items with numbers in one cell: grades of relevance, and confidences."""

from __future__ import annotations

import re

from podium_scorer.catalogue import LARGEST, Prediction, Target
from podium_scorer.cells import PREDICTION_FORMS, TRUTH_FORMS, CellForm, Params

HIGHEST_GRADE = 50.0  # its exponential gain and any sum of gains stay exact enough
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def grades(text: str) -> dict[str, float]:
    """The grade of each item; raises ValueError where the text is none of ``item:grade``."""
    found: dict[str, float] = {}
    for word in text.split():
        item, _, grade = word.rpartition(":")
        if not item or item in found:
            raise ValueError(
                "an item without a name or a grade, or one that is repeated"
            )
        found[item] = _number(grade, 0.0, HIGHEST_GRADE)
    return found


def confidences(text: str) -> dict[str, float]:
    """The confidence of each item; raises ValueError where the text is no list of pairs."""
    words = text.split()
    if len(words) % 2:
        raise ValueError("an item without a confidence")
    pairs = zip(words[::2], words[1::2], strict=True)
    found = {item: _number(word, -LARGEST, LARGEST) for item, word in pairs}
    if 2 * len(found) < len(words):
        raise ValueError("an item that is repeated")
    return found


def _number(word: str, low: float, high: float) -> float:
    if not _NUMBER.fullmatch(word) or not low <= float(word) <= high:
        raise ValueError("not a number within its range")
    return float(word)


def _has_grades(text: str, _params: Params) -> bool:
    try:
        grades(text)
    except ValueError:
        return False
    return True


def _has_confidences(text: str, params: Params) -> bool:
    try:
        found = confidences(text)
    except ValueError:
        return False
    return len(found) <= float(str(params["k"]))


TRUTH_FORMS[Target.GRADED] = CellForm(
    one="is not a list of items with grades",
    many="are not lists of items with grades",
    advice=f"Write each item with a colon and its grade, such as a:3 b:1: grades from 0 to "
    f"{HIGHEST_GRADE:g}, no item twice. Leave the cell empty where nothing is relevant.",
    holds=_has_grades,
)
PREDICTION_FORMS[Prediction.SCORED] = CellForm(
    one="is not a list of items with confidences",
    many="are not lists of items with confidences",
    advice="Write pairs of item and confidence, such as a 0.9 b 0.2: finite numbers, no "
    "item twice, no more pairs than the metric allows (its parameter k). Leave the cell "
    "empty to predict nothing.",
    holds=_has_confidences,
)
