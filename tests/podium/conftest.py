"""The site over a fresh database, without Redis, worker or sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from podium.app import create_app
from podium.bootstrap import Services
from podium.core.db import Database
from podium.core.storage import LocalStorage
from podium.settings import Settings
from podium_sandbox.client import SandboxClient
from tests.podium.factories import Factory, FakeJobs


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url,
        # Nobody listens there: tries are counted in this process.
        redis_url=f"unix://{tmp_path}/nobody.sock",
        secret_key="a key for tests",
        log_in_tries_per_minute=1000,
    )


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def services(settings: Settings, database: Database, jobs: FakeJobs) -> Services:
    return Services(
        settings=settings,
        database=database,
        storage=LocalStorage(settings.storage_dir),
        jobs=jobs,
        sandbox=SandboxClient(settings.sandbox_socket_path),
    )


@pytest.fixture
def app(settings: Settings, services: Services) -> Flask:
    app = create_app(settings, services)
    app.config["TESTING"] = True
    return app


@pytest.fixture
def make(services: Services) -> Factory:
    return Factory(services)
