"""Metrics of boxes: against literal definitions, and pycocotools."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome
from podium_scorer.metrics.boxes import matched
from tests.scorer.cases import Case, make
from tests.scorer.support import kinds, lines, prepare, quoted_csv, score

Box = tuple[float, float, float, float]  # left, top, width, height
Sure = tuple[float, Box]
Scene = tuple[list[list[tuple[Any, ...]]], list[list[tuple[Any, ...]]]]


def true_boxes(cell: str) -> list[Box]:
    numbers = list(map(float, cell.split()))
    return [tuple(numbers[i : i + 4]) for i in range(0, len(numbers), 4)]


def sure_boxes(cell: str) -> list[Sure]:
    """The most confident first; of equals the one that is written first."""
    numbers = list(map(float, cell.split()))
    found = [
        (numbers[i], tuple(numbers[i + 1 : i + 5])) for i in range(0, len(numbers), 5)
    ]
    return sorted(found, key=lambda pair: -pair[0])


def overlap(first: Box, second: Box) -> float:
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (first[2] * first[3] + second[2] * second[3] - shared)


def hits(
    guessed: list[Sure], true: list[Box], enough: Callable[[float], bool]
) -> list[bool]:
    """Whether each guess finds a true box that no one before it found."""
    left, found = list(true), []
    for _, box in guessed:
        near = [each for each in left if enough(overlap(box, each))]
        if near:
            left.remove(max(near, key=lambda each: overlap(box, each)))
        found.append(bool(near))
    return found


def naive_map_iou(case: Case) -> float:
    rows = []
    for true, guessed in zip(
        map(true_boxes, case.t), map(sure_boxes, case.p), strict=True
    ):
        shares = []
        for percent in (50, 55, 60, 65, 70, 75):
            found = sum(hits(guessed, true, lambda iou, p=percent: iou > p / 100))
            wrong, missed = len(guessed) - found, len(true) - found
            shares.append(found / (found + wrong + missed))
        rows.append(math.fsum(shares) / len(shares))
    return math.fsum(rows) / len(rows)


def naive_average_precision(case: Case, exact: bool) -> float:
    areas = []
    for percent in range(50, 100, 5):
        pool, wanted = [], 0
        for true, guessed in zip(
            map(true_boxes, case.t), map(sure_boxes, case.p), strict=True
        ):
            found = hits(guessed, true, lambda iou, p=percent: iou >= p / 100)
            wanted += len(true)
            pool += [(s, hit) for (s, _), hit in zip(guessed, found, strict=True)]
        pool.sort(key=lambda pair: -pair[0])
        curve = []
        for place in range(1, len(pool) + 1):
            right = sum(hit for _, hit in pool[:place])
            curve.append((right / wanted, right / place))
        if exact:
            levels = [hit / wanted for hit in range(1, wanted + 1)]
        else:
            levels = list(np.linspace(0, 1, 101))
        best = [
            max((p for r, p in curve if r >= level), default=0.0) for level in levels
        ]
        areas.append(math.fsum(best) / len(best))
    return math.fsum(areas) / len(areas)


@pytest.mark.parametrize("seed", range(3))
def test_map_at_thresholds_is_what_its_definition_says(seed: int) -> None:
    case = make(METRICS["map_iou"], seed, rows=40 + seed, usage=False)
    assert case.report().public == pytest.approx(naive_map_iou(case), abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("interpolation", ["101 points", "every point"])
def test_average_precision_is_what_its_definition_says(
    seed: int, interpolation: str
) -> None:
    case = make(METRICS["box_average_precision"], seed, rows=30 + seed, usage=False)
    expected = naive_average_precision(case, interpolation == "every point")
    report = case.report(interpolation=interpolation)
    assert report.public == pytest.approx(expected, abs=1e-9)


def scene() -> Scene:
    """Images of boxes of two classes, and predictions with confidences, some tied."""
    true, guessed = [], []
    for i in range(30):
        boxes = [
            ("ab"[(i + j) % 3 % 2], 20 * j + i % 5, 7 * i % 11, 8 + i % 7, 9 + j)
            for j in range(i % 4)
        ]
        found = [
            (name, (i * 37 + j * 11) % 100 / 100, x + i % 3, y + j % 2, w + i % 2, h)
            for j, (name, x, y, w, h) in enumerate(boxes)
            if (i * 3 + j) % 7
        ]
        if i % 3 == 0:
            found.append(("ab"[i % 2], i * 53 % 100 / 100, 3 + i % 9, i % 8, 10, 10))
        true.append(boxes)
        guessed.append(found)
    return true, guessed


def cells(images: list[list[tuple[Any, ...]]], first: int = 0) -> bytes:
    texts = [" ".join(str(v) for box in image for v in box[first:]) for image in images]
    return quoted_csv(("id", "boxes"), list(enumerate(texts)))


# pycocotools 2.0.11, COCOeval of these boxes: stats[0] and stats[1].
@pytest.mark.parametrize(
    ("classes", "thresholds", "expected"),
    [
        (True, None, 0.3390413529170417),
        (True, [0.5], 0.7001384495547832),
        (False, None, 0.3239182207329598),
        (False, [0.5], 0.7147561600763576),
    ],
)
def test_average_precision_is_what_pycocotools_gives(
    classes: bool, thresholds: list[float] | None, expected: float
) -> None:
    params = {} if thresholds is None else {"thresholds": thresholds}
    true, guessed = (cells(images, int(not classes)) for images in scene())
    report = score("box_average_precision", true, guessed, classes=classes, **params)
    assert report.public == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["map_iou", "box_average_precision"])
def test_edges_of_boxes_and_sizes_are_two_forms_of_the_same(name: str) -> None:
    sized = [[box[1:] for box in image] for image in scene()[0]]
    edged = [[(x, y, x + w, y + h) for x, y, w, h in image] for image in sized]
    sure = [[(0.5, x + 3, y, w, h) for x, y, w, h in image] for image in sized]
    sure_edged = [
        [(0.5, x + 3, y, x + 3 + w, y + h) for x, y, w, h in image] for image in sized
    ]
    found = score(name, cells(sized), cells(sure)).public
    assert found == score(name, cells(edged), cells(sure_edged), form="xyxy").public
    assert found is not None
    assert 0 < found < 1


@pytest.mark.parametrize(
    ("name", "true", "guessed", "expected"),
    [
        ("map_iou", ["", "0 0 2 2"], ["", "1 0 0 2 2"], 1.0),
        ("map_iou", ["", "0 0 2 2"], ["1 0 0 2 2", "1 0 0 2 2"], 0.5),
        ("map_iou", ["0 0 2 2"], [""], 0.0),
        ("map_iou", ["0 0 4 1"], ["1 0 0 2 1"], 0.0),  # 0.5 is not above 0.5
        ("map_iou", ["0 0 10 10"], ["0.9 0 0 10 10 0.8 0 0 10 10"], 0.5),
        ("map_iou", ["0 0 8 1"], ["1 0 0 5 1"], 3 / 6),
        ("box_average_precision", ["0 0 4 1"], ["1 0 0 2 1"], 0.1),
        ("box_average_precision", ["0 0 2 2"], [""], 0.0),
        ("box_average_precision", ["0 0 2 2", ""], ["0.5 0 0 2 2", "0.9 0 0 2 2"], 0.5),
        ("box_average_precision", ["0 0 2 2", ""], ["0.9 0 0 2 2", "0.5 0 0 2 2"], 1.0),
    ],
)
def test_the_edges_are_as_stated(
    name: str, true: list[str], guessed: list[str], expected: float
) -> None:
    solution = quoted_csv(("id", "boxes"), list(enumerate(true)))
    submission = quoted_csv(("id", "boxes"), list(enumerate(guessed)))
    report = score(name, solution, submission)
    assert report.public == pytest.approx(expected, abs=1e-12)


def test_what_two_empty_cells_count_is_a_parameter() -> None:
    solution = quoted_csv(("id", "boxes"), [(1, ""), (2, "0 0 2 2")])
    submission = quoted_csv(("id", "boxes"), [(1, ""), (2, "1 0 0 2 2")])
    assert score("map_iou", solution, submission, both_empty=0.0).public == 0.5


def test_boxes_of_a_class_without_a_true_one_do_not_count() -> None:
    solution = quoted_csv(("id", "boxes"), [(1, "a 0 0 2 2")])
    submission = quoted_csv(("id", "boxes"), [(1, "a 0.5 0 0 2 2 b 0.9 0 0 2 2")])
    report = score("box_average_precision", solution, submission, classes=True)
    assert report.public == 1.0


def test_a_taken_box_is_not_found_again() -> None:
    table = np.array([[0.9, 0.6], [0.95, 0.2], [0.1, 0.7], [0.8, 0.8]])
    assert matched(table, 0.5).tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    "cell",
    [
        "0 0 2 2",
        "1 0 0 2",
        "1 0 0 0 2",
        "1 0 0 2 -2",
        "x 0 0 2 2",
        "nan 0 0 2 2",
        "1 0 0 2e9 2",
        "1 0 0 1e-200 1e-200",
        "1 0 0 2 2 " * 3,
    ],
)
def test_a_text_that_holds_no_boxes_is_a_free_fault_with_its_line(cell: str) -> None:
    solution = quoted_csv(("id", "boxes"), [("1", "0 0 2 2"), ("2", "0 0 2 2")])
    submission = quoted_csv(("id", "boxes"), [("1", "1 0 0 2 2"), ("2", cell)])
    report = score("map_iou", solution, submission, k=2)
    assert report.status is Outcome.REJECTED
    assert kinds(report) == {"malformed": 1}
    assert lines(report, "malformed") == [3]
    assert report.counts is False


def test_a_solution_without_any_box_has_no_average_precision() -> None:
    solution = quoted_csv(("id", "boxes"), [("1", ""), ("2", " ")])
    report = prepare("box_average_precision", solution).report
    assert report.status is Outcome.HOST_ERROR
    assert "no box at all" in report.message
