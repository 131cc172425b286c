"""``podium competition``: an organizer's bundle, from a folder to Podium and back."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import rich_click as click

from podium_cli import show
from podium_cli.errors import Refused
from podium_cli.linting import fails, lint, tell_lint
from podium_cli.shared import as_json_option, connect, in_browser
from podium_cli.starter import FILES

if TYPE_CHECKING:
    from podium_scorer.bundle import Bundle

EXIT_FAULTY = 4
FOLDER = click.Path(file_okay=False, path_type=Path)
BUNDLE = click.Path(exists=True, file_okay=False, path_type=Path)
_MARKS = {"done": "+", "waiting": "~", "missing": "!", "advice": "?"}


@click.group()
def competition() -> None:
    """Host competitions: make a bundle, check it, push it, launch it."""


@competition.command("list")
@as_json_option
def list_hosted(as_json: bool) -> None:
    """List the competitions that you host, drafts included."""
    with connect() as client:
        items = client.hosted()
    if as_json:
        show.as_json({"items": items})
        return
    show.table(
        ("SLUG", "TITLE", "STATE"),
        [(item["slug"], item["title"], _state(item)) for item in items],
        "You host no competitions. Begin with `podium competition init`.",
    )


@competition.command()
@click.argument("folder", type=FOLDER)
@as_json_option
def init(folder: Path, as_json: bool) -> None:
    """Write a small, sound bundle into the new folder FOLDER, to begin with."""
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty. Name a folder that is new.")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{slug}", _slug(folder)), encoding="utf-8")
    if as_json:
        show.as_json({"folder": str(folder), "files": list(FILES)})
        return
    show.say(
        f"{folder} holds a bundle that passes `podium competition check {folder}`. Put "
        "your files in place of its files, and say in competition.yaml what they are."
    )


@competition.command("check")
@click.argument("folder", type=BUNDLE)
@click.option("--strict", is_flag=True, help="Fail for the linter's warnings too.")
@as_json_option
def check_bundle(folder: Path, strict: bool, as_json: bool) -> int:
    """Check the bundle in FOLDER, here and without a server: every fault with its line.

    A sound bundle is linted where podium[local] is installed: what gives answers away,
    and what scores will mean. Faults and the linter's errors end with 4.
    """
    bundle, faults = _read(folder)
    linted = None if faults else lint(folder)
    if as_json:
        slug = bundle.slug if bundle else None
        show.as_json({"faults": faults, "slug": slug, "lint": linted})
    else:
        _tell_faults(folder, faults)
        if not faults:
            tell_lint(linted)
    return EXIT_FAULTY if faults or fails(linted, strict=strict) else 0


@competition.command()
@click.argument("folder", type=BUNDLE)
@click.option("--launch", is_flag=True, help="Launch it as soon as it can be.")
@as_json_option
def push(folder: Path, launch: bool, as_json: bool) -> int:
    """Make or change a competition from the bundle in FOLDER.

    A new one is a draft, which only you see. A bundle with faults is not sent.
    """
    bundle, faults = _read(folder)
    if bundle is None:
        if as_json:
            show.as_json({"faults": faults, "slug": None})
        else:
            _tell_faults(folder, faults)
        return EXIT_FAULTY
    with connect() as client, tempfile.TemporaryDirectory(prefix="podium-") as scratch:
        archive = Path(scratch) / "bundle.zip"
        _pack(bundle, archive)
        answer = client.push_bundle(bundle.slug, archive)
        if not answer["launched"]:
            answer |= client.wait_until_prepared(bundle.slug)
        if launch and not answer["launched"]:
            answer |= client.launch(bundle.slug)
    if as_json:
        show.as_json(answer)
        return 0
    changes = ", ".join(answer["changes"]) or "nothing"
    word = "is a new draft" if answer["created"] else f"changed: {changes}"
    show.say(f"{bundle.slug} {word}.")
    _tell(answer)
    return 0


@competition.command()
@click.argument("slug")
@click.argument("folder", type=FOLDER, required=False)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@as_json_option
def pull(slug: str, folder: Path | None, force: bool, as_json: bool) -> None:
    """Write the bundle of competition SLUG into FOLDER (default: a folder SLUG).

    It is what was pushed, solution included; pushing it again changes nothing.
    """
    folder = folder or Path(slug)
    if folder.exists() and any(folder.iterdir()) and not force:
        raise Refused(f"{folder} is not empty. Name another folder, or add --force.")
    with connect() as client, tempfile.TemporaryDirectory(prefix="podium-") as scratch:
        archive = Path(scratch) / "bundle.zip"
        client.pull_bundle(slug, archive)
        names = _unpack(archive, folder)
    if as_json:
        show.as_json({"folder": str(folder), "files": names})
    else:
        show.say(f"{folder} has the bundle of {slug}: {len(names)} files.")


@competition.command()
@click.argument("slug")
@as_json_option
def status(slug: str, as_json: bool) -> None:
    """Show the checklist of competition SLUG: what is missing before its launch."""
    with connect() as client:
        answer = client.hosting(slug)
    if as_json:
        show.as_json(answer)
    else:
        _tell(answer)


@competition.command()
@click.argument("slug")
@as_json_option
def preview(slug: str, as_json: bool) -> None:
    """Open competition SLUG in the browser, as participants will see it."""
    with connect() as client:
        client.hosting(slug)  # says what is wrong, if anything is
        in_browser(f"{client.url}/c/{slug}", as_json=as_json)


@competition.command()
@click.argument("slug")
@click.option("--at", help="A time like 2026-12-24T18:00+01:00; without a zone: UTC.")
@click.option("--call-off", is_flag=True, help="Make a planned launch a draft again.")
@as_json_option
def launch(slug: str, at: str | None, call_off: bool, as_json: bool) -> None:
    """Show the draft SLUG to everybody, now or at a time."""
    with connect() as client:
        planned = partial(client.launch, slug, _moment(at))
        answer = client.call_off_launch(slug) if call_off else planned()
    if as_json:
        show.as_json(answer)
    else:
        show.say(f"{slug}: {_state(answer)}.")


@competition.command()
@click.argument("slug")
@click.argument("title")
@click.argument("text")
@as_json_option
def announce(slug: str, title: str, text: str, as_json: bool) -> None:
    """Tell everybody who takes part in SLUG; TEXT is Markdown, - reads it from a pipe."""
    text = sys.stdin.read() if text == "-" else text
    with connect() as client:
        answer = client.announce(slug, title, text)
    if as_json:
        show.as_json(answer)
    else:
        show.say(f"“{answer['title']}” is announced.")


@competition.command()
@click.argument("slug")
@click.confirmation_option(prompt="Delete this draft?")
@as_json_option
def delete(slug: str, as_json: bool) -> None:
    """Delete the draft SLUG. What was launched stays."""
    with connect() as client:
        client.delete_draft(slug)
    if as_json:
        show.as_json({"slug": slug, "deleted": True})
    else:
        show.say(f"The draft {slug} is deleted.")


def _read(folder: Path) -> tuple[Bundle | None, list[dict[str, Any]]]:
    """The bundle, or every fault of it."""
    # It loads YAML and the catalogue of metrics; every other command does without.
    from podium_scorer.bundle import BundleError, read_bundle  # noqa: PLC0415

    try:
        return read_bundle(folder), []
    except BundleError as error:
        return None, [dict(vars(fault)) for fault in error.faults]


def _pack(bundle: Bundle, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for file in bundle.files:
            target.write(file.path, file.file)


def _unpack(archive: Path, folder: Path) -> list[str]:
    """Write the files of a bundle; raises Refused for a name that leads elsewhere."""
    with zipfile.ZipFile(archive) as source:
        names = source.namelist()
        for name in names:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
                raise Refused(f"The bundle has a file of the odd name {name!r}.")
        folder.mkdir(parents=True, exist_ok=True)
        source.extractall(folder)  # the names were looked at
    return names


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            "write a time like 2026-12-24T18:00+01:00", param_hint="--at"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _slug(folder: Path) -> str:
    letters = "".join(c if c.isalnum() and c.isascii() else "-" for c in folder.name)
    words = "-".join(word for word in letters.lower().split("-") if word)
    return words[:50].strip("-") if len(words) > 1 else "my-competition"


def _state(item: dict[str, Any]) -> str:
    if item["launched"]:
        return "launched"
    return f"launch at {item['launched_at']}" if item["launched_at"] else "draft"


def _tell(answer: dict[str, Any]) -> None:
    show.say(f"{answer['slug']}: {_state(answer)}")
    for item in answer["checklist"]:
        show.say(f"  {_MARKS[item['mark']]} {item['name']}: {item['sentence']}")
        for fault in item["faults"]:
            show.say(f"      {fault['message']} {fault['advice']}")
        for finding in item["findings"]:
            show.say(
                f"      {finding['severity']} {finding['code']}: {finding['message']}"
            )
    if not answer["launched"] and answer["can_launch"] and not answer["launched_at"]:
        show.say(f"Launch it with: podium competition launch {answer['slug']}")


def _tell_faults(folder: Path, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        line = "" if fault["line"] is None else f":{fault['line']}"
        show.say(
            f"{fault['file']}{line}: {fault['problem']} Expected: {fault['expected']}"
        )
    count = len(faults)
    if count:
        show.say(f"{folder} has {count} {'fault' if count == 1 else 'faults'}.")
    else:
        show.say(f"{folder} is a sound bundle.")
