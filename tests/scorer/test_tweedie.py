"""The Tweedie deviance at every power that has one, and what each lets columns hold."""

from __future__ import annotations

import math
import random

import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS, check_params, describe
from podium_scorer.contract import Outcome
from tests.scorer.support import csv_bytes, kinds, prepare, score

POWERS = (-1, -0.5, 0, 1, 1.2, 1.99, 2, 2.5, 3)


def naive(t: float, p: float, power: float) -> float:
    if power == 0:
        return (t - p) ** 2
    if power == 1:
        return 2 * ((t * math.log(t / p) if t else 0) - t + p)
    if power == 2:
        return 2 * (math.log(p / t) + t / p - 1)
    top = max(t, 0) ** (2 - power) / ((1 - power) * (2 - power))
    return 2 * (
        top - t * p ** (1 - power) / (1 - power) + p ** (2 - power) / (2 - power)
    )


def numbers(power: float) -> tuple[list[float], list[float]]:
    """Random targets and predictions, at the ends of what the power allows too."""
    rng = random.Random(7)
    guessed = [rng.gammavariate(2, 1) + 0.01 for _ in range(50)]
    true = [rng.gammavariate(2, 1) + 0.01 for _ in range(50)]
    if power < 2:
        true[3] = 0.0
    if power <= 0:
        true[5] = -2.5
    if power == 0:
        guessed[7] = -1.5
    return true, guessed


@pytest.mark.parametrize("power", POWERS)
def test_it_is_what_the_definition_and_scikit_learn_say(power: float) -> None:
    true, guessed = numbers(power)
    solution = csv_bytes("id,y", enumerate(true))
    submission = csv_bytes("id,y", enumerate(guessed))
    found = score("tweedie_deviance", solution, submission, power=power).public
    losses = [naive(t, p, power) for t, p in zip(true, guessed, strict=True)]
    assert found == pytest.approx(math.fsum(losses) / 50, abs=1e-9)
    expected = sk.mean_tweedie_deviance(true, guessed, power=power)
    assert found == pytest.approx(expected, abs=1e-9)
    share = score("d2_tweedie", solution, submission, power=power).public
    expected = sk.d2_tweedie_score(true, guessed, power=power)
    assert share == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("power", POWERS)
def test_numbers_at_the_ends_of_the_range_have_a_finite_score(power: float) -> None:
    solution = csv_bytes("id,y", [(1, 1e100), (2, 1e-100), (3, 1)])
    submission = csv_bytes("id,y", [(1, 1e-100), (2, 1e100), (3, 1)])
    found = score("tweedie_deviance", solution, submission, power=power)
    assert found.status is Outcome.SCORED, found
    assert found.public is not None
    assert math.isfinite(found.public)


@pytest.mark.parametrize(
    ("power", "true", "guessed"),
    # The lowest of each that is allowed: None where every number is.
    [(-1, None, 0), (0, None, None), (1, 0, 0), (1.5, 0, 0), (2, "+", 0), (3, "+", 0)],
)
def test_each_power_has_the_range_of_its_distribution(
    power: float, true: float | str | None, guessed: float | None
) -> None:
    rows = [(1, 1), (2, 2), (3, 4)]
    for value, allowed in ((-1, true is None), (0, true in {None, 0})):
        solution = csv_bytes("id,y", [*rows, (4, value)])
        report = prepare("tweedie_deviance", solution, power=power).report
        assert (report.status is Outcome.PREPARED) is allowed
    for value in (-1, 0):
        submission = csv_bytes("id,y", [*rows, (4, value)])
        report = score(
            "tweedie_deviance",
            csv_bytes("id,y", [*rows, (4, 4)]),
            submission,
            power=power,
        )
        assert (report.status is Outcome.SCORED) is (guessed is None)
        assert guessed is None or kinds(report) == {"out_of_range": 1}


@pytest.mark.parametrize("power", [-1.1, 0.5, 1e-9, 0.999, 3.1])
def test_a_power_without_a_distribution_is_one_sentence(power: float) -> None:
    info = METRICS["tweedie_deviance"]
    (fault,) = check_params(info, {"power": power})
    assert fault == (
        "The parameter power must be a number above -1 and below 3 and not between 0 and 1."
    )


def test_a_metric_by_group_has_the_range_of_its_power() -> None:
    named = {"metric": "tweedie_deviance", "group_column": "g"}
    assert describe("by_group", named).valid_range[0] > 0
    assert describe("by_group", {**named, "power": 0}).valid_range == (-1e100, 1e100)


def test_d2_below_power_0_needs_a_mean_above_0() -> None:
    report = prepare(
        "d2_tweedie", csv_bytes("id,y", [(1, -3), (2, 1)]), power=-1
    ).report
    assert report.status is Outcome.HOST_ERROR
    assert "mean target of 0 or less" in report.message
