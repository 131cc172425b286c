"""Attempts to get out of the jail, each with a control that succeeds without one.

An attempt that fails by its own bug proves nothing, so each one has to work in a plain
process of the same Python. The attacks on containers are in ``attacks``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from podium_sandbox.doctor import ESCAPES
from podium_scorer.contract import Outcome
from tests.sandbox.bait import ANYWHERE, Bait
from tests.sandbox.conftest import IMAGE, Running
from tests.sandbox.scorers import attempting

Start = Callable[..., Running]

# Refused in the jail; a container may do these, within its own namespaces and limits.
IN_THE_JAIL = {
    "fork": "pid = os.fork() or os._exit(0); os.waitpid(pid, 0)",
    "start a program": (
        "import subprocess; subprocess.run([PYTHON, '-c', 'pass'], check=True)"
    ),
    "read the list of users": "open('/etc/passwd').read()",
    "look into /proc": "open('/proc/self/status').read()",
    "write a scratch file": "open('/tmp/podium-attempt', 'w').close()",
    "write into memory as a file": "os.write(os.memfd_create('x'), b'x')",
    "become another program": (
        "pid = os.posix_spawn(PYTHON, [PYTHON, '-c', ''], {}); os.waitpid(pid, 0)"
    ),
    "send itself a signal by its number": "os.kill(os.getpid(), 0)",
    "have signals sent to the test": (
        "import fcntl; fcntl.fcntl(2, fcntl.F_SETOWN, PID)"
    ),
    "choose the signal that is sent": "import fcntl; fcntl.fcntl(2, 10, 9)",
    "change its limits": (
        "import resource; r = resource.RLIMIT_NOFILE; "
        "resource.setrlimit(r, resource.getrlimit(r))"
    ),
    "lower its priority": "os.nice(1)",
    "allocate a gigabyte": "bytearray(1 << 30)",
}


def works_outside(code: str) -> bool:
    """Whether an attempt succeeds in a plain process."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import os\n" + code],
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0


def refused_inside(service: Running) -> str:
    """The reason of the refusal; fails the test if the attempt succeeded."""
    verdict = service.score()
    assert verdict.outcome is Outcome.SCORED, verdict
    assert verdict.report is not None
    assert verdict.report.public == 0.0, "the attempt succeeded"
    return verdict.report.message


@pytest.mark.parametrize("name", [*ANYWHERE, *IN_THE_JAIL])
def test_the_jail_refuses_to(name: str, bait: Bait, process_service: Start) -> None:
    code = bait.fill((ANYWHERE | IN_THE_JAIL)[name])
    if "IPv6" in name and not bait.port6:
        pytest.skip("this machine has no IPv6")
    service = process_service(attempting(code), pool=0, memory_mb=512)
    assert refused_inside(service)
    assert (bait.folder / "secret").read_text() == "canary-9021"
    assert works_outside(code)


def test_threads_work_in_the_jail(process_service: Start) -> None:
    code = """
    import threading
    seen = []
    threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(seen) == 8
    """
    verdict = process_service(attempting(code), pool=0).score()
    assert verdict.report is not None
    assert verdict.report.public == 1.0, verdict


@pytest.mark.docker
def test_the_doctors_attempts_succeed_in_a_container_without_the_policy(
    docker_host: str,
) -> None:
    """The control of the self-check: with privileges, most of what it tries works."""
    free = ["--security-opt=seccomp=unconfined", "--user=0"]
    free += ["--cap-add=SYS_ADMIN", "--cap-add=SYS_NICE"]
    done = subprocess.run(
        [
            "docker",
            "run",
            "--rm",
            "--network=none",
            *free,
            IMAGE,
            "python3",
            "-I",
            "-c",
            ESCAPES,
        ],
        capture_output=True,
        check=True,
        timeout=60,
        env=os.environ | {"DOCKER_HOST": docker_host},
    )
    said = json.loads(done.stdout)
    # The image has no passwords to read; the jail's own tests have the control of that.
    assert set(said["tried"]) - set(said["worked"]) == {"reading the host's passwords"}
