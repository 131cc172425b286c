"""``podium-server user`` and ``podium-server token``."""

from __future__ import annotations

import click

from podium.accounts import recovery
from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER
from podium.bootstrap import create_services
from podium.commands.shared import acting
from podium.core import audit, clock
from podium.core.keys import secret_key
from podium.core.models import Act
from podium.privacy import deletion
from podium.settings import read_settings


@click.group()
def user() -> None:
    """Users of this Podium."""


@user.command("add")
@click.argument("username")
@click.option("--email", required=True)
@click.option("--name", default="", help="The name that others see.")
@click.password_option(envvar="PODIUM_NEW_PASSWORD")
def user_add(username: str, email: str, name: str, password: str) -> None:
    """Add a user; the password is asked for, or read from PODIUM_NEW_PASSWORD."""
    services = create_services(read_settings())
    with acting(services) as session:
        made = accounts.sign_up(
            session,
            username=username,
            email=email,
            password=password,
            display_name=name,
        )
        audit.record(session, Act.USER_ADDED, f"user {made.username}")
        session.commit()
    click.echo(f"Added the user {made.username}")


@user.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice([ADMIN, ORGANIZER]))
@click.option("--take-away", is_flag=True, help="Take the role from the user.")
def user_role(username: str, role: str, take_away: bool) -> None:
    """Give a user a role: an admin may run every competition, an organizer may make
    competitions where PODIUM_CREATE_COMPETITIONS is organizers."""
    services = create_services(read_settings())
    with acting(services) as session:
        changed = accounts.by_username(session, username)
        accounts.set_role(session, user=changed, name=role, has=not take_away)
        session.commit()
    click.echo(f"{username} is {'no ' if take_away else ''}{role} now")


@user.command("reset-link")
@click.argument("username")
def user_reset_link(username: str) -> None:
    """Print a link by which a user chooses a new password, within an hour and once.

    Hand it to them yourself; nothing is mailed.
    """
    settings = read_settings()
    services = create_services(settings)
    with acting(services) as session:
        found = accounts.by_username(session, username)
        audit.record(session, Act.RESET_LINK_MADE, f"user {found.username}")
        session.commit()
    key = secret_key(settings)
    click.echo(recovery.reset_link(found, key=key, site=settings.site_url))


@user.command("delete")
@click.argument("username")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def user_delete(username: str, yes: bool) -> None:
    """Delete a user's account: the person goes, submissions and places stay as a deleted
    user's. It can't be taken back."""
    if not yes:  # before the transaction, which the site's writers wait for
        click.confirm(f"Delete the account {username} for good?", abort=True)
    services = create_services(read_settings())
    with acting(services) as session:
        found = accounts.by_username(session, username)
        name = found.username
        deletion.delete_account(session, user=found, now=clock.now())
        audit.record(session, Act.USER_DELETED, f"user {name}")
        session.commit()
    click.echo(f"Deleted the account {name}")


@click.command()
@click.argument("username")
@click.option("--label", default="made by the operator")
@click.option("--days", type=int, help="How long it is valid; without it, for ever.")
def token(username: str, label: str, days: int | None) -> None:
    """Make an API token for a user and print it, once."""
    services = create_services(read_settings())
    with acting(services) as session:
        owner = accounts.by_username(session, username)
        _, secret = accounts.make_token(
            session, user=owner, label=label, expires_days=days
        )
        audit.record(session, Act.TOKEN_MADE, f"user {owner.username}", label=label)
        session.commit()
    click.echo(secret)
