"""``podium check``: a file of predictions, checked at home as Podium's reader does.

The scorer of this machine does the work, in a process of its own: it is the same reader,
and only it needs numpy.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from podium_cli import show
from podium_cli.errors import Refused
from podium_cli.scorer import metric_arguments, scorer
from podium_cli.shared import as_json_option, connect

if TYPE_CHECKING:
    from podium_cli.client import Client

EXIT_FAULTY = 4


@click.command()
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--sample",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The sample submission; with it no server is asked (default: that of "
    "competition SLUG, in this folder or fetched).",
)
@as_json_option
def check(slug: str, file: Path, sample: Path | None, as_json: bool) -> int:
    """Check FILE against the sample submission of competition SLUG, without sending it.

    Columns, ids, and values that can't be, all faults at once: what Podium would refuse
    for free. Which labels there are and what the score will be, only Podium knows.
    """
    with ExitStack() as stack:
        arguments: list[str] = []
        if sample is None:
            client = stack.enter_context(connect())
            arguments = _rules(client, slug)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-"))
            sample = _sample(client, slug, Path(folder))
        found = _checked(
            ["--sample", str(sample), "--submission", str(file), *arguments]
        )
    if as_json:
        show.as_json(found)
    else:
        _tell(found, file)
    return 0 if found["status"] == "valid" else EXIT_FAULTY


def _rules(client: Client, slug: str) -> list[str]:
    """Formats, metric and its parameters, as the scorer takes them."""
    competition = client.competition(slug)
    if competition["program"] is not None:
        raise Refused(
            f"{slug} takes programs. Try yours with “podium run {slug} FOLDER”."
        )
    taken = ",".join(competition["limits"]["submission_formats"])
    formats = ["--formats", taken] if taken else []
    metric = competition["metric"]
    if metric is None or metric["own"]:
        return formats
    return [*formats, *metric_arguments(metric["name"], metric["params"])]


def _sample(client: Client, slug: str, folder: Path) -> Path:
    """The sample submission: as it lies here, if it is the server's, else fetched."""
    for item in client.data(slug):
        if item["sample"]:
            name = str(item["name"])
            if _has_hash(Path(name), item["sha256"]):
                return Path(name)
            client.download(slug, name=name, folder=folder)
            return folder / name
    raise Refused(
        f"{slug} publishes no sample submission. Name one of your own with --sample."
    )


def _has_hash(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == sha256


def _checked(arguments: list[str]) -> dict[str, Any]:
    trouble = "The scorer could not check the file"
    found = scorer(["check", *arguments], trouble=trouble)
    if found["status"] == "host_error":
        raise Refused(f"The sample submission can't be used: {found['message']}")
    return found


def _tell(found: dict[str, Any], file: Path) -> None:
    if found["status"] == "valid":
        show.say(f"{file} has no fault: {found['rows']:,} rows.")
        return
    show.lines(show.faults(found["errors"]))
