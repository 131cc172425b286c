"""What .ci/run runs under: nothing that it started stays behind."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.test_repository import ROOT


def guarded(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ".ci/guard.py", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_daemon_in_a_session_of_its_own_is_ended_and_named() -> None:
    answer = guarded(
        "sh", "-c", "env -i setsid sleep 987 >/dev/null 2>&1 & echo $!; exit 3"
    )
    assert answer.returncode == 3
    assert "left running, now ended: sleep 987" in answer.stderr
    assert not psutil.pid_exists(int(answer.stdout))


def test_a_daemon_that_was_stopped_is_gone_at_once() -> None:
    wait = "while [ -d /proc/$daemon ]; do sleep 0.05; done"
    start = "setsid sleep 987 >/dev/null 2>&1 & daemon=$!"
    # The shell in between ends, so the daemon is an orphan when it is stopped.
    answer = guarded(
        "sh", "-c", f"daemon=$(sh -c '{start}; echo $daemon'); kill $daemon; {wait}"
    )
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("code", [0, 1, 77])
def test_the_exit_code_is_the_commands(code: int) -> None:
    answer = guarded("sh", "-c", f"exit {code}")
    assert (answer.returncode, answer.stderr) == (code, "")


def test_a_command_ended_by_a_signal_counts_as_failed() -> None:
    assert guarded("sh", "-c", "kill -KILL $$").returncode == 128 + 9
