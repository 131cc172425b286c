"""The commands that log in and out."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import rich_click as click

from podium_cli import show
from podium_cli.credentials import Credentials, Login, is_open_line, site_url
from podium_cli.errors import NotLoggedIn, PodiumError, Refused
from podium_cli.shared import as_json_option, connect

FROM_INPUT = ("-",)


@click.command()
@click.argument("url")
@click.option("--token", help="A token from Settings > Tokens; - reads it from input.")
@click.option("--username", help="User name or e-mail address; asked for if not given.")
@as_json_option
def login(url: str, token: str | None, username: str | None, as_json: bool) -> None:
    """Log in to the Podium at URL and keep a token for it.

    Without --token you are asked for your user name and password; the password is
    exchanged for a token and not kept.
    """
    address = site_url(url)
    if is_open_line(address):
        show.say(
            f"Careful: {address} is not encrypted; others on the way can read along."
        )
    made: dict[str, Any] = {}
    if token is None:
        made = _make_token(address, username)
        token = made["token"]
    secret = (sys.stdin.readline() if token in FROM_INPUT else str(token)).strip()
    if not secret:
        raise click.UsageError("The token is empty.")
    with connect(Login(url=address, token=secret)) as client:
        user = client.me()
    credentials = Credentials.of_user()
    credentials.save(
        Login(
            url=address,
            token=secret,
            username=user["username"],
            token_id=made.get("id"),
        )
    )
    if as_json:
        show.as_json({"url": address, "username": user["username"]})
    else:
        show.say(f"Logged in to {address} as {user['username']}.")


def _make_token(address: str, username: str | None) -> dict[str, Any]:
    name = username or click.prompt("User name or e-mail", err=True)
    password = click.prompt("Password", hide_input=True, err=True)
    label = f"podium on {platform.node() or 'a computer'}"[:80]
    with connect(Login(url=address)) as client:
        return client.make_token(name, password, label)


@click.command()
@as_json_option
def logout(as_json: bool) -> None:
    """Forget the token of the server in use; one that login made is revoked, too."""
    credentials = Credentials.of_user()
    # The environment's token is not ours to forget.
    current = credentials.kept(credentials.current().url)
    if current is None:
        raise NotLoggedIn("There is no log-in to forget.")
    revoked = False
    if current.token_id is not None:
        try:
            with connect(current) as client:
                client.revoke_token(current.token_id)
            revoked = True
        except PodiumError as error:
            show.say(f"The token is forgotten here, but may still be valid: {error}")
    credentials.forget(current.url)
    if as_json:
        show.as_json({"url": current.url, "revoked": revoked})
    else:
        show.say(f"Logged out of {current.url}.")


@click.command("my-data")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file; without it, standard output.",
)
@as_json_option
def my_data(output: Path | None, as_json: bool) -> None:
    """Everything that the server keeps of you, as JSON."""
    with connect() as client:
        found = client.export()
    if output is None:
        show.as_json(found)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            json.dump(found, file, ensure_ascii=False, indent=2)
    except FileExistsError as error:
        raise Refused(f"{output} is there already. Name a new file.") from error
    except OSError as error:
        raise Refused(f"{output} can't be written: {error.strerror}.") from error
    if as_json:
        show.as_json({"file": str(output)})
    else:
        show.say(f"Wrote {output}.")
