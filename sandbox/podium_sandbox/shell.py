"""``python -m podium_sandbox run | program``: one job from a shell, its verdict as JSON."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from podium_sandbox.code_job import DEFAULT_ENTRY, DEFAULT_OUTPUT, CodeJob
from podium_sandbox.code_runs import CodeRequest, CodeRuns
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import Engine, EngineError, socket_path
from podium_sandbox.inputs import InputError, archive
from podium_sandbox.limits import Profile, limits_for, limits_of_a_shell
from podium_sandbox.programs import Task, harness, run_program
from podium_sandbox.runners import RunnerError
from podium_sandbox.verdicts import Ended, ProgramVerdict

EXIT_CUT_OFF, EXIT_FAILED = 3, 4
_HERE = "here"  # the only image of a shell's job


def add_command(commands: Any) -> None:
    """Add ``run`` to the commands of a parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run one program in the sandbox and print how it ended, as JSON",
        description="Runs COMMAND in a container of its own. It sees INPUT read-only at "
        "/input; what it writes to /output is collected into OUTPUT. Exit code 0: it "
        "ended with 0; 3: it ended otherwise or a limit cut it off; 4: the engine failed; "
        "2: it could not be asked for like this.",
    )
    parser.add_argument("--profile", choices=list(Profile), default=Profile.CODE)
    parser.add_argument("--image", required=True, help="an image with python3 in it")
    parser.add_argument("--input", type=Path, required=True, metavar="DIR")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    _add_limits_and_engine(parser)
    parser.add_argument("program", nargs="+", metavar="COMMAND")
    parser.set_defaults(command=run)


def add_program_command(commands: Any) -> None:
    """Add ``program`` to the commands of a parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "program",
        help="run a participant's program as a code competition does",
        description="Runs a ZIP archive, a script or a notebook. It sees each --input at "
        "/input/data; what it writes to /output under --output-name is put at --output. "
        "Exit codes as of run.",
    )
    parser.add_argument("--image", required=True, help="an image with python3 in it")
    parser.add_argument("--program", type=Path, required=True, metavar="FILE")
    parser.add_argument("--entry", default=DEFAULT_ENTRY)
    parser.add_argument("--input", type=Path, action="append", default=[])
    parser.add_argument("--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--output-name", default=DEFAULT_OUTPUT, metavar="NAME")
    parser.add_argument("--train", default="", metavar="ENTRY")
    parser.add_argument("--train-input", type=Path, action="append", default=[])
    parser.add_argument("--train-timeout-s", type=float, default=0.0, metavar="N")
    _add_limits_and_engine(parser)
    parser.set_defaults(command=run_one_program)


def _add_limits_and_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout-s", type=float, metavar="N")
    parser.add_argument("--memory-mb", type=int, metavar="N")
    parser.add_argument(
        "--engine",
        default=os.environ.get("DOCKER_HOST"),
        help="unix:///path/docker.sock",
    )


def run_one_program(options: argparse.Namespace) -> int:
    """Run the program; the exit code. Raises InputError and LimitError."""
    job = CodeJob.from_json(_job(options).to_json())
    paths = [options.program, *options.input, *options.train_input]
    with contextlib.ExitStack() as stack:
        try:
            files = [stack.enter_context(path.open("rb")).fileno() for path in paths]
            runner = _code_runner(options)
        except OSError as error:
            raise InputError(f"{error.filename}: {error.strerror}.") from error
        except (EngineError, RunnerError) as error:
            failed = ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
            return _print(failed, image_id="")
        runner.reap()
        written = stack.enter_context(tempfile.TemporaryFile())
        request = CodeRequest(job=job, files=files, output=written.fileno())
        verdict = CodeRuns({_HERE: runner}).run(request)
        if job.output in verdict.files:
            written.seek(0)
            with options.output.open("wb") as target:
                shutil.copyfileobj(written, target)
        return _print(verdict, image_id=runner.image_id)


def _job(options: argparse.Namespace) -> CodeJob:
    return CodeJob(
        image=_HERE,
        entry=options.entry,
        output=options.output_name,
        inputs=tuple(path.name for path in options.input),
        train=options.train,
        train_inputs=tuple(path.name for path in options.train_input),
        train_wall_s=options.train_timeout_s,
        limits=_changes(options),
    )


def _changes(options: argparse.Namespace) -> dict[str, float]:
    wanted = {"wall_s": options.timeout_s, "memory_mb": options.memory_mb}
    return {name: value for name, value in wanted.items() if value is not None}


def _code_runner(options: argparse.Namespace) -> DockerRunner:
    return DockerRunner(
        limits_for(Profile.CODE),
        engine=Engine(socket_path(options.engine)),
        image=options.image,
        address=f"program/{secrets.token_hex(8)}",
        code=harness(),
        profile=Profile.CODE,
    )


def run(options: argparse.Namespace) -> int:
    """Run the job; the exit code. Raises InputError and LimitError."""
    return _print(_verdict(options))


def _print(verdict: ProgramVerdict, **more: str) -> int:
    shown = verdict.to_json() | more
    del shown["sandbox"]  # it is this one
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    if verdict.outcome in {Ended.FAILED, Ended.REFUSED}:
        return EXIT_FAILED
    ended_well = verdict.outcome is Ended.FINISHED and verdict.exit_code == 0
    return 0 if ended_well else EXIT_CUT_OFF


def _verdict(options: argparse.Namespace) -> ProgramVerdict:
    limits = limits_of_a_shell(Profile(options.profile), _changes(options))
    if not options.input.is_dir():
        raise InputError(f"There is no folder {options.input}; --input names one.")
    task = Task(
        command=options.program,
        inputs=archive(options.input, most_bytes=limits.input_mb << 20),
        output=options.output,
        wall_s=limits.wall_s,
    )
    try:
        runner = DockerRunner(
            limits,
            engine=Engine(socket_path(options.engine)),
            image=options.image,
            address=f"run/{secrets.token_hex(8)}",
            code=harness(),
            profile=Profile(options.profile),
        )
    except (EngineError, RunnerError) as error:
        return ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
    runner.reap()
    return run_program(runner, task, limits)
