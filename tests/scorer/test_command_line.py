"""``python -m podium_scorer`` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from podium_scorer import __version__
from podium_scorer.__main__ import main
from podium_scorer.catalogue import METRICS
from podium_scorer.metrics import source_sha256
from podium_scorer.solution_index import read_index
from podium_scorer.uncertainty import SEED

SOLUTION = "id,y,Usage\n1,0,Public\n2,1,Public\n3,0,Private\n4,1,Private\n"
SUBMISSION = "id,y\n1,0.1\n2,0.9\n3,0.6\n4,0.4\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("S.csv").write_text(SOLUTION)
    Path("P.csv").write_text(SUBMISSION)
    Path("sample.csv").write_text("id,y\n1,0.5\n2,0.5\n3,0.5\n4,0.5\n")
    Path("bad.csv").write_text("id,y\n1,x\n")
    Path("broken.csv").write_text("id,y\n1,2\n1,3\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, dict[str, Any]]:
    """Run a command; its exit code and the one JSON object on standard output."""
    code = main(line.split())
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("files")
def test_score_prints_public_and_private_and_ends_with_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "score --solution S.csv --submission P.csv --metric roc_auc"
    code, answer = run(capsys, line)
    assert code == 0
    assert answer["status"] == "scored"
    assert (answer["public"], answer["private"]) == (1.0, 0.0)


@pytest.mark.usefixtures("files")
def test_without_usage_there_is_a_public_score_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "score --solution P.csv --submission P.csv --metric rmse"
    code, answer = run(capsys, line)
    assert (code, answer["public"]) == (0, 0.0)
    assert "private" not in answer


@pytest.mark.usefixtures("files")
def test_a_participants_fault_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    line = "score --solution S.csv --submission bad.csv --metric roc_auc"
    code, answer = run(capsys, line)
    assert (code, answer["status"]) == (2, "rejected")
    assert {fault["kind"] for fault in answer["errors"]} == {
        "missing_id",
        "not_a_number",
    }


@pytest.mark.parametrize(
    "line",
    [
        "score --solution broken.csv --submission P.csv --metric roc_auc",
        "score --solution none.csv --submission P.csv --metric roc_auc",
        "score --solution S.csv --submission P.csv --metric none",
        "score --solution S.csv --submission P.csv --metric roc_auc --param k=1",
        "score --solution S.csv --submission P.csv --sample bad.csv --metric roc_auc",
        "prepare --solution broken.csv --metric roc_auc",
        "check --sample broken.csv --submission P.csv",
        "check --sample sample.csv --submission P.csv --metric none",
    ],
)
@pytest.mark.usefixtures("files")
def test_an_organizers_fault_ends_with_1(
    capsys: pytest.CaptureFixture[str], line: str
) -> None:
    code, answer = run(capsys, line)
    assert (code, answer["status"]) == (1, "host_error")
    assert answer["message"]
    assert answer["errors"]


@pytest.mark.usefixtures("files")
def test_a_submission_that_is_not_there_is_the_participants_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "score --solution S.csv --submission none.csv --metric roc_auc"
    code, answer = run(capsys, line)
    assert (code, answer["errors"][0]["kind"]) == (2, "unreadable")


@pytest.mark.usefixtures("files")
def test_parameters_are_json_or_text(capsys: pytest.CaptureFixture[str]) -> None:
    line = "score --solution S.csv --submission P.csv --metric log_loss"
    _, plain = run(capsys, line)
    _, clipped = run(capsys, f"{line} --param clip=0.49 --param row_sums=one")
    assert clipped["public"] > plain["public"]
    Path("T.csv").write_text("id,y\n1,no\n2,yes\n")
    Path("Q.csv").write_text("id,y\n1,0.1\n2,0.2\n")
    line = "score --solution T.csv --submission Q.csv --metric auc"
    assert run(capsys, f"{line} --param positive_label=yes")[1]["public"] == 1


@pytest.mark.usefixtures("files")
def test_prepare_writes_the_index(capsys: pytest.CaptureFixture[str]) -> None:
    line = "prepare --solution S.csv --sample sample.csv --metric roc_auc --output i"
    code, answer = run(capsys, line)
    assert (code, answer["status"]) == (0, "prepared")
    assert read_index(Path("i").read_bytes()).metric.name == "roc_auc"


@pytest.mark.usefixtures("files")
def test_check_needs_no_solution(capsys: pytest.CaptureFixture[str]) -> None:
    line = "check --sample sample.csv --submission"
    assert run(capsys, f"{line} P.csv") == (0, {"status": "valid", "rows": 4})
    assert run(capsys, f"{line} P.csv --metric log_loss")[0] == 0
    code, answer = run(capsys, f"{line} bad.csv --metric log_loss")
    assert (code, answer["status"]) == (2, "rejected")
    assert {fault["kind"] for fault in answer["errors"]} == {
        "missing_id",
        "not_a_number",
    }
    assert run(capsys, f"{line} bad.csv")[1]["errors"][0]["kind"] == "missing_id"


def test_wrong_usage_is_neither_anybodys_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["score"])
    assert ended.value.code == 64
    assert "--solution" in capsys.readouterr().err


def test_metrics_are_listed_as_a_table_and_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["metrics"]) == 0
    table = capsys.readouterr().out
    assert main(["metrics", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in entries] == list(METRICS)
    assert all(name in table for name in METRICS)


def test_metrics_are_found_by_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "squared", "error"]) == 0
    assert "rmse" in capsys.readouterr().out
    assert main(["metrics", "accurracy"]) == 1
    assert "Did you mean accuracy" in capsys.readouterr().err


@pytest.mark.usefixtures("files")
def test_a_score_carries_version_source_hash_and_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "score --solution S.csv --submission P.csv --metric roc_auc"
    _, answer = run(capsys, line)
    assert answer["scorer"] == __version__
    assert answer["metric_sha256"] == source_sha256("roc_auc")
    assert answer["seed"] == SEED


def test_the_module_runs_by_its_name(files: Path) -> None:
    line = "score --solution S.csv --submission bad.csv --metric roc_auc"
    ended = subprocess.run(
        [sys.executable, "-m", "podium_scorer", *line.split()],
        cwd=files,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["status"] == "rejected"


@pytest.mark.parametrize(
    ("formats", "code"), [("", 0), ("--formats csv,npz", 0), ("--formats csv,npy", 2)]
)
@pytest.mark.parametrize(
    "command", ["score --metric roc_auc --solution S.csv", "check --sample sample.csv"]
)
def test_arrays_are_read_unless_the_formats_leave_them_out(
    files: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    formats: str,
    code: int,
) -> None:
    np.savez(files / "P.npz", id=np.arange(1, 5), y=[0.1, 0.9, 0.6, 0.4])
    assert run(capsys, f"{command} --submission P.npz {formats}")[0] == code


def test_an_unknown_format_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--sample", "a", "--submission", "b", "--formats", "xls"])
    assert ended.value.code == 64
    assert "'xls' is none of csv" in capsys.readouterr().err
