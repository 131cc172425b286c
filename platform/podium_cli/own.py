"""The commands that do something with a submission of one's own."""

from __future__ import annotations

import rich_click as click

from podium_cli import show
from podium_cli.shared import as_json_option, connect


@click.command()
@click.argument("submission")
@click.option("--undo", is_flag=True, help="Take the choice back.")
@as_json_option
def final(submission: str, undo: bool, as_json: bool) -> None:
    """Choose SUBMISSION (its id) as one of your team's finals.

    The private board takes the best private score among a team's finals. Places that you
    leave free go to your best public scores.
    """
    with connect() as client:
        answer = client.choose(submission, final=not undo)
    if as_json:
        show.as_json(answer)
    elif undo:
        show.say(f"{answer['file_name']} is no longer one of your chosen finals.")
    else:
        show.say(f"{answer['file_name']} is one of your finals.")


@click.command()
@click.argument("submission")
@as_json_option
def withdraw(submission: str, as_json: bool) -> None:
    """Take SUBMISSION (its id) back.

    One that waits gives its place in the day's limit back; one that was scored leaves the
    boards and has used its try.
    """
    with connect() as client:
        client.withdraw(submission)
    if as_json:
        show.as_json({"id": submission, "status": "withdrawn"})
    else:
        show.say(f"{submission} is withdrawn.")
