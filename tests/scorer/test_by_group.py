"""A metric by group: the mean over groups, the worst group, and what is refused."""

from __future__ import annotations

import math

import pytest

from podium_scorer.catalogue import describe
from podium_scorer.contract import Outcome
from tests.scorer.support import prepare, score

SOLUTION = (
    b"id,y,shop,Usage\n1,1,a,Public\n2,2,a,Public\n3,3,b,Public\n"
    b"4,9,b,Public\n5,5,c,Private\n"
)
SUBMISSION = b"id,y\n1,2\n2,4\n3,6\n4,9\n5,6\n"
BINARY = b"id,y,g\n1,0,a\n2,1,a\n3,0,b\n4,1,b\n"


def test_every_group_counts_the_same_whatever_its_size() -> None:
    report = score("by_group", SOLUTION, SUBMISSION, metric="mae", group_column="shop")
    assert (report.public, report.private) == (1.5, 1.0)


def test_the_interval_of_a_mean_is_recovered_from_those_of_the_groups() -> None:
    report = score("by_group", SOLUTION, SUBMISSION, metric="mae", group_column="shop")
    z = 1.959963984540054
    # The groups' losses are 1, 2 and 3, 0: standard errors 0.5 and 1.5, never below 0.
    low = 1.5 - math.hypot(0.5 * z, 1.5) / 2
    high = 1.5 + math.hypot(0.5 * z, 1.5 * z) / 2
    assert report.public_interval == pytest.approx((low, high), abs=1e-12)
    assert report.private_interval is None


def test_the_worst_group_follows_the_metrics_direction() -> None:
    named = {"group_column": "g", "take": "worst"}
    report = score(
        "by_group",
        BINARY,
        b"id,y\n1,0\n2,1\n3,1\n4,0\n",
        metric="roc_auc",
        **named,
    )
    assert report.public == 0.0
    report = score(
        "by_group",
        SOLUTION,
        SUBMISSION,
        metric="mae",
        group_column="shop",
        take="worst",
    )
    assert report.public == 1.5


def test_it_takes_over_the_direction_and_the_parameters_of_its_metric() -> None:
    info = describe("by_group", {"metric": "roc_auc", "group_column": "g"})
    assert info.higher_is_better
    assert "positive_label" in {param.name for param in info.params}


def test_a_group_without_a_value_is_refused_when_the_solution_is_prepared() -> None:
    one_class = BINARY.replace(b"4,1,b", b"4,0,b")
    prepared = prepare("by_group", one_class, metric="roc_auc", group_column="g")
    assert prepared.report.status is Outcome.HOST_ERROR
    assert "a group whose rows are all of one class" in prepared.report.message


@pytest.mark.parametrize("metric", ["none", "by_group", 3])
def test_a_metric_that_can_not_be_grouped_is_one_sentence(metric: object) -> None:
    prepared = prepare("by_group", BINARY, metric=metric, group_column="g")
    assert prepared.report.status is Outcome.HOST_ERROR
    assert len(prepared.report.errors) == 1
