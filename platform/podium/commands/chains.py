"""``podium-server audit`` and ``podium-server receipts``: chains of hashes."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import click

from podium.bootstrap import create_services
from podium.core import audit
from podium.core.keys import receipt_key
from podium.core.models import Act, AuditEntry
from podium.receipts import verification
from podium.settings import read_settings


@click.group("audit")
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
    services = create_services(read_settings())
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
    services = create_services(read_settings())
    verdict = audit.verify(services.database, noted=noted)
    sentence = (
        f"The audit log is sound: {verdict.entries} entries, ending with "
        f"{verdict.sha256}"
    )
    _tell_verdict(verdict, sentence, as_json=as_json)


@click.group("receipts")
def receipts_group() -> None:
    """Receipts of scores: signed, and chained for each competition."""


@receipts_group.command("key")
@click.option("--json", "as_json", is_flag=True)
def receipts_key(as_json: bool) -> None:
    """Print the public key by which others know the receipts of this Podium."""
    key = receipt_key(read_settings()).public
    click.echo(json.dumps({"algorithm": "Ed25519", "key": key}) if as_json else key)


@receipts_group.command("verify")
@click.argument("slug")
@click.option(
    "--noted", default="", help="A hash that you wrote down elsewhere before."
)
@click.option("--key", "keys", multiple=True, help="A public key from before, too.")
@click.option("--json", "as_json", is_flag=True)
def receipts_verify(
    slug: str, noted: str, keys: tuple[str, ...], as_json: bool
) -> None:
    """Look whether receipts, scores or boards of a competition were changed, lost, added or
    moved; exit code 1 if so."""
    settings = read_settings()
    verdict = verification.verify(
        create_services(settings).database,
        slug=slug,
        keys={receipt_key(settings).public, *keys},
        noted=noted,
    )
    _tell_verdict(verdict, str(verdict), as_json=as_json)


def _tell_verdict(
    verdict: audit.Verdict | verification.Verdict, sentence: str, *, as_json: bool
) -> NoReturn:
    """Say what a look at a chain found, and exit."""
    if as_json:
        click.echo(json.dumps(vars(verdict) | {"sound": not verdict.faults}))
    elif not verdict.faults:
        click.echo(sentence)
    else:
        for fault in verdict.faults:
            click.echo(fault, err=True)
    sys.exit(1 if verdict.faults else 0)


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
