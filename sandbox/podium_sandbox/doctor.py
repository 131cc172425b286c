"""Checks that the limits really hold on this very host, by harmless attacks.

Engines accept limits that they can't enforce (rootless ones, hosts without the cgroup), so
what was asked for is not what holds. Each probe is a small program in a worker's place; it
tries what must not work and says what happened.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.errors import ConversationError, LimitReached
from podium_sandbox.inputs import archive
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.programs import Task, run_program
from podium_sandbox.runners import Ending, Runner, RunnerError
from podium_sandbox.verdicts import Ended, ProgramVerdict
from podium_scorer.contract import CutOff

log = logging.getLogger(__name__)

# Each attempt must fail; what succeeds is printed. The last one, if it succeeds, takes
# away rights that the others need.
ESCAPES = r"""
import ctypes, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def write_file():
    for folder in ("/", "/usr/lib", "/etc", os.path.dirname(os.__file__)):
        try:
            open(os.path.join(folder, "podium-self-check"), "w").close()
            return
        except OSError as error:
            last = error
    raise last

def connect():
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname(), 1)

def call(function, *arguments):
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "refused")

# Paths are those inside the sandbox.
attempts = {
    "writing to the root file system": write_file,
    "a TCP connection": connect,
    "a network socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "a raw socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "becoming root": lambda: os.setuid(0) if os.getuid() else os.chroot("/"),
    "mounting": lambda: call(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None),
    "reading the host's passwords": lambda: open("/etc/shadow").read(1),
    "being traced": lambda: call(libc.ptrace, 0, 0, 0, 0),
    "making a device": lambda: os.mknod("/tmp/null", 0o20600, os.makedev(1, 3)),
    "a high priority": lambda: os.nice(-5),
    "a user namespace": lambda: call(libc.unshare, 0x10000000),
}
worked = []
for name, attempt in attempts.items():
    try:
        attempt()
        worked.append(name)
    except OSError:
        pass
print(json.dumps({"tried": list(attempts), "worked": worked}), flush=True)
"""

MEMORY = r"""
import os
kept = []
try:
    while True:
        kept.append(bytearray(b"x" * (16 << 20)))
except MemoryError:
    os._exit(5)  # as the scorer does
"""

PROCESSES = r"""
import os, time
for number in range(2000):
    try:
        child = os.fork()
    except OSError:
        print("refused", flush=True)
        os._exit(0)
    if child == 0:
        time.sleep(20)
        os._exit(0)
print("2000 processes", flush=True)
"""

FLOOD = r"""
import os
while True:
    os.write(2, b"x" * 65536)
"""


# Programs of participants: each says on its log what it could do and should not.
PROGRAM_ESCAPES = r"""
import os, signal, socket
def write(path):
    with open(path, "ab") as file:
        file.write(b"x")

def connect():
    socket.create_connection(("10.0.0.1", 80), 1)

attempts = {
    "changing its input": lambda: write("/input/test.csv"),
    "adding to its input": lambda: write("/input/new.csv"),
    "writing to the root file system": lambda: write("/podium-self-check"),
    "the harness's memory": lambda: open("/proc/1/mem", "rb").read(1),
    "the harness's environment": lambda: open("/proc/1/environ", "rb").read(1),
    "a connection": connect,
    "a network socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "becoming root": lambda: os.setuid(0),
    "reading the host's passwords": lambda: open("/etc/shadow").read(1),
}
for name, attempt in attempts.items():
    try:
        attempt()
        print("worked:", name)
    except OSError:
        print("refused:", name)
"""
OUTPUT_FLOOD = "open('/output/x', 'wb').write(b'x' * (12 << 20))"
SLEEPER = "import time; time.sleep(60)"


@dataclass(frozen=True)
class _Probed:
    output: str
    ending: Ending | None
    limit: CutOff | None


def check(runner: Runner) -> dict[str, bool]:
    """Which limits hold: a sentence for each, and whether it does. Takes seconds."""
    results: dict[str, bool] = {}
    escapes = _probe(runner, ESCAPES)
    try:
        said = json.loads(escapes.output)
        results |= {
            f"refused: {name}": name not in said["worked"] for name in said["tried"]
        }
    except (ValueError, KeyError, TypeError):
        log.error("the self-check did not run: %s", escapes)
        results["the self-check runs"] = False
    memory = _probe(runner, MEMORY).ending
    results["memory is limited"] = (
        memory is not None and memory.cut_off is CutOff.MEMORY
    )
    results["processes are limited"] = _probe(runner, PROCESSES).output == "refused\n"
    results["a flood of the log ends the job"] = (
        _probe(runner, FLOOD).limit is CutOff.LOG
    )
    return results


def check_programs(runner: DockerRunner) -> dict[str, bool]:
    """The same for participants' programs, each in a container as it will have."""
    results: dict[str, bool] = {}
    escapes = _program(runner, PROGRAM_ESCAPES)
    lines = [line.partition(": ") for line in escapes.log.splitlines()]
    if escapes.outcome is not Ended.FINISHED or not lines:
        log.error("the self-check did not run: %s", escapes)
        return {"the self-check runs": False}
    results |= {
        f"refused: {name}": verdict == "refused" for verdict, _, name in lines if name
    }
    for name, code, reason in (
        ("memory is limited", MEMORY, CutOff.MEMORY),
        ("processes are limited", PROCESSES, None),
        ("a flood of the log ends the run", FLOOD, CutOff.LOG),
        ("a flood of the output ends the run", OUTPUT_FLOOD, CutOff.OUTPUT),
        ("the time limit ends the run", SLEEPER, CutOff.TIME),
    ):
        verdict = _program(runner, code, wall_s=2 if code is SLEEPER else 20)
        results[name] = (
            verdict.reason is reason
            if reason is not None
            else verdict.log == "refused\n"
        )
    return results


def _program(runner: DockerRunner, code: str, *, wall_s: float = 20) -> ProgramVerdict:
    limits = replace(
        limits_for(Profile.CODE), memory_mb=192, output_mb=8, wall_s=wall_s
    )
    with _folders() as (inputs, output):
        (inputs / "test.csv").write_text("id\n1\n")
        task = Task(
            command=["python3", "-I", "-c", code],
            inputs=archive(inputs, most_bytes=1 << 20),
            output=output,
            wall_s=wall_s,
        )
        return run_program(runner.limited(limits), task, limits)


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory(prefix="podium-doctor-") as folder:
        inputs, output = Path(folder, "input"), Path(folder, "output")
        inputs.mkdir()
        yield inputs, output


def _probe(runner: Runner, code: str) -> _Probed:
    try:
        output, ending = runner.probe(code)
        return _Probed(output.decode(errors="replace"), ending, None)
    except LimitReached as limit:
        return _Probed("", None, limit.reason)
    except (ConversationError, RunnerError) as error:
        return _Probed(str(error), None, None)
