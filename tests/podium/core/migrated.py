"""A database with a little of everything, and all that it holds."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, select

from podium.accounts.models import ApiToken
from podium.bootstrap import Services
from podium.core import clock
from podium.core.db import Database
from podium.core.storage import LocalStorage
from podium.settings import Settings
from tests.podium.factories import Factory, FakeJobs
from tests.podium.fakes import FakeSandbox


def fill(database: Database, folder: Path) -> Services:
    """A little of everything: users, a competition, teams, scores, boards."""
    services = Services(
        settings=Settings(data_dir=folder),
        database=database,
        storage=LocalStorage(folder / "files"),
        jobs=FakeJobs(),
        sandbox=FakeSandbox(),
    )
    make = Factory(services)
    now = clock.now()
    competition = make.competition(created_at=now, launched_at=now)
    ada, bob = make.user("ada"), make.user("bob")
    team = make.team(competition, ada, bob)
    make.submission(team, ada, public=0.75, private=0.5)
    make.submission(team, bob)
    with make.session() as session:
        session.add(ApiToken(user_id=ada.id, label="mine", sha256="0" * 64))
    return services


def content(database: Database) -> dict[str, list[dict[str, object]]]:
    """Every row of every table that is there, by the names of its columns."""
    there = MetaData()
    there.reflect(database.engine)
    with database.reading() as session:
        return {
            name: sorted(
                (dict(row) for row in session.execute(select(table)).mappings()),
                key=str,
            )
            for name, table in there.tables.items()
            if name != "alembic_version"
        }
