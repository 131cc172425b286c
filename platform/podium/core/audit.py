"""The audit log: who did what with a privilege, on what, when, from where and why.

``record`` notes an act; it is written as the last thing of the transaction that does it,
so that both happen or neither, and so that the log's lock is held for a moment only and is
always the last that a transaction takes. Each entry holds the hash of the one before:
changed, lost, added or reordered entries are found by ``verify``. No secrets belong here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from podium.core import clock
from podium.core.db import Database, hold
from podium.core.models import Act, AuditEntry, AuditHead

AUDIT_LOCK = 0x706F6463  # any number that is used for nothing else
START = "0" * 64  # stands before the first entry
_ORIGIN, _NOTED = "podium-origin", "podium-audit"
IPV4_BITS, IPV6_BITS = 24, 48  # of an address, so that it names a network and no home


@dataclass(frozen=True)
class Origin:
    """Who works with a session, and from where."""

    who: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at the whole log found; ``faults`` is empty for a sound one."""

    entries: int
    sha256: str
    faults: list[str] = field(default_factory=list)


SYSTEM = Origin("podium", "a job")


def attribute(session: Session, origin: Callable[[], Origin]) -> None:
    """Say who works with a session; asked only where an act is written down."""
    session.info[_ORIGIN] = origin


def record(
    session: Session, act: Act, target: str, *, reason: str = "", **details: Any
) -> None:
    """Note an act, after everything that could still refuse it."""
    session.connection()  # a rollback shall take the note back, too
    session.info.setdefault(_NOTED, []).append((act, target, reason, details))


def cut(address: str | None) -> str:
    """The network of an address: enough to see where from, too little to see who."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    bits = IPV4_BITS if found.version == 4 else IPV6_BITS
    return str(ip_network((found, bits), strict=False))


def entries(
    session: Session,
    *,
    act: Act | None = None,
    who: str = "",
    target: str = "",
    before: int | None = None,
    limit: int,
) -> Sequence[AuditEntry]:
    """The newest entries that fit, those before the number ``before``."""
    wanted = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    if act is not None:
        wanted = wanted.where(AuditEntry.act == act)
    if who:
        wanted = wanted.where(AuditEntry.who.contains(who, autoescape=True))
    if target:
        wanted = wanted.where(AuditEntry.target.contains(target, autoescape=True))
    if before is not None:
        wanted = wanted.where(AuditEntry.number < before)
    return session.scalars(wanted).all()


def verify(database: Database, *, noted: str = "") -> Verdict:
    """Look at the whole log as it is at one moment; with ``noted``, whether the entry with
    that hash, written down elsewhere before, still stands in it."""
    with Session(database.snapshot_engine) as session:
        return _verify(session, noted)


def _verify(session: Session, noted: str) -> Verdict:
    faults: list[str] = []
    number, last, seen = 0, START, not noted
    rows = select(AuditEntry).order_by(AuditEntry.number)
    for entry in session.scalars(rows.execution_options(yield_per=1000)):
        if entry.number != number + 1:
            faults.append(f"After entry {number} comes {entry.number}.")
        if entry.previous != last:
            faults.append(f"Entry {entry.number} does not follow the one before it.")
        if entry.sha256 != digest(entry):
            faults.append(f"Entry {entry.number} was changed.")
        number, last = entry.number, entry.sha256
        seen = seen or last == noted
        session.expunge(entry)
    head = session.get(AuditHead, 1)
    if (head.entries, head.sha256) != (number, last) if head else number:
        faults.append(
            f"The log ends with entry {number}, and should with entry "
            f"{head.entries if head else 0}."
        )
    if not seen:
        faults.append(f"No entry has the hash {noted}.")
    return Verdict(entries=number, sha256=last, faults=faults)


def digest(entry: AuditEntry) -> str:
    """The hash of all that an entry says, and of the hash before it."""
    content = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(),
        entry.who,
        entry.source,
        entry.act,
        entry.target,
        entry.reason,
        entry.details,
        entry.previous,
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if not session.info.get(_NOTED) or session.in_nested_transaction():
        return
    noted = session.info.pop(_NOTED)
    origin = session.info.get(_ORIGIN, lambda: SYSTEM)()
    session.flush()  # what may still wait for a lock comes first
    hold(session, AUDIT_LOCK)
    head = session.get(AuditHead, 1, populate_existing=True)
    if head is None:
        head = AuditHead(id=1, entries=0, sha256=START)
        session.add(head)
    for act, target, reason, details in noted:
        entry = AuditEntry(
            number=head.entries + 1,
            at=clock.now(),
            who=origin.who[:80],
            source=origin.source[:64],
            act=str(act),
            target=target[:200],
            reason=reason,
            details=details,
            previous=head.sha256,
        )
        entry.sha256 = digest(entry)
        session.add(entry)
        head.entries, head.sha256 = entry.number, entry.sha256
    session.flush()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NOTED, None)
