"""``podium-server``: the operator's command.

The settings come from the environment (``PODIUM_*``); the operator's guide lists them.
Exit codes: 0 done, 1 refused with a sentence, 2 used wrongly.
"""

from __future__ import annotations

import dataclasses
import getpass
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from podium import backup as backups
from podium import doctor as doctors
from podium import supervisor
from podium.accounts import recovery
from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER
from podium.bootstrap import Services, create_services
from podium.chains import receipts_group, tell_verdict
from podium.core import audit, banner, clock
from podium.core import migrate as migrations
from podium.core.errors import PodiumError
from podium.core.keys import secret_key
from podium.core.models import Act, AuditEntry
from podium.demo import children as demo_children
from podium.hosting import service as hosting
from podium.notifications import jobs as mailing
from podium.notifications import service as notifications
from podium.notifications import transport
from podium.notifications.models import Mail
from podium.privacy import deletion
from podium.scoring import dispatch, sweep
from podium.settings import Settings, SettingsError, read_settings
from podium_sandbox import logs
from podium_scorer.bundle import BundleError, read_bundle


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podium")
def cli() -> None:
    """Run and look after a Podium."""
    logs.configure(os.environ.get("PODIUM_LOG_FORMAT", "text"))
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every look


cli.add_command(receipts_group)


@cli.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    sys.exit(supervisor.up(_settings()))


@cli.command()
def demo() -> None:
    """Start everything, with real competitions, teams and scores."""
    settings = _settings()
    sys.exit(supervisor.up(settings, after=demo_children(settings)))


@cli.command()
def web() -> None:
    """Start the site alone, under gunicorn."""
    settings = _settings()
    os.execve(  # noqa: S606  # the site takes this process's place
        sys.executable,
        [sys.executable, "-m", *supervisor.site_command(settings)],
        {**os.environ, **supervisor.site_environment(settings)},
    )


@cli.command()
def worker() -> None:
    """Start one worker."""
    os.execv(  # noqa: S606  # the worker takes this process's place
        sys.executable, [sys.executable, "-m", "podium.worker"]
    )


@cli.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="A JSON list of findings.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check this installation, and say what to do; exit code 1 where something is bad.

    Run it as the user and with the settings that Podium runs with.
    """
    if context.invoked_subcommand is not None:
        return
    found = doctors.examine(create_services(_settings()))
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in found]))
    else:
        for finding in found:
            click.echo(f"{finding.state:<5} {finding.part}: {finding.says}")
            if finding.do:
                click.echo(f"      -> {finding.do}")
    sys.exit(1 if any(each.state is doctors.State.BAD for each in found) else 0)


@doctor.command("sandbox")
def doctor_sandbox() -> None:
    """Attack the sandbox of this machine, harmlessly, and say what holds."""
    os.execve(  # noqa: S606  # the sandbox's own doctor takes this process's place
        sys.executable,
        [sys.executable, "-m", "podium_sandbox", "doctor"],
        dict(os.environ) | _settings().environment(),
    )


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    services = create_services(_settings())
    before = migrations.current(services.database)
    migrations.upgrade(services.database)
    after = migrations.current(services.database)
    click.echo(f"The database is at {after}" + (" already" if before == after else ""))


@cli.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Only read FILE again and verify it.")
def backup_command(file: Path, verify: bool) -> None:
    """Write database, files and keys into the new FILE, while the site runs.

    The file holds everything: secret labels, hashes of passwords, the keys that sign
    cookies and receipts. Keep it as safe as the machine.
    """
    if verify:
        click.echo(f"{file} is whole: {backups.verify(file)}")
        return
    services = create_services(_settings())
    summary = backups.backup(services, file)
    with _acting(services) as session:
        audit.record(session, Act.BACKUP_MADE, f"file {file.name}", rows=summary.rows)
        session.commit()
    click.echo(f"{file} is written and verified: {summary}")


@cli.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(file: Path) -> None:
    """Bring a backup into an empty Podium, on any kind of database."""
    services = create_services(_settings())
    summary = backups.restore(services, file)
    with _acting(services) as session:
        taken_at = summary.taken_at.isoformat(timespec="seconds")
        audit.record(
            session, Act.BACKUP_RESTORED, f"file {file.name}", taken_at=taken_at
        )
        session.commit()
    click.echo(f"Restored: {summary}")


@cli.command("import-bundle")
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--host", help="The user name of the competition's host.")
@click.option("--draft", is_flag=True, help="Let only the host see new ones for now.")
@click.option(
    "--ranked/--not-ranked",
    default=None,
    help="Whether final ranks count for medals and points; without it, as before.",
)
def import_bundle(
    folders: tuple[Path, ...], host: str | None, draft: bool, ranked: bool | None
) -> None:
    """Import competitions from bundle folders; again after a change.

    A bundle with faults is refused with all of them, and nothing of it is imported.
    """
    services = create_services(_settings())
    refused = 0
    for folder in folders:
        try:
            click.echo(_import(services, folder, host, draft=draft, ranked=ranked))
        except BundleError as error:
            refused += 1
            for fault in error.faults:
                click.echo(str(fault), err=True)
            count = len(error.faults)
            click.echo(
                f"{folder} has {count} {'fault' if count == 1 else 'faults'}; "
                "nothing of it was imported.",
                err=True,
            )
    dispatch.dispatch(services)
    sys.exit(1 if refused else 0)


@cli.group()
def user() -> None:
    """Users of this Podium."""


@user.command("add")
@click.argument("username")
@click.option("--email", required=True)
@click.option("--name", default="", help="The name that others see.")
@click.password_option(envvar="PODIUM_NEW_PASSWORD")
def user_add(username: str, email: str, name: str, password: str) -> None:
    """Add a user; the password is asked for, or read from PODIUM_NEW_PASSWORD."""
    services = create_services(_settings())
    with _acting(services) as session:
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
    services = create_services(_settings())
    with _acting(services) as session:
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
    settings = _settings()
    services = create_services(settings)
    with _acting(services) as session:
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
    services = create_services(_settings())
    with _acting(services) as session:
        found = accounts.by_username(session, username)
        if not yes:
            click.confirm(f"Delete the account {found.username} for good?", abort=True)
        name = found.username
        deletion.delete_account(session, user=found, now=clock.now())
        audit.record(session, Act.USER_DELETED, f"user {name}")
        session.commit()
    click.echo(f"Deleted the account {name}")


@cli.group()
def mail() -> None:
    """Mail of this Podium."""


@mail.command("test")
@click.argument("address")
def mail_test(address: str) -> None:
    """Send a mail now, and say what the mail server says."""
    settings = _settings()
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
    services = create_services(_settings())
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


@cli.command()
@click.argument("username")
@click.option("--label", default="made by the operator")
@click.option("--days", type=int, help="How long it is valid; without it, for ever.")
def token(username: str, label: str, days: int | None) -> None:
    """Make an API token for a user and print it, once."""
    services = create_services(_settings())
    with _acting(services) as session:
        owner = accounts.by_username(session, username)
        _, secret = accounts.make_token(
            session, user=owner, label=label, expires_days=days
        )
        audit.record(session, Act.TOKEN_MADE, f"user {owner.username}", label=label)
        session.commit()
    click.echo(secret)


@cli.group("banner")
def banner_group() -> None:
    """What stands on top of every page, for instance during an outage."""


@banner_group.command("set")
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_set(text: str, as_json: bool) -> None:
    """Show TEXT on every page and in the API's status, at once."""
    services = create_services(_settings())
    with _acting(services) as session:
        banner.put_up(session, text=text)
        session.commit()
    _tell_of_banner(services, as_json)


@banner_group.command("clear")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_clear(as_json: bool) -> None:
    """Show nothing any more."""
    services = create_services(_settings())
    with _acting(services) as session:
        banner.take_down(session)
        session.commit()
    _tell_of_banner(services, as_json)


@banner_group.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def banner_show(as_json: bool) -> None:
    """Say what every page shows now."""
    _tell_of_banner(create_services(_settings()), as_json)


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


@cli.group("audit")
def audit_group() -> None:
    """What was done with a privilege: roles, competitions, submissions, backups."""


@audit_group.command("list")
@click.option("--act", type=click.Choice([str(act) for act in Act]))
@click.option("--who", default="", help="Part of the name of who did it.")
@click.option("--target", default="", help="Part of what it was done to.")
@click.option("--limit", default=50, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def audit_list(
    act: str | None, who: str, target: str, limit: int, as_json: bool
) -> None:
    """Show entries of the audit log, the newest first."""
    services = create_services(_settings())
    with services.database.reading() as session:
        for entry in audit.entries(
            session, act=Act(act) if act else None, who=who, target=target, limit=limit
        ):
            click.echo(json.dumps(_entry(entry)) if as_json else _entry_line(entry))


@audit_group.command("verify")
@click.option(
    "--noted", default="", help="A hash that you wrote down elsewhere before."
)
@click.option("--json", "as_json", is_flag=True)
def audit_verify(noted: str, as_json: bool) -> None:
    """Look whether an entry was changed, lost, added or moved; exit code 1 if so."""
    services = create_services(_settings())
    verdict = audit.verify(services.database, noted=noted)
    sentence = (
        f"The audit log is sound: {verdict.entries} entries, ending with "
        f"{verdict.sha256}"
    )
    tell_verdict(verdict, sentence, as_json=as_json)


@cli.command("sweep")
@click.option("--loop", is_flag=True, help="Go on until told to stop.")
def sweep_command(loop: bool) -> None:
    """Find waiting work that was lost and hand it to the workers; send mail."""
    services = create_services(_settings())
    if not loop:
        click.echo(f"Handed {sweep.sweep(services)} waiting rows to the queue")
        click.echo(f"Sent {mailing.deliver(services)} mails")
        return
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Beside it: a mail server that does not answer must not hold up the sweeps.
    post = Thread(target=mailing.loop, args=(services, stop), name="mail")
    post.start()
    sweep.loop(services, stop)
    post.join()


def main() -> None:
    """The entry point: refusals are sentences, never tracebacks."""
    try:
        cli()
    except (PodiumError, SettingsError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(
            f"The database can't be used: {error.orig}. Run 'podium-server migrate' "
            "first, or mend PODIUM_DATABASE_URL.",
            err=True,
        )
        sys.exit(1)


@contextmanager
def _acting(services: Services) -> Iterator[Session]:
    """A session whose acts the audit log lays to the operator."""
    with services.database.session() as session:
        audit.attribute(session, _operator)
        yield session


def _operator() -> audit.Origin:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = str(os.getuid())
    return audit.Origin(f"operator ({name})", "command line")


def _entry(entry: AuditEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "who": entry.who,
        "source": entry.source,
        "act": entry.act,
        "target": entry.target,
        "reason": entry.reason,
        "details": entry.details,
        "sha256": entry.sha256,
    }


def _entry_line(entry: AuditEntry) -> str:
    said = [f"{name}={value}" for name, value in entry.details.items()]
    if entry.reason:
        said.append(f"reason: {entry.reason}")
    return (
        f"{entry.number:>6}  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.who}  "
        f"{entry.act}  {entry.target}  {' '.join(said)}".rstrip()
    )


def _settings() -> Settings:
    return read_settings()


def _import(
    services: Services,
    folder: Path,
    host: str | None,
    *,
    draft: bool,
    ranked: bool | None,
) -> str:
    bundle = read_bundle(folder)
    with _acting(services) as session:
        result = hosting.save_bundle(
            session,
            services,
            bundle=bundle,
            by=None,
            host=accounts.by_username(session, host) if host else None,
            launch=not draft,
        )
        if ranked not in {None, result.competition.ranked}:
            result.competition.ranked = bool(ranked)
            target = f"competition {bundle.slug}"
            audit.record(session, Act.COMPETITION_RANKED, target, ranked=ranked)
        session.commit()
    if result.created:
        return f"{bundle.slug}: imported"
    if not result.changes:
        return f"{bundle.slug}: nothing changed"
    return f"{bundle.slug}: changed {', '.join(result.changes)}"


if __name__ == "__main__":
    main()
