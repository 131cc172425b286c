"""Processes below this one: how to leave none behind, whatever ends first.

Two processes watch over each other. ``guarded`` forks: the inner process starts and
watches the children, the outer one waits for the inner. Either adopts what the other
leaves (PR_SET_CHILD_SUBREAPER), even programs that moved into a session of their own, and
the inner one is told when the outer one dies (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WATCHED = STOP_SIGNALS | {signal.SIGCHLD}
LEFTOVER_PATIENCE_S = 3.0
LOOK_AGAIN_S = 0.05
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_GET_CHILD_SUBREAPER = 37
IS_LINUX = sys.platform == "linux"


def guarded(run: Callable[[], int]) -> int:
    """Call ``run`` in a forked process and end whatever it leaves; its exit code."""
    if not IS_LINUX:
        return run()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    adopt_orphans()
    sys.stdout.flush()
    outer = os.getpid()
    inner = os.fork()
    if inner == 0:
        _run_inner(run, outer)
    try:
        return _wait_for(inner)
    finally:
        end_descendants()
        _prctl(PR_SET_CHILD_SUBREAPER, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_inner(run: Callable[[], int], outer: int) -> None:
    code = 1
    try:
        # A group of its own: Ctrl-C reaches the outer process only, which passes it on.
        os.setpgid(0, 0)
        adopt_orphans()
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == outer:
            code = run()
    except BaseException:  # the fork must not return into the caller
        traceback.print_exc()
    finally:
        end_descendants()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait_for(inner: int) -> int:
    while True:
        received = signal.sigwaitinfo(WATCHED)
        if received.si_signo in STOP_SIGNALS:
            os.kill(inner, received.si_signo)
            continue
        pid, status = os.waitpid(inner, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)


def end_descendants(patience_s: float = LEFTOVER_PATIENCE_S) -> None:
    """End everything below this process: ask, and after ``patience_s`` kill."""
    begun = time.monotonic()
    asked: set[int] = set()
    while found := list(_descendants(os.getpid())):
        overdue = time.monotonic() - begun > patience_s
        for pid in found:
            if overdue:
                _kill(pid, signal.SIGKILL)
            elif pid not in asked:
                _kill(pid, signal.SIGTERM)
                asked.add(pid)
            _reap(pid)
        time.sleep(LOOK_AGAIN_S)


def adopt_orphans() -> None:
    """Make this process the one that the orphans below it come to."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def running_below() -> list[str]:
    """The command lines of everything that runs below this process."""
    lines = []
    for pid in _descendants(os.getpid()):
        _reap(pid)
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue  # it has ended in the meantime
        if command:  # a dead process that its parent has not waited for has none
            lines.append(command.replace(b"\0", b" ").decode(errors="replace").strip())
    return lines


def end_orphans(own: set[int]) -> None:
    """Kill what a dead child has left to us, such as the work-horse of a killed worker."""
    for pid in _children(os.getpid()):
        if pid not in own:
            _kill(pid, signal.SIGKILL)
            _reap(pid)


def _children(parent: int) -> Iterator[int]:
    """The direct children of a process, dead ones that nobody has waited for included."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold spaces and parentheses itself.
            after_name = entry.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended in the meantime
        if int(after_name[1]) == parent:
            yield int(entry.parent.name)


def _descendants(parent: int) -> Iterator[int]:
    for pid in _children(parent):
        yield from _descendants(pid)
        yield pid


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # a grandchild: its parent waits for it


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopts_orphans() -> bool:
    """Whether ``guarded`` made this process the one that orphans come to."""
    if not IS_LINUX:
        return False
    answer = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def in_new_child(parent: int) -> Callable[[], None]:
    """What a child does between fork and exec: take signals, and die with its parent."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if IS_LINUX:
            _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
