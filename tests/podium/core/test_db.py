"""The database's own rules: UTC, one writer at a time, readers that wait for nobody."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.core.db import Database, hold, make_engine
from podium.core.text import name_key, size, storable
from tests.podium.threads import answers, at_once, errors

BERLIN = timezone(timedelta(hours=2))


def user(name: str, moment: datetime) -> User:
    return User(
        username=name, email=f"{name}@x.org", fs_uniquifier=name, confirmed_at=moment
    )


@pytest.mark.database
def test_a_time_comes_back_in_utc_whatever_zone_it_had(database: Database) -> None:
    with database.session() as session:
        session.add(user("ada", datetime(2026, 7, 1, 12, 30, tzinfo=BERLIN)))
        session.commit()
    with database.session() as session:
        if session.connection().dialect.name == "postgresql":
            session.execute(text("SET TIME ZONE 'Asia/Tokyo'"))
        found = session.scalars(select(User.confirmed_at)).one()
    assert found == datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
    assert f"{found:%H:%M %Z}" == "10:30 UTC"


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with database.session() as session:
        session.add(user("ada", datetime(2026, 7, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError, match="naive datetime"):
            session.flush()


def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(database: Database) -> None:
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.session() as writer:
        writer.add(user("ada", datetime.now(UTC)))
        writer.flush()
        with database.reading() as reader:
            assert reader.scalars(select(User)).all() == []
        writer.commit()
    with database.reading() as reader:
        assert len(reader.scalars(select(User)).all()) == 1


@pytest.mark.database
def test_read_then_write_loses_no_update(database: Database) -> None:
    with database.session() as session:
        session.add(user("ada", datetime.now(UTC)))
        session.commit()

    def add_one() -> None:
        with database.session() as session:
            hold(session, 1)
            ada = session.scalars(select(User)).one()
            ada.about += "x"
            session.commit()

    assert errors(at_once([add_one] * 12)) == []
    with database.session() as session:
        assert session.scalars(select(User.about)).one() == "x" * 12


@pytest.mark.database
def test_a_held_lock_lets_one_in_at_a_time(database: Database) -> None:
    inside = threading.Semaphore(1)

    def enter() -> bool:
        with database.session() as session:
            hold(session, 7)
            alone = inside.acquire(blocking=False)
            session.execute(select(User))
            inside.release()
            session.commit()
            return alone

    assert answers(at_once([enter] * 10)) == [True] * 10


def test_more_threads_than_a_site_has_get_a_connection_each(database: Database) -> None:
    barrier = threading.Barrier(36)

    def read() -> int:
        with database.reading() as session:
            session.execute(select(User))
            barrier.wait(60)
            return 1

    assert sum(answers(at_once([read] * 36))) == 36


@pytest.mark.parametrize(
    "url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"]
)
def test_every_way_to_name_postgresql_means_psycopg(url: str) -> None:
    engine = make_engine(url)
    assert engine.url.drivername == "postgresql+psycopg"
    engine.dispose()


@pytest.mark.parametrize("text", ["", "Ada", "ß 漢字 🙂", "two\nlines\tand a tab"])
def test_text_that_every_database_takes(database: Database, text: str) -> None:
    assert storable(text)
    with Session(database.engine) as session:
        session.add(User(username="u", email="e", fs_uniquifier="f", about=text))
        session.commit()
        session.expire_all()
        assert session.scalars(select(User.about)).one() == text


@pytest.mark.parametrize("text", ["nul\0", "half a pair \ud83d"])
def test_text_that_not_every_database_takes(text: str) -> None:
    assert not storable(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ada", "aDA"), ("Caf\u00e9", "Cafe\u0301"), ("Straße", "STRASSE"), ("ﬁn", "FIN")],
)
def test_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, "–"),
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_500, "1.5 kB"),
        (999_600, "1 MB"),
        (5_000_000, "5 MB"),
        (1_234_000_000, "1.2 GB"),
    ],
)
def test_a_size_reads_well(count: int | None, shown: str) -> None:
    assert size(count).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "podium.db"
    database = Database(f"sqlite:///{file}")
    with database.session() as session:
        session.execute(text("CREATE TABLE secrets (x)"))
        session.commit()
        kept = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    database.dispose()
    assert kept["podium.db"] == 0o600
    assert set(kept.values()) == {0o600}


def test_a_database_in_a_missing_folder_is_said_by_sqlite(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/podium.db")
    with pytest.raises(OperationalError), database.session() as session:
        session.execute(text("select 1"))
