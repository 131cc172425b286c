"""What ids and the order of rows give away, and which classes a part lacks."""

from __future__ import annotations

import math
import re

import numpy as np

from podium_scorer.faults import quoted
from podium_scorer.lint_answers import Answer, Answers
from podium_scorer.lint_findings import SEED, Findings
from podium_scorer.lint_numbers import (
    Codes,
    Floats,
    correlation,
    rank_correlation,
    ranks,
    ratio_of_ranks,
)

LEAST_ROWS = 20  # below, chance looks like order
DEVIATIONS = 5.0  # how far from chance
EFFECT = 0.1  # and how strong: a correlation, or a share beyond chance
SHUFFLED_ROWS, SHUFFLES = 20_000, 99

_FLOAT = re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?|\d+[eE][-+]?\d+")
_NUMBER = re.compile(r"(\d{1,15})\D*$")
_LEAST_LABEL = 3  # characters, below which a label is found in ids by chance


def check_order(answers: Answers, found: Findings) -> None:
    """Every check of ids, order and classes of the rows that are scored."""
    _check_form(answers, found)
    _check_split(answers, found)
    if answers.rows < LEAST_ROWS:
        reason = f"There are {answers.rows} scored rows; it takes {LEAST_ROWS}."
        found.skip(reason, "label-order", "id-label", "id-names-label")
    numbers = id_numbers(answers.ids)
    if numbers is None:
        found.skip("The ids hold no running numbers.", "id-label", "id-sorted")
    for target in answers.targets:
        if target.classes:
            _check_classes(answers, target, found)
        if answers.rows >= LEAST_ROWS:
            _check_target(answers, target, numbers, found)
    if not any(target.classes for target in answers.targets):
        reason = "The target has no classes."
        found.skip(reason, "class-missing-public", "class-missing-private")


def id_numbers(ids: list[str]) -> Floats | None:
    """The number at the end of each id; None where some id has none."""
    matches = [_NUMBER.search(each) for each in ids]
    if not all(matches):
        return None
    return np.array([float(match[1]) for match in matches if match])


def _check_target(
    answers: Answers, target: Answer, numbers: Floats | None, found: Findings
) -> None:
    if not target.classes and target.numbers is None:
        found.skip("The target is text.", "label-order", "id-label")
    elif target.distinct > 1:
        _check_label_order(answers, target, found)
        if numbers is not None:
            _check_id_label(answers, target, numbers, found)
    if target.classes:
        _check_id_names(answers, target, found)


def _check_form(answers: Answers, found: Findings) -> None:
    floats = sum(bool(_FLOAT.fullmatch(each)) for each in answers.ids)
    if floats:
        message = f"{floats:,} of {answers.rows:,} ids look like decimal numbers."
        found.add("id-float", message)
    numbers = id_numbers(answers.ids)
    if numbers is not None and answers.rows > 2 and bool((np.diff(numbers) > 0).all()):
        message = f"All {answers.rows:,} ids of the sample stand in ascending order."
        found.add("id-sorted", message + answers.said)


def _check_split(answers: Answers, found: Findings) -> None:
    public = answers.public.astype(np.int64)
    if public.all():
        found.skip("All rows are public.", "split-order")
        found.add("no-private", f"All {answers.rows:,} scored rows are public.")
    elif public.any() and answers.rows >= LEAST_ROWS:
        share, expected, deviations = neighbours(public)
        if deviations > DEVIATIONS and share - expected > EFFECT:
            found.add(
                "split-order",
                f"{share:.0%} of neighbouring rows of the sample are in the same part, "
                f"where chance gives {expected:.0%}.{answers.said}",
            )


def neighbours(codes: Codes) -> tuple[float, float, float]:
    """The share of equal neighbours, what shuffled rows have, and how many standard
    deviations lie between; on the first rows of many."""
    codes = codes[:SHUFFLED_ROWS]
    random = np.random.default_rng(SEED)
    observed = _equal_neighbours(codes)
    shuffled = [_equal_neighbours(random.permutation(codes)) for _ in range(SHUFFLES)]
    deviation = float(np.std(shuffled)) or 1 / len(codes)
    mean = float(np.mean(shuffled))
    return observed, mean, (observed - mean) / deviation


def _equal_neighbours(codes: Codes) -> float:
    return float((codes[1:] == codes[:-1]).mean())


def _check_label_order(answers: Answers, target: Answer, found: Findings) -> None:
    order = np.arange(answers.rows, dtype=np.float64)
    along, sentence = _along(order, target)
    if target.classes:
        share, expected, deviations = neighbours(target.codes)
        close = deviations > DEVIATIONS and share - expected > EFFECT
        evidence = (
            f"{share:.0%} of neighbouring rows have the same label, where chance gives "
            f"{expected:.0%}"
        )
    else:
        ranked = ranks(_numbers(target))
        lagged = correlation(ranked[1:], ranked[:-1])
        close = lagged > EFFECT and lagged * math.sqrt(answers.rows) > DEVIATIONS
        evidence = f"neighbouring rows' values correlate with {lagged:.2f}"
    if along or close:
        said = evidence if close else sentence
        name = quoted(target.name, 60)
        found.add(
            "label-order",
            f"In the sample's order of rows, the target {name} is not at random: "
            f"{said}.{answers.said}",
        )


def _check_id_label(
    answers: Answers, target: Answer, numbers: Floats, found: Findings
) -> None:
    along, sentence = _along(numbers, target)
    if along:
        name = quoted(target.name, 60)
        message = f"The ids' numbers go along with the target {name}: {sentence}."
        found.add("id-label", message + answers.said)


def _along(values: Floats, target: Answer) -> tuple[bool, str]:
    """Whether values go along with a target beyond chance, and in which measure."""
    rows = len(values)
    if target.numbers is not None:
        rho = rank_correlation(values, target.numbers)
        along = abs(rho) > EFFECT and abs(rho) * math.sqrt(rows) > DEVIATIONS
        return along, f"Spearman's correlation is {rho:.2f}"
    ratio, freedom = ratio_of_ranks(values, target.codes), target.distinct - 1
    # Kruskal and Wallis: near a chi-squared with as many degrees of freedom.
    beyond = ((rows - 1) * ratio - freedom) / math.sqrt(2 * freedom)
    along = beyond > DEVIATIONS and ratio > EFFECT**2 and freedom < rows / 5
    return along, f"the classes explain {ratio:.0%} of the variance of their ranks"


def _numbers(target: Answer) -> Floats:
    if target.numbers is None:
        raise TypeError("a target of numbers has numbers")
    return target.numbers


def _check_id_names(answers: Answers, target: Answer, found: Findings) -> None:
    labels = [str(each).casefold() for each in target.column.texts.to_pylist()]
    pairs = [
        (label, each.casefold())
        for label, each in zip(labels, answers.ids, strict=True)
        if len(label) >= _LEAST_LABEL and not label.isdecimal()
    ]
    held = sum(label in each for label, each in pairs)
    if held > len(pairs) / 2 and held >= LEAST_ROWS / 2:
        name = quoted(target.name, 60)
        message = f"{held:,} of {answers.rows:,} ids contain their label in {name}."
        found.add("id-names-label", message + answers.said)


def _check_classes(answers: Answers, target: Answer, found: Findings) -> None:
    if answers.public.all():
        found.skip(
            "There is only one part.", "class-missing-public", "class-missing-private"
        )
        return
    public = set(target.codes[answers.public].tolist())
    private = set(target.codes[~answers.public].tolist())
    for code, lacking, rows in (
        ("class-missing-public", private - public, int(answers.public.sum())),
        ("class-missing-private", public - private, int((~answers.public).sum())),
    ):
        if lacking:
            found.add(
                code,
                f"{len(lacking):,} of {target.distinct:,} classes of "
                f"{quoted(target.name, 60)} have no row among the {rows:,} of this "
                f"part.{answers.said}",
            )
