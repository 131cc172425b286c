"""Bounding boxes, a row for each image: which are found, by their overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podium_scorer import uncertainty
from podium_scorer.boxes import Boxes, boxes, overlaps
from podium_scorer.metrics.base import Estimate, Floats, Metric, Part, of_losses
from podium_scorer.metrics.writing import texts

MANY_MATCHES = 10_000  # boxes times thresholds: a score takes about a millisecond
_RECALLS = np.linspace(0.0, 1.0, 101)  # where COCO reads precision
Counts = NDArray[np.int64]


def map_iou(part: Part) -> Estimate:
    """The mean over the rows of the mean over thresholds of TP / (TP + FP + FN)."""
    thresholds = part.setting.numbers("thresholds")
    empty = part.setting.number("both_empty")
    rows = np.full(part.rows, empty)
    for row, (true, guessed) in enumerate(_images(part)):
        count = len(true.sure) + len(guessed.sure)
        if not count:
            continue
        table = overlaps(guessed.by_confidence(), true)
        hits = [np.count_nonzero(matched(table, each)) for each in thresholds]
        rows[row] = math.fsum(hit / (count - hit) for hit in hits) / len(thresholds)
    return of_losses(rows, None, 0.0, 1.0)


def matched(table: Floats, threshold: float) -> NDArray[np.bool_]:
    """Whether each predicted box finds a true one, the most confident first.

    It takes the one that it overlaps most, and above the threshold, among those that are
    not taken yet; of equals the last. ``table`` is (predicted, true).
    """
    free = table > threshold
    found: NDArray[np.bool_] = np.asarray(free.any(axis=1), np.bool_)
    taken = np.zeros(table.shape[1], np.bool_)
    for place in np.flatnonzero(found):
        left = np.where(free[place] & ~taken, table[place], -1.0)
        best = len(left) - 1 - int(np.argmax(left[::-1]))
        found[place] = left[best] >= 0.0
        taken[best] |= found[place]
    return found


@dataclass(frozen=True, eq=False)
class _Ranked:
    """A class's predicted boxes of all images, the most confident first.

    ``owners`` is each one's row, ``hits`` (thresholds, boxes) whether it finds a true one;
    ``wanted`` (rows,) how many there are to find.
    """

    owners: Counts
    hits: NDArray[np.bool_]
    wanted: Counts


def box_average_precision(part: Part) -> Estimate:
    """The mean over classes and thresholds of the average precision over all images."""
    exact = part.setting.text("interpolation") == "every point"
    ranked = _ranked_classes(part)

    def score(times: Counts) -> float:
        """The score where each row is there so many times."""
        found = [
            _average_precision(each, times, exact=exact)
            for each in ranked
            if (times * each.wanted).any()
        ]
        return math.fsum(found) / len(found) if found else math.nan

    rows, value = part.rows, score(np.ones(part.rows, np.int64))
    if len(ranked) > uncertainty.MOST_CLASSES:
        return Estimate(value)
    interval = uncertainty.of_resamples(
        rows,
        lambda drawn: score(np.bincount(drawn, minlength=rows)),
        0.0,
        1.0,
        slow=sum(each.hits.size for each in ranked) > MANY_MATCHES,
    )
    return Estimate(value, interval)


def _ranked_classes(part: Part) -> list[_Ranked]:
    images = list(_images(part))
    names = sorted({name for true, _ in images for name in true.classes})
    thresholds = part.setting.numbers("thresholds")
    return [_ranked(images, name, thresholds) for name in names]


def _ranked(
    images: list[tuple[Boxes, Boxes]], name: str, thresholds: list[float]
) -> _Ranked:
    owners, sure, hits = [], [], []
    wanted = np.zeros(len(images), np.int64)
    for row, (all_true, all_guessed) in enumerate(images):
        true, guessed = all_true.of(name), all_guessed.of(name).by_confidence()
        wanted[row] = len(true.sure)
        owners.append(np.full(len(guessed.sure), row))
        sure.append(guessed.sure)
        table = overlaps(guessed, true)
        # COCO takes an overlap that is the threshold too.
        hits.append([matched(table, math.nextafter(each, 0.0)) for each in thresholds])
    order = np.argsort(-np.concatenate(sure), kind="stable")
    found = np.concatenate([np.array(each, np.bool_) for each in hits], axis=1)
    return _Ranked(np.concatenate(owners)[order], found[:, order], wanted)


def _average_precision(ranked: _Ranked, times: Counts, *, exact: bool) -> float:
    """The mean over the thresholds of the area under the highest precisions."""
    weights = times[ranked.owners]
    seen = np.cumsum(weights)
    found = np.cumsum(weights * ranked.hits, axis=1)
    recall = found / float((times * ranked.wanted).sum())
    precision = np.divide(found, seen, out=np.zeros(found.shape), where=seen > 0)
    ahead = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    if exact:
        steps = np.diff(recall, axis=1, prepend=0.0)
        return float((steps * ahead).sum() / len(recall))
    areas = [_at_recalls(*curve) for curve in zip(recall, ahead, strict=True)]
    return math.fsum(areas) / len(areas)


def _at_recalls(recall: Floats, ahead: Floats) -> float:
    places = np.searchsorted(recall, _RECALLS, "left")
    return float(np.append(ahead, 0.0)[places].mean())


def _images(part: Part) -> list[tuple[Boxes, Boxes]]:
    """True and predicted boxes of each row."""
    params = part.setting.params
    return [
        (boxes(true, params, predicted=False), boxes(guessed, params, predicted=True))
        for true, guessed in texts(part)
    ]


def refuse_no_box(part: Part) -> str | None:
    """Somewhere there must be something to find."""
    there = any(text.strip() for text in part.true_texts[0].strings())
    return None if there else "have no box at all"


CODE = {
    "map_iou": Metric(map_iou),
    "box_average_precision": Metric(box_average_precision, refuse_no_box),
}
