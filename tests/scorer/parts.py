"""Parts of a solution made of plain values, to call a metric's code without any file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from podium_scorer.alignment import Texts
from podium_scorer.catalogue import METRICS, with_defaults
from podium_scorer.metrics import Part, Setting


def part(
    name: str,
    truth: Any,
    predicted: Any,
    *,
    classes: Sequence[str] = (),
    targets: Sequence[str] = (),
    columns: Sequence[str] = (),
    extras: Mapping[str, Any] | None = None,
    **params: Any,
) -> Part:
    """A part for a metric, its parameters' defaults filled in.

    ``truth`` is (rows,) or (targets, rows), ``predicted`` (rows,) or (columns, rows);
    either may be a list of texts instead, one for each row.
    """
    setting = Setting(
        with_defaults(METRICS[name], params),
        tuple(classes),
        tuple(targets),
        tuple(columns),
    )
    truths, true_texts = _columns(truth)
    predictions, predicted_texts = _columns(predicted)
    return Part(
        truths=truths,
        predictions=predictions,
        setting=setting,
        extras={key: np.asarray(values) for key, values in (extras or {}).items()},
        true_texts=true_texts,
        predicted_texts=predicted_texts,
    )


def _columns(values: Any) -> tuple[Any, tuple[Texts, ...]]:
    if isinstance(values, list) and values and isinstance(values[0], str):
        texts = Texts.of([text.encode() for text in values])
        return np.empty((0, len(values))), (texts,)
    array = np.asarray(values)
    return (array if array.ndim == 2 else array[np.newaxis]), ()
