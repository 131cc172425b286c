"""Cells that have a form of their own: what it is, and how to say that one has it not.

The form is checked by the reader, with the line, and so costs nobody a try. None of it
looks at the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from podium_scorer.catalogue import Prediction, Target
from podium_scorer.contract import ParamValue

Params = Mapping[str, ParamValue]


@dataclass(frozen=True)
class CellForm:
    """A form: ``one`` and ``many`` end a sentence that begins with "1 value" and "N values"."""

    one: str
    many: str
    advice: str
    holds: Callable[[str, Params], bool]


# For the cells of a solution and of a submission; a kind that is not here takes any text.
TRUTH_FORMS: dict[Target, CellForm] = {}
PREDICTION_FORMS: dict[Prediction, CellForm] = {}
