"""What every command has: the option --json, and a client for the server in use."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from podium_cli import show
from podium_cli.credentials import Credentials, Login

if TYPE_CHECKING:
    from podium_cli.client import Client

Command = TypeVar("Command", bound=Callable[..., Any])


def as_json_option(command: Command) -> Command:
    """The option --json, the same for every command."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON on standard output."
    )(command)


def in_browser(address: str, *, as_json: bool) -> None:
    """Say an address of the site, and open it for people."""
    if as_json:
        show.as_json({"url": address})
        return
    click.echo(address)
    webbrowser.open(address)


def connect(login: Login | None = None) -> Client:
    """A client for the server and token in use."""
    # Loading HTTP takes as long as everything else; --help does without.
    from podium_cli.client import Client  # noqa: PLC0415

    login = login or Credentials.of_user().current()
    return Client(login.url, login.token)
