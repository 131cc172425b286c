"""The `podium` command: take part in competitions from a terminal.

Exit codes, the same for every command:

    0    it worked; with --wait, the submission was scored
    1    refused: the server's sentence says why
    2    the command was written wrongly
    3    no Podium could be reached at the address
    4    the submission ended without a score; a check found faults
    5    the submission still waited when --timeout ran out
    6    not logged in, or the token is not valid any more
    130  interrupted with Ctrl-C

With --json standard output holds one JSON document, also for errors:
``{"error": {"kind", "detail", "exit_code", ...}}``. Progress and remarks go to standard
error. ``PODIUM_DEBUG=1`` shows where an unexpected failure happened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import rich_click as click
from click.shell_completion import get_completion_class

from podium_cli import show
from podium_cli.account import login, logout, my_data
from podium_cli.board import leaderboard, watch
from podium_cli.check import check
from podium_cli.errors import PodiumError, Refused, StillWaiting
from podium_cli.hosting import competition
from podium_cli.kaggle import kaggle
from podium_cli.own import final, withdraw
from podium_cli.programs import packed
from podium_cli.programs import run as run_program
from podium_cli.shared import as_json_option, connect, in_browser
from podium_cli.teams import team
from podium_cli.verify import chain, receipt, verify

EXIT_NO_SCORE = 4
EXIT_INTERRUPTED = 130
EXIT_CODES = (
    "Exit codes: 0 it worked, 1 refused, 2 wrong usage, 3 not reachable, "
    "4 submission without a score, 5 still waiting, 6 not logged in."
)
FOLDER = click.Path(file_okay=False, path_type=Path)
READABLE = click.Path(exists=True, readable=True, path_type=Path)


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; its exit code. No failure shows a traceback."""
    wants_json = "--json" in arguments
    try:
        result = cli.main(args=arguments, prog_name="podium", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except PodiumError as error:
        return _report(error, wants_json=wants_json)
    except (click.Abort, KeyboardInterrupt):
        show.say("Interrupted.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone, as `head` does; the interpreter shall not mind.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("PODIUM_DEBUG"):
            raise
        show.say(
            f"Something unexpected failed in podium: {type(error).__name__}: {error}. "
            "PODIUM_DEBUG=1 shows where."
        )
        return 1
    return result if isinstance(result, int) else 0


def _report(error: PodiumError, *, wants_json: bool) -> int:
    show.say(str(error))
    fields = error.fields if isinstance(error, Refused) else {}
    for name, sentence in fields.items():
        if sentence not in str(error):
            show.say(f"{name}: {sentence}")
    if wants_json:
        said: dict[str, Any] = {
            "kind": error.kind,
            "detail": str(error),
            "exit_code": error.exit_code,
        }
        if fields:
            said["fields"] = fields
        if isinstance(error, StillWaiting):
            said["submission"] = error.submission
        show.as_json({"error": said})
    return error.exit_code


@click.group(
    epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="podium", message="podium %(version)s")
def cli() -> None:
    """Take part in the competitions of a Podium.

    Begin with `podium login URL`. Settings: PODIUM_URL and PODIUM_TOKEN come before what
    was logged in; PODIUM_CONFIG_DIR says where log-ins are kept.
    """


cli.add_command(login)
cli.add_command(logout)
cli.add_command(my_data)
cli.add_command(kaggle)
cli.add_command(run_program)
cli.add_command(check)
cli.add_command(team)
cli.add_command(competition)
cli.add_command(leaderboard)
cli.add_command(watch)
cli.add_command(final)
cli.add_command(withdraw)
cli.add_command(receipt)
cli.add_command(chain)
cli.add_command(verify)


@cli.command()
@click.option("--stage", type=click.Choice(["open", "upcoming", "ended"]))
@click.option("--search", default="", help="Words of the title, or a tag.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@as_json_option
def competitions(stage: str | None, search: str, limit: int, as_json: bool) -> None:
    """List the competitions."""
    with connect() as client:
        items = list(client.competitions(stage=stage or "", search=search, limit=limit))
    if as_json:
        show.as_json({"items": items})
        return
    show.table(
        ("SLUG", "TITLE", "STAGE", "CLOSES", "METRIC", "TEAMS"),
        [
            (
                item["slug"],
                item["title"],
                item["stage"],
                show.moment(item["closes_at"]),
                (item.get("metric") or {}).get("title", ""),
                item["teams"],
            )
            for item in items
        ],
        "There is no such competition here.",
    )


@cli.command()
@click.argument("slug")
@click.option("-y", "--yes", is_flag=True, help="Accept the rules without being asked.")
@as_json_option
def join(slug: str, yes: bool, as_json: bool) -> None:
    """Accept the rules of competition SLUG and take part."""
    with connect() as client:
        if not yes:
            rules = client.page(slug, "rules")["text"]
            for line in rules.splitlines():
                click.echo(show.plain(line), err=True)
            if not click.confirm("Do you accept these rules?", err=True):
                raise Refused("You did not accept the rules, so you did not join.")
        answer = client.join(slug)
    if as_json:
        show.as_json(answer)
    else:
        show.say(f"You take part in {slug}. Next: podium download {slug}")


@cli.command("open")
@click.argument("slug")
@as_json_option
def open_page(slug: str, as_json: bool) -> None:
    """Open competition SLUG in the browser."""
    with connect() as client:
        client.competition(slug)  # a mistyped name is told here
        in_browser(f"{client.url}/c/{slug}", as_json=as_json)


@cli.command()
@click.argument("slug")
@click.option("-f", "--file", "name", help="Only this file.")
@click.option("-p", "--path", "folder", type=FOLDER, default=".", help="Into there.")
@click.option("--force", is_flag=True, help="Replace files that differ.")
@as_json_option
def download(
    slug: str, name: str | None, folder: Path, force: bool, as_json: bool
) -> None:
    """Download the data of competition SLUG.

    What is there already is not loaded again; what was cut off goes on where it stopped.
    Every file is checked against the server's SHA-256.
    """
    with connect() as client, show.progress(wanted=not as_json) as progress:
        files = client.download(
            slug, name=name, folder=folder, force=force, progress=progress
        )
    if as_json:
        shown = [
            {
                "path": str(file.path),
                "size": file.size,
                "sha256": file.sha256,
                "state": file.state,
            }
            for file in files
        ]
        show.as_json({"files": shown})
        return
    show.table(
        ("FILE", "SIZE", "STATE"),
        [(file.path, show.size(file.size), file.state) for file in files],
        "There are no files.",
    )


@cli.command()
@click.argument("slug")
@click.option(
    "-f", "--file", "file", type=READABLE, required=True, help="What to send."
)
@click.option("-m", "--message", default="", help="What it is, for you and your team.")
@click.option("--wait", is_flag=True, help="Wait for the score.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=600.0,
    show_default=True,
    help="How many seconds --wait waits.",
)
@as_json_option
def submit(
    slug: str, file: Path, message: str, wait: bool, timeout: float, as_json: bool
) -> int:
    """Send a file of predictions, or a program, to competition SLUG.

    CSV, .csv.gz, .zip of one CSV, or Parquet, and NumPy's .npy and .npz where the
    competition takes them; in a code competition a .zip, a script, a
    notebook, or a folder, which is packed.
    """
    with connect() as client, _as_file(file) as file:
        with show.progress(wanted=not as_json) as progress:
            submission = client.submit(
                slug,
                file,
                message,
                progress=None if progress is None else partial(progress, file.name),
            )
        if wait:
            submission = client.wait(
                submission["id"],
                timeout_s=timeout,
                on_state=None if as_json else _tell_changes(),
            )
    if as_json:
        show.as_json(submission)
    elif wait:
        show.lines(show.ending(submission))
    else:
        click.echo(show.plain(submission["id"]))
        show.say(f"Received {file.name}: {show.state(submission)}.")
    return EXIT_NO_SCORE if wait and submission["status"] != "scored" else 0


@contextmanager
def _as_file(path: Path) -> Iterator[Path]:
    """The file that is sent: a folder is packed into an archive of its name."""
    if path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        archive = Path(folder) / f"{path.resolve().name}.zip"
        archive.write_bytes(packed(path))
        yield archive


def _tell_changes() -> Callable[[dict[str, Any]], None]:
    """Says a submission's state whenever it is another one than before."""
    last = ""

    def tell(submission: dict[str, Any]) -> None:
        nonlocal last
        text = show.state(submission)
        if text != last and submission["status"] in {"queued", "running"}:
            show.say(f"{submission['id']}: {text}")
        last = text

    return tell


@cli.command()
@click.argument("slug")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@as_json_option
def submissions(slug: str, limit: int, as_json: bool) -> None:
    """List your team's submissions to competition SLUG, newest first."""
    with connect() as client:
        items = list(client.submissions(slug, limit=limit))
        mine = client.competition(slug).get("me") or {}
    if as_json:
        show.as_json({"items": items})
        return
    show.table(
        ("ID", "SENT", "FILE", "STATUS", "PUBLIC", "PRIVATE", "FINAL", "MESSAGE"),
        [
            (
                item["id"],
                show.moment(item["created_at"]),
                item["file_name"],
                show.state(item),
                show.score(item.get("public_score")),
                show.score(item.get("private_score")),
                "late" if item.get("late") else item.get("final") or "",
                item.get("description") or "",
            )
            for item in items
        ],
        f"Nothing sent yet. To send a file: podium submit {slug} -f FILE",
    )
    if mine.get("submissions_left_today") is not None:
        show.say(f"Left today: {mine['submissions_left_today']}.")


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@as_json_option
def completion(shell: str, as_json: bool) -> None:
    """Print what makes SHELL complete the words of podium.

    For bash: eval "$(podium completion bash)" in ~/.bashrc.
    """
    made = get_completion_class(shell)
    if made is None:
        raise Refused(f"{shell} is not known here.")
    script = made(cli, {}, "podium", "_PODIUM_COMPLETE").source()
    if as_json:
        show.as_json({"shell": shell, "script": script})
    else:
        click.echo(script)


if __name__ == "__main__":
    main()
