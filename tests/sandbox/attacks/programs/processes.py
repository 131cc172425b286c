"""Outliving the job, holding it up, and ending what does not belong to it."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from tests.sandbox.attacks.programs.probing import (
    CODE,
    SCORER,
    attack,
    sleep_for_ever,
    tell,
)

GOES_ON = {SCORER: "scored", CODE: "finished 0"}
TIME = {SCORER: "cut_off time", CODE: "cut_off time"}
DESIGN = "the first process's end is the container's end, and so everybody's"


def _daemon() -> int:
    """A process without parent, group and session; its number."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        os.setsid()
        if (grandchild := os.fork()) != 0:
            os.write(theirs, str(grandchild).encode())
            os._exit(0)
        sleep_for_ever()
    os.waitpid(child, 0)
    number = int(os.read(ours, 20))
    os.close(ours)
    os.close(theirs)
    return number


@attack(held_by=DESIGN, ends=GOES_ON, least={"living": 3})
def daemons() -> None:
    """Leave daemons that outlive the job and hold its streams open."""
    numbers = [_daemon() for _ in range(3)]
    for number in numbers:
        os.kill(number, 0)
    tell(living=len(numbers))


@attack(held_by=DESIGN, ends=GOES_ON, least={"shielded": 1})
def deaf_daemon() -> None:
    """Leave a daemon that ignores every signal and starts itself anew."""
    if os.fork() == 0:
        os.setsid()
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            with contextlib.suppress(OSError):
                if os.fork() != 0:
                    os._exit(0)
            time.sleep(0.01)
    tell(shielded=1)


@attack(
    held_by="the host's clock: an answer that is not there in time is none",
    ends=TIME,
    wall_s=1.5,
)
def closed_streams() -> None:
    """Close every stream and sleep, so that nobody hears of an end."""
    tell(closed=1)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    sleep_for_ever()


@attack(
    held_by="a process namespace of its own, whose first process no signal ends",
    ends=GOES_ON,
    least={"sent": 30},
)
def signal_everybody() -> None:
    """Send every signal to everybody, to the harness and to all at once."""
    sent = 0
    child = os.fork()
    if child == 0:
        os.setsid()
        sleep_for_ever()
    for number in sorted(set(signal.Signals) - {signal.SIGCHLD}):
        for target in (1, child):
            if target != os.getpid():
                with contextlib.suppress(OSError):
                    os.kill(target, number)
        sent += 1
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)
    tell(sent=sent)


@attack(
    held_by="the engine's word on who ended it: a number alone says nothing",
    ends={SCORER: "failed", CODE: "finished 137"},
    least={"exits": 137},
)
def exit_as_if_killed() -> None:
    """Exit with the code of what was killed from outside, to be tried again for free."""
    tell(exits=137)
    os._exit(137)


@attack(
    held_by="nothing is inherited but the three streams",
    ends=GOES_ON,
    most={"open": lambda limits: 3},
    bounded={"more": 2},
    least={"open": 5},
)
def leaked_descriptors(more: int = 0) -> None:
    """Find a descriptor that somebody left open: a file, a socket, a folder."""
    kept = [os.open("/etc/os-release", os.O_RDONLY) for _ in range(more)]
    found = []
    for number in range(1024):
        with contextlib.suppress(OSError):
            os.fstat(number)
            found.append(number)
    tell(open=len(found), numbers=found)
    for descriptor in kept:
        os.close(descriptor)
