"""What the sandbox's tests share: services with any scorer, and the engine if there is one."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from podium_sandbox import doctor
from podium_sandbox.client import SandboxClient
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import Engine, EngineError, socket_path
from podium_sandbox.limits import ChangedBy, Limits, Profile, limits_for
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.rooms import Rooms
from podium_sandbox.runners import Runner, Worker
from podium_sandbox.service import Service, ServiceSettings
from podium_scorer.contract import MetricSpec, ScoreJob, Verdict
from tests.sandbox.bait import Bait, laid_out

IMAGE = os.environ.get("PODIUM_SCORER_IMAGE", "podium-scorer:latest")
SCORE = ScoreJob(metric=MetricSpec(name="rmse"), submission_name="submission.csv")


def wait_until(condition: Callable[[], bool], *, time_s: float = 10) -> bool:
    """Whether the condition came true in time."""
    until = time.monotonic() + time_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def limits(**changes: float) -> Limits:
    """The scorer's limits with an operator's changes."""
    return limits_for(Profile.SCORER, changes, by=ChangedBy.OPERATOR)


@dataclass
class Running:
    """A service that runs in a thread of the test, and a client of it.

    ``names`` are the workers that were started so far, in order.
    """

    service: Service
    client: SandboxClient
    runner: Runner
    socket: Path
    names: list[str]
    thread: threading.Thread

    def score(
        self, submission: bytes = b"id,p\n1,0.5\n", *, wall_s: float = 20
    ) -> Verdict:
        """Score some bytes against some others."""
        files = [BytesIO(b"index"), BytesIO(submission)]
        return self.client.run(SCORE, files, wall_s=wall_s)

    def check(self) -> dict[str, bool]:
        """The doctor's findings."""
        return doctor.check(self.runner)

    def stop(self) -> None:
        """Stop the service and wait until it has ended."""
        self.service.stop()
        self.thread.join(timeout=20)
        assert not self.thread.is_alive()

    def alive(self) -> set[str]:
        """The names of the workers that exist in whatever state."""
        if isinstance(self.runner, ProcessRunner):
            return {name for name in self.names if Path("/proc", name).exists()}
        engine = engine_at_hand()
        found = engine.call("GET", "/containers/json", query={"all": "1"})
        return {container["Id"][:12] for container in found} & set(self.names)

    def kill(self, name: str) -> None:
        """Kill a worker from outside and wait until it is dead."""
        if isinstance(self.runner, ProcessRunner):
            os.kill(int(name), signal.SIGKILL)
            os.waitid(os.P_PID, int(name), os.WEXITED | os.WNOWAIT)
            return
        engine = engine_at_hand()
        engine.call("POST", f"/containers/{name}/kill")
        path = f"/containers/{name}/json"
        assert wait_until(lambda: not engine.call("GET", path)["State"]["Running"])


@contextlib.contextmanager
def running(
    runner: Runner,
    given: Limits,
    *,
    pool: int = 1,
    check: bool = False,
    rooms: Rooms | None = None,
) -> Iterator[Running]:
    """A service with this runner, stopped at the end."""
    names: list[str] = []
    start = runner.start

    def noting() -> Worker:
        worker = start()
        names.append(worker.name)
        return worker

    runner.start = noting  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        address = Path(folder) / "sandbox.sock"
        settings = ServiceSettings(
            socket=address, pool=pool, pool_most=pool, check=check
        )
        service = Service(settings, given, runner, rooms=rooms)
        thread = threading.Thread(target=service.serve, daemon=True)
        thread.start()
        client = SandboxClient(address)
        assert wait_until(lambda: client.status().mode != "none")
        made = Running(service, client, runner, address, names, thread)
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def bait() -> Iterator[Bait]:
    """What lies open on the host for whoever gets out."""
    with laid_out() as made:
        yield made


@pytest.fixture
def process_service() -> Iterator[Callable[..., Running]]:
    """Starts services with the process runner: ``process_service(code, **limits)``."""
    with contextlib.ExitStack() as stack:

        def start(code: str | None, *, pool: int = 1, **changes: float) -> Running:
            given = limits(**changes)
            runner = ProcessRunner(given, code=code)
            return stack.enter_context(running(runner, given, pool=pool))

        yield start


def unique(address: str) -> str:
    """An address that no other test process has: who has the same, reaps the other."""
    return f"{address}/{secrets.token_hex(4)}"


def engine_at_hand() -> Engine:
    """The engine that DOCKER_HOST names."""
    return Engine(socket_path(os.environ.get("DOCKER_HOST")))


@pytest.fixture(scope="session")
def docker_host() -> str:
    """The address of an engine that answers and has the scorer's image.

    Only for tests marked ``docker``: without an engine those are skipped before.
    """
    engine = engine_at_hand()
    try:
        engine.call("GET", f"/images/{IMAGE}/json")
    except EngineError as error:
        pytest.fail(
            f"the image {IMAGE} is missing ({error}); make image builds it", False
        )
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


@pytest.fixture
def docker_service(docker_host: str) -> Iterator[Callable[..., Running]]:
    """Starts services with the Docker runner: ``docker_service(code, **limits)``."""
    with contextlib.ExitStack() as stack:

        def start(code: str | None, *, pool: int = 1, **changes: float) -> Running:
            given = limits(**changes)
            address = f"tests/{secrets.token_hex(8)}"
            runner = DockerRunner(
                given, engine=engine_at_hand(), image=IMAGE, address=address, code=code
            )
            return stack.enter_context(running(runner, given, pool=pool))

        yield start
