"""What the sandbox's tests share: services with any scorer, and the engine if there is one."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from podium_sandbox.client import SandboxClient
from podium_sandbox.limits import ChangedBy, Limits, Profile, limits_for
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner
from podium_sandbox.service import Service, ServiceSettings
from podium_scorer.contract import MetricSpec, ScoreJob, Verdict

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
    """A service that runs in a thread of the test, and a client of it."""

    service: Service
    client: SandboxClient
    runner: Runner
    socket: Path

    def score(
        self, submission: bytes = b"id,p\n1,0.5\n", *, wall_s: float = 20
    ) -> Verdict:
        """Score some bytes against some others."""
        files = [BytesIO(b"index"), BytesIO(submission)]
        return self.client.run(SCORE, files, wall_s=wall_s)


@contextlib.contextmanager
def running(runner: Runner, given: Limits, *, pool: int = 1) -> Iterator[Running]:
    """A service with this runner, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        address = Path(folder) / "sandbox.sock"
        settings = ServiceSettings(socket=address, pool=pool, check=False)
        service = Service(settings, given, runner)
        thread = threading.Thread(target=service.serve, daemon=True)
        thread.start()
        client = SandboxClient(address)
        assert wait_until(lambda: client.status().mode != "none")
        try:
            yield Running(service, client, runner, address)
        finally:
            service.stop()
            thread.join(timeout=20)
            assert not thread.is_alive()


@pytest.fixture
def process_service() -> Iterator[Callable[..., Running]]:
    """Starts services with the process runner: ``process_service(code, **limits)``."""
    with contextlib.ExitStack() as stack:

        def start(code: str | None, *, pool: int = 1, **changes: float) -> Running:
            given = limits(**changes)
            runner = ProcessRunner(given, code=code)
            return stack.enter_context(running(runner, given, pool=pool))

        yield start


@pytest.fixture(scope="session")
def docker_host() -> str:
    """The address of an engine that answers and has the scorer's image."""
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
