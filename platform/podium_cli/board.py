"""``podium leaderboard`` and ``podium watch``: a board once, and as it changes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import rich_click as click

from podium_cli import show
from podium_cli.errors import Refused, Unreachable
from podium_cli.shared import as_json_option, connect

if TYPE_CHECKING:
    from podium_cli.client import Client

HEADERS = ("RANK", "RANKS", "TEAM", "SCORE", "SUBMISSIONS", "LAST")
LONGEST_PAUSE_S = 60.0
board_option = click.option(
    "--board",
    type=click.Choice(["public", "private"]),
    default="public",
    show_default=True,
)


@click.command()
@click.argument("slug")
@board_option
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@as_json_option
def leaderboard(slug: str, board: str, limit: int, as_json: bool) -> None:
    """Show the leaderboard of competition SLUG; your own row has a star.

    RANKS are the best and the worst rank that the scores' 95 % intervals allow.
    """
    with connect() as client:
        answer = client.leaderboard(slug, board=board, limit=limit)
    if as_json:
        show.as_json(answer)
    else:
        show.table(HEADERS, _rows(answer, {}), "Nobody is on this board yet.")


@click.command()
@click.argument("slug")
@board_option
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(1),
    default=5.0,
    show_default=True,
    help="Seconds between looks.",
)
@click.option("--for", "for_s", type=click.FloatRange(0), help="End after so long.")
@as_json_option
def watch(
    slug: str,
    board: str,
    limit: int,
    every_s: float,
    for_s: float | None,
    as_json: bool,
) -> None:
    """Show the leaderboard of competition SLUG and keep it up to date; Ctrl-C ends it.

    An arrow says how many ranks a team moved since you began. In a pipe each change of the
    board is printed anew; with --json each is one line of JSON.
    """
    until = None if for_s is None else time.monotonic() + for_s
    with connect() as client:
        answers = _changes(
            lambda: client.leaderboard(slug, board=board, limit=limit), every_s, until
        )
        if as_json:
            for answer in answers:
                print(json.dumps(answer), flush=True)
        elif sys.stdout.isatty():
            _live(answers, f"{slug}, {board} board, {_host(client)}")
        else:
            first: dict[str, int] = {}
            for answer in answers:
                show.table(
                    HEADERS, _rows(answer, first), "Nobody is on this board yet."
                )
                first = first or _ranks(answer)


def _changes(
    ask: Callable[[], dict[str, Any]], every_s: float, until: float | None
) -> Iterator[dict[str, Any]]:
    """The board at first and after each change. A server that is away for a while is asked
    again, more and more seldom; one that refuses at once is not."""
    last: dict[str, Any] | None = None
    pause = every_s
    while True:
        try:
            answer, pause = ask(), every_s
        except (Unreachable, Refused) as error:
            passes = isinstance(error, Unreachable) or (error.status or 0) >= 429
            if last is None or not passes:
                raise
            pause = min(pause * 2, LONGEST_PAUSE_S)
            show.say(str(error))
        else:
            if answer != last:
                last = answer
                yield answer
        if until is not None and time.monotonic() + pause > until:
            return
        time.sleep(pause)


def _live(answers: Iterator[dict[str, Any]], title: str) -> None:
    """A table on a terminal that is drawn anew with each change."""
    # rich takes as long to load as everything else together.
    from rich.live import Live  # noqa: PLC0415

    first: dict[str, int] = {}
    with Live(auto_refresh=False) as screen:
        for answer in answers:
            table = show.rich_table(HEADERS, _rows(answer, first))
            table.title = title
            screen.update(table, refresh=True)
            first = first or _ranks(answer)


def _ranks(answer: dict[str, Any]) -> dict[str, int]:
    return {row["team"]["id"]: row["rank"] for row in answer["items"]}


def _rows(answer: dict[str, Any], first: dict[str, int]) -> list[tuple[object, ...]]:
    """A board's rows as they are shown; ``first`` has the ranks that teams had before."""
    me = answer.get("me")
    own = (me or {}).get("team", {}).get("id")
    rows = list(answer["items"])
    if me and all(row["team"]["id"] != own for row in rows):
        rows.append(me)
    return [
        (
            f"{row['rank']}{'*' if row['team']['id'] == own else ''}{_moved(row, first)}",
            _interval(row),
            row["team"]["name"],
            show.score(row["score"]),
            row["submissions"],
            show.moment(row["last_at"]),
        )
        for row in rows
    ]


def _interval(row: dict[str, Any]) -> str:
    """The ranks that the scores' intervals allow, as in 2-9."""
    ends = row.get("rank_interval")
    return "-".join(str(end) for end in sorted(set(ends))) if ends else ""


def _moved(row: dict[str, Any], first: dict[str, int]) -> str:
    if not first:
        return ""
    before = first.get(row["team"]["id"])
    if before is None:
        return " new"
    up = before - row["rank"]
    return (
        f" \N{UPWARDS ARROW}{up}"
        if up > 0
        else f" \N{DOWNWARDS ARROW}{-up}"
        if up
        else ""
    )


def _host(client: Client) -> str:
    return client.url.partition("://")[2]
