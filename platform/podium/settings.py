"""Every knob of Podium: read once from ``PODIUM_*``, frozen, passed down.

A field's name is its variable's: ``upload_max_bytes`` is ``PODIUM_UPLOAD_MAX_BYTES``.
Units stand in the names. The operator's guide lists them all.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

PREFIX = "PODIUM_"
RECEIPT_KEY = re.compile(r"([0-9a-f]{64})?")
MAIL_SCHEMES = ("smtp", "smtps", "smtp+plain")
MAIL_FROM = re.compile(r"[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")
CONTACT = re.compile(r"mailto:[^@\s]+@[^@\s]+|https://[^\s/]+(/\S*)?")


class SettingsError(ValueError):
    """One or more settings can't be used; the text names each of them."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one Podium.

    Empty texts mean "work it out": the database, the queue, the storage and the sockets
    then live in ``data_dir``.
    """

    data_dir: Path = Path("podium-data")
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # how people reach the site; empty: http://HOST:PORT
    secret_key: str = ""  # empty: made once and kept in data_dir
    receipt_key: str = ""  # 64 hex digits; empty: made once and kept in data_dir
    database_url: str = ""  # empty: SQLite in data_dir
    redis_url: str = ""  # empty: a Valkey of our own on a unix socket in data_dir
    sandbox: str = "auto"  # auto, docker or process
    sandbox_socket: str = ""  # empty: in data_dir
    scorer_image: str = "podium-scorer:latest"
    metric_image: str = "podium-metric:latest"  # for metrics that organizers wrote
    # For participants' programs: NAME=IMAGE,... by the names that competitions use.
    code_images: str = "python=podium-python:latest"
    sandbox_runtime: str = ""  # a runtime of the engine's, for example runsc
    sandbox_apparmor: str = ""  # a loaded AppArmor profile
    sandbox_pool_size: int = 2  # warm containers or processes that wait for a job
    sandbox_pool_most: int = 8  # and under load

    web_processes: int = 2
    web_threads: int = 16
    workers: int = 1
    cookie_secure: bool = False  # set it where the site is reached by https
    trusted_proxies: int = 0  # reverse proxies in front, whose headers are believed

    upload_max_bytes: int = 1_500_000_000
    score_wall_s: float = 120.0  # a score job's wall-clock limit
    prepare_wall_s: float = 600.0
    lease_s: float = (
        30.0  # a running score that is not renewed for so long is taken again
    )
    lease_renew_s: float = 8.0
    failures_most: int = 5  # after so many failures of ours a score is left as failed
    failure_rest_s: float = (
        2.0  # the rest after the first failure; doubles, to a minute
    )
    sweep_interval_s: float = 5.0
    queue_ahead_per_worker: int = 2  # jobs kept in the queue for each worker
    queue_stale_s: float = (
        20.0  # a dispatched score that did not start by then is sent again
    )
    worker_ttl_s: int = 20
    rejections_per_hour: int = (
        30  # files with faults that a team may send without charge
    )

    log_in_tries_per_minute: int = 20

    log_format: str = "text"  # text or json: how the lines of the logs look
    # mailto: or https: addresses for reports of weaknesses, separated by commas
    security_contact: str = ""
    metrics_token: str = ""  # who holds it may read /metrics; empty: nobody

    # smtp://, smtps:// or smtp+plain://, as USER:PASSWORD@HOST:PORT; empty: the terminal
    mail_url: str = ""
    mail_from: str = ""  # empty: Podium <podium@ the site's host>
    mail_interval_s: float = 1.0  # how often the sweeper looks for mail to send
    confirm_email: bool = False  # whether an address is confirmed before taking part

    create_competitions: str = "anyone"  # anyone, organizers or admins
    bundle_max_bytes: int = 5_000_000_000  # a competition's bundle, packed or not

    @property
    def site_url(self) -> str:
        """The address people reach the site at, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_sender(self) -> str:
        """Whom mail comes from, as a mail's header has it."""
        host = urlsplit(self.site_url).hostname or "localhost"
        return self.mail_from or f"Podium <podium@{host}>"

    @property
    def database(self) -> str:
        """The database's SQLAlchemy address."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve()}/podium.db"

    @property
    def redis(self) -> str:
        """The address of Redis or Valkey."""
        return self.redis_url or f"unix://{self.data_dir.resolve()}/redis.sock"

    def make_data_dir(self) -> None:
        """Make ``data_dir``, where it is not there yet, for its owner alone."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def storage_dir(self) -> Path:
        """Where uploaded files are kept, by their hash."""
        return self.data_dir.resolve() / "files"

    @property
    def sandbox_socket_path(self) -> Path:
        """Where the sandbox service of this host listens."""
        named = self.sandbox_socket
        return Path(named) if named else self.data_dir.resolve() / "sandbox.sock"

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a child process."""
        return {
            PREFIX + field.name.upper(): _as_text(getattr(self, field.name))
            for field in dataclasses.fields(self)
        }


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises SettingsError that names every one that can't be used."""
    environ = os.environ if environ is None else environ
    kinds = get_type_hints(Settings)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in dataclasses.fields(Settings):
        name = PREFIX + field.name.upper()
        if name not in environ:
            continue
        try:
            values[field.name] = _read(kinds[field.name], environ[name])
        except ValueError as error:
            faults.append(f"{name}={environ[name]!r}: {error}")
    if values.get("sandbox", "auto") not in {"auto", "docker", "process"}:
        faults.append("PODIUM_SANDBOX must be auto, docker or process")
    if values.get("create_competitions", "anyone") not in {
        "anyone", "organizers", "admins",
    }:  # fmt: skip
        faults.append("PODIUM_CREATE_COMPETITIONS must be anyone, organizers or admins")
    if not RECEIPT_KEY.fullmatch(values.get("receipt_key", "")):  # it is secret
        faults.append("PODIUM_RECEIPT_KEY must be 64 hex digits in lower case")
    if values.get("log_format", "text") not in {"text", "json"}:
        faults.append("PODIUM_LOG_FORMAT must be text or json")
    if not all(map(CONTACT.fullmatch, contacts(values.get("security_contact", "")))):
        faults.append(
            "PODIUM_SECURITY_CONTACT must be like mailto:security@example.org or "
            "https://example.org/security, several of them separated by commas"
        )
    faults += _mail_faults(values.get("mail_url", ""), values.get("mail_from", ""))
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**values)


def contacts(security_contact: str) -> list[str]:
    """The addresses of ``security_contact``, the preferred one first."""
    return [each.strip() for each in security_contact.split(",") if each.strip()]


def _mail_faults(url: str, sender: str) -> list[str]:
    faults = []
    if url:
        try:
            at = urlsplit(url)
            sound = at.scheme in MAIL_SCHEMES and at.hostname and at.port != 0
        except ValueError:
            sound = None
        if not sound:  # it is not shown: it may hold a password
            faults.append(
                "PODIUM_MAIL_URL must be like smtps://user:password@mail.example.org or "
                "smtp://mail.example.org:587, with %40 for @ in user and password"
            )
    if sender and not MAIL_FROM.fullmatch(sender):
        faults.append("PODIUM_MAIL_FROM must be like Podium <podium@example.org>")
    return faults


def _read(kind: type, text: str) -> object:
    if kind is bool:
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError("write 1 or 0")
        return text.lower() in {"1", "true", "yes"}
    if kind is int or kind is float:
        number = kind(text)
        if number < 0:
            raise ValueError("must not be negative")
        return number
    return kind(text)


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
