"""Migrations: both ways, on both databases, by many at once, without losing a row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import podium
from podium.core import migrate
from podium.core.db import Base, Database
from podium.core.paths import resource
from tests.podium.core.migrated import content, fill

MIGRATORS = 2


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


@pytest.mark.database
def test_up_down_and_up_again(empty: Database) -> None:
    migrate.upgrade(empty)
    assert tables(empty) == {*Base.metadata.tables, "alembic_version"}
    assert migrate.current(empty) == migrate.head()
    migrate.downgrade(empty, "base")
    assert tables(empty) == {"alembic_version"}
    assert migrate.current(empty) is None
    migrate.upgrade(empty)
    assert migrate.current(empty) == migrate.head()


@pytest.mark.database
def test_the_migrated_schema_is_what_the_models_say(empty: Database) -> None:
    migrate.upgrade(empty)
    assert migrate.differences(empty) == []


@pytest.mark.database
def test_a_difference_is_found(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN shoe_size INTEGER")
    assert [change[0] for change in migrate.differences(empty)] == ["remove_column"]


@pytest.mark.database
def test_migrating_what_is_migrated_changes_nothing(
    empty: Database, tmp_path: Path
) -> None:
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    migrate.upgrade(empty)
    assert content(empty) == before


@pytest.mark.database
def test_several_processes_migrate_at_once(empty_database_url: str) -> None:
    program = (
        "import sys; from podium.core import migrate; "
        "from podium.core.db import Database; "
        "sys.stdin.read(); migrate.upgrade(Database(sys.argv[1]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(MIGRATORS)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.close()  # now
    for process in started:
        process.stdin = None
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors.decode()) == (0, "")
    database = Database(empty_database_url)
    assert migrate.current(database) == migrate.head()
    database.dispose()


def test_a_process_that_migrated_keeps_no_lock(empty: Database) -> None:
    migrate.upgrade(empty)
    again = Database(str(empty.engine.url))
    migrate.upgrade(again)
    again.dispose()


@pytest.mark.database
def test_a_migration_that_fails_leaves_nothing(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(Operations, "drop_table", breaks)
    migrate.upgrade(empty)
    before = tables(empty)
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate.downgrade(empty, "base")
    assert tables(empty) == before
    assert migrate.current(empty) == migrate.head()


def test_making_a_table_anew_keeps_the_rows_that_refer_to_it(
    empty: Database, tmp_path: Path
) -> None:
    """SQLite's way to change a table: drop it and rename the copy. With foreign keys in
    force the drop would delete the members of every user."""
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    with migrate.migrating(empty) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("users", recreate="always") as batch:
            batch.alter_column("about", nullable=True)
    assert content(empty) == before
    with empty.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_rows_that_would_refer_to_nothing_stop_a_migration(
    empty: Database, tmp_path: Path
) -> None:
    migrate.upgrade(empty)
    fill(empty, tmp_path)
    before = content(empty)
    with (
        pytest.raises(RuntimeError, match="refer to nothing"),
        migrate.migrating(empty) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM users")
    assert content(empty) == before


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(resource("migrations"))).get_heads()) == 1


def test_every_module_with_models_is_known_to_the_migrations() -> None:
    (package,) = podium.__path__
    found = {
        f"podium.{path.parent.name}.models"
        for path in Path(package).glob("*/models.py")
    }
    assert found == set(migrate.MODELS)
