"""What holds for every entry of the catalogue, asked of random files for each."""

from __future__ import annotations

import math
import random
from functools import cache

import pytest

from podium_scorer.catalogue import METRICS, MetricInfo
from podium_scorer.contract import Outcome, Report
from tests.scorer.cases import Case, make, perfect

pytestmark = pytest.mark.usefixtures("few_draws")
EVERY = pytest.mark.parametrize("info", METRICS.values(), ids=METRICS)
FILES = pytest.mark.parametrize("seed", [1, 2, 3])
WITH_PERFECT = [info for info in METRICS.values() if info.perfect is not None]


@cache
def drawn(name: str, seed: int) -> tuple[Case, Report]:
    """A random case with its report: the first is plain, the others are odd."""
    case = make(METRICS[name], seed, rows=60 if seed == 1 else 45, odd=seed > 1)
    report = case.report()
    assert report.status is Outcome.SCORED, report
    return case, report


@EVERY
@FILES
def test_neither_row_order_nor_column_order_changes_a_bit(
    info: MetricInfo, seed: int
) -> None:
    case, report = drawn(info.name, seed)
    order = list(range(len(case.truth)))
    random.Random(1).shuffle(order)
    turned = [*reversed(case.names.columns), case.names.key]
    assert case.report(case.reordered(order, turned)) == report


@EVERY
@FILES
def test_scores_and_intervals_keep_to_their_bounds(info: MetricInfo, seed: int) -> None:
    _, report = drawn(info.name, seed)
    low = -math.inf if info.low is None else info.low
    high = math.inf if info.high is None else info.high
    for value, interval in (
        (report.public, report.public_interval),
        (report.private, report.private_interval),
    ):
        assert value is not None, report
        assert low <= value <= high
        if interval is not None:
            assert low <= interval[0] <= interval[1] <= high


@EVERY
def test_an_entry_that_names_an_interval_has_one(info: MetricInfo) -> None:
    report = make(info, 4, rows=90).report()
    assert (report.public_interval is None) is info.interval.startswith("none")


@EVERY
@FILES
def test_the_public_score_knows_nothing_of_the_private_rows(
    info: MetricInfo, seed: int
) -> None:
    case, whole = drawn(info.name, seed)
    alone = case.only("Public").report()
    assert alone.private is None
    assert whole.public == alone.public
    assert whole.public_interval == alone.public_interval


@pytest.mark.parametrize("info", WITH_PERFECT, ids=[info.name for info in WITH_PERFECT])
@FILES
def test_a_perfect_prediction_has_the_best_score(info: MetricInfo, seed: int) -> None:
    case, report = drawn(info.name, seed)
    best = perfect(case).report()
    assert best.public == pytest.approx(info.perfect, abs=1e-9)
    assert best.public is not None
    assert report.public is not None
    if info.higher_is_better:
        assert report.public <= best.public
    else:
        assert report.public >= best.public


@pytest.mark.parametrize("info", WITH_PERFECT, ids=[info.name for info in WITH_PERFECT])
@pytest.mark.parametrize("value", [-1e100, -1, 0, 1e-100, 0.5, 1, 1e100, "", "ant"])
def test_the_same_prediction_everywhere_is_never_perfect(
    info: MetricInfo, value: object
) -> None:
    case = make(info, 7, usage=False)
    same = dict.fromkeys(case.names.columns, value)
    rows = [{**row, **same} for row in case.predicted]
    constant = Case(case.names, case.truth, rows, case.params)
    submission = constant.reordered(list(range(len(rows))))
    report = case.report(submission)
    assert report.status in {Outcome.SCORED, Outcome.REJECTED}
    if report.status is Outcome.SCORED:
        assert report.public != pytest.approx(info.perfect, abs=1e-9)
