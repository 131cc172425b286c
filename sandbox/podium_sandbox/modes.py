"""Which runner this host gets: Docker where it can work, the process runner otherwise."""

from __future__ import annotations

from enum import StrEnum

from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import Engine, EngineError, socket_path
from podium_sandbox.limits import Limits
from podium_sandbox.policy import Isolation
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner, RunnerError


class Mode(StrEnum):
    """What an operator may ask for."""

    AUTO = "auto"
    DOCKER = "docker"
    PROCESS = "process"


class ModeError(Exception):
    """The mode that was asked for is not possible here; the text is a sentence."""


def choose_runner(
    mode: Mode,
    limits: Limits,
    *,
    engine: str | None,
    image: str,
    address: str,
    isolation: Isolation | None = None,
) -> tuple[Runner, str]:
    """The runner, and why it is not Docker (empty where it is).

    ``engine`` is a DOCKER_HOST, ``address`` the service's socket. An engine that answers
    but can't start the scorer's image is no engine. Raises ModeError where Docker was
    demanded and is not possible.
    """
    if mode is Mode.PROCESS:
        return ProcessRunner(limits), "PODIUM_SANDBOX asks for the process runner."
    try:
        api = Engine(socket_path(engine))
        docker = DockerRunner(
            limits, engine=api, image=image, address=address, isolation=isolation
        )
        docker.start().destroy()
    except (EngineError, RunnerError) as error:
        if mode is Mode.DOCKER:
            raise ModeError(str(error)) from error
        return ProcessRunner(limits), str(error)
    return docker, ""
