"""The services that a request, a job or a command works with."""

from __future__ import annotations

from dataclasses import dataclass

from podium.core.db import Database
from podium.core.queue import Jobs
from podium.core.storage import Storage
from podium.settings import Settings
from podium_sandbox.client import SandboxClient


@dataclass(frozen=True, kw_only=True)
class Services:
    """What every process of Podium shares; made by ``podium.bootstrap``."""

    settings: Settings
    database: Database
    storage: Storage
    jobs: Jobs
    sandbox: SandboxClient  # the site has it too, and never calls it
