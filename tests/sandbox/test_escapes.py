"""Attempts to get out, each with a control that succeeds where there is no sandbox.

An attempt that fails by its own bug proves nothing, so each one first has to work in a
plain process of the same Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from podium_sandbox.doctor import ESCAPES
from podium_scorer.contract import Outcome
from tests.sandbox.conftest import IMAGE, Running, wait_until
from tests.sandbox.scorers import attempting, misbehaving

Start = Callable[..., Running]

# Refused in the jail and in the container alike. Names in capitals are of the Bait.
ANYWHERE = {
    "read a file of the host": "open(SECRET).read()",
    "list a folder of the host": "assert os.listdir(FOLDER)",
    "write a file of the host": "open(SECRET, 'a').write('x')",
    "make a file on the host": "open(FOLDER + '/new', 'w').close()",
    "make a folder on the host": "os.mkdir(FOLDER + '/sub')",
    "link to a file of the host": "os.link(SECRET, FOLDER + '/linked')",
    "remove a file of the host": "os.unlink(FOLDER + '/victim')",
    "rename a file of the host": "os.rename(FOLDER + '/other', FOLDER + '/mine')",
    "connect by TCP": "import socket; socket.create_connection(('127.0.0.1', PORT), 2)",
    "connect by TCP over IPv6": (
        "import socket; socket.create_connection(('::1', PORT6), 2)"
    ),
    "send a datagram": (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.sendto(b'x', ('127.0.0.1', PORT))"
    ),
    "connect to a unix socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect(FOLDER + '/socket')"
    ),
    "connect to an abstract socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0' + ABSTRACT)"
    ),
    "listen": (
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()"
    ),
    "signal the test": "os.kill(PID, 0)",
    "look at the test's memory map": "open(f'/proc/{PID}/maps').read()",
    "look at the test's environment": "open(f'/proc/{PID}/environ').read()",
    "make a file in the root of the interpreter": (
        "p = os.path.join(os.path.dirname(os.__file__), 'podium-attempt'); "
        "open(p, 'w').close(); os.unlink(p)"
    ),
}
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


@dataclass
class Bait:
    """What an attempt may reach where nothing holds it."""

    folder: Path
    port: int
    port6: int

    def fill(self, code: str) -> str:
        """The attempt with the bait's names filled in."""
        values = {
            "SECRET": str(self.folder / "secret"),
            "FOLDER": str(self.folder),
            "PORT": self.port,
            "PORT6": self.port6,
            "ABSTRACT": self.folder.name,
            "PID": os.getpid(),
            "PYTHON": sys.executable,
        }
        lines = [f"{name} = {value!r}" for name, value in values.items()]
        return "\n".join([*lines, code])


@pytest.fixture
def bait() -> Iterator[Bait]:
    with contextlib.ExitStack() as stack:
        # Not pytest's folder: a socket's path must be short.
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-"))
        )
        for name in ("secret", "victim", "other"):
            (folder / name).write_text("canary-9021")
        inet = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        try:
            inet6 = stack.enter_context(
                socket.create_server(("::1", 0), family=socket.AF_INET6)
            )
            port6 = inet6.getsockname()[1]
        except OSError:
            port6 = 0
        for address in (str(folder / "socket"), "\0" + folder.name):
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(address)
            unix.listen()
        yield Bait(folder, inet.getsockname()[1], port6)


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


@pytest.mark.docker
@pytest.mark.parametrize("name", ANYWHERE)
def test_the_container_refuses_to(name: str, bait: Bait, docker_service: Start) -> None:
    code = bait.fill(ANYWHERE[name])
    if "IPv6" in name and not bait.port6:
        pytest.skip("this machine has no IPv6")
    assert refused_inside(docker_service(attempting(code), pool=0))
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


@pytest.mark.docker
def test_a_fork_bomb_in_a_container_ends_with_its_job(docker_service: Start) -> None:
    code = """
    import time
    children = 0
    try:
        while children < 1000:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            children += 1
    except OSError as error:
        score(float(children), message=str(error))
    """
    service = docker_service(misbehaving(code), pool=0)
    verdict = service.score()
    assert verdict.report is not None
    assert verdict.report.public is not None
    assert 0 < verdict.report.public < 64
    assert wait_until(lambda: service.alive() == set())


@pytest.mark.docker
def test_a_job_in_a_container_is_nobody(docker_service: Start) -> None:
    """Neither root, nor a capability, nor a way to get one; every call filtered."""
    code = """
    status = dict(
        line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines()
    )
    names = ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp")
    score(1.0, message="|".join(status[name].split()[0] for name in names))
    """
    verdict = docker_service(misbehaving(code), pool=0).score()
    assert verdict.report is not None
    uid, effective, bounding, no_new, seccomp = verdict.report.message.split("|")
    assert int(uid) >= 200_000
    assert int(effective, 16) == int(bounding, 16) == 0
    assert (no_new, seccomp) == ("1", "2")


@pytest.mark.docker
def test_a_container_writes_to_its_scratch_space_only_and_not_much(
    docker_service: Start,
) -> None:
    code = """
    written, refusals = 0, set()
    for folder in ("/", "/etc", "/usr/lib", "/dev", "/var", "/home", "/run", "/root"):
        try:
            open(folder + "/podium-attempt", "w").close()
            refusals.add("none in " + folder)
        except OSError as error:
            refusals.add(type(error).__name__)
    try:
        for number in range(100):
            with open(f"/tmp/{number}", "wb") as file:
                file.write(bytes(4 << 20))
                written += 4
    except OSError as error:
        refusals.add(f"{error.errno}")
    score(float(written), message=" ".join(sorted(refusals)))
    """
    verdict = docker_service(misbehaving(code), pool=0).score()
    assert verdict.report is not None
    assert verdict.report.public == 64.0 - 4.0 or verdict.report.public == 64.0
    assert "none in" not in verdict.report.message
    assert "28" in verdict.report.message.split()  # no space left on the device


@pytest.mark.docker
def test_a_container_has_no_network_but_its_own_empty_one(
    docker_service: Start,
) -> None:
    code = """
    names = sorted(os.listdir("/sys/class/net"))
    routes = open("/proc/net/route").read().splitlines()[1:]
    score(float(len(routes)), message=" ".join(names))
    """
    verdict = docker_service(misbehaving(code), pool=0).score()
    assert verdict.report is not None
    assert verdict.report.public == 0.0
    assert set(verdict.report.message.split()) <= {"lo"}
