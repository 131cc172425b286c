"""Several metrics, each of a column: what they make together, and what is refused."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from podium_scorer.bundle import read_bundle
from podium_scorer.catalogue import METRICS, check_params, describe
from podium_scorer.contract import Outcome
from podium_scorer.metrics.composite import combined
from tests.scorer.bundle_parts import MANIFEST, faults_of, write_bundle
from tests.scorer.support import csv_bytes, kinds, lines, prepare, quoted_csv, score

TAKES = ("sum", "mean", "harmonic", "geometric")
# Of labels, of scores of two classes, of texts, of masks, of probabilities.
MIXED = ["f1_macro", "roc_auc", "token_f1", "dice", "gini"]
COLUMNS = ["kind", "ripe", "name", "mask", "sure"]
WEIGHTS = [2.0, 1.0, 0.5, 1.5, 1.0]


def mixed(count: int = 60) -> tuple[list[list[Any]], list[list[Any]]]:
    """Random rows of the columns, with ids, and predictions for them; half are private."""
    rng = random.Random(4)
    words = ("red", "fox", "far")
    true, guessed = [], []
    for i in range(count):
        kind, ripe, sure = rng.choice("abc"), i % 2, i // 2 % 2
        name = [rng.choice(words) for _ in range(3)]
        true.append([f"r{i}", kind, ripe, " ".join(name), "1 3 7 2", sure])
        guessed.append(
            [
                f"r{i}",
                kind if rng.random() < 0.6 else rng.choice("abc"),
                round(rng.gauss(ripe, 1), 1),
                " ".join([*name[:2], rng.choice(words)]),
                f"{rng.randrange(1, 4)} 3",
                round(rng.gauss(2 * sure, 1), 1),
            ]
        )
    return true, guessed


def naive(take: str, weights: Sequence[float], scores: Sequence[float]) -> float:
    pairs = list(zip(weights, scores, strict=True))
    total = math.fsum(weights)
    return {
        "sum": lambda: math.fsum(w * s for w, s in pairs),
        "mean": lambda: math.fsum(w * s for w, s in pairs) / total,
        "harmonic": lambda: total / math.fsum(w / s for w, s in pairs),
        "geometric": lambda: math.prod(s**w for w, s in pairs) ** (1 / total),
    }[take]()


def table(rows: list[list[Any]], columns: Sequence[int], *more: str) -> bytes:
    header = ["id", *COLUMNS, *more]
    return quoted_csv(
        [header[place] for place in columns],
        [[row[place] for place in columns] for row in rows],
    )


@pytest.mark.parametrize("take", ["sum", "mean"])
def test_columns_of_any_kind_are_judged_as_if_alone(take: str) -> None:
    true, guessed = mixed()
    for i, row in enumerate(true):
        row.append(("Public", "Private")[i // 4 % 2])
    every = range(6)
    params = {"metrics": MIXED, "columns": COLUMNS, "column_weights": WEIGHTS}
    solution = table(true, [*every, 6], "Usage")
    report = score("composite", solution, table(guessed, every), take=take, **params)
    alone = [
        score(name, table(true, (0, at, 6), "Usage"), table(guessed, (0, at)))
        for at, name in enumerate(MIXED, 1)
    ]
    for part in ("public", "private"):
        expected = naive(take, WEIGHTS, [getattr(each, part) for each in alone])
        assert getattr(report, part) == pytest.approx(expected, abs=1e-9)
        ends = zip(*(getattr(each, f"{part}_interval") for each in alone), strict=True)
        expected_ends = [naive(take, WEIGHTS, end) for end in ends]
        assert getattr(report, f"{part}_interval") == pytest.approx(expected_ends)
    shuffled = list(reversed(guessed))
    turned = table(shuffled, [4, 0, 2, 5, 1, 3])
    assert score("composite", solution, turned, take=take, **params) == report


@pytest.mark.parametrize("take", TAKES)
@pytest.mark.parametrize("seed", range(5))
def test_a_combination_is_its_definition(take: str, seed: int) -> None:
    rng = random.Random(seed)
    scores = [rng.uniform(0.01, 1) for _ in range(4)]
    weights = [rng.uniform(0.1, 3) for _ in scores]
    found = combined(take, weights, scores)
    assert found == pytest.approx(naive(take, weights, scores), abs=1e-12)


@pytest.mark.parametrize("take", ["harmonic", "geometric"])
def test_a_mean_of_shares_with_0_is_0(take: str) -> None:
    assert combined(take, [1.0, 2.0], [0.0, 0.9]) == 0.0
    assert combined(take, [1.0, 2.0], [1.0, 1.0]) == 1.0


def test_it_is_the_score_of_the_bengali_competition() -> None:
    # Kaggle's bengaliai-cv19: np.average of macro recalls with the weights 2, 1, 1.
    rng = random.Random(9)
    names = ["grapheme_root", "vowel_diacritic", "consonant_diacritic"]
    true = [[i, *(rng.randrange(4) for _ in names)] for i in range(200)]
    guessed = [
        [i, *(t if rng.random() < 0.7 else rng.randrange(4) for t in row)]
        for i, *row in true
    ]
    recalls = [
        sk.recall_score(
            [row[at] for row in true], [row[at] for row in guessed], average="macro"
        )
        for at in (1, 2, 3)
    ]
    header = ",".join(["id", *names])
    report = score(
        "composite",
        csv_bytes(header, true),
        csv_bytes(header, guessed),
        metrics=["balanced_accuracy"] * 3,
        columns=names,
        column_weights=[2, 1, 1],
        take="mean",
    )
    expected = np.average(recalls, weights=[2, 1, 1])
    assert report.public == pytest.approx(expected, abs=1e-12)


def test_a_column_may_have_several_metrics() -> None:
    solution = csv_bytes("id,y", [(1, 1.0), (2, 3.0)])
    submission = csv_bytes("id,y", [(1, 2.0), (2, 6.0)])
    named = {"metrics": ["mae", "rmse"], "columns": ["y", "y"]}
    report = score("composite", solution, submission, **named)
    assert report.public == pytest.approx(2 + math.sqrt(5), abs=1e-12)


def test_each_column_has_the_range_of_its_own_metrics() -> None:
    named = {"metrics": ["rmsle", "mae"], "columns": ["a", "b"]}
    solution = csv_bytes("id,a,b", [(1, 1, -1), (2, 2, -2)])
    good = csv_bytes("id,a,b", [(1, 1, -1), (2, 2, -5)])
    bad = csv_bytes("id,a,b", [(1, 1, -1), (2, -2, -5)])
    assert score("composite", solution, good, **named).public == 1.5
    report = score("composite", solution, bad, **named)
    assert kinds(report) == {"out_of_range": 1}
    assert lines(report, "out_of_range") == [3]
    both = describe("composite", {"metrics": ["rmsle", "mae"], "columns": ["a", "a"]})
    assert both.for_column("a").valid_range == METRICS["rmsle"].valid_range


def test_parameters_of_its_metrics_are_given_beside_its_own() -> None:
    named = {"metrics": ["pinball", "mae"], "columns": ["a", "b"], "alpha": 0.9}
    solution = csv_bytes("id,a,b,w", [(1, 1, 0, 3), (2, 2, 0, 1)])
    submission = csv_bytes("id,a,b", [(1, 0, 1), (2, 2, 1)])
    report = score("composite", solution, submission, weight_column="w", **named)
    assert report.public == pytest.approx(0.9 * 3 / 4 + 1, abs=1e-12)


def test_probabilities_of_two_classes_have_a_target_of_0_or_1() -> None:
    named = {"metrics": ["log_loss", "brier"], "columns": ["a", "b"]}
    solution = csv_bytes("id,a,b", [(1, 1, 0), (2, 0, 1)])
    submission = csv_bytes("id,a,b", [(1, 0.5, 0.5), (2, 0.5, 0.5)])
    report = score("composite", solution, submission, **named)
    assert report.public == pytest.approx(math.log(2) + 0.25, abs=1e-12)
    report = prepare("composite", solution.replace(b"2,0,1", b"2,2,1"), **named).report
    assert report.status is Outcome.HOST_ERROR


def test_it_takes_over_direction_bounds_and_titles() -> None:
    named = {"metrics": ["f1", "roc_auc"], "columns": ["a", "b"], "take": "harmonic"}
    info = describe("composite", named)
    assert info.higher_is_better
    assert (info.low, info.high, info.perfect) == (0.0, 1.0, 1.0)
    assert info.title == "Harmonic mean of F1 and ROC AUC"
    info = describe("composite", {**named, "take": "sum", "column_weights": [1, 2]})
    assert (info.low, info.high, info.perfect) == (0.0, None, None)
    assert info.title == "Weighted sum of F1 and ROC AUC"


PAIR = {"metrics": ["mae", "rmse"], "columns": ["a", "b"]}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "needs the parameter metrics"),
        ({"metrics": "mae", "columns": ["a"]}, "metrics must be a list of some of"),
        ({**PAIR, "metrics": ["mae", "mad"]}, "metrics must be a list of some of"),
        ({**PAIR, "metrics": ["mae", "by_group"]}, "metrics must be a list of some of"),
        ({**PAIR, "metrics": ["mae", "mcrmse"]}, "metrics must be a list of some of"),
        ({**PAIR, "columns": ["a"]}, "metrics has 2, columns has 1."),
        ({"metrics": [], "columns": []}, "metrics has 0, columns has 0."),
        ({**PAIR, "column_weights": [1]}, "column_weights has 1."),
        (
            {**PAIR, "column_weights": [1, 0]},
            "column_weights must be a list of numbers",
        ),
        ({**PAIR, "metrics": ["mae", "r2"]}, "(mae: lower, r2: higher)"),
        ({**PAIR, "take": "harmonic"}, "and mae is none."),
        (
            {**PAIR, "metrics": ["f1", "pearson"], "take": "geometric"},
            "and pearson is none.",
        ),
        (
            {"metrics": ["roc_auc", "f1"], "columns": ["a", "a"]},
            "The column a can't be of roc_auc and of f1",
        ),
        (
            {**PAIR, "metrics": ["map_at_k", "top_k_accuracy"]},
            "map_at_k and top_k_accuracy can't be combined: each has a parameter k",
        ),
        ({**PAIR, "beta": 2}, "has no parameter 'beta'"),
    ],
)
def test_what_can_not_be_combined_is_a_sentence(
    params: dict[str, Any], said: str
) -> None:
    faults = check_params(describe("composite", params), params)
    assert any(said in fault for fault in faults), faults
    assert all(fault.endswith(".") for fault in faults)
    report = prepare("composite", b"id,a,b\n1,1,1\n", **params).report
    assert report.status is Outcome.HOST_ERROR
    assert len(report.errors) == len(faults)


def test_a_column_without_a_value_is_named_when_the_solution_is_prepared() -> None:
    named = {"metrics": ["roc_auc", "roc_auc"], "columns": ["a", "b"]}
    solution = csv_bytes("id,a,b", [(1, 1, 1), (2, 0, 1)])
    report = prepare("composite", solution, **named).report
    assert "in the column b are all of one class" in report.message


def test_a_column_that_is_not_there_is_named() -> None:
    report = prepare("composite", b"id,a,c\n1,1,1\n", **PAIR).report
    assert report.status is Outcome.HOST_ERROR
    assert "The column 'b', which the parameter columns names" in report.message


def test_the_sample_has_the_named_columns_and_no_others() -> None:
    solution = b"id,a,b\n1,1,1\n"
    for sample in (b"id,a\n1,1\n", b"id,a,b,c\n1,1,1,1\n"):
        report = prepare("composite", solution, sample, **PAIR).report
        assert report.status is Outcome.HOST_ERROR
        assert "the metric compares" in report.message


def test_a_report_names_the_source_of_all_its_metrics() -> None:
    sources = {
        score(
            "composite", b"id,a,b\n1,1,1\n2,3,4\n", b"id,a,b\n1,1,1\n2,3,4\n",
            metrics=metrics, columns=["a", "b"],
        ).metric_sha256
        for metrics in (["mae", "mae"], ["mae", "wape"])
    }  # fmt: skip
    assert len(sources) == 2


COMPOSED = MANIFEST.replace(
    "  name: roc_auc\n",
    "  name: composite\n  params:\n    metrics: [roc_auc, f1_macro]\n"
    "    columns: [ripe, kind]\n    take: mean\n",
).replace("[ripe]", "[ripe, kind]")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a bundle with a composite metric, and some files changed; its folder."""

    def changed(solution: str, sample: str) -> Path:
        files = {
            "competition.yaml": COMPOSED,
            "solution.csv": f"id,ripe,kind,Usage\n{solution}",
            "data/sample.csv": sample,
        }
        return write_bundle(tmp_path, files)

    return changed


ROWS = "a,1,x,Public\nb,0,y,Public\n"


def test_a_bundle_may_have_a_composite_metric(write: Callable[..., Path]) -> None:
    bundle = read_bundle(write(ROWS, "id,ripe,kind\na,0.5,x\nb,0.5,x\n"))
    assert bundle.metric.params["columns"] == ["ripe", "kind"]


@pytest.mark.parametrize(
    ("solution", "sample", "said"),
    [
        (ROWS, "id,ripe,kind\na,x,x\nb,1,y\n", "prediction that is no number"),
        (ROWS, "id,ripe\na,1\nb,1\n", "not those that metric.params.columns names"),
        (
            ROWS.replace("0,y", "2,y"),
            "id,ripe,kind\na,1,x\nb,1,y\n",
            "targets hold “2”",
        ),
    ],
)
def test_a_bundle_is_checked_column_by_column(
    write: Callable[..., Path], solution: str, sample: str, said: str
) -> None:
    assert said in "\n".join(map(str, faults_of(write(solution, sample))))
