"""``podium-server banner``."""

from __future__ import annotations

import json

import click

from podium.bootstrap import Services, create_services
from podium.commands.shared import acting
from podium.core import banner
from podium.settings import read_settings


@click.group("banner")
def banner_group() -> None:
    """What stands on top of every page, for instance during an outage."""


@banner_group.command("set")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_set(text: str, as_json: bool) -> None:
    """Show TEXT on every page and in the API's status, at once."""
    services = create_services(read_settings())
    with acting(services) as session:
        banner.put_up(session, text=text)
        session.commit()
    _tell_of_banner(services, as_json)


@banner_group.command("clear")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_clear(as_json: bool) -> None:
    """Show nothing any more."""
    services = create_services(read_settings())
    with acting(services) as session:
        banner.take_down(session)
        session.commit()
    _tell_of_banner(services, as_json)


@banner_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_show(as_json: bool) -> None:
    """Say what every page shows now."""
    _tell_of_banner(create_services(read_settings()), as_json)


def _tell_of_banner(services: Services, as_json: bool) -> None:
    with services.database.reading() as session:
        found = banner.current(session)
    if as_json:
        told = {"text": found.text, "since": found.since.isoformat()} if found else None
        click.echo(json.dumps({"banner": told}))
    elif found:
        click.echo(
            f"Every page shows since {found.since:%Y-%m-%d %H:%M} UTC: {found.text}"
        )
    else:
        click.echo("No page shows a banner.")
