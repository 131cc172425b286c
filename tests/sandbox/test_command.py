"""``python -m podium_sandbox``, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podium_sandbox.__main__ import main


def test_the_doctor_reports_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--mode", "process"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "sandbox: process"
    assert "  holds  memory is limited" in lines
    assert not any(line.strip().startswith("FAILS") for line in lines)


def test_the_status_of_nobody_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["status", "--socket", str(tmp_path / "nobody.sock")]) == 1
    status = json.loads(capsys.readouterr().out)
    assert status["mode"] == "none"
    assert "does not answer" in status["reason"]


@pytest.mark.parametrize(
    ("limit", "fault"),
    [
        ("speed=1", "no limit speed"),
        ("memory_mb=lots", "is not a number"),
        ("memory_mb=-1", "must be above 0"),
        ("pids=10000", "set by nobody"),
        ("wall_s=5", "set by job"),
    ],
)
def test_a_limit_that_can_not_be_set_is_told(
    capsys: pytest.CaptureFixture[str], limit: str, fault: str, tmp_path: Path
) -> None:
    socket = str(tmp_path / "sandbox.sock")
    assert (
        main(["serve", "--mode", "process", "--socket", socket, "--limit", limit]) == 2
    )
    assert fault in capsys.readouterr().err
    assert not Path(socket).exists()


def test_docker_that_is_demanded_and_missing_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    engine = f"unix://{tmp_path}/docker.sock"
    socket = str(tmp_path / "sandbox.sock")
    serve = ["serve", "--mode", "docker", "--engine", engine, "--socket", socket]
    assert main(serve) == 2
    assert "does not answer" in capsys.readouterr().err


def test_the_environment_chooses_the_mode(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PODIUM_SANDBOX", "docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert main(["doctor"]) == 2
    assert "No Docker engine can be used" in capsys.readouterr().err
