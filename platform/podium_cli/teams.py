"""``podium team``: making a team, letting others in, merging."""

from __future__ import annotations

from typing import Any

import rich_click as click

from podium_cli import show
from podium_cli.shared import as_json_option, connect


@click.group()
def team() -> None:
    """Your team in a competition: members, invitations, links, merging."""


@team.command("show")
@click.argument("slug")
@as_json_option
def show_team(slug: str, as_json: bool) -> None:
    """Show your team in competition SLUG, and who is asked to join it."""
    with connect() as client:
        found = client.team(slug)
        merges = client.merge_requests(slug)
    if as_json:
        show.as_json(found | {"merge_requests": merges})
        return
    show.say(found["name"])
    rows = [(m["username"], m["display_name"], _role(m)) for m in found["members"]]
    rows += [
        (i["user"]["username"], i["user"]["display_name"], "invited")
        for i in found["invitations"]
    ]
    show.table(("USER", "NAME", "ROLE"), rows, "")
    for each in merges:
        ours = each["team"]["id"] == found["id"]
        other = each["other" if ours else "team"]["name"]
        said = f"You asked “{other}” to merge" if ours else f"“{other}” asks to merge"
        show.say(f"{said}: {each['id']}")


@team.command()
@click.argument("slug")
@click.argument("name")
@as_json_option
def name(slug: str, name: str, as_json: bool) -> None:
    """Make a team called NAME in competition SLUG, or rename yours."""
    with connect() as client:
        _tell(client.name_team(slug, name), as_json, f"Your team is called “{name}”.")


@team.command()
@click.argument("slug")
@click.argument("username")
@as_json_option
def invite(slug: str, username: str, as_json: bool) -> None:
    """Invite USERNAME into your team in competition SLUG."""
    with connect() as client:
        _tell(client.invite(slug, username), as_json, f"{username} is invited.")


@team.command()
@as_json_option
def invitations(as_json: bool) -> None:
    """List the invitations that wait for your answer."""
    with connect() as client:
        items = client.invitations()
    if as_json:
        show.as_json({"items": items})
        return
    show.table(
        ("ID", "COMPETITION", "TEAM", "BY"),
        [
            (
                item["id"],
                item["competition"]["slug"],
                item["team"]["name"],
                (item["invited_by"] or {}).get("username", ""),
            )
            for item in items
        ],
        "No invitations.",
    )


@team.command()
@click.argument("invitation")
@as_json_option
def accept(invitation: str, as_json: bool) -> None:
    """Accept INVITATION (its id): you join that team."""
    with connect() as client:
        found = client.answer_invitation(invitation, accept=True)
    _tell(found, as_json, f"You are now in the team “{found['name']}”.")


@team.command()
@click.argument("invitation")
@as_json_option
def decline(invitation: str, as_json: bool) -> None:
    """Decline INVITATION (its id)."""
    with connect() as client:
        found = client.answer_invitation(invitation, accept=False)
    _tell(found, as_json, "The invitation is declined.")


@team.command()
@click.argument("slug")
@click.argument("username")
@as_json_option
def lead(slug: str, username: str, as_json: bool) -> None:
    """Make USERNAME the leader of your team in competition SLUG."""
    with connect() as client:
        found = client.hand_over(slug, username)
    _tell(found, as_json, f"{username} leads the team “{found['name']}” now.")


@team.command()
@click.argument("slug")
@click.argument("username")
@as_json_option
def remove(slug: str, username: str, as_json: bool) -> None:
    """Take USERNAME out of your team, until it has submitted."""
    with connect() as client:
        client.remove_member(slug, username)
    _tell({"removed": username}, as_json, f"{username} is no longer in your team.")


@team.command()
@click.argument("slug")
@click.option("--close", is_flag=True, help="Let nobody in by the link any more.")
@as_json_option
def link(slug: str, close: bool, as_json: bool) -> None:
    """Make a link by which others join your team, for a week."""
    with connect() as client:
        if close:
            client.close_link(slug)
            _tell({"closed": True}, as_json, "The link is closed.")
            return
        made = client.make_link(slug)
    if as_json:
        show.as_json(made)
        return
    click.echo(show.plain(made["url"]))
    show.say(f"Whoever has it can join until {show.moment(made['until'])}.")


@team.command()
@click.argument("link")
@as_json_option
def enter(link: str, as_json: bool) -> None:
    """Join a team by its LINK."""
    with connect() as client:
        found = client.join_by_link(link)
    _tell(found, as_json, f"You are now in the team “{found['name']}”.")


@team.command("open")
@click.argument("slug")
@click.option("--close", is_flag=True, help="Take no more requests.")
@as_json_option
def open_team(slug: str, close: bool, as_json: bool) -> None:
    """Let others ask to join your team in competition SLUG."""
    with connect() as client:
        found = client.take_requests(slug, is_open=not close)
    said = "takes no more requests" if close else "takes requests to join"
    _tell(found, as_json, f"“{found['name']}” {said}.")


@team.command()
@click.argument("slug")
@click.argument("name")
@click.option("-m", "--message", default="", help="What to tell its leader.")
@as_json_option
def ask(slug: str, name: str, message: str, as_json: bool) -> None:
    """Ask the team called NAME in competition SLUG to let you in.

    A team of one that you have is given up for it; if it has submitted, it merges into
    the team.
    """
    with connect() as client:
        made = client.ask_to_join(slug, name, message)
    asked = made["team"]["name"]
    _tell(made, as_json, f"“{asked}” is asked; its leader can let you in.")


@team.command()
@click.argument("slug")
@as_json_option
def requests(slug: str, as_json: bool) -> None:
    """List requests to join in competition SLUG: to your team, and yours."""
    with connect() as client:
        items = client.join_requests(slug)
    if as_json:
        show.as_json({"items": items})
        return
    show.table(
        ("ID", "TEAM", "USER", "MESSAGE"),
        [
            (
                item["id"],
                item["team"]["name"],
                item["user"]["username"],
                item["message"],
            )
            for item in items
        ],
        "No requests.",
    )


@team.command("request-accept")
@click.argument("request")
@as_json_option
def request_accept(request: str, as_json: bool) -> None:
    """Let in who asked by REQUEST (its id) to join your team."""
    with connect() as client:
        found = client.accept_join(request)
    _tell(found, as_json, f"They are now in your team “{found['name']}”.")


@team.command("request-close")
@click.argument("request")
@as_json_option
def request_close(request: str, as_json: bool) -> None:
    """Decline REQUEST (its id) to join, or take your own back."""
    with connect() as client:
        client.close_join(request)
    _tell({"closed": request}, as_json, "The request to join is closed.")


@team.command()
@click.argument("slug")
@click.argument("other")
@as_json_option
def merge(slug: str, other: str, as_json: bool) -> None:
    """Ask the team called OTHER to become one with yours.

    It keeps its name and leader; your members and submissions move into it.
    """
    with connect() as client:
        made = client.ask_to_merge(slug, other)
    asked = made["other"]["name"]
    _tell(made, as_json, f"“{asked}” is asked; its leader can accept.")


@team.command("merge-accept")
@click.argument("request")
@as_json_option
def merge_accept(request: str, as_json: bool) -> None:
    """Merge with the team whose REQUEST (its id) asks yours."""
    with connect() as client:
        found = client.accept_merge(request)
    _tell(found, as_json, f"It is now part of your team “{found['name']}”.")


@team.command("merge-close")
@click.argument("request")
@as_json_option
def merge_close(request: str, as_json: bool) -> None:
    """Decline REQUEST (its id) to merge, or take your team's own back."""
    with connect() as client:
        client.close_merge(request)
    _tell({"closed": request}, as_json, "The request to merge is closed.")


def _role(member: dict[str, Any]) -> str:
    return "leader" if member["leader"] else "member"


def _tell(answer: dict[str, Any], as_json: bool, sentence: str) -> None:
    if as_json:
        show.as_json(answer)
    else:
        show.say(sentence)
