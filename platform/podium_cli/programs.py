"""``podium run``: a program of a code competition at home, as Podium would run it.

The sandbox of this machine does the work, in a process of its own: the same container,
image and limits, the same files at the same places.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rich_click as click

from podium_cli import show
from podium_cli.errors import PodiumError, Refused
from podium_cli.shared import as_json_option, connect

EXIT_NO_OUTPUT = 4
MOST_BYTES = 2 << 30
# Never part of a program: what editors, systems and Python leave behind.
_LEFT_OUT = {"__pycache__", "__MACOSX", ".git", ".ipynb_checkpoints", ".venv"}
_ENGINE_FAILED = 4


class SandboxFailed(PodiumError):
    """The sandbox of this machine could not run anything."""

    kind = "sandbox"


@click.command()
@click.argument("slug")
@click.argument("program", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The folder with the input files (default: this folder, where `podium "
    "download` puts them).",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to put what it wrote (default: the competition's name for it, here).",
)
@click.option("--image", help="Another image than Podium's of the competition's name.")
@as_json_option
def run(
    slug: str,
    program: Path,
    data: Path,
    output: Path | None,
    image: str | None,
    as_json: bool,
) -> int:
    """Run PROGRAM (a folder, an archive, a script or a notebook) of competition SLUG here.

    It runs in Docker, in the same image and under the same limits as on the server. It
    reads the files in --data, since the server's own test files may be hidden.
    """
    with connect() as client:
        rules = client.competition(slug)["program"]
    if rules is None:
        raise Refused(f"{slug} takes files of predictions, and runs no programs.")
    _check_inputs(rules, data, slug)
    target = output or Path(rules["output"])
    verdict = _run(program, rules, data, target, image)
    if as_json:
        show.as_json(verdict)
    else:
        _tell(verdict, rules, target)
    return 0 if rules["output"] in verdict["files"] else EXIT_NO_OUTPUT


def packed(program: Path) -> bytes:
    """A program as it is sent: a file as it is, a folder as a ZIP archive.

    The same folder gives the same bytes each time. Raises Refused for a folder without
    files, with links that lead out of it, or of more than 2 GiB.
    """
    if program.is_file():
        return program.read_bytes()
    files = list(_files(program))
    if not files:
        raise Refused(f"The folder {program} has no files.")
    total = sum(path.stat().st_size for path in files)
    if total > MOST_BYTES:
        raise Refused(
            f"The folder {program} has {show.size(total)}; 2 GiB is the most."
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(program).as_posix())
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(where, name)
            if path.is_symlink():
                raise Refused(f"{path} is a link; put the file itself in its place.")
            if not name.endswith((".pyc", ".DS_Store")):
                yield path


def _check_inputs(rules: dict[str, Any], folder: Path, slug: str) -> None:
    names = [each["name"] for each in (*rules["inputs"], *rules["train_inputs"])]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise Refused(
            f"The program reads {', '.join(missing)}, and {folder} has no such file. "
            f"Get what is published with “podium download {slug}”, make up the rest from "
            "the training data, and name the folder with --data."
        )


def _run(
    program: Path,
    rules: dict[str, Any],
    folder: Path,
    target: Path,
    image: str | None,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="podium-") as scratch:
        archive = Path(scratch) / "program"
        archive.write_bytes(packed(program))
        options = {
            "--image": image or f"podium-{rules['image']}:latest",
            "--program": archive,
            "--entry": rules["entry"],
            "--output": target,
            "--output-name": rules["output"],
            "--timeout-s": rules["wall_s"],
            "--memory-mb": rules["memory_mb"],
        }
        if rules["train"]:
            options |= {
                "--train": rules["train"],
                "--train-timeout-s": rules["train_wall_s"],
            }
        command = [sys.executable, "-m", "podium_sandbox", "program"]
        for name, value in options.items():
            command += [name, str(value)]
        for option, files in (("--input", "inputs"), ("--train-input", "train_inputs")):
            for each in rules[files]:
                command += [option, str(folder / each["name"])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return _verdict(done, rules)


def _verdict(
    done: subprocess.CompletedProcess[str], rules: dict[str, Any]
) -> dict[str, Any]:
    try:
        verdict: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip() or "it said nothing"
        raise SandboxFailed(f"The sandbox could not be started: {said}") from error
    if done.returncode == _ENGINE_FAILED:
        raise SandboxFailed(
            f"{verdict['detail']} Docker and the image {rules['image']!r} are needed; "
            "Podium's guide for participants says how to get them."
        )
    verdict["same_image"] = verdict.pop("image_id") == rules["image_id"]
    return verdict


def _tell(verdict: dict[str, Any], rules: dict[str, Any], target: Path) -> None:
    if verdict["log"]:
        click.echo(show.plain(verdict["log"].rstrip("\n")))
    if verdict["outcome"] == "cut_off":
        show.say(f"Stopped by a limit ({verdict['reason']}): {verdict['detail']}")
    elif verdict["exit_code"]:
        detail = f" {verdict['detail']}" if verdict["detail"] else ""
        show.say(f"It ended with exit code {verdict['exit_code']}.{detail}")
    elif rules["output"] not in verdict["files"]:
        show.say(f"It ended well and wrote no {rules['output']}.")
    else:
        show.say(
            f"Wrote {target} in {verdict['wall_s']:.1f} s with at most "
            f"{verdict['memory_peak_mb']:.0f} MB."
        )
    if not verdict["same_image"]:
        show.say(
            "Your image is another build than the server's, so versions may differ."
        )
