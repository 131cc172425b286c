"""The services that every process of Podium shares: site, worker and commands. No Flask."""

from __future__ import annotations

from functools import cache

from podium.core.db import Database
from podium.core.queue import RqJobs, connect
from podium.core.services import Services
from podium.core.storage import LocalStorage
from podium.settings import Settings, read_settings
from podium_sandbox.client import SandboxClient

__all__ = ["Services", "create_services", "services"]


def create_services(settings: Settings) -> Services:
    """Make the services; nothing connects before its first use."""
    settings.make_data_dir()
    return Services(
        settings=settings,
        database=Database(settings.database),
        storage=LocalStorage(settings.storage_dir),
        jobs=RqJobs(connect(settings.redis)),
        sandbox=SandboxClient(settings.sandbox_socket_path),
    )


@cache
def services() -> Services:
    """This process's services, from its environment: for jobs, which get only a row's id."""
    return create_services(read_settings())
