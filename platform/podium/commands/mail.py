"""``podium-server mail``."""

from __future__ import annotations

import dataclasses
import json
import sys
from contextlib import closing

import click

from podium.bootstrap import create_services
from podium.core import clock
from podium.notifications import service as notifications
from podium.notifications import transport
from podium.notifications.models import Mail
from podium.settings import read_settings


@click.group()
def mail() -> None:
    """Mail of this Podium."""


@mail.command("test")
@click.argument("address")
def mail_test(address: str) -> None:
    """Send a mail now, and say what the mail server says."""
    settings = read_settings()
    letter = Mail(
        id=0,
        address=address,
        subject="Mail from Podium arrives",
        text=f"This is a test by the people who run {settings.site_url}.\n",
        created_at=clock.now(),
    )
    try:
        with closing(transport.transport(settings)) as way:
            way.send(transport.message(letter, settings))
    except transport.NotSent as error:
        click.echo(error.sentence, err=True)
        sys.exit(1)
    if settings.mail_url:
        click.echo(f"The mail server took it; look into the mail of {address}.")
    else:
        click.echo("There is no mail server: set PODIUM_MAIL_URL.")


@mail.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def mail_status(as_json: bool) -> None:
    """Say how much mail waits, and what went wrong."""
    services = create_services(read_settings())
    with services.database.reading() as session:
        found = notifications.figures(session)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), default=str))
        return
    oldest = (
        f", the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC" if found.oldest else ""
    )
    click.echo(f"{found.waiting} waiting{oldest}; {found.given_up} given up.")
    if found.last_error:
        click.echo(f"The last failure: {found.last_error}")
