"""``python -m podium_sandbox run``: one job from a shell, its verdict as JSON."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.engine import Engine, EngineError, socket_path
from podium_sandbox.inputs import InputError, archive
from podium_sandbox.limits import Profile, limits_of_a_shell
from podium_sandbox.programs import Task, harness, run_program
from podium_sandbox.runners import RunnerError
from podium_sandbox.verdicts import Ended, ProgramVerdict

EXIT_CUT_OFF, EXIT_FAILED = 3, 4


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
    parser.add_argument("--timeout-s", type=float, metavar="N")
    parser.add_argument("--memory-mb", type=int, metavar="N")
    parser.add_argument(
        "--engine",
        default=os.environ.get("DOCKER_HOST"),
        help="unix:///path/docker.sock",
    )
    parser.add_argument("program", nargs="+", metavar="COMMAND")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Run the job; the exit code. Raises InputError and LimitError."""
    verdict = _verdict(options)
    shown = verdict.to_json()
    del shown["sandbox"]  # it is this one
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    if verdict.outcome is Ended.FAILED:
        return EXIT_FAILED
    ended_well = verdict.outcome is Ended.FINISHED and verdict.exit_code == 0
    return 0 if ended_well else EXIT_CUT_OFF


def _verdict(options: argparse.Namespace) -> ProgramVerdict:
    wanted = {"wall_s": options.timeout_s, "memory_mb": options.memory_mb}
    changes = {name: value for name, value in wanted.items() if value is not None}
    limits = limits_of_a_shell(Profile(options.profile), changes)
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
