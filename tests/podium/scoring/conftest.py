"""Services with a sandbox that answers what it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from podium.bootstrap import Services
from podium.core.db import Database
from podium.core.storage import LocalStorage
from podium.settings import Settings
from tests.podium.factories import FakeJobs
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works


@pytest.fixture
def sandbox() -> FakeSandbox:
    return FakeSandbox()


@pytest.fixture
def services(
    settings: Settings, database: Database, jobs: FakeJobs, sandbox: FakeSandbox
) -> Services:
    settings = replace(settings, failure_rest_s=0.0)
    return Services(
        settings=settings,
        database=database,
        storage=LocalStorage(settings.storage_dir),
        jobs=jobs,
        sandbox=sandbox,
    )


@pytest.fixture
def works(services: Services) -> Works:
    return Works(services)
