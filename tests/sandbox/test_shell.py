"""``python -m podium_sandbox run``: a real program in a real container, from a shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podium_sandbox.__main__ import main
from tests.sandbox.conftest import IMAGE, engine_at_hand, wait_until

KEYS = {
    *("outcome", "reason", "exit_code", "wall_s", "cpu_s", "memory_peak_mb"),
    *("files", "log", "detail"),
}
COPY = """
import os, sys
text = open("/input/test.csv").read()
print("rows:", len(text.splitlines()))
os.mkdir("/output/more")
for name in ("predictions.csv", "more/notes.txt"):
    open("/output/" + name, "w").write(text)
"""


class Shell:
    """Runs programs with one file as input."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.input, self.output = folder / "input", folder / "output"
        self.input.mkdir()
        (self.input / "test.csv").write_text("id,x\n1,2\n")
        self._capsys = capsys

    def run(self, code: str, *options: str, image: str = IMAGE) -> tuple[int, Any]:
        """The exit code, and the JSON that was printed."""
        command = ["run", "--image", image, "--input", str(self.input)]
        command += ["--output", str(self.output), *options]
        exit_code = main([*command, "--", "python3", "-c", code])
        verdict = json.loads(self._capsys.readouterr().out)
        assert set(verdict) == KEYS
        return exit_code, verdict


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.mark.docker
@pytest.mark.parametrize("profile", ["code", "scorer"])
def test_a_program_reads_its_input_and_its_output_is_collected(
    shell: Shell, docker_host: str, profile: str
) -> None:
    exit_code, verdict = shell.run(COPY, "--profile", profile)
    assert (exit_code, verdict["outcome"], verdict["exit_code"]) == (0, "finished", 0)
    assert verdict["log"] == "rows: 2\n"
    assert verdict["files"] == {"predictions.csv": 9, "more/notes.txt": 9}
    assert (shell.output / "more/notes.txt").read_text() == "id,x\n1,2\n"
    assert sorted(p.name for p in shell.output.iterdir()) == ["more", "predictions.csv"]
    assert verdict["memory_peak_mb"] > 1


@pytest.mark.docker
@pytest.mark.parametrize(
    ("code", "options", "ends"),
    [
        ("raise SystemExit(7)", [], ("finished", None, 7)),
        ("import os; os.kill(os.getpid(), 9)", [], ("finished", None, 137)),
        ("while True: pass", ["--timeout-s", "1"], ("cut_off", "time", None)),
        ("x = b'x' * (1 << 30)", ["--memory-mb", "64"], ("cut_off", "memory", 137)),
        (
            "import os; os.symlink('/etc/passwd', '/output/x')",
            [],
            ("cut_off", "output", 0),
        ),
        (
            "import threading, time\n"
            "for n in range(300): threading.Thread(target=time.sleep, args=(9,)).start()",
            ["--timeout-s", "20"],
            ("cut_off", "processes", 1),
        ),
        (
            "import os\nwhile True: os.write(1, b'x' * 9999)",
            [],
            ("cut_off", "log", None),
        ),
    ],
)
def test_what_ends_otherwise_is_told_and_exits_with_3(
    shell: Shell, docker_host: str, code: str, options: list[str], ends: tuple[Any, ...]
) -> None:
    exit_code, verdict = shell.run(code, *options)
    assert exit_code == 3
    found = (verdict["outcome"], verdict["reason"], verdict["exit_code"])
    assert found == ends, verdict
    assert list(shell.output.iterdir()) == []
    assert verdict["files"] == {}


@pytest.mark.docker
def test_a_program_that_does_not_exist_is_told(shell: Shell, docker_host: str) -> None:
    command = ["run", "--image", IMAGE, "--input", str(shell.input)]
    assert main([*command, "--output", str(shell.output), "--", "no-such-program"]) == 3


@pytest.mark.docker
def test_an_engine_without_the_image_exits_with_4(
    shell: Shell, docker_host: str
) -> None:
    exit_code, verdict = shell.run("pass", image="no-such-image:1")
    assert (exit_code, verdict["outcome"]) == (4, "failed")
    assert "no-such-image:1" in verdict["detail"]


def test_no_engine_exits_with_4(shell: Shell, tmp_path: Path) -> None:
    missing = f"unix://{tmp_path}/nobody.sock"
    exit_code, verdict = shell.run("pass", "--engine", missing)
    assert (exit_code, verdict["outcome"]) == (4, "failed")


@pytest.mark.docker
def test_an_output_folder_with_something_in_it_is_left_alone(
    shell: Shell, docker_host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.output.mkdir()
    (shell.output / "mine").write_text("mine")
    command = ["run", "--image", IMAGE, "--input", str(shell.input)]
    assert main([*command, "--output", str(shell.output), "--", "python3"]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [p.name for p in shell.output.iterdir()] == ["mine"]


@pytest.mark.docker
def test_a_link_in_the_input_is_refused_and_nothing_is_left(
    shell: Shell, docker_host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (shell.input / "link").symlink_to("/etc/passwd")
    command = ["run", "--image", IMAGE, "--input", str(shell.input)]
    assert main([*command, "--output", str(shell.output), "--", "python3"]) == 2
    assert "neither a file nor a folder" in capsys.readouterr().err
    query = {"all": "1", "filters": json.dumps({"name": ["podium-input"]})}
    engine = engine_at_hand()
    assert wait_until(lambda: not engine.call("GET", "/containers/json", query=query))
