"""Which runner this host gets: Docker where it can work, the process runner otherwise."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from podium_sandbox.limits import Limits
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner


class Modes(StrEnum):
    """What an operator may ask for."""

    AUTO = "auto"
    DOCKER = "docker"
    PROCESS = "process"


class ModeError(Exception):
    """The mode that was asked for is not possible here; the text is a sentence."""


def choose_runner(
    mode: Modes, limits: Limits, engine: str | None, image: str, address: Path
) -> tuple[Runner, str]:
    """The runner, and why it is not Docker; raises ModeError."""
    if mode is Modes.DOCKER:
        raise ModeError("This version has the process runner only.")
    return ProcessRunner(limits), "The process runner was asked for."
