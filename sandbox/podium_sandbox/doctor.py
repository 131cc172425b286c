"""Checks that the limits really hold on this very host, by harmless attacks.

Engines accept limits that they can't enforce (rootless ones, hosts without the cgroup), so
what was asked for is not what holds. Each probe is a small program in a worker's place; it
tries what must not work and says what happened.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from podium_sandbox.errors import ConversationError, LimitReached
from podium_sandbox.runners import Ending, Runner, RunnerError
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


def _probe(runner: Runner, code: str) -> _Probed:
    try:
        output, ending = runner.probe(code)
        return _Probed(output.decode(errors="replace"), ending, None)
    except LimitReached as limit:
        return _Probed("", None, limit.reason)
    except (ConversationError, RunnerError) as error:
        return _Probed(str(error), None, None)
