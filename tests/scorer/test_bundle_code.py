"""Bundles with a metric of the organizer's own, and those of code competitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from podium_scorer.bundle import Bundle, read_bundle
from tests.scorer.bundle_parts import MANIFEST, faults_of, write_bundle
from tests.scorer.test_custom import MEAN_ABSOLUTE

METRIC = """\
metric:
  file: metric.py
  title: Mean absolute error
  higher_is_better: false
  params: {weight: 2}
"""
CODE = """\
code:
  inputs: [hidden/test.csv]
  wall_s: 60
  memory_mb: 512
"""
OWN_METRIC = MANIFEST.replace("metric:\n  name: roc_auc\n", METRIC)
CODE_KIND = MANIFEST.replace("kind: prediction", "kind: code") + CODE
FILES = {
    "metric.py": MEAN_ABSOLUTE.decode(),
    "hidden/test.csv": "id,weight\na,1\nb,2\nc,3\nd,4\n",
}


def bundle(folder: Path, manifest: str, **files: str) -> Bundle:
    """The bundle with this manifest; names of files with _ for . and /."""
    return read_bundle(write(folder, manifest, **files))


def write(folder: Path, manifest: str, **files: str) -> Path:
    changed = {"metric.py": files.pop("metric", FILES["metric.py"])}
    changed["hidden/test.csv"] = files.pop("test", FILES["hidden/test.csv"])
    return write_bundle(folder, changed | files | {"competition.yaml": manifest})


def test_a_metric_of_ones_own_is_read(tmp_path: Path) -> None:
    found = bundle(tmp_path, OWN_METRIC)
    assert found.metric.name == "custom"
    assert found.metric.params == {"weight": 2}
    own = found.custom_metric
    assert own is not None
    assert (own.title, own.higher_is_better, own.decimals, own.shows_errors) == (
        "Mean absolute error",
        False,
        5,
        True,
    )


def test_its_solution_may_have_any_columns_and_empty_cells(tmp_path: Path) -> None:
    rows = "id,ripe,note,Usage\na,1,,Public\nb,,x,Public\nc,1,,Private\nd,,,Ignored\n"
    assert bundle(tmp_path, OWN_METRIC, **{"solution.csv": rows}).custom_metric


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  title: Mean absolute error\n", "", "metric has no title"),
        ("  higher_is_better: false\n", "", "metric has no higher_is_better"),
        ("higher_is_better: false", "higher_is_better: low", "higher_is_better is"),
        ("file: metric.py", "file: none.py", "leads to no file"),
        ("weight: 2", "wait: 2", "has no parameter wait"),
        ("  file: metric.py", "  name: rmse\n  file: metric.py", "both name and file"),
        ("  params", "  decimals: 20\n  params", "decimals is not between 0 and 10"),
    ],
)
def test_a_faulty_section_of_a_metric_is_told(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in OWN_METRIC
    faults = faults_of(write(tmp_path, OWN_METRIC.replace(old, new)))
    assert said in " ".join(fault.problem for fault in faults)


def test_a_fault_in_the_metrics_source_has_its_line(tmp_path: Path) -> None:
    [fault] = faults_of(write(tmp_path, OWN_METRIC, metric="import x\ndef score(:\n"))
    assert (fault.file, fault.line) == ("metric.py", 2)


def test_settings_of_a_metric_of_ones_own_belong_to_no_other(tmp_path: Path) -> None:
    manifest = MANIFEST.replace("name: roc_auc", "name: roc_auc\n  decimals: 3")
    [fault] = faults_of(write(tmp_path, manifest))
    assert "decimals goes with a metric of your own" in fault.problem


def test_another_source_is_another_revision(tmp_path: Path) -> None:
    one = bundle(tmp_path / "a", OWN_METRIC).judges_sha256
    same = bundle(tmp_path / "b", OWN_METRIC).judges_sha256
    other = bundle(
        tmp_path / "c", OWN_METRIC, metric=FILES["metric.py"] + "\n"
    ).judges_sha256
    assert one == same != other


def test_a_code_competition_is_read(tmp_path: Path) -> None:
    found = bundle(tmp_path, CODE_KIND)
    code = found.code
    assert code is not None
    assert found.kind == "code"
    assert (code.image, code.entry, code.output) == (
        "python",
        "main.py",
        "submission.csv",
    )
    assert [file.name for file in code.inputs] == ["test.csv"]
    assert (code.wall_s, code.memory_mb, code.shows_log) == (60, 512, False)
    assert found.submission.formats == ("zip", "py", "ipynb")
    assert not found.submission.late


def test_a_training_stage_is_read(tmp_path: Path) -> None:
    stage = "  train: {entry: fit.py, inputs: [data/train.csv], wall_s: 90}\n"
    code = bundle(tmp_path, CODE_KIND + stage).code
    assert code is not None
    assert code.train is not None
    assert (code.train.entry, code.train.wall_s) == ("fit.py", 90)
    assert [file.name for file in code.train.inputs] == ["train.csv"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wall_s: 60", "wall_s: 0", "code.wall_s is not between"),
        ("memory_mb: 512", "memory_mb: 1", "code.memory_mb is not between"),
        ("hidden/test.csv", "hidden/none.csv", "leads to no file"),
        ("  wall_s: 60\n", "  wall_s: 60\n  entry: ../x.py\n", "code.entry is"),
        ("  wall_s: 60\n", "  wall_s: 60\n  entry: main.sh\n", "code.entry is"),
        ("  wall_s: 60\n", "  wall_s: 60\n  output: a/b\n", "code.output is"),
        ("  wall_s: 60\n", "  wall_s: 60\n  show_log: maybe\n", "show_log is"),
        (
            "[hidden/test.csv]",
            "[hidden/test.csv, data/../x]",
            "leads upwards",
        ),
        ("[hidden/test.csv]", "[solution.csv]", "is the solution"),
        ("kind: code", "kind: prediction", "runs no programs"),
        ("max_bytes: 1_000_000", "max_bytes: 10\n  formats: [csv]", "names “csv”"),
        ("max_bytes: 1_000_000", "max_bytes: 10\n  late: true", "sent after the end"),
    ],
)
def test_a_faulty_section_of_code_is_told(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in CODE_KIND
    faults = faults_of(write(tmp_path, CODE_KIND.replace(old, new)))
    assert said in " ".join(fault.problem for fault in faults)


def test_an_input_with_the_answers_is_refused(tmp_path: Path) -> None:
    rows = "id,weight,ripe\na,1,1\nb,2,0\n"
    [fault] = faults_of(write(tmp_path, CODE_KIND, test=rows))
    assert "has what is to be predicted (ripe)" in fault.problem


def test_an_input_with_the_answers_of_training_rows_is_not(tmp_path: Path) -> None:
    rows = "id,weight,ripe\n9,1,1\n8,2,0\n"
    assert bundle(tmp_path, CODE_KIND, test=rows).code


def test_a_code_competition_needs_its_section(tmp_path: Path) -> None:
    [fault] = faults_of(write(tmp_path, CODE_KIND.replace(CODE, "")))
    assert "There is no code." in fault.problem


def test_other_inputs_or_limits_are_another_revision(tmp_path: Path) -> None:
    one = bundle(tmp_path / "a", CODE_KIND).judges_sha256
    other = CODE_KIND.replace("wall_s: 60", "wall_s: 61")
    assert one != bundle(tmp_path / "b", other).judges_sha256
    rows = FILES["hidden/test.csv"] + "e,5\n"
    assert one != bundle(tmp_path / "c", CODE_KIND, test=rows).judges_sha256


PRIVATE = CODE_KIND + "  private_inputs: [private/test.csv]\n"
PRIVATE_ROWS = {"private/test.csv": "id,weight\nc,3\n"}


def test_private_inputs_take_the_place_of_inputs_by_name(tmp_path: Path) -> None:
    code = bundle(tmp_path, PRIVATE, **PRIVATE_ROWS).code
    assert code is not None
    assert [file.file for file in code.private_inputs] == ["private/test.csv"]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("private/other.csv", "id,weight\nc,3\n", "takes the place of no input"),
        ("private/test.csv", "id,ripe\nc,1\n", "has what is to be predicted (ripe)"),
    ],
)
def test_faulty_private_inputs_are_told(
    tmp_path: Path, name: str, rows: str, said: str
) -> None:
    manifest = PRIVATE.replace("private/test.csv", name)
    [fault] = faults_of(write(tmp_path, manifest, **{name: rows}))
    assert said in fault.problem
