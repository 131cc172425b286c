"""Which runner a host gets, and why."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import EngineError, socket_path
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.modes import Mode, ModeError, choose_runner
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner
from tests.sandbox.conftest import IMAGE

LIMITS = limits_for(Profile.SCORER)


def choose(mode: Mode, engine: str, image: str = IMAGE) -> tuple[Runner, str]:
    return choose_runner(mode, LIMITS, engine=engine, image=image, address="tests")


def test_without_an_engine_auto_is_the_process_runner_and_says_why(
    tmp_path: Path,
) -> None:
    runner, reason = choose(Mode.AUTO, f"unix://{tmp_path}/docker.sock")
    assert isinstance(runner, ProcessRunner)
    assert "does not answer" in reason


def test_without_an_engine_docker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModeError, match="does not answer"):
        choose(Mode.DOCKER, f"unix://{tmp_path}/docker.sock")


def test_something_else_that_listens_there_is_no_engine(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))  # and never listens
        runner, reason = choose(Mode.AUTO, f"unix://{path}")
    assert isinstance(runner, ProcessRunner)
    assert reason


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:2375", "ssh://host", "npipe:////./x"]
)
def test_an_engine_elsewhere_is_refused_with_what_to_do(address: str) -> None:
    with pytest.raises(EngineError, match="over a unix socket; forward"):
        socket_path(address)
    runner, reason = choose(Mode.AUTO, address)
    assert isinstance(runner, ProcessRunner)
    assert "ssh -nNT -L" in reason


def test_the_process_runner_can_be_asked_for() -> None:
    runner, reason = choose(Mode.PROCESS, "unix:///nowhere")
    assert isinstance(runner, ProcessRunner)
    assert "PODIUM_SANDBOX" in reason


@pytest.mark.docker
def test_with_an_engine_and_the_image_auto_is_docker(docker_host: str) -> None:
    runner, reason = choose(Mode.AUTO, docker_host)
    assert isinstance(runner, DockerRunner)
    assert reason == ""
    assert runner.versions()["image id"].startswith("sha256:")
    assert runner.versions()["runc"]


@pytest.mark.docker
def test_an_engine_without_the_image_is_no_engine(docker_host: str) -> None:
    runner, reason = choose(Mode.AUTO, docker_host, "podium-no-such-image")
    assert isinstance(runner, ProcessRunner)
    assert "has no image podium-no-such-image; build Podium's" in reason
    with pytest.raises(ModeError, match="build Podium's with"):
        choose(Mode.DOCKER, docker_host, "podium-no-such-image")
