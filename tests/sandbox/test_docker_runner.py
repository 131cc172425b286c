"""The Docker runner's own troubles: an engine that goes away and comes back."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import Engine, EngineError, socket_path
from podium_sandbox.runners import RunnerError
from podium_scorer.contract import Outcome, Verdict
from tests.sandbox import scorers
from tests.sandbox.conftest import IMAGE, engine_at_hand, limits, running, wait_until
from tests.sandbox.test_runners import Start

pytestmark = pytest.mark.docker


class Relay:
    """Stands between a runner and the engine, and can be cut."""

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self._target = target
        self._links: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.up()

    def up(self) -> None:
        """Let connections through."""
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._run(self._accept, self._listener)

    def down(self) -> None:
        """Cut every connection and take no new ones, as an engine that dies does."""
        if self._listener is not None:
            self.path.unlink()
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for link in self._links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)
        for link in self._links:
            link.close()
        self._links.clear()
        self._threads.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:
                return
            outer = socket.socket(socket.AF_UNIX)
            self._links += [inner, outer]
            outer.connect(self._target)
            self._run(self._copy, inner, outer)
            self._run(self._copy, outer, inner)

    def _run(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def relay(docker_host: str) -> Iterator[Relay]:
    with TemporaryDirectory(prefix="podium-") as folder:
        made = Relay(Path(folder) / "docker.sock", socket_path(docker_host))
        yield made
        made.down()


def runner(relay: Relay, code: str = scorers.HONEST, **changes: float) -> DockerRunner:
    return DockerRunner(
        limits(**changes),
        engine=Engine(str(relay.path)),
        image=IMAGE,
        address=f"tests/{relay.path.parent.name}",
        code=code,
    )


def test_an_engine_that_goes_away_is_our_fault_and_its_return_is_noticed(
    relay: Relay,
) -> None:
    with running(runner(relay), limits()) as service:
        assert wait_until(lambda: service.client.status().pool_idle == 1, time_s=30)
        relay.down()
        verdict = service.score()
        assert verdict.outcome is Outcome.FAILED
        assert "does not answer" in verdict.detail
        relay.up()
        assert service.score().outcome is Outcome.SCORED


def test_an_engine_that_goes_away_in_mid_job_is_no_verdict_about_anybody(
    relay: Relay,
) -> None:
    code = scorers.misbehaving("import time; time.sleep(60)")
    verdicts: list[Verdict] = []
    with running(runner(relay, code), limits(), pool=0) as service:
        thread = threading.Thread(target=lambda: verdicts.append(service.score()))
        thread.start()
        assert wait_until(lambda: len(service.names) == 1, time_s=30)
        assert wait_until(lambda: service.client.status().running == 1)
        relay.down()
        thread.join(timeout=30)
        relay.up()
    assert [v.outcome for v in verdicts] == [Outcome.FAILED]


def test_an_engine_that_is_no_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="does not answer"):
        DockerRunner(
            limits(),
            engine=Engine(str(tmp_path / "no.sock")),
            image=IMAGE,
            address="tests",
        )


def test_a_container_that_can_not_be_attached_to_is_told(docker_host: str) -> None:
    with pytest.raises(EngineError, match="does not attach"):
        engine_at_hand().attach("no-such-container")


def test_the_kernel_ends_what_uses_up_its_processor_time(docker_host: str) -> None:
    """The last resort, for a loop whose service was killed."""
    given = replace(limits(), cpu_s=1)
    code = scorers.misbehaving("while True: pass")
    made = DockerRunner(
        given, engine=engine_at_hand(), image=IMAGE, address="tests/cpu", code=code
    )
    with running(made, given, pool=0) as service:
        began = time.monotonic()
        verdict = service.score(wall_s=60)
        assert time.monotonic() - began < 50
        assert wait_until(lambda: service.alive() == set())
    assert verdict.outcome is Outcome.FAILED


def test_a_hundred_jobs_have_a_hundred_containers_and_leave_none(
    docker_service: Start,
) -> None:
    service = docker_service(scorers.HONEST, pool=3)
    for _ in range(100):
        assert service.score().outcome is Outcome.SCORED
    assert len(set(service.names)) == len(service.names) >= 100
    assert wait_until(lambda: service.client.status().pool_idle == 3)
    # Those that wait for the next job, and nothing of the hundred.
    assert wait_until(lambda: len(service.alive()) == 3), service.alive()
