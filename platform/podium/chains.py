"""``podium-server receipts``, and how a look at a chain of hashes is told."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

import click

from podium.bootstrap import create_services
from podium.core import audit
from podium.core.keys import receipt_key
from podium.receipts import verification
from podium.settings import read_settings


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
    tell_verdict(verdict, str(verdict), as_json=as_json)


def tell_verdict(
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
