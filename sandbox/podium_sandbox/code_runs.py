"""Runs participants' programs for the service: which images there are, and each run.

A run is one container (two with a training stage), each single-use, without network and
without any label. What comes back is one file and what is known of the run.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from podium_sandbox.code_job import LAUNCH_FAULTS, CodeJob
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.inputs import InputError, InputFile, archive_of
from podium_sandbox.limits import ChangedBy, LimitError, Limits, Profile, limits_for
from podium_sandbox.programs import Task, launcher, run_program
from podium_sandbox.verdicts import Ended, ProgramVerdict

DATA, MODEL, PROGRAM = "data", "model", "program"


@dataclass(frozen=True, kw_only=True)
class CodeRequest:
    """A job, its files in the job's order, where its output goes, and who waits.

    All are descriptors; ``asker`` hangs up when nobody waits for the verdict any more.
    """

    job: CodeJob
    files: Sequence[int]
    output: int
    asker: int | None = None


class CodeRuns:
    """The images for programs, by the names that jobs call them."""

    def __init__(self, runners: Mapping[str, DockerRunner], refusal: str = "") -> None:
        """``refusal`` says why there are none, where there are none."""
        self._runners = dict(runners)
        self._refusal = refusal

    @property
    def images(self) -> dict[str, str]:
        """The digest of each image by its name."""
        return {name: runner.image_id for name, runner in self._runners.items()}

    @property
    def runners(self) -> Mapping[str, DockerRunner]:
        """What runs the programs, by the images' names."""
        return self._runners

    def close(self, why: str) -> None:
        """Run nothing from now on, for this reason."""
        self._runners, self._refusal = {}, why

    @property
    def refusal(self) -> str:
        """Why no program can be run on this host; empty where one can."""
        return self._refusal

    def run(self, request: CodeRequest) -> ProgramVerdict:
        """Run a program; never raises for trouble with it, its files or the engine."""
        job = request.job
        runner = self._runners.get(job.image)
        if runner is None:
            return _refused(self._refusal or self._unknown(job.image))
        if job.image_id and job.image_id != runner.image_id:
            return _refused(
                f"The competition is pinned to the image {job.image_id}, and this server "
                f"has {runner.image_id} as {job.image!r}. Bring the pinned image back, or "
                "make a new revision of the competition."
            )
        try:
            limits = limits_for(Profile.CODE, job.limits, by=ChangedBy.JOB)
            training = limits_for(Profile.CODE, job.training_limits, by=ChangedBy.JOB)
            with tempfile.TemporaryDirectory(prefix="podium-run-") as folder:
                return _Run(runner, limits, training, request, Path(folder)).play()
        except LimitError as error:
            return _refused(str(error))
        except (InputError, OSError) as error:
            return ProgramVerdict(outcome=Ended.FAILED, detail=str(error))

    def _unknown(self, name: str) -> str:
        known = ", ".join(self._runners)
        return f"This server has no image {name[:80]!r} for programs; it has {known}."


@dataclass(frozen=True)
class _Run:
    """One job on its way through its containers."""

    runner: DockerRunner
    limits: Limits
    training: Limits
    request: CodeRequest
    folder: Path

    def play(self) -> ProgramVerdict:
        job = self.request.job
        model = self.folder / MODEL
        if job.train:
            inputs = self._train_inputs()
            verdict = self._stage(job.train, inputs, model, self.training)
            if verdict.outcome is not Ended.FINISHED or verdict.exit_code != 0:
                return verdict
        output = self.folder / "output"
        verdict = self._stage(job.entry, self._inputs(model), output, self.limits)
        if job.output in verdict.files:
            self._hand_over(output / job.output)
        return verdict

    def _stage(
        self, entry: str, inputs: Iterator[bytes], output: Path, limits: Limits
    ) -> ProgramVerdict:
        mark = f"{secrets.token_hex(16)} "
        program = f"/input/{PROGRAM}"
        task = Task(
            command=["python3", "-I", "-c", launcher(), program, entry, mark],
            inputs=inputs,
            output=output,
            wall_s=limits.wall_s,
            asker=self.request.asker,
        )
        verdict = run_program(self.runner.limited(limits), task, limits)
        fault = LAUNCH_FAULTS.get(verdict.exit_code or 0)
        if fault is None or not verdict.log.startswith(mark):
            return verdict
        log = verdict.log.removeprefix(mark)
        return replace(verdict, detail=fault.format(entry=entry), log=log)

    def _inputs(self, model: Path) -> Iterator[bytes]:
        job, files = self.request.job, self.request.files
        named = self._named(job.inputs, files[1 : 1 + len(job.inputs)])
        if not model.exists():
            return archive_of(named, most_bytes=self._most_bytes)
        extra = [
            InputFile(
                path=f"{MODEL}/{path.relative_to(model).as_posix()}",
                descriptor=os.open(path, os.O_RDONLY | os.O_NOFOLLOW),
            )
            for path in sorted(model.rglob("*"))
            if path.is_file()
        ]
        return _closing(
            archive_of([*named, *extra], most_bytes=self._most_bytes), extra
        )

    def _train_inputs(self) -> Iterator[bytes]:
        job, files = self.request.job, self.request.files
        named = self._named(job.train_inputs, files[1 + len(job.inputs) :])
        return archive_of(named, most_bytes=self._most_bytes)

    def _named(
        self, names: Sequence[str], descriptors: Sequence[int]
    ) -> list[InputFile]:
        program = InputFile(path=PROGRAM, descriptor=self.request.files[0])
        return [program] + [
            InputFile(path=f"{DATA}/{name}", descriptor=descriptor)
            for name, descriptor in zip(names, descriptors, strict=True)
        ]

    @property
    def _most_bytes(self) -> int:
        return self.limits.input_mb << 20

    def _hand_over(self, path: Path) -> None:
        os.ftruncate(self.request.output, 0)
        os.lseek(self.request.output, 0, os.SEEK_SET)
        with (
            path.open("rb") as source,
            os.fdopen(os.dup(self.request.output), "wb") as target,
        ):
            shutil.copyfileobj(source, target)


def _closing(pieces: Iterator[bytes], files: Sequence[InputFile]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        for file in files:
            os.close(file.descriptor)


def _refused(detail: str) -> ProgramVerdict:
    return ProgramVerdict(outcome=Ended.REFUSED, detail=detail)
