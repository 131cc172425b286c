"""What is wrong with this installation, and what to do about it.

Everything is looked at and nothing is changed. What the sandbox holds against attacks is
looked at by ``podium-server doctor sandbox``.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from podium.core import audit, clock, keys, migrate
from podium.core.queue import connect
from podium.core.services import Services
from podium.core.text import size as size_text
from podium.notifications import service as mail
from podium.scoring.models import ScoringHost

FREE_LEAST, FREE_FEW = 1_000_000_000, 10_000_000_000  # bytes: too few, and soon so
CLOCK_MOST = timedelta(seconds=5)  # leases last half a minute
MAIL_MOST = timedelta(hours=1)
PRIVATE = ("", *keys.KEPT, "podium.db", "files")  # in the data folder
LOOPBACK = ("127.0.0.1", "::1", "localhost")
START = "Start Podium with 'podium-server up', or this part of it alone."


class State(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARN = "warn"  # it works, and should not stay so
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do where it is not good."""

    part: str
    state: State
    says: str
    do: str = ""


Check = Callable[[Services], Iterator[Finding]]


def examine(services: Services) -> list[Finding]:
    """Look at everything. Without its database, only at what needs none."""
    found = [finding for check in ALONE for finding in check(services)]
    try:
        found += list(_database(services))
    except SQLAlchemyError as error:
        do = "Start the database, or mend PODIUM_DATABASE_URL."
        says = f"It can't be used: {getattr(error, 'orig', None) or error}."
        return [*found, Finding("database", State.BAD, says, do)]
    if found[-1].state is State.GOOD:
        found += [finding for check in WITH_TABLES for finding in check(services)]
    return found


def _settings(services: Services) -> Iterator[Finding]:
    settings = services.settings
    https = settings.site_url.startswith("https://")
    if https and not settings.cookie_secure:
        yield Finding(
            "settings",
            State.WARN,
            "People come by https, and cookies may also travel by http.",
            "Set PODIUM_COOKIE_SECURE=1.",
        )
    if https and not settings.trusted_proxies:
        yield Finding(
            "settings",
            State.WARN,
            "People come by https, so through a proxy, and its headers are not believed: "
            "log-in tries of everybody count as one address's.",
            "Set PODIUM_TRUSTED_PROXIES to the number of proxies.",
        )
    if not https and settings.host not in LOOPBACK:
        yield Finding(
            "settings",
            State.WARN,
            f"The site listens on {settings.host} without https.",
            "Put a reverse proxy before it and set PODIUM_PUBLIC_URL.",
        )
    yield Finding("settings", State.GOOD, f"People come to {settings.site_url}.")


def _folder(services: Services) -> Iterator[Finding]:
    folder = services.settings.data_dir
    if not folder.is_dir():
        do = "Set PODIUM_DATA_DIR to the right folder, or start Podium: it makes one."
        yield Finding("data folder", State.BAD, f"{folder} is not there.", do)
        return
    opened = [
        path
        for path in (folder / name for name in PRIVATE)
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if folder in opened:  # who can't enter it reads nothing inside
        yield Finding(
            "data folder",
            State.BAD,
            "Other users of this machine may look into "
            f"{', '.join(str(path) for path in opened)}.",
            f"Run: chmod go-rwx {folder}",
        )
    locked = [
        path
        for path in (folder / name for name in PRIVATE)
        if path.exists() and not os.access(path, os.R_OK | os.W_OK)
    ]
    for path in locked:
        do = "Run Podium as the user whose data this is, or give it to this user."
        yield Finding("data folder", State.BAD, f"{path} can't be written.", do)
    if folder not in opened and not locked:
        yield Finding("data folder", State.GOOD, f"{folder} is this user's alone.")


def _receipt_key(services: Services) -> Iterator[Finding]:
    settings = services.settings
    if not settings.receipt_key and not (settings.data_dir / keys.RECEIPT_KEY).exists():
        return  # it is made with the first receipt
    try:
        key = keys.receipt_key(settings)
    except keys.Damaged as error:
        do = "Nothing is scored until then: scores are written with their receipts."
        yield Finding("receipts", State.BAD, str(error), do)
        return
    yield Finding("receipts", State.GOOD, f"They are signed with {key.public}.")


def _disk(services: Services) -> Iterator[Finding]:
    folder = services.settings.data_dir
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    state = State.BAD if free < FREE_LEAST else State.WARN
    if free >= FREE_FEW:
        state = State.GOOD
    do = "" if state is State.GOOD else "Make room, or move the data to a larger disk."
    yield Finding("disk", state, f"{size_text(free)} are free.", do)


def _queue(services: Services) -> Iterator[Finding]:
    if services.jobs.waiting() is None:
        do = f"{START} With a server of your own, mend PODIUM_REDIS_URL."
        says = f"The queue's server does not answer at {_plain(services)}."
        yield Finding("queue", State.BAD, says, do)
        return
    workers = services.jobs.workers()
    if not workers:
        yield Finding("queue", State.BAD, "It answers, and knows no worker.", START)
        return
    yield Finding("queue", State.GOOD, f"It answers and knows {workers} workers.")


def _plain(services: Services) -> str:
    """The queue's address without a password."""
    return services.settings.redis.rsplit("@", 1)[-1]


def _sandbox(services: Services) -> Iterator[Finding]:
    status = services.sandbox.status()
    if status.mode == "none":
        says = f"The sandbox service does not answer. {status.reason}".strip()
        yield Finding("sandbox", State.BAD, says, START)
        return
    if status.mode == "process":
        yield Finding(
            "sandbox",
            State.WARN,
            f"Jobs run in confined processes: {status.reason}".strip(),
            "Install Docker and run 'make image' for the code of organizers and "
            "participants.",
        )
    if status.trouble:
        do = "Look at the sandbox service's log."
        yield Finding("sandbox", State.BAD, status.trouble, do)
    broken = sorted(name for name, holds in status.checks.items() if not holds)
    if broken:
        do = "Run 'podium-server doctor sandbox'."
        says = f"These limits do not hold: {', '.join(broken)}."
        yield Finding("sandbox", State.WARN, says, do)
    images = ", ".join(f"{name} {held}" for name, held in status.code_images.items())
    says = f"It answers ({status.mode})." + (f" Images: {images}." if images else "")
    yield Finding("sandbox", State.GOOD, says)


def _clock(services: Services) -> Iterator[Finding]:
    """Leases and deadlines are compared between machines."""
    try:
        seconds, micros = connect(services.settings.redis).time()
    except RedisError:
        return  # _queue has said so
    there = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    yield _apart("the queue's server", there)


def _apart(whose: str, there: datetime) -> Finding:
    apart = abs(there - clock.now())
    if apart > CLOCK_MOST:
        return Finding(
            "clock",
            State.BAD,
            f"This machine's clock and that of {whose} are "
            f"{apart.total_seconds():.0f} s apart.",
            "Let both machines follow a time server (NTP).",
        )
    return Finding("clock", State.GOOD, f"It agrees with that of {whose}.")


def _database(services: Services) -> Iterator[Finding]:
    here, head = migrate.current(services.database), migrate.head()
    if here != head:
        says = f"It is at {here or 'no revision'}, this release needs {head}."
        do = "Make a backup, then run 'podium-server migrate'."
        yield Finding("database", State.BAD, says, do)
        return
    yield Finding("database", State.GOOD, f"It answers and is at {head}.")


def _database_clock(services: Services) -> Iterator[Finding]:
    if services.database.engine.dialect.name == "sqlite":
        return  # it has no clock of its own
    with services.database.reading() as session:
        there = session.scalar(text("SELECT clock_timestamp()"))
    if isinstance(there, datetime):
        yield _apart("the database", there)


def _hosts(services: Services) -> Iterator[Finding]:
    now = clock.now()
    with services.database.reading() as session:
        hosts = session.scalars(select(ScoringHost).order_by(ScoringHost.name)).all()
    for host in hosts:
        if not host.alive(now):
            says = f"{host.name} has not been heard of since {host.seen_at:%F %R} UTC."
            do = f"Start its sweeper, or forget it if {host.name} is gone for good."
            yield Finding("scoring hosts", State.WARN, says, do)
    alive = sum(host.alive(now) for host in hosts)
    if not alive:
        yield Finding("scoring hosts", State.BAD, "No machine scores.", START)
    else:
        yield Finding("scoring hosts", State.GOOD, f"Heard of lately: {alive}.")


def _mail(services: Services) -> Iterator[Finding]:
    settings = services.settings
    with services.database.reading() as session:
        found = mail.figures(session)
    if not settings.mail_url:
        if settings.public_url:
            says = "There is no mail server: nobody can replace a forgotten password."
            do = "Set PODIUM_MAIL_URL, then try 'podium-server mail test ADDRESS'."
            yield Finding("mail", State.WARN, says, do)
        else:
            yield Finding("mail", State.GOOD, "It is printed where Podium runs.")
    elif found.oldest is not None and clock.now() - found.oldest > MAIL_MOST:
        says = f"{found.waiting} wait, the oldest since {found.oldest:%F %R} UTC."
        last = found.last_error or "no sweeper has tried"
        do = f"The last failure: {last}. Try 'podium-server mail test ADDRESS'."
        yield Finding("mail", State.BAD, says, do)
    else:
        says = f"{found.waiting} wait, {found.given_up} were given up."
        yield Finding("mail", State.GOOD, says)


def _audit(services: Services) -> Iterator[Finding]:
    verdict = audit.verify(services.database)
    if verdict.faults:
        do = "Compare with a backup: 'podium-server audit verify' names each entry."
        yield Finding("audit log", State.BAD, " ".join(verdict.faults[:3]), do)
        return
    says = f"It is sound: {verdict.entries} entries."
    yield Finding("audit log", State.GOOD, says)


ALONE: tuple[Check, ...] = (
    _settings,
    _folder,
    _receipt_key,
    _disk,
    _queue,
    _clock,
    _sandbox,
)
WITH_TABLES: tuple[Check, ...] = (_database_clock, _hosts, _mail, _audit)
