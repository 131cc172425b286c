"""What holds for metrics of one target, whatever the numbers."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer import uncertainty
from podium_scorer.catalogue import METRICS, Columns, Family
from podium_scorer.contract import Outcome, Report
from tests.scorer.strategies import PARTS, Case, cases
from tests.scorer.support import csv_bytes, kinds, score

EXAMPLES = 4  # of each metric: there are many
# Those that take any truth of their kind; test_every_metric asks the others too.
CHOOSY = {"mape", "rmspe", "mase", "wrmsse"}
PLAIN = [
    name
    for name, info in METRICS.items()
    if info.columns in {Columns.ONE, Columns.CLASSES}
    and info.family is not Family.SURVIVAL
    and name not in CHOOSY
    and not any(param.name == "average" for param in info.params)
]
every_metric = pytest.mark.parametrize("name", PLAIN)
some = settings(max_examples=EXAMPLES, deadline=None)


@pytest.fixture(autouse=True, scope="module")
def few_draws() -> Iterator[None]:
    """What is asked here holds for any number of resamples, and there are many metrics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertainty, "DRAWS", 20)
        yield


def is_scored(report: Report) -> bool:
    """Whether there is a score; the only other way out is a metric's own refusal."""
    if report.status is Outcome.SCORED:
        return True
    assert kinds(report).keys() == {"metric_refused"}, report
    return False


def case_of(data: st.DataObject, name: str) -> Case:
    return data.draw(cases(name))


@every_metric
@given(data=st.data())
@some
def test_neither_row_order_nor_column_order_changes_a_bit(
    name: str, data: st.DataObject
) -> None:
    case = case_of(data, name)
    rows = data.draw(st.permutations(range(len(case.lines))))
    columns = data.draw(st.permutations(range(len(case.columns) + 1)))
    report = case.score()
    is_scored(report)
    assert case.score(rows, columns) == report


@every_metric
@given(data=st.data())
@some
def test_scores_and_intervals_keep_to_their_bounds(
    name: str, data: st.DataObject
) -> None:
    info, report = METRICS[name], case_of(data, name).score()
    if not is_scored(report):
        return
    low = -math.inf if info.low is None else info.low
    high = math.inf if info.high is None else info.high
    for value, interval in (
        (report.public, report.public_interval),
        (report.private, report.private_interval),
    ):
        assert value is not None
        assert low <= value <= high
        if interval is not None:
            assert low <= interval[0] <= interval[1] <= high


@every_metric
@given(data=st.data())
@some
def test_the_public_score_knows_nothing_of_the_private_rows(
    name: str, data: st.DataObject
) -> None:
    case = case_of(data, name)
    whole, alone = case.score(), case.public().score()
    if is_scored(whole):
        assert alone.private is None
        assert whole.public == alone.public
        assert whole.public_interval == alone.public_interval


@every_metric
@given(data=st.data())
@some
def test_no_prediction_is_better_than_a_perfect_one(
    name: str, data: st.DataObject
) -> None:
    info, case = METRICS[name], case_of(data, name)
    best = case.perfect()
    if info.perfect is None or best is None:
        return
    perfect, report = best.score(), case.score()
    assert perfect.public == pytest.approx(info.perfect, abs=1e-9)
    if is_scored(report):
        assert report.public is not None
        worse = info.perfect - report.public
        assert (worse if info.higher_is_better else -worse) >= -1e-9


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
