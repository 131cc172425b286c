"""Bringing a database to the schema of this release, and telling what differs from it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from podium.core.db import Base, Database, UtcDateTime
from podium.core.paths import resource

MIGRATE_LOCK = 0x706F646D
# Every module that has models; a test sees to it that none is missing.
MODELS = (
    "podium.core.models",
    "podium.accounts.models",
    "podium.notifications.models",
    "podium.competitions.models",
    "podium.teams.models",
    "podium.submissions.models",
    "podium.leaderboards.models",
    "podium.receipts.models",
    "podium.scoring.models",
    "podium.kaggle.models",
)


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate forward, all of it or nothing; several processes may do so at once."""
    with migrating(database) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Migrate back, all of it or nothing."""
    with migrating(database) as connection:
        command.downgrade(_config(connection), revision)


def current(database: Database) -> str | None:
    """The revision the database stands at; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The newest revision there is."""
    return ScriptDirectory(str(resource("migrations"))).get_current_head()


def differences(database: Database) -> list[Any]:
    """Where the database is not what the models say; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": comparable}
        )
        return list(compare_metadata(context, metadata()))


def metadata() -> MetaData:
    """The tables of all models."""
    for name in MODELS:
        importlib.import_module(name)
    return Base.metadata


def comparable(
    _context: Any, _inspected: Any, _column: Any, found: Any, wanted: Any
) -> bool | None:
    """Leave types to Alembic, but for ours: their kind is what is compared."""
    if isinstance(wanted, UtcDateTime):
        return not hasattr(found, "timezone")
    return None


@contextmanager
def migrating(database: Database) -> Iterator[Connection]:
    """A transaction that no other migration runs beside.

    SQLite changes a table by making it anew and dropping the old one; with foreign keys in
    force that drop would delete every row that refers to it. So they are off meanwhile, and
    checked before the end. The pragma does nothing inside a transaction.
    """
    with database.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                connection.exec_driver_sql(
                    f"SELECT pg_advisory_xact_lock({MIGRATE_LOCK})"
                )
                yield connection
            return
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"rows would refer to nothing: {broken[:5]}")
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["connection"] = connection
    return config
