"""Metrics that organizers write: the contract, what is shown to whom, and no surprises."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from podium_scorer.contract import (
    CustomPrepareJob,
    CustomScoreJob,
    Outcome,
    Report,
    job_from_json,
    job_to_json,
)
from podium_scorer.custom import prepare_custom, score_custom
from podium_scorer.custom_index import UnsoundCustomIndex, read_custom_index
from podium_scorer.custom_source import source_hash
from podium_scorer.engine import Prepared

MEAN_ABSOLUTE = b'''
"""As Kaggle's template has it."""
import pandas as pd


class ParticipantVisibleError(Exception):
    pass


def score(
    solution: pd.DataFrame,
    submission: pd.DataFrame,
    row_id_column_name: str,
    weight: float = 1.0,
) -> float:
    del solution[row_id_column_name]
    del submission[row_id_column_name]
    if (submission["y"] < 0).any():
        raise ParticipantVisibleError("Predictions must not be negative.")
    return float((solution["y"] - submission["y"]).abs().mean()) * weight
'''
SOLUTION = b"id,y,Usage\n1,1,Public\n2,2,Private\n3,3,Public\n4,4,Private\n"
SAMPLE = b"id,y\n1,0\n2,0\n3,0\n4,0\n"


def prepare(
    metric: bytes = MEAN_ABSOLUTE,
    solution: bytes = SOLUTION,
    sample: bytes = SAMPLE,
    **settings: Any,
) -> Prepared:
    return prepare_custom(CustomPrepareJob(**settings), solution, sample, metric)


def score(
    submission: bytes,
    metric: bytes = MEAN_ABSOLUTE,
    solution: bytes = SOLUTION,
    sample: bytes = SAMPLE,
    **settings: Any,
) -> Report:
    prepared = prepare(metric, solution, sample, **settings)
    assert prepared.index, prepared.report
    job = CustomScoreJob(submission_name="submission.csv")
    return score_custom(job, prepared.index, submission)


def metric_of(body: str, parameters: str = "") -> bytes:
    """A metric whose function has this body."""
    lines = "\n    ".join(body.splitlines())
    given = f"solution, submission, row_id_column_name{parameters}"
    return f"import pandas as pd\n\ndef score({given}):\n    {lines}\n".encode()


def test_public_and_private_rows_are_scored_apart() -> None:
    report = score(b"id,y\n4,4\n3,1\n2,5\n1,1\n")
    assert (report.public, report.private) == (1.0, 1.5)
    assert report.rows == {"public": 2, "private": 2}
    assert report.metric_sha256 == source_hash(MEAN_ABSOLUTE)


def test_parameters_reach_the_metric() -> None:
    report = score(b"id,y\n1,1\n2,5\n3,1\n4,4\n", params={"weight": 10})
    assert report.public == 10.0


def test_the_metric_never_sees_usage_nor_ignored_rows() -> None:
    solution = b"id,y,Usage\n1,1,Public\n2,2,Private\n3,3,Ignored\n"
    sample = b"id,y\n1,0\n2,0\n3,0\n"
    body = (
        'assert list(solution) == ["id", "y"]\nreturn len(solution) + len(submission)'
    )
    report = score(sample, metric_of(body), solution, sample)
    assert (report.public, report.private) == (2.0, 2.0)


def test_the_metric_may_use_further_columns_of_the_solution() -> None:
    solution = b"id,y,w\n1,1,3\n2,5,1\n"
    body = 'return ((solution["y"] == submission["y"]) * solution["w"]).sum()'
    report = score(b"id,y\n2,0\n1,1\n", metric_of(body), solution, b"id,y\n1,0\n2,0\n")
    assert report.public == 3.0


def test_rows_reach_the_metric_in_the_solutions_order() -> None:
    body = 'assert list(solution["id"]) == list(submission["id"])\nreturn submission["y"][0]'
    report = score(b"id,y\n4,40\n3,30\n2,20\n1,10\n", metric_of(body))
    assert (report.public, report.private) == (10.0, 20.0)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("1", "i"), ("1.5", "f"), ("cat", "O"), ("True", "b"), ("1 2 3", "O")],
)
def test_columns_are_inferred_as_pandas_reads_a_csv(cell: str, kind: str) -> None:
    table = f"id,y\n1,{cell}\n2,{cell}\n".encode()
    body = f'assert submission["y"].dtype.kind == "{kind}", submission["y"].dtype\n'
    body += f'assert solution["y"].dtype.kind == "{kind}"\nreturn 1'
    assert score(table, metric_of(body), table, table).status is Outcome.SCORED


def test_words_like_na_stay_words() -> None:
    table = b"id,y\n1,NA\n2,None\n"
    body = 'return (solution["y"] == submission["y"]).mean()'
    assert score(table, metric_of(body), table, table).public == 1.0


def test_ids_that_are_one_number_stay_apart() -> None:
    table = b"id,y\n1,5\n1.0,6\n01,7\n"
    body = "return solution[row_id_column_name].nunique()"
    assert score(table, metric_of(body), table, table).public == 3.0


def test_what_the_reader_finds_is_free_and_told_with_its_line() -> None:
    report = score(b"id,y\n1,1\n2,x\n3,\n9,1\n")
    assert (report.status, report.counts) == (Outcome.REJECTED, False)
    assert {fault.kind for fault in report.errors} == {
        "not_a_number",
        "empty_value",
        "unexpected_id",
        "missing_id",
    }
    [wrong] = [fault for fault in report.errors if fault.kind == "not_a_number"]
    assert wrong.examples[0].line == 3


def test_an_empty_cell_is_a_fault_where_the_sample_has_none() -> None:
    table, metric = b"id,y\n1,cat\n2,dog\n", metric_of("return 1")
    report = score(b"id,y\n1,\n2,dog\n", metric, table, table)
    assert [fault.kind for fault in report.errors] == ["empty_value"]
    with_gap = b"id,y\n1,\n2,dog\n"
    assert score(with_gap, metric, table, with_gap).status is Outcome.SCORED


def test_a_participants_error_is_shown_and_counts() -> None:
    report = score(b"id,y\n1,-1\n2,1\n3,1\n4,1\n")
    assert (report.status, report.counts) == (Outcome.REJECTED, True)
    assert report.errors[0].message == "Predictions must not be negative."


def test_a_host_can_keep_a_participants_error_back() -> None:
    report = score(b"id,y\n1,-1\n2,1\n3,1\n4,1\n", shows_errors=False)
    assert "negative" not in report.errors[0].message
    assert "negative" in report.message  # which is for the host
    assert report.status is Outcome.REJECTED


def failing(text: str, raised: str = "ValueError") -> bytes:
    """A metric that fails for a submission that holds 7, with this text."""
    body = f'if (submission["y"] == 7).any():\n    raise {raised}({text})\nreturn 1.0'
    head = b"class HostVisibleError(Exception):\n    pass\n\n"
    return head + metric_of(body)


SEVEN = b"id,y\n1,7\n2,1\n3,1\n4,1\n"


def test_an_unforeseen_error_is_shown_where_it_can_hold_no_label() -> None:
    report = score(SEVEN, failing('"The scale is off."'))
    assert report.status is Outcome.REJECTED
    assert report.errors[0].message == "The scale is off."


@pytest.mark.parametrize(
    ("text", "raised", "solution"),
    [
        ('f"It is not {solution.y[0]}."', "ValueError", SOLUTION),
        ('"The scale is off."', "HostVisibleError", SOLUTION),
        (
            '"cat is no label"',
            "ValueError",
            b"id,y,kind\n1,1,cat\n2,2,dog\n3,3,cat\n4,4,dog\n",
        ),
        (
            '"It is True"',
            "ValueError",
            b"id,y,b\n1,1,True\n2,2,False\n3,3,True\n4,4,True\n",
        ),
    ],
)
def test_an_error_that_could_hold_a_label_reaches_the_host_alone(
    text: str, raised: str, solution: bytes
) -> None:
    report = score(SEVEN, failing(text, raised), solution)
    assert report.status is Outcome.HOST_ERROR
    assert f"metric.py, line 8: {raised}" in report.message


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ('float("nan")', "nan"),
        ('float("inf")', "inf"),
        ("None", "NoneType"),
        ("True", "bool"),
        ('"0.5"', "str"),
        ("pd.Series([1.0])", "Series"),
    ],
)
def test_only_one_finite_number_is_a_score(result: str, said: str) -> None:
    body = f'return {result} if (submission["y"] == 7).any() else 1.0'
    report = score(SEVEN, metric_of(body))
    assert report.status is Outcome.HOST_ERROR
    assert said in report.message


@pytest.mark.parametrize("result", ["1", "1.0", "solution.y.max() * 0 + 1"])
def test_whole_and_numpy_numbers_are_scores(result: str) -> None:
    assert score(SAMPLE, metric_of(f"return {result}")).public == 1.0


def test_a_metric_that_ends_the_program_is_a_fault_of_the_metric() -> None:
    body = 'import sys\nif (submission["y"] == 7).any():\n    sys.exit(0)\nreturn 1'
    assert score(SEVEN, metric_of(body)).status is Outcome.HOST_ERROR


def test_what_a_metric_changes_does_not_reach_the_other_part() -> None:
    body = 'solution["y"] = 0\nreturn solution.pop("y").sum() + len(solution.columns)'
    report = score(SAMPLE, metric_of(body))
    assert (report.public, report.private) == (1.0, 1.0)


def test_kaggles_utilities_can_be_imported() -> None:
    metric = metric_of(
        "import kaggle_metric_utilities as utilities\n"
        "frame = submission[['a', 'b']]\n"
        "utilities.verify_valid_probabilities(frame, 'submission')\n"
        "return utilities.safe_call_score(lambda s, p: 0.25, solution, frame)"
    )
    table = b"id,a,b\n1,0.5,0.5\n2,1,0\n"
    assert score(table, metric, table, table).public == 0.25
    report = score(b"id,a,b\n1,0.5,0.9\n2,1,0\n", metric, table, table)
    assert report.errors[0].message == "The rows of submission must add up to one."


@pytest.mark.parametrize(
    ("metric", "settings", "said"),
    [
        (b"def score(:\n", {}, "metric.py, line 1: The metric is no Python"),
        (b"\xff\xfe", {}, "not text in UTF-8"),
        (b"x = 1\n", {}, "no function score"),
        (b"def score(solution):\n    return 1\n", {}, "takes 1 of the three"),
        (metric_of("return 1", ", *, k: int"), {}, "parameter k has no value"),
        (MEAN_ABSOLUTE, {"params": {"wieght": 2}}, "has no parameter wieght"),
        (MEAN_ABSOLUTE, {"params": {"weight": "2"}}, "is declared as float"),
        (b"import nothing_like_it\n" + MEAN_ABSOLUTE, {}, "ModuleNotFoundError"),
        (metric_of("return solution['z'].sum()"), {}, "line 4: KeyError: 'z'"),
        (metric_of("return float('nan')"), {}, "returned nan"),
    ],
)
def test_a_faulty_metric_is_found_when_the_solution_is_prepared(
    metric: bytes, settings: dict[str, Any], said: str
) -> None:
    prepared = prepare(metric, **settings)
    assert prepared.report.status is Outcome.HOST_ERROR
    assert not prepared.index
    assert said in prepared.report.message


def test_all_faults_of_metric_and_solution_are_told_at_once() -> None:
    prepared = prepare(
        metric_of("return 1", ", *, k: int"),
        b"id,y\n1,1\n1,2\n,3\n",
        params={"j": 1},
    )
    text = " ".join(fault.message for fault in prepared.report.errors)
    for part in ("parameter k", "no parameter j", "repeats an id", "no id"):
        assert part in text


def test_a_metric_that_refuses_a_constant_sample_is_sound() -> None:
    body = (
        'if submission["y"].nunique() < 2:\n    return float("nan")\n'
        'return submission["y"].corr(solution["y"])'
    )
    report = score(b"id,y\n1,1\n2,2\n3,3\n4,4\n", metric_of(body))
    assert report.public == pytest.approx(1.0)


def test_the_index_is_read_only_as_a_whole() -> None:
    index = prepare().index
    assert read_custom_index(index).to_bytes() == index
    for broken in (b"", index[:20], index[:-1], index + b"x", b"X" + index[1:]):
        with pytest.raises(UnsoundCustomIndex):
            read_custom_index(broken)


def test_the_jobs_cross_the_wall_unchanged() -> None:
    for job in (
        CustomPrepareJob(params={"weight": 2.0}, shows_errors=False),
        CustomScoreJob(submission_name="a.csv"),
    ):
        assert job_from_json(json.loads(json.dumps(job_to_json(job)))) == job


def test_the_command_line_scores_with_a_file_of_ones_own(tmp_path: Path) -> None:
    files = {
        "solution": SOLUTION,
        "sample": SAMPLE,
        "submission": b"id,y\n1,1\n2,5\n3,1\n4,4\n",
        "metric-file": MEAN_ABSOLUTE,
    }
    command = [sys.executable, "-m", "podium_scorer", "score", "--param", "weight=2"]
    for name, data in files.items():
        path = tmp_path / f"{name}.csv"
        path.write_bytes(data)
        command += [f"--{name}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["private"] == 3.0


def test_the_command_line_asks_for_the_sample(tmp_path: Path) -> None:
    metric = tmp_path / "metric.py"
    metric.write_bytes(MEAN_ABSOLUTE)
    command = [sys.executable, "-m", "podium_scorer", "prepare", "--solution", "x"]
    command += ["--metric-file", str(metric)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "--sample" in done.stdout


def test_replaced_settings_change_the_index() -> None:
    index = read_custom_index(prepare().index)
    changed = replace(index, settings=replace(index.settings, params={"weight": 2.0}))
    assert changed.to_bytes() != index.to_bytes()


def test_only_the_public_rows_can_be_asked_for() -> None:
    """As in a code competition while it runs: the report counts what is kept back."""
    prepared = prepare(public_only=True)
    assert prepared.report.rows == {"public": 2, "private": 2}
    job = CustomScoreJob(submission_name="a.csv")
    report = score_custom(job, prepared.index, b"id,y\n3,1\n1,1\n")
    assert (report.public, report.private) == (1.0, None)
    refused = score_custom(job, prepared.index, b"id,y\n3,1\n1,1\n2,1\n")
    assert [fault.kind for fault in refused.errors] == ["unexpected_id"]
