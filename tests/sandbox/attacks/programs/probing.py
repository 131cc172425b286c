"""What the attacks share: how one is declared, how many are tried, how they tell.

An attack that one call decides is a *probe*: it returns when it succeeded and raises when
it was refused. ``try_probes`` runs many of them, each in a process of its own. An attack
that needs a job for itself is an *attack*: it does its worst and tells how far it came.
Both tell in lines of JSON on standard error, which survives a program that is cut off.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

MARK = "told: "
PATIENCE_S = 10
SCORER, CODE = "scorer", "code"
BOTH = (SCORER, CODE)

libc = ctypes.CDLL(None, use_errno=True)


class Control(StrEnum):
    """Where a probe succeeds, so that its refusal in the sandbox means something."""

    PLAIN = "plain"  # docker run with default options, as root, with a network
    SHARED = "shared"  # the same, and processes, a folder and a secret of the host
    PRIVILEGED = "privileged"  # docker run --privileged: what Docker itself refuses


class Refused(Exception):
    """Refused without an error number; the text is one word in capitals."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """An attack that one call decides.

    ``refused`` are the names of the errors (or signals) that a refusal may have: any
    other one means that the probe did not meet what it is about.
    """

    name: str
    tries: str
    run: Callable[[], object]
    held_by: str
    refused: frozenset[str]
    control: Control
    profiles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attack that has a job for itself.

    ``ends`` says for each profile how its job must end: an outcome, and a reason where
    there is one (with a bar between two that are both right). ``most`` names facts that
    it tells with the number they may reach under the limits in force, ``facts`` those
    that it must tell exactly, and ``least`` what it reaches in a plain container, where
    ``bounded`` arguments keep it harmless. ``limits`` are changes that make it short.
    ``labelled`` ones are given the labels.
    """

    name: str
    tries: str
    run: Callable[..., object]
    held_by: str
    ends: Mapping[str, str]
    most: Mapping[str, Callable[[Any], float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)
    bounded: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    wall_s: float = 20
    labelled: bool = False


PROBES: dict[str, Probe] = {}
ATTACKS: dict[str, Attack] = {}

Function = Callable[..., object]


def probe(
    *,
    held_by: str,
    refused: str = "EPERM",
    control: Control = Control.PLAIN,
    profiles: tuple[str, ...] = BOTH,
) -> Callable[[Function], Function]:
    """Declare a probe; what it tries stands in its docstring."""

    def declare(run: Function) -> Function:
        name = _name(run)
        PROBES[name] = Probe(
            name=name,
            tries=_tries(run),
            run=run,
            held_by=held_by,
            refused=frozenset(refused.split()),
            control=control,
            profiles=profiles,
        )
        return run

    return declare


def attack(
    *, held_by: str, ends: Mapping[str, str], **more: Any
) -> Callable[[Function], Function]:
    """Declare an attack; what it tries stands in its docstring."""

    def declare(run: Function) -> Function:
        name = _name(run)
        ATTACKS[name] = Attack(
            name=name, tries=_tries(run), run=run, held_by=held_by, ends=ends, **more
        )
        return run

    return declare


def tell(**facts: object) -> None:
    """Say something that the host can read, whatever happens afterwards."""
    os.write(2, f"{MARK}{json.dumps(facts)}\n".encode())


def told(log: str) -> list[dict[str, Any]]:
    """What was told, from a log."""
    lines = (line.removeprefix(MARK) for line in log.splitlines() if MARK in line)
    return [json.loads(line) for line in lines]


def sleep_for_ever() -> NoReturn:
    """Never return, and use no processor time."""
    while True:
        time.sleep(60)


def try_probes(names: Iterable[str]) -> None:
    """Try probes one after the other, and tell of each how it went."""
    for name in names:
        tell(probe=name, **_tried(PROBES[name]))


def try_attacks(names: Iterable[str]) -> None:
    """Let attacks that are bounded do what they do, each in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one of them sends every signal
    for name in names:
        tell(attack=name)
        if (child := os.fork()) == 0:
            ATTACKS[name].run(**ATTACKS[name].bounded)
            os._exit(0)
        os.waitpid(child, 0)


def outcome(name: str) -> dict[str, object]:
    """Try one probe here and now: whether it worked, and else what refused it."""
    try:
        return {"worked": True, "detail": str(PROBES[name].run())[:200]}
    except Refused as error:
        return {"worked": False, "refused": str(error)}
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "?")
        return {"worked": False, "refused": code, "detail": str(error)[:200]}
    except BaseException as error:  # a bug of the probe: the host must hear of it
        return {"worked": False, "refused": f"{type(error).__name__}: {error}"[:200]}


def system_call(name: str, *arguments: Any) -> int:
    """A system call by its name; raises OSError."""
    number = _NUMBERS[name][platform.machine() != "x86_64"]
    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name} was refused")
    return result


def reach(name: str, *arguments: Any) -> None:
    """Make a system call with arguments that its implementation does not take.

    Returns where the call got as far as that, raises OSError where it was refused.
    """
    try:
        system_call(name, *arguments)
    except OSError as error:
        if error.errno in {errno.EPERM, errno.ENOSYS, errno.EACCES}:
            raise


# The numbers on x86_64 and on aarch64.
_NUMBERS = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "fanotify_init": (300, 262),
    "fsopen": (430, 430),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "keyctl": (250, 219),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "reboot": (169, 142),
    "semget": (64, 190),
    "shmget": (29, 194),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}


def _name(run: Function) -> str:
    return f"{run.__module__.rsplit('.', 1)[-1]}.{run.__name__}"


def _tries(run: Function) -> str:
    return " ".join((run.__doc__ or "").split()).rstrip(".")


def _tried(tried: Probe) -> dict[str, object]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _try_here(tried, theirs)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        said = pipe.readline()
    _, status = os.waitpid(child, 0)
    if said:
        return dict(json.loads(said))
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"worked": False, "refused": signal.Signals(number).name if number else "?"}


def _try_here(tried: Probe, pipe: int) -> NoReturn:
    signal.alarm(PATIENCE_S)
    os.write(pipe, json.dumps(outcome(tried.name)).encode() + b"\n")
    sys.stderr.flush()
    os._exit(0)
