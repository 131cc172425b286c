"""Keeps a few programs running side by side, and leaves none of them behind.

Children run in stages: one stage starts when the one before it is ready, and stops when
the one after it has ended. Nothing here knows Podium; ``supervisor`` says what runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from podium.process_tree import (
    STOP_SIGNALS,
    WATCHED,
    adopts_orphans,
    end_orphans,
    in_new_child,
)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 30.0  # who ran for so long starts again without a pause
STARTING_TICK_S = 0.05
IDLE_TICK_S = 1.0
PATIENCE_S = 5.0  # waiting longer than this is said aloud, again and again
LOG_MOST_BYTES = 20_000_000
TAIL_LINES = 15


class StartError(Exception):
    """A child did not start; the text is for the person at the terminal."""


class _StopRequestedError(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class Child:
    """A program to keep running, or with ``once`` to run to its end.

    ``ready`` is asked again and again until it answers True; without it the child is
    ready as soon as it runs. Output goes to the file ``log``, or where ours goes.
    """

    name: str
    command: Sequence[str]
    stage: int
    environment: Mapping[str, str] | None = None  # None: ours
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 120.0
    stop_within_s: float = 10.0
    once: bool = False
    log: Path | None = None


class _Process:
    """One child and what has become of it so far."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.popen: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.pause_s = FIRST_PAUSE_S
        self.is_ready = False
        self.is_done = False

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.is_ready = False
        log = self.child.log
        output = log.open("ab") if log else None
        try:
            self.popen = subprocess.Popen(
                list(self.child.command),
                env=None
                if self.child.environment is None
                else {**self.child.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=in_new_child(os.getpid()),  # safe: no threads here
            )
        finally:
            if output:
                output.close()

    def look(self) -> int | None:
        """Note whether the child is ready; its exit code when it has just ended."""
        if self.popen is None:
            return None
        code = self.popen.poll()
        if code is not None:
            self.popen = None
            return code
        if not self.is_ready and not self.child.once:
            ready = self.child.ready
            self.is_ready = ready is None or ready()
        return None

    def plan_restart(self) -> float:
        """Decide when to start again; the pause in seconds."""
        now = time.monotonic()
        if now - self.started_at > STEADY_S:
            self.pause_s = FIRST_PAUSE_S
        pause = self.pause_s
        self.restart_at = now + pause
        self.pause_s = min(pause * 2, LONGEST_PAUSE_S)
        return pause

    def signal(self, number: int) -> None:
        if self.popen is not None and self.popen.poll() is None:
            os.killpg(self.popen.pid, number)

    def has_ended(self) -> bool:
        return self.popen is None or self.popen.poll() is not None


class Supervisor:
    """Starts the children stage by stage, keeps them running, stops them in reverse."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        say: Callable[[str], None],
        when_ready: str = "",
    ) -> None:
        self._processes = [_Process(child) for child in children]
        self._say = say
        self._when_ready = when_ready
        self._logs_looked_at = 0.0
        self._adopts = False

    def run(self) -> int:
        """Run until a signal, or until a child that must succeed fails; an exit code."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        self._adopts = adopts_orphans()
        code = 0
        try:
            for stage in sorted({process.child.stage for process in self._processes}):
                self._start(self._in_stage(stage))
            if self._when_ready:
                self._say(self._when_ready)
            while True:
                self._tick(IDLE_TICK_S)
        except _StopRequestedError:
            self._say("Stopping. (Ctrl-C once more: at once.)")
        except StartError as error:
            self._say(str(error))
            code = 1
        finally:
            self._stop_all()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return code

    def _in_stage(self, stage: int) -> list[_Process]:
        return [process for process in self._processes if process.child.stage == stage]

    def _start(self, stage: list[_Process]) -> None:
        begun = time.monotonic()
        next_word = begun + PATIENCE_S
        for process in stage:
            process.start()
        while waiting := [p for p in stage if not (p.is_ready or p.is_done)]:
            self._tick(STARTING_TICK_S)
            now = time.monotonic()
            for process in waiting:
                self._check_patience(process, now)
            if now > next_word and any(not p.child.once for p in waiting):
                names = ", ".join(p.child.name for p in waiting)
                self._say(f"  still waiting for: {names} ({now - begun:.0f} s)")
                next_word = now + PATIENCE_S

    def _check_patience(self, process: _Process, now: float) -> None:
        child = process.child
        late = now - process.started_at > child.ready_within_s
        if late and not (child.once or process.is_ready):
            raise StartError(
                f"{child.name} was not ready after {child.ready_within_s:.0f} s."
                f"{_last_words(child)}"
            )

    def _tick(self, seconds: float) -> None:
        """Sleep until something happens, then look after every child."""
        received = signal.sigtimedwait(WATCHED, seconds)
        if received is not None and received.si_signo in STOP_SIGNALS:
            raise _StopRequestedError
        for process in self._processes:
            self._look_after(process)
        if self._adopts:
            end_orphans({p.popen.pid for p in self._processes if p.popen})
        self._keep_logs_short()

    def _look_after(self, process: _Process) -> None:
        if process.popen is None:
            begun = process.started_at > 0
            if begun and not process.is_done and time.monotonic() >= process.restart_at:
                process.start()
            return
        was_ready = process.is_ready
        code = process.look()
        if code is not None:
            self._ended(process, code, was_ready=was_ready)

    def _ended(self, process: _Process, code: int, *, was_ready: bool) -> None:
        child = process.child
        if child.once and code == 0:
            process.is_done = True
        elif child.once or not was_ready:
            raise StartError(f"{child.name} {_ending(code)}.{_last_words(child)}")
        else:
            # Ready stays true: only the first start may fail the whole.
            process.is_ready = True
            pause = process.plan_restart()
            self._say(
                f"{child.name} {_ending(code)}; it starts again in {pause:.1f} s."
            )

    def _keep_logs_short(self) -> None:
        now = time.monotonic()
        if now - self._logs_looked_at < PATIENCE_S:
            return
        self._logs_looked_at = now
        for process in self._processes:
            if process.child.log is not None:
                shorten_log(process.child.log)

    def _stop_all(self) -> None:
        for stage in sorted({p.child.stage for p in self._processes}, reverse=True):
            self._stop(self._in_stage(stage))

    def _stop(self, stage: list[_Process]) -> None:
        """Ask to end, ask again at half time (RQ then drops its job), then kill."""
        begun = time.monotonic()
        asked_again = False
        for process in stage:
            process.signal(signal.SIGTERM)
        while running := [process for process in stage if not process.has_ended()]:
            waited = time.monotonic() - begun
            received = signal.sigtimedwait(WATCHED, STARTING_TICK_S)
            in_a_hurry = received is not None and received.si_signo in STOP_SIGNALS
            for process in running:
                if in_a_hurry or waited > process.child.stop_within_s:
                    process.signal(signal.SIGKILL)
                elif not asked_again and waited > process.child.stop_within_s / 2:
                    process.signal(signal.SIGTERM)
            asked_again = asked_again or any(
                waited > process.child.stop_within_s / 2 for process in running
            )


def shorten_log(path: Path, most_bytes: int = LOG_MOST_BYTES) -> None:
    """Move a log that has grown too long aside, to ``<name>.1``, and empty it."""
    if path.exists() and path.stat().st_size > most_bytes:
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)  # whoever writes it has it open for appending


def _ending(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _last_words(child: Child) -> str:
    if child.log is None or not child.log.exists():
        return ""
    lines = child.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
    shown = "".join(f"\n  | {line}" for line in lines)
    return f" The end of its log, {child.log}:{shown}"
