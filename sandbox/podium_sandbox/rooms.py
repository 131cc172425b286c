"""Where other people's code runs on this host, beside the catalogue's metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from podium_sandbox.code_runs import CodeRuns
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.limits import Profile, limits_for
from podium_sandbox.policy import CUSTOM_COMMAND
from podium_sandbox.programs import harness
from podium_sandbox.runners import CUSTOM_KINDS, Runner, RunnerError
from podium_scorer.contract import CustomScoreJob

METRIC_IMAGE = "podium-metric:latest"
CODE_IMAGES = "python=podium-python:latest"


class ImageListError(ValueError):
    """A list of images that is none; the text is a sentence."""


@dataclass(frozen=True)
class Rooms:
    """``custom`` runs organizers' metrics, ``programs`` those of participants.

    Where there is none, ``refusals`` says why, by ``custom`` and ``code``.
    """

    custom: Runner | None = None
    programs: CodeRuns = field(default_factory=lambda: CodeRuns({}, "No engine."))
    refusals: dict[str, str] = field(default_factory=dict)

    def close_programs(self, why: str) -> None:
        """Run no program from now on, for this reason."""
        self.programs.close(why)
        self.refusals["code"] = why


def open_rooms(runner: Runner, metric_image: str, code_images: str) -> Rooms:
    """The rooms beside a runner; ``code_images`` is NAME=IMAGE, separated by commas.

    An image that is missing closes its room only. Raises ImageListError.
    """
    if not isinstance(runner, DockerRunner):
        why = runner.refusal(CustomScoreJob.kind) or ""
        return Rooms(programs=CodeRuns({}, why), refusals={"custom": why, "code": why})
    refusals = {}
    custom: Runner | None = None
    try:
        custom = runner.beside(
            image=metric_image, command=CUSTOM_COMMAND, kinds=CUSTOM_KINDS
        )
    except RunnerError as error:
        refusals["custom"] = str(error)
    programs, missing = _programs(runner, code_images)
    if not programs:
        refusals["code"] = missing or "No image for programs is named."
    return Rooms(custom, CodeRuns(programs, refusals.get("code", "")), refusals)


def _programs(
    runner: DockerRunner, code_images: str
) -> tuple[dict[str, DockerRunner], str]:
    found, missing = {}, []
    for name, image in parse_images(code_images).items():
        try:
            found[name] = runner.beside(
                image=image,
                code=harness(),
                profile=Profile.CODE,
                limits=limits_for(Profile.CODE),
            )
        except RunnerError as error:
            missing.append(str(error))
    return found, " ".join(missing)


def parse_images(text: str) -> dict[str, str]:
    """NAME=IMAGE, separated by commas; raises ImageListError."""
    images = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, image = part.partition("=")
        if not (equals and name.strip() and image.strip()):
            raise ImageListError(
                f"{part!r} is not NAME=IMAGE; write for example {CODE_IMAGES}."
            )
        images[name.strip()] = image.strip()
    return images
