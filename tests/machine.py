"""What this machine offers to tests: a Docker engine, Chromium, PostgreSQL's programs."""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What Chromium needs in a container, as root, and without looking for the network.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
)
ENGINE_SECONDS = 5.0
CLIENTS = ("newest", "oldest")


def chromium() -> str | None:
    """The path of a Chromium that can be driven, or None."""
    named = os.environ.get("PODIUM_TEST_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def docker_socket() -> str:
    """The engine's unix socket, as the docker command would find it."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    return host.removeprefix("unix://")


def postgres_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, newest version first, or None."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
        reverse=True,
    )
    if versions:
        return versions[0].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _no_docker() -> str | None:
    path = docker_socket()
    try:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.settimeout(ENGINE_SECONDS)
            engine.connect(path)
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            answer = engine.recv(64)
    except OSError as error:
        return f"no Docker engine answers at {path}: {error.strerror or error}"
    if b" 200 " not in answer:
        return f"what listens at {path} is not a Docker engine"
    return None


def _no_browser() -> str | None:
    if chromium():
        return None
    return "no Chromium is installed, nor named by PODIUM_TEST_CHROMIUM"


def _no_postgres() -> str | None:
    if os.environ.get("PODIUM_TEST_POSTGRES_URL") or postgres_programs():
        return None
    return "no PostgreSQL is installed, nor named by PODIUM_TEST_POSTGRES_URL"


def kaggle_clients() -> Path:
    """The folder in which tests/kaggle_clients/make.sh installs Kaggle's programs."""
    return Path(__file__).resolve().parents[1] / ".kaggle-clients"


def _no_kaggle_clients() -> str | None:
    if all((kaggle_clients() / name / "bin/kaggle").exists() for name in CLIENTS):
        return None
    return "Kaggle's programs are not installed; make kaggle-clients does it"


def compose() -> list[str] | None:
    """The command for Compose, or None."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    asks = ["docker", "compose", "version"]
    if (
        shutil.which("docker")
        and not subprocess.run(asks, capture_output=True).returncode
    ):
        return asks[:2]
    return None


def _no_compose() -> str | None:
    return None if compose() else "there is no docker compose"


def _no_site_image() -> str | None:
    if reason := _no_docker():
        return reason
    asks = ["docker", "image", "inspect", "podium-site:latest"]
    if not subprocess.run(asks, capture_output=True).returncode:
        return None
    return "there is no image podium-site; make site-image builds it"


OFFERS: dict[str, Callable[[], str | None]] = {
    "docker": _no_docker,
    "browser": _no_browser,
    "postgres": _no_postgres,
    "kaggle": _no_kaggle_clients,
    "compose": _no_compose,
    "site_image": _no_site_image,
}


@functools.cache
def missing(offer: str) -> str | None:
    """Why this machine lacks the offer, as a clause; None when it has it."""
    return OFFERS[offer]()
