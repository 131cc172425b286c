"""The supervisor, with real processes: it restarts, it stops, it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from podium.processes import shorten_log

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 30.0


def eventually(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


class Run:
    """A supervisor in a process of its own, and what it has said so far."""

    def __init__(self, folder: Path, scenario: str) -> None:
        self.folder = folder
        self.said_path = folder / "said"
        with self.said_path.open("wb") as said:
            self.popen = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.podium.supervised",
                    str(folder),
                    scenario,
                ],
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def said(self) -> str:
        return self.said_path.read_text()

    def pids(self, name: str) -> list[int]:
        path = self.folder / name
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def started(self) -> list[int]:
        return [
            pid
            for path in self.folder.iterdir()
            if path.suffix in ("", ".horse") and path.name not in ("said", "migrate")
            for pid in self.pids(path.name)
        ]

    def inner(self) -> int:
        return psutil.Process(self.popen.pid).children()[0].pid


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running(folder: Path, scenario: str) -> Iterator[Run]:
    run = Run(folder, scenario)
    try:
        eventually(lambda: "all ready" in run.said() or run.popen.poll() is not None)
        yield run
    finally:
        for pid in [run.popen.pid, *run.started()]:
            if runs(pid):
                os.kill(pid, signal.SIGKILL)
        run.popen.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_every_child_and_exits_well(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path, "horse") as run:
        assert len(run.started()) == 4
        run.popen.send_signal(number)
        assert run.popen.wait(WITHIN_S) == 0
        assert [pid for pid in run.started() if runs(pid)] == []


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path, "steady") as run:
        first = run.pids("site")
        os.kill(first[0], signal.SIGKILL)
        eventually(lambda: len(run.pids("site")) == 2)
        assert "site was ended by SIGKILL" in run.said()
        assert runs(run.pids("site")[1])


def test_what_a_killed_worker_leaves_is_ended(tmp_path: Path) -> None:
    with running(tmp_path, "horse") as run:
        (horse,) = run.pids("worker.horse")
        os.kill(run.pids("worker")[0], signal.SIGKILL)
        eventually(lambda: not runs(horse))


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with running(tmp_path, "horse") as run:
        inner = run.inner()
        run.popen.kill()
        eventually(lambda: not any(map(runs, [inner, *run.started()])))


def test_no_child_outlives_the_killed_inner_process(tmp_path: Path) -> None:
    with running(tmp_path, "steady") as run:
        os.kill(run.inner(), signal.SIGKILL)
        assert run.popen.wait(WITHIN_S) != 0
        assert [pid for pid in run.started() if runs(pid)] == []


def test_a_deaf_child_is_killed_in_the_end(tmp_path: Path) -> None:
    with running(tmp_path, "deaf") as run:
        run.popen.terminate()
        assert run.popen.wait(WITHIN_S) == 0
        assert [pid for pid in run.started() if runs(pid)] == []


def test_a_child_that_cannot_start_stops_all_and_its_last_words_are_shown(
    tmp_path: Path,
) -> None:
    with running(tmp_path, "failing") as run:
        assert run.popen.wait(WITHIN_S) == 1
        assert "broken ended with exit code 3" in run.said()
        assert "cannot find my hat" in run.said()
        assert [pid for pid in run.started() if runs(pid)] == []


def test_later_stages_wait_for_a_program_that_runs_once(tmp_path: Path) -> None:
    with running(tmp_path, "once") as run:
        assert (tmp_path / "migrate").read_text() == "done"
        assert runs(run.pids("site")[0])


def test_a_failed_first_stage_keeps_the_next_from_starting(tmp_path: Path) -> None:
    with running(tmp_path, "once-failing") as run:
        assert run.popen.wait(WITHIN_S) == 1
        assert run.pids("site") == []


def test_a_log_that_grew_too_long_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    with log.open("ab") as writer:
        writer.write(b"old " * 10)
        writer.flush()
        shorten_log(log, most_bytes=20)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "site.log.1").read_bytes() == b"old " * 10
