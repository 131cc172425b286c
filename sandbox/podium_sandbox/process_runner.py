"""Runs the scorer as a locked-in process of this host: the default without an engine.

Only jobs of our own scorer: it parses a participant's file and runs built-in metrics, but
executes nothing that a participant or an organizer wrote. Each worker is a new process
that builds its own jail (``jail.py``), loads the scorer and waits for its only job.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

from podium_sandbox.channels import PipeChannel
from podium_sandbox.jail import EXIT_UNFIT
from podium_sandbox.limits import Limits, for_self_check
from podium_sandbox.policy import FIRST_UID, SCORER_COMMAND, UID_SLOTS, environment
from podium_sandbox.protocol import LogKeeper
from podium_sandbox.runners import (
    BUILT_IN_KINDS,
    Ending,
    RunnerError,
    await_ready,
    exited,
    listen,
    log_keeper,
)

_STATUS_BYTES = 16_384


@dataclass(frozen=True, kw_only=True)
class Jail:
    """What a worker's jail holds and what this host did not grant."""

    held: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class ProcessWorker:
    """A process with three pipes."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: PipeChannel, log: LogKeeper
    ) -> None:
        self._process = process
        self.channel = channel
        self.log = log
        self.name = str(process.pid)
        self.jail = Jail()
        self.scorer = ""

    def alive(self) -> bool:
        return self._process.poll() is None

    def ending(self) -> Ending:
        try:
            code = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return Ending(detail="the scorer closed its output and went on")
        return _ending(code)

    def destroy(self) -> None:
        self.channel.close()
        self._process.kill()
        self._process.wait()


def _ending(code: int) -> Ending:
    if code == -signal.SIGKILL:
        return Ending(detail="somebody killed the scorer", vanished=True)
    if code < 0:
        return Ending(detail=f"the scorer died of {signal.Signals(-code).name}")
    if code == EXIT_UNFIT:
        return Ending(detail="the process sandbox could not be built")
    return exited(code)


class ProcessRunner:
    """Starts locked-in processes; raises RunnerError from ``start`` only."""

    name = "process"

    def __init__(self, limits: Limits, *, code: str | None = None) -> None:
        """``code`` runs in the scorer's place: hostile scorers of the tests."""
        self._limits = limits
        self._code = code
        self._slots = itertools.cycle(range(UID_SLOTS))
        self._jail = Jail()
        self._scorer = ""
        self._loading = threading.Lock()
        self._loaded = code is not None

    def start(self) -> ProcessWorker:
        """A process that is ready for its job; raises RunnerError."""
        self._leave_byte_code()
        worker, status = self._spawn(self._limits, self._code)
        try:
            worker.scorer = await_ready(worker, time_s=self._limits.start_s)
            worker.jail = _read_jail(status)
        except RunnerError:
            worker.destroy()
            raise
        finally:
            os.close(status)
        self._jail, self._scorer = worker.jail, worker.scorer
        return worker

    def strength(self) -> list[str]:
        held = [*self._jail.held, "a process of its own for each job"]
        return held + [f"not held: {reason}" for reason in self._jail.missing]

    def versions(self) -> dict[str, str]:
        return {"scorer": self._scorer, "python": sys.version.split()[0]}

    def refusal(self, kind: str) -> str | None:
        if kind in BUILT_IN_KINDS:
            return None
        return (
            "Code of organizers and participants runs in containers only, and this "
            "server has no Docker engine; install Docker and the scorer image, then "
            "restart the sandbox service."
        )

    def reap(self) -> int:
        return 0  # the kernel kills our processes when we die

    def probe(self, code: str) -> tuple[bytes, Ending]:
        """Run code in the same jail instead of the scorer: for the self-check only.

        Raises RunnerError where it can't be started, ConversationError at a limit.
        """
        small = for_self_check(self._limits)
        worker, status = self._spawn(small, code)
        try:
            said = listen(worker, time_s=small.start_s)
            self._jail = _read_jail(status)
        finally:
            worker.destroy()
            os.close(status)
        return said

    def _leave_byte_code(self) -> None:
        """Load the scorer once outside the jail, so that its byte code is on disk.

        Inside nothing can be written, and each process would compile it all again.
        """
        with self._loading:
            if self._loaded:
                return
            self._loaded = True
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(
                    [sys.executable, "-I", "-c", "import podium_scorer.serve"],
                    check=False,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    env=environment(),
                    cwd="/",
                    timeout=self._limits.start_s,
                )

    def _spawn(self, limits: Limits, code: str | None) -> tuple[ProcessWorker, int]:
        status, status_inside = os.pipe()
        command = [sys.executable, "-I", "-m", "podium_sandbox.jail"]
        command += ["--limits", json.dumps(self._kernel_limits(limits))]
        command += ["--status", str(status_inside)]
        command += [] if code is None else ["--code", code]
        command += ["--", *SCORER_COMMAND]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(status_inside,),
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            os.close(status)
            raise RunnerError(f"no process could be started: {error}") from error
        finally:
            os.close(status_inside)
        return ProcessWorker(process, _channel(process), log_keeper(limits)), status

    def _kernel_limits(self, limits: Limits) -> dict[str, int]:
        return {
            "memory_bytes": limits.memory_mb << 20,
            "cpu_s": limits.cpu_s,
            "open_files": limits.open_files,
            "uid": FIRST_UID + next(self._slots),
        }


def _channel(process: subprocess.Popen[bytes]) -> PipeChannel:
    descriptors = []
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is None:
            raise RunnerError("a process was started without its pipes")
        descriptors.append(os.dup(stream.fileno()))
        stream.close()
    return PipeChannel(*descriptors)


def _read_jail(status: int) -> Jail:
    """What the jail said before it became the scorer, so it is there already."""
    os.set_blocking(status, False)
    try:
        data = json.loads(os.read(status, _STATUS_BYTES))
        return Jail(held=tuple(data["held"]), missing=tuple(data["missing"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunnerError(f"the jail did not say what it holds: {error}") from error
