"""``python -m podium_sandbox serve | status | doctor | run | program``."""

from __future__ import annotations

import argparse
import grp
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from podium_sandbox import doctor, logs, shell
from podium_sandbox.client import SandboxClient
from podium_sandbox.code_job import CodeJobError
from podium_sandbox.inputs import InputError
from podium_sandbox.limits import ChangedBy, LimitError, Limits, Profile, limits_for
from podium_sandbox.modes import Mode, ModeError, choose_runner
from podium_sandbox.policy import Isolation
from podium_sandbox.rooms import CODE_IMAGES, METRIC_IMAGE, ImageListError, open_rooms
from podium_sandbox.service import Service, ServiceSettings, ServiceTaken

# Errors whose text is a sentence for whoever asked.
_SENTENCES = (
    CodeJobError,
    ImageListError,
    InputError,
    LimitError,
    ModeError,
    ServiceTaken,
)
DEFAULT_SOCKET = "/run/podium/sandbox.sock"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the process's exit code."""
    options = _parser().parse_args(arguments)
    logs.configure(os.environ.get("PODIUM_LOG_FORMAT", "text"), prefix="sandbox")
    try:
        return int(options.command(options))
    except _SENTENCES as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m podium_sandbox")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="run the service of this host")
    _add_runner_options(serve)
    serve.add_argument("--socket", type=Path, default=Path(DEFAULT_SOCKET))
    serve.add_argument("--pool", type=int, default=2, help="warm scorers kept ready")
    serve.add_argument(
        "--pool-most", type=int, default=8, help="warm scorers kept ready under load"
    )
    serve.add_argument("--jobs", type=int, help="jobs at a time (2 a processor)")
    serve.add_argument("--group", help="the group that may ask, besides this user")
    serve.add_argument("--no-check", action="store_true", help="no self-check at start")
    serve.set_defaults(command=_serve)
    status = commands.add_parser("status", help="what a running service says of itself")
    status.add_argument("--socket", type=Path, default=Path(DEFAULT_SOCKET))
    status.set_defaults(command=_status)
    check = commands.add_parser("doctor", help="attack this installation, harmlessly")
    _add_runner_options(check)
    check.set_defaults(command=_doctor)
    shell.add_command(commands)
    shell.add_program_command(commands)
    return parser


def _add_runner_options(parser: argparse.ArgumentParser) -> None:
    environment = os.environ
    parser.add_argument(
        "--mode",
        choices=[str(mode) for mode in Mode],
        default=environment.get("PODIUM_SANDBOX", "auto"),
    )
    parser.add_argument(
        "--image",
        default=environment.get("PODIUM_SCORER_IMAGE", "podium-scorer:latest"),
    )
    parser.add_argument(
        "--engine",
        default=environment.get("DOCKER_HOST"),
        help="unix:///path/docker.sock",
    )
    parser.add_argument(
        "--runtime",
        default=environment.get("PODIUM_SANDBOX_RUNTIME", ""),
        help="a runtime of the engine's for every container, for example runsc",
    )
    parser.add_argument(
        "--apparmor",
        default=environment.get("PODIUM_SANDBOX_APPARMOR", ""),
        metavar="PROFILE",
        help="a loaded AppArmor profile for every container",
    )
    parser.add_argument(
        "--metric-image",
        default=environment.get("PODIUM_METRIC_IMAGE", METRIC_IMAGE),
        help="the image for metrics that organizers wrote",
    )
    parser.add_argument(
        "--code-images",
        default=environment.get("PODIUM_CODE_IMAGES", CODE_IMAGES),
        metavar="NAME=IMAGE,...",
        help="the images for participants' programs, by the names that "
        "competitions call them",
    )
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for a limit of limits.py, for example memory_mb=4096",
    )


def _serve(options: argparse.Namespace) -> int:
    limits = _limits(options)
    runner, reason = choose_runner(
        Mode(options.mode),
        limits,
        engine=options.engine,
        image=options.image,
        address=str(options.socket.absolute()),
        isolation=_isolation(options),
    )
    settings = ServiceSettings(
        socket=options.socket.absolute(),
        pool=max(options.pool, 0),
        pool_most=max(options.pool, options.pool_most, 0),
        jobs=options.jobs or ServiceSettings.jobs,
        group=None if options.group is None else grp.getgrnam(options.group).gr_gid,
        check=not options.no_check,
    )
    rooms = open_rooms(runner, options.metric_image, options.code_images)
    service = Service(settings, limits, runner, reason, rooms)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    service.serve()
    return 0


def _status(options: argparse.Namespace) -> int:
    status = SandboxClient(options.socket).status()
    sys.stdout.write(json.dumps(status.to_json(), indent=2) + "\n")
    return 0 if status.mode != "none" else 1


def _doctor(options: argparse.Namespace) -> int:
    runner, reason = choose_runner(
        Mode(options.mode),
        _limits(options),
        engine=options.engine,
        image=options.image,
        address=f"doctor/{os.getpid()}",
        isolation=_isolation(options),
    )
    rooms = open_rooms(runner, options.metric_image, options.code_images)
    results = {"scoring": doctor.check(runner)}
    if rooms.custom is not None:
        results["organizers' metrics"] = doctor.check(rooms.custom)
    for name, program_runner in rooms.programs.runners.items():
        results[f"programs in {name}"] = doctor.check_programs(program_runner)
    lines = [f"sandbox: {runner.name}", *([reason] if reason else [])]
    for room, checks in results.items():
        lines += ["", f"{room}:"]
        lines += [
            f"  {'holds' if held else 'FAILS'}  {name}" for name, held in checks.items()
        ]
    lines += ["", *(f"not run here: {why}" for why in set(rooms.refusals.values()))]
    lines += ["how strong it is:", *(f"  {line}" for line in runner.strength())]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(all(checks.values()) for checks in results.values()) else 1


def _isolation(options: argparse.Namespace) -> Isolation:
    return Isolation(runtime=options.runtime, apparmor=options.apparmor)


def _limits(options: argparse.Namespace) -> Limits:
    changes: dict[str, float] = {}
    for text in options.limit:
        name, _, value = text.partition("=")
        try:
            changes[name] = float(value)
        except ValueError as error:
            raise LimitError(f"--limit {text}: {value!r} is not a number.") from error
    return limits_for(Profile.SCORER, changes, by=ChangedBy.OPERATOR)


if __name__ == "__main__":
    sys.exit(main())
