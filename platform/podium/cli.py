"""``podium-server``: the operator's command.

The settings come from the environment (``PODIUM_*``); the operator's guide lists them.
Exit codes: 0 done, 1 refused with a sentence, 2 used wrongly.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path
from threading import Event, Thread

import click
from sqlalchemy.exc import OperationalError

from podium import backup as backups
from podium import doctor as doctors
from podium import supervisor
from podium.accounts import service as accounts
from podium.bootstrap import Services, create_services
from podium.commands.banners import banner_group
from podium.commands.chains import audit_group, receipts_group
from podium.commands.mail import mail
from podium.commands.shared import acting
from podium.commands.users import token, user
from podium.core import audit
from podium.core import migrate as migrations
from podium.core.errors import PodiumError
from podium.core.models import Act
from podium.demo import children as demo_children
from podium.hosting import service as hosting
from podium.notifications import jobs as mailing
from podium.scoring import dispatch, sweep
from podium.settings import SettingsError, read_settings
from podium_sandbox import logs
from podium_scorer.bundle import BundleError, read_bundle


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podium")
def cli() -> None:
    """Run and look after a Podium."""
    logs.configure(os.environ.get("PODIUM_LOG_FORMAT", "text"))
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every look


for group in (user, token, mail, banner_group, audit_group, receipts_group):
    cli.add_command(group)


@cli.command()
def up() -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    sys.exit(supervisor.up(read_settings()))


@cli.command()
def demo() -> None:
    """Start everything, with real competitions, teams and scores."""
    settings = read_settings()
    sys.exit(supervisor.up(settings, after=demo_children(settings)))


@cli.command()
def web() -> None:
    """Start the site alone, under gunicorn."""
    settings = read_settings()
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
    found = doctors.examine(create_services(read_settings()))
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
        dict(os.environ) | read_settings().environment(),
    )


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    services = create_services(read_settings())
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
    services = create_services(read_settings())
    summary = backups.backup(services, file)
    with acting(services) as session:
        audit.record(session, Act.BACKUP_MADE, f"file {file.name}", rows=summary.rows)
        session.commit()
    click.echo(f"{file} is written and verified: {summary}")


@cli.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_command(file: Path) -> None:
    """Bring a backup into an empty Podium, on any kind of database."""
    services = create_services(read_settings())
    summary = backups.restore(services, file)
    with acting(services) as session:
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
    services = create_services(read_settings())
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


@cli.command("sweep")
@click.option("--loop", is_flag=True, help="Go on until told to stop.")
def sweep_command(loop: bool) -> None:
    """Find waiting work that was lost and hand it to the workers; send mail."""
    services = create_services(read_settings())
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


def _import(
    services: Services,
    folder: Path,
    host: str | None,
    *,
    draft: bool,
    ranked: bool | None,
) -> str:
    bundle = read_bundle(folder)
    with acting(services) as session:
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
