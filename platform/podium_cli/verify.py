"""``podium receipt`` and ``podium verify``: a score's receipt, kept and checked at home.

Checking asks no server: the receipt, and what else is at hand, is all that is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rich_click as click

from podium_cli import show
from podium_cli.errors import Refused
from podium_cli.scorer import metric_arguments, scorer
from podium_cli.shared import as_json_option, connect
from podium_scorer import receipt as form

EXIT_FAULTY = 4
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
KEY = re.compile(r"[0-9a-f]{64}")
CLOSE = 1e-9  # what the same scorer may differ by on another processor, of the score


@dataclass
class Findings:
    """What was looked at: faults make a receipt worthless, remarks say what was not shown."""

    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    proved: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Files:
    """What is at hand beside the receipt."""

    submission: Path | None
    solution: Path | None
    sample: Path | None


@click.command("receipt")
@click.argument("submission")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@as_json_option
def receipt(submission: str, output: Path | None, as_json: bool) -> None:
    """Fetch the signed receipt of SUBMISSION (its id); check it with podium verify.

    It is printed, or written to the file that --output names.
    """
    with connect() as client:
        address = client.submission(submission)["receipt"]
        if address is None:
            raise Refused(f"{submission} has no receipt: only scored submissions do.")
        found = client.receipt(address.rpartition("/")[2])
    if output is not None:
        output.write_text(json.dumps(found, indent=2) + "\n")
    if output is None or as_json:
        show.as_json(found)
    else:
        show.say(f"Wrote {output}. Next: podium verify {output}")


@click.command("chain")
@click.argument("slug")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True
)
@as_json_option
def chain(slug: str, output: Path, as_json: bool) -> None:
    """Write the links of all receipts of competition SLUG to a file, one a line.

    Kept, it proves later that none of them was changed: podium verify --chain FILE.
    """
    count, last = 0, form.START
    with connect() as client, output.open("w") as target:
        for each in client.chain(slug):
            target.write(json.dumps(each) + "\n")
            count, last = count + 1, each["sha256"]
    if as_json:
        show.as_json({"receipts": count, "sha256": last, "path": str(output)})
    else:
        show.say(f"{output} holds {count} links, ending with {last}.")


@click.command("verify")
@click.argument("file", metavar="RECEIPT", type=READABLE)
@click.option(
    "--key",
    metavar="KEY",
    help="The site's public key, in hex, or a file with its /.well-known/podium-receipts.",
)
@click.option("--chain", "links", type=READABLE, help="What podium chain wrote.")
@click.option("--submission", type=READABLE, help="The file that was sent.")
@click.option(
    "--solution", type=READABLE, help="With --submission, it is scored here again."
)
@click.option("--sample", type=READABLE, help="The sample submission, for that.")
@as_json_option
def verify(
    file: Path,
    key: str | None,
    links: Path | None,
    submission: Path | None,
    solution: Path | None,
    sample: Path | None,
    as_json: bool,
) -> int:
    """Check a receipt, offline: its signature, its hashes, and what it seals.

    With the files at hand, also whether they are the ones it speaks of, and whether the
    scorer of this machine comes to the same score. Needs podium[local].
    """
    document = _read(file)
    found = Findings(faults=form.faults(document, signed=_signed()))
    if not found.faults:
        found.proved.append("Signature and hashes hold.")
    _look_at_key(document, key, found)
    if links is not None:
        found.faults += _chain_faults(document, links)
    files = Files(submission=submission, solution=solution, sample=sample)
    _look_at_files(document, files, found)
    if as_json:
        show.as_json(vars(found) | {"sound": not found.faults, "receipt": document})
    else:
        _tell(document, found)
    return EXIT_FAULTY if found.faults else 0


def _read(file: Path) -> dict[str, Any]:
    try:
        return form.read(json.loads(file.read_bytes()))
    except (ValueError, RecursionError) as error:
        reason = error if isinstance(error, form.NoReceipt) else "It is not JSON."
        raise Refused(f"{file} is no receipt. {reason}") from error


def _signed() -> form.Signed:
    """What checks signatures; raises Refused where it is not installed."""
    try:
        # Only this command needs it, and only podium[local] brings it.
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
            Ed25519PublicKey,
        )
    except ImportError as error:
        raise Refused(
            "Checking a signature needs the package cryptography. Install it with: "
            "pip install 'podium[local]'"
        ) from error

    def signed(key: str, message: bytes, signature: str) -> bool:
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            public.verify(bytes.fromhex(signature), message)
        except (ValueError, InvalidSignature):
            return False
        return True

    return signed


def _look_at_key(document: dict[str, Any], key: str | None, found: Findings) -> None:
    if key is None:
        found.remarks.append(
            f"Whose key {document['key']} is was not checked. Compare it with the site's "
            "/.well-known/podium-receipts, or pass it with --key."
        )
    elif document["key"] != _key(key):
        found.faults.append("It is signed with another key than the one you named.")
    else:
        found.proved.append("It is signed with the key you named.")


def _key(text: str) -> str:
    """A key from the option: itself, or in a file that was saved from a site."""
    if KEY.fullmatch(text.lower()):
        return text.lower()
    try:
        content = Path(text).read_text().strip()
    except (OSError, ValueError) as error:
        raise Refused(
            f"--key {text} is neither a key of 64 hex digits nor a file that can be read."
        ) from error
    try:
        return str(json.loads(content)["key"])
    except (ValueError, KeyError, TypeError):
        return content.lower()


def _chain_faults(document: dict[str, Any], links: Path) -> Iterator[str]:
    """What is wrong with a chain that was kept, and whether the receipt stands in it."""
    signed, walk = _signed(), form.Chain(document["chain"]["competition"])
    stands = False
    with links.open() as lines:
        for number, line in enumerate(lines, start=1):
            try:
                link = json.loads(line)
                yield from walk.add(link["chain"], link["sha256"])
                message = form.canonical(link["chain"])
                if not signed(link["key"], message, link["signature"]):
                    yield f"Receipt {number} of the chain has a false signature."
                stands = stands or link["sha256"] == document["sha256"]
            except (ValueError, KeyError, TypeError, AttributeError):
                yield f"Line {number} of {links} is no link of a chain."
                return
    if not stands:
        yield f"The receipt does not stand in the chain of {links}."


def _look_at_files(document: dict[str, Any], files: Files, found: Findings) -> None:
    said, opening = document["statement"], document["opening"]
    if files.submission is not None:
        _compare(files.submission, said.get("submission_sha256"), "submission", found)
    if files.solution is None:
        return
    if opening is None:
        found.remarks.append(
            "The solution is still sealed; fetch the receipt again after the end to "
            "compare it."
        )
    else:
        sealed = opening["revision"].get("solution_sha256")
        _compare(files.solution, sealed, "solution", found)
    if files.submission is not None and not found.faults:
        _score_again(document, files, found)


def _compare(path: Path, sha256: object, what: str, found: Findings) -> None:
    with path.open("rb") as stream:
        same = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    if same:
        found.proved.append(f"{path} is the {what} that was judged.")
    else:
        found.faults.append(f"{path} is not the {what} that was judged.")


def _score_again(document: dict[str, Any], files: Files, found: Findings) -> None:
    """Let this machine's scorer judge, and compare; only where it can."""
    said, opening = document["statement"], document["opening"]
    metric = said["metric"]
    if metric["own"] or said["image"]:
        found.remarks.append(
            "It was not scored again: the metric is the organizer's own, or a program was "
            "run."
        )
        return
    sample = [] if files.sample is None else ["--sample", str(files.sample)]
    answer = scorer(
        [
            "score",
            *("--solution", str(files.solution), "--submission", str(files.submission)),
            *("--id-column", said["id_column"]),
            *sample,
            *metric_arguments(metric["name"], metric["params"]),
        ],
        trouble="The scorer could not score the file again",
    )
    if answer["status"] != "scored":
        found.faults.append(f"The scorer of this machine says: {answer['status']}.")
        return
    exact = {"public": said["public"]} if opening is None else opening["scores"]
    for split in ("public", "private"):
        was, now = exact.get(split), answer.get(split)
        if was is None:
            continue
        shown = None if opening else metric["decimals"]
        if now is None or abs(now - was) > _tolerance(was, shown):
            found.faults.append(f"The {split} score is {now} here, and was {was}.")
        else:
            found.proved.append(f"The {split} score is the same here: {now}.")
    if answer.get("scorer") != said["scorer"]:
        found.remarks.append(
            f"Scorer {answer.get('scorer')} was used here, {said['scorer']} there."
        )


def _tolerance(was: float, decimals: int | None) -> float:
    """What a score may differ by from one that was written with so many decimals, and very
    large ones with four digits; from an exact one where that is None."""
    if decimals is None:
        return CLOSE * abs(was)
    return max(
        0.500001 * 10.0**-decimals, 5.001e-4 * abs(was) if abs(was) >= 1e9 else 0
    )


def _tell(document: dict[str, Any], found: Findings) -> None:
    said, number = document["statement"], document["chain"]["number"]
    word = "NOT sound" if found.faults else "sound"
    sealed = "" if document["opening"] else ", exact scores still sealed"
    show.lines(
        [
            f"Receipt {number} of {said.get('competition')} is {word}: submission "
            f"{said.get('submission')}, public score {said.get('public')}{sealed}",
            *(f"  ok     {each}" for each in found.proved),
            *(f"  FAULT  {each}" for each in found.faults),
            *(f"  note   {each}" for each in found.remarks),
        ]
    )
