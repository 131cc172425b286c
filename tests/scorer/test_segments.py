"""Segments with classes: against definitions, scikit-learn and a published value."""

from __future__ import annotations

import math

import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome
from tests.scorer.cases import Case, make
from tests.scorer.support import kinds, lines, prepare, quoted_csv, score

Pixels = list[tuple[str, set[int]]]
Laid = list[list[tuple[str, int]]]  # rows of pixels: class and instance


def laid_out(cell: str) -> Pixels:
    found = []
    for part in filter(None, cell.split(";")):
        name, *numbers = part.split()
        pixels: set[int] = set()
        for start, length in zip(numbers[::2], numbers[1::2], strict=True):
            pixels |= set(range(int(start), int(start) + int(length)))
        found.append((name, pixels))
    return found


def pairs(case: Case) -> list[tuple[Pixels, Pixels]]:
    return [(laid_out(t), laid_out(p)) for t, p in zip(case.t, case.p, strict=True)]


def classes(case: Case) -> set[str]:
    return {name for pair in pairs(case) for cell in pair for name, _ in cell}


def naive_quality(case: Case) -> float:
    found = []
    for name in classes(case):
        overlaps, unmatched = [], 0
        for true, guessed in pairs(case):
            left = [pixels for each, pixels in guessed if each == name]
            for pixels in (pixels for each, pixels in true if each == name):
                match = [p for p in left if len(p & pixels) / len(p | pixels) > 0.5]
                unmatched += not match
                for other in match:
                    left.remove(other)
                    overlaps.append(len(other & pixels) / len(other | pixels))
            unmatched += len(left)
        found.append(math.fsum(overlaps) / (len(overlaps) + unmatched / 2))
    return math.fsum(found) / len(found)


def of_class(cell: Pixels, name: str) -> set[int]:
    return {pixel for each, pixels in cell if each == name for pixel in pixels}


def naive_iou(case: Case) -> float:
    found = []
    for name in classes(case):
        both = [(of_class(t, name), of_class(p, name)) for t, p in pairs(case)]
        found.append(
            sum(len(t & p) for t, p in both) / sum(len(t | p) for t, p in both)
        )
    return math.fsum(found) / len(found)


NAIVE = {"panoptic_quality": naive_quality, "mean_class_iou": naive_iou}


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_its_definition_says(name: str, seed: int) -> None:
    case = make(METRICS[name], seed, rows=50 + seed, usage=False)
    assert case.report().public == pytest.approx(NAIVE[name](case), abs=1e-9)


def test_mean_iou_is_scikit_learns_jaccard_index_of_pixels() -> None:
    case = make(METRICS["mean_class_iou"], 9, rows=80, usage=False)
    true, guessed = [], []
    for cells in pairs(case):
        for laid, cell in zip((true, guessed), cells, strict=True):
            image = ["none"] * 200
            for name, pixels in cell:
                for pixel in pixels:
                    image[pixel] = name
            laid += image
    labels = sorted(classes(case))
    expected = sk.jaccard_score(true, guessed, labels=labels, average="macro")
    assert case.report().public == pytest.approx(expected, abs=1e-12)


def written(image: Laid) -> str:
    """The segments of an image whose pixels have a class and an instance."""
    places: dict[tuple[str, int], list[int]] = {}
    pixels = [pixel for row in image for pixel in row]
    for place, pixel in enumerate(pixels, 1):
        places.setdefault(pixel, []).append(place)
    return "; ".join(
        f"{name} " + " ".join(f"{place} 1" for place in found)
        for (name, _), found in places.items()
    )


def image(text: str) -> Laid:
    """Class and instance of each pixel; classes 6 and 7 have no instances."""
    return [
        [(pixel[0], int(pixel[1])) for pixel in row.split()] for row in text.split(",")
    ]


def test_panoptic_quality_is_that_of_torchmetrics_example() -> None:
    # torchmetrics 1.x, detection/panoptic_quality: things 0 and 1, stuffs 6 and 7.
    guessed = "60 00 60 60,00 00 60 01,00 00 60 01,00 70 60 10,00 70 70 70"
    true = "60 01 60 01,01 01 60 01,01 01 60 10,01 70 10 10,01 70 70 70"
    solution = quoted_csv(("id", "segments"), [(1, written(image(true)))])
    submission = quoted_csv(("id", "segments"), [(1, written(image(guessed)))])
    report = score("panoptic_quality", solution, submission)
    assert f"{report.public:.4f}" == "0.5463"


@pytest.mark.parametrize(
    ("name", "true", "guessed", "expected"),
    [
        ("panoptic_quality", ["a 1 4"], ["a 1 2"], 0.0),  # 0.5 is not above 0.5
        ("panoptic_quality", ["a 1 4"], ["a 1 3"], 0.75),
        ("panoptic_quality", ["a 1 4"], ["b 1 4"], 0.0),
        ("panoptic_quality", ["a 1 4", ""], ["a 1 4", ""], 1.0),
        ("panoptic_quality", ["a 1 4", ""], ["a 1 4", "a 1 1"], 2 / 3),
        ("panoptic_quality", ["a 1 4"], ["a 1 4; b 9 1"], 0.5),
        ("panoptic_quality", ["a 1 4"], [""], 0.0),
        ("mean_class_iou", ["a 1 4"], ["a 1 2;a 3 2"], 1.0),
        ("mean_class_iou", ["a 1 4", "a 1 6"], ["a 1 4", ""], 0.4),
        ("mean_class_iou", ["a 1 4"], ["a 1 4; b 9 1"], 0.5),
    ],
)
def test_the_edges_are_as_stated(
    name: str, true: list[str], guessed: list[str], expected: float
) -> None:
    solution = quoted_csv(("id", "segments"), list(enumerate(true)))
    submission = quoted_csv(("id", "segments"), list(enumerate(guessed)))
    report = score(name, solution, submission)
    assert report.public == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "cell",
    [
        "a",
        "1 2",
        "a 1",
        "a 1 2;",
        "; a 1 2",
        "a 1 2; b 2 1",
        "a 3 1 1 1",
        "a 1 0",
        "a b 1 2",
    ],
)
def test_a_text_that_holds_no_segments_is_a_free_fault_with_its_line(cell: str) -> None:
    solution = quoted_csv(("id", "segments"), [("1", "a 1 2"), ("2", "a 1 2")])
    submission = quoted_csv(("id", "segments"), [("1", "a 1 2"), ("2", cell)])
    report = score("panoptic_quality", solution, submission)
    assert report.status is Outcome.REJECTED
    assert kinds(report) == {"malformed": 1}
    assert lines(report, "malformed") == [3]
    assert report.counts is False


@pytest.mark.parametrize("name", NAIVE)
def test_a_solution_without_any_segment_is_refused(name: str) -> None:
    report = prepare(
        name, quoted_csv(("id", "segments"), [("1", ""), ("2", " ")])
    ).report
    assert report.status is Outcome.HOST_ERROR
    assert "no segment at all" in report.message


def test_a_segment_of_a_terabyte_is_measured_without_laying_it_out() -> None:
    solution = quoted_csv(("id", "segments"), [("1", "a 1 1000000000000")])
    submission = quoted_csv(("id", "segments"), [("1", "a 1 750000000000")])
    assert score("mean_class_iou", solution, submission).public == 0.75


def test_classes_that_a_participant_makes_up_cost_no_memory() -> None:
    solution = quoted_csv(("id", "segments"), [(i, "a 1 2") for i in range(3000)])
    made_up = [(i, f"a 1 2; x{i} 9 1; y{i} 11 1") for i in range(3000)]
    report = score("mean_class_iou", solution, quoted_csv(("id", "segments"), made_up))
    assert report.public == pytest.approx(1 / 6001, abs=1e-12)
    assert report.public_interval is None
