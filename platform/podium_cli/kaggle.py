"""``podium kaggle``: the official kaggle command line, unmodified, against this Podium.

Kaggle's program is told of one other address, in its own table of them, and gets the
Podium token through its own variable. Nothing of a Kaggle account is read on the way:
its home and configuration folders are one of Podium's, and its variables are taken away.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import rich_click as click

from podium_cli.credentials import Credentials, Login, is_open_line
from podium_cli.errors import NotLoggedIn, Refused
from podium_cli.shared import connect

TOKEN_PREFIX = "podium_"  # noqa: S105 - how every token of a Podium begins
INSTALL = "Install it beside Podium's: pip install kaggle six."


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    },
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def kaggle(arguments: tuple[str, ...]) -> None:
    """Run the official kaggle command line against this Podium.

    What follows is kaggle's own: `podium kaggle competitions submit SLUG -f FILE -m TEXT`.
    """
    credentials = Credentials.of_user()
    login = credentials.current()
    check_token(login)
    with connect(login) as client:
        client.me()  # says in our words what is wrong with a token or an address
    environment = _loaded("kagglesdk.kaggle_env")
    point_at(environment, login.url)
    take_over(os.environ, login, folder=str(credentials.path.parent / "kaggle"))
    sys.argv = ["kaggle", *arguments]
    _loaded("kaggle.cli").main()


def check_token(login: Login) -> None:
    """Refuse to go on with what is no Podium's token: it may be a key of Kaggle's."""
    if not login.token:
        raise NotLoggedIn(f"Log in first: podium login {login.url}")
    if not login.token.startswith(TOKEN_PREFIX):
        raise Refused(
            f"The token for {login.url} is not one that a Podium made, so it is not sent "
            "there: it might be your Kaggle key. Run “podium login” again, or set "
            f"PODIUM_TOKEN to a token that begins with {TOKEN_PREFIX}."
        )
    if is_open_line(login.url):
        raise Refused(
            f"{login.url} is not encrypted, so the token would be readable on the way. "
            "Use the https address."
        )


def point_at(environment: Any, url: str) -> None:
    """Enter the Podium's address for the environment that LOCALHOST stands for.

    Raises Refused where Kaggle's program has no such table (any more): it would take the
    token to kaggle.com.
    """
    try:
        environment._env_to_endpoint[environment.KaggleEnv.LOCAL] = url
        found = environment.get_endpoint(environment.KaggleEnv.LOCAL)
    except (AttributeError, TypeError) as error:
        found = repr(error)
    if found != url:
        raise Refused(
            "This version of the kaggle command line can't be told to talk to another "
            "server, and your Podium token must not go to kaggle.com. Install another "
            "version, for example 2.2.5."
        )


def take_over(environ: MutableMapping[str, str], login: Login, *, folder: str) -> None:
    """Leave only what is Podium's where Kaggle's program looks for keys."""
    for name in [name for name in environ if name.startswith("KAGGLE_")]:
        del environ[name]
    os.makedirs(folder, mode=0o700, exist_ok=True)
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "KAGGLE_CONFIG_DIR"):
        environ[name] = folder  # where it would look for keys of a Kaggle account
    environ["KAGGLE_API_ENVIRONMENT"] = "LOCALHOST"
    environ["KAGGLE_API_TOKEN"] = login.token or ""


def _loaded(module: str) -> Any:
    """A module of an optional package, which looks at the environment when it loads."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Refused(f"The kaggle command line is not there. {INSTALL}") from error
