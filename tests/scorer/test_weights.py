"""Weights of rows in metrics of classes: against definitions and scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from podium_scorer.contract import Outcome, Report
from tests.scorer.cases import make
from tests.scorer.support import csv_bytes, prepare, score

Rows = list[tuple[Any, Any, float]]  # truth, prediction, weight
AVERAGES = ("binary", "macro", "micro", "weighted")


def mean(rows: Rows, value: Callable[[Any, Any], float]) -> float:
    above = math.fsum(w * value(t, p) for t, p, w in rows)
    return above / math.fsum(w for _, _, w in rows)


def auc(rows: Rows) -> float:
    wins, pairs = [], []
    for t, p, w in rows:
        for other, level, weight in rows:
            if t == 1 and other == 0:
                pairs.append(w * weight)
                wins.append(w * weight * ((p > level) + (p == level) / 2))
    return math.fsum(wins) / math.fsum(pairs)


def f2(rows: Rows) -> float:
    right = math.fsum(w for t, p, w in rows if t == p == "bee")
    missed = math.fsum(w for t, p, w in rows if t == "bee" != p)
    wrong = math.fsum(w for t, p, w in rows if t != "bee" == p)
    return 5 * right / (5 * right + 4 * missed + wrong)


NAIVE: dict[str, Callable[[Rows], float]] = {
    "accuracy": lambda rows: mean(rows, lambda t, p: t == p),
    "brier": lambda rows: mean(rows, lambda t, p: (t - p) ** 2),
    "fbeta": f2,
    "roc_auc": auc,
}
LIBRARY: dict[str, Callable[[Any, Any, Any], float]] = {
    "accuracy": lambda t, p, w: sk.accuracy_score(t, p, sample_weight=w),
    "brier": lambda t, p, w: sk.brier_score_loss(t, p, sample_weight=w),
    "fbeta": lambda t, p, w: sk.fbeta_score(
        t, p, beta=2, pos_label="bee", sample_weight=w
    ),
    "roc_auc": lambda t, p, w: sk.roc_auc_score(t, p, sample_weight=w),
}


def weighted(name: str, rows: Rows, **params: Any) -> Report:
    solution = csv_bytes("id,y,w", [(i, t, w) for i, (t, _, w) in enumerate(rows)])
    submission = csv_bytes("id,y", [(i, p) for i, (_, p, _) in enumerate(rows)])
    return score(name, solution, submission, weight_column="w", **params)


def drawn(name: str, seed: int, count: int = 80) -> Rows:
    """Random rows, with ties among predictions, and some rows that weigh nothing."""
    case = make(METRICS[name], seed, rows=count, usage=False)
    weights = [(0.0, 0.3, 1.0, 2.5)[i * 7 % 4] for i in range(count)]
    return list(zip(case.t, case.p, weights, strict=True))


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_the_definition_and_scikit_learn_say(name: str, seed: int) -> None:
    rows = drawn(name, seed)
    report = weighted(name, rows)
    assert report.public == pytest.approx(NAIVE[name](rows), abs=1e-9)
    expected = LIBRARY[name](*map(list, zip(*rows, strict=True)))
    assert report.public == pytest.approx(expected, abs=1e-9)
    assert report.public_interval is not None


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_every_average_is_scikit_learns(name: str, average: str) -> None:
    rows = drawn(name if average == "binary" else "accuracy", 4)
    t, p, w = map(list, zip(*rows, strict=True))
    positive = "bee" if average == "binary" else 1
    expected = getattr(sk, f"{name}_score")(
        t, p, average=average, sample_weight=w, pos_label=positive
    )
    report = weighted(name, rows, average=average)
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("several", [False, True])
def test_log_loss_is_its_definition_and_scikit_learns(several: bool) -> None:
    names = ["a", "b", "c"] if several else ["y"]
    rows = [(i % len(names) if several else i % 2, i * 7 % 9 + 1) for i in range(60)]
    weights = [i % 4 for i in range(60)]
    chances = []
    for _, shift in rows:
        parts = [shift, *range(1, len(names))] if several else [shift / 10]
        chances.append([part / sum(parts) for part in parts] if several else parts)
    given = [
        row[t] if several else (row[0] if t else 1 - row[0])
        for (t, _), row in zip(rows, chances, strict=True)
    ]
    truth = [names[t] if several else t for t, _ in rows]
    submission = csv_bytes(
        ",".join(["id", *names]), [(i, *row) for i, row in enumerate(chances)]
    )
    solution = csv_bytes("id,y,w", [(i, t, weights[i]) for i, t in enumerate(truth)])
    report = score("log_loss", solution, submission, submission, weight_column="w")
    losses = [-w * math.log(p) for w, p in zip(weights, given, strict=True)]
    assert report.public == pytest.approx(math.fsum(losses) / sum(weights), abs=1e-9)
    table = chances if several else [row[0] for row in chances]
    expected = sk.log_loss(truth, table, sample_weight=weights)
    assert report.public == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", NAIVE)
def test_equal_weights_change_neither_score_nor_closed_form_interval(name: str) -> None:
    rows = [(t, p, 2.5) for t, p, _ in drawn(name, 5, 400)]
    report = weighted(name, rows)
    plain = score(
        name,
        csv_bytes("id,y", [(i, t) for i, (t, _, _) in enumerate(rows)]),
        csv_bytes("id,y", [(i, p) for i, (_, p, _) in enumerate(rows)]),
    )
    assert report.public == pytest.approx(plain.public, abs=1e-12)
    close = (
        1e-12 if name in {"roc_auc", "brier"} else 0.02
    )  # another closed form, draws
    assert report.public_interval == pytest.approx(plain.public_interval, abs=close)


@pytest.mark.parametrize("name", NAIVE)
def test_a_row_of_weight_2_counts_like_two_rows(name: str) -> None:
    rows = drawn(name, 6)
    doubled = [(t, p, 1.0) for t, p, _ in [*rows, *rows[:20]]]
    heavy = [(t, p, 2.0 if i < 20 else 1.0) for i, (t, p, _) in enumerate(rows)]
    found = weighted(name, heavy).public
    assert found == pytest.approx(weighted(name, doubled).public, abs=1e-12)


@pytest.mark.parametrize("name", [*NAIVE, "log_loss", "precision", "recall", "f1"])
def test_weights_that_add_up_to_0_are_refused(name: str) -> None:
    solution = csv_bytes("id,y,w", [(1, 0, 0), (2, 1, 0)])
    sample = csv_bytes("id,y", [(1, 0), (2, 1)])
    report = prepare(name, solution, sample, weight_column="w").report
    assert report.status is Outcome.HOST_ERROR
    assert "add up to 0" in report.message


def test_roc_auc_refuses_a_class_that_weighs_nothing() -> None:
    solution = csv_bytes("id,y,w", [(1, 0, 1), (2, 1, 0), (3, 0, 1)])
    report = prepare("roc_auc", solution, weight_column="w").report
    assert "a class whose weights add up to 0" in report.message
