"""What holds for single metrics, whatever the numbers; test_every_metric asks all of them."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scorer.cases import PARTS
from tests.scorer.support import csv_bytes, score

pytestmark = pytest.mark.usefixtures("few_draws")


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.floats(-1e6, 1e6)), min_size=2, max_size=30
    ).filter(lambda rows: len({t for t, _ in rows}) == 2)
)
@settings(max_examples=60, deadline=None)
def test_auc_of_reversed_scores_is_the_rest_to_one(
    pairs: list[tuple[int, float]],
) -> None:
    solution = csv_bytes("id,y", [(i, t) for i, (t, _) in enumerate(pairs)])
    first, second = (
        score("roc_auc", solution, csv_bytes("id,y", rows))
        for rows in (
            [(i, s) for i, (_, s) in enumerate(pairs)],
            [(i, -s) for i, (_, s) in enumerate(pairs)],
        )
    )
    assert first.public is not None
    assert second.public == pytest.approx(1 - first.public, abs=1e-12)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_multiclass_log_loss_does_not_depend_on_the_order_of_columns(seed: int) -> None:
    rng = random.Random(seed)
    truth = [rng.choice("abc") for _ in range(12)]
    solution = csv_bytes("id,y", enumerate(truth))
    sample = csv_bytes("id,a,b,c", [(i, 0.5, 0.25, 0.25) for i in range(12)])
    rows = []
    for _ in truth:
        weights = [rng.random() + 1e-3 for _ in "abc"]
        rows.append(dict(zip("abc", [w / sum(weights) for w in weights], strict=True)))
    scores = set()
    for order in itertools.permutations("abc"):
        cells = [(*(row[name] for name in order), i) for i, row in enumerate(rows)]
        submission = csv_bytes(",".join([*order, "id"]), cells)
        scores.add(score("log_loss", solution, submission, sample).public)
    assert len(scores) == 1


def test_as_many_threads_as_there_are_give_the_same_score(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = random.Random(5)
    rows = [(i, rng.gauss(0, 1), rng.choice(PARTS)) for i in range(30_000)]
    solution = csv_bytes("id,y,Usage", rows)
    submission = csv_bytes("id,y", [(i, rng.gauss(0, 1)) for i, _, _ in rows])
    reports = []
    for threads in (1, 2, 4):
        monkeypatch.setattr("pyarrow.cpu_count", lambda count=threads: count)
        reports.append(score("rmse", solution, submission))
    assert reports[0] == reports[1] == reports[2]
