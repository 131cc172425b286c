"""A backup is whole, says where it is not, and comes back on any kind of database."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from podium import backup as backups
from podium.accounts.models import User
from podium.bootstrap import Services
from podium.core import keys, migrate
from podium.core.db import Database
from podium.core.errors import Refused
from podium.core.storage import LocalStorage
from podium.receipts import verification
from podium.settings import Settings
from podium.submissions.models import Score, Submission
from tests.databases import PostgresServer, SqliteFiles
from tests.podium.core.test_migrate import content, fill
from tests.podium.factories import Factory, FakeJobs
from tests.podium.fakes import FakeSandbox

Place = Callable[[str], Services]


def podium(folder: Path, url: str) -> Services:
    folder.mkdir(exist_ok=True)
    return Services(
        settings=Settings(data_dir=folder),
        database=Database(url),
        storage=LocalStorage(folder / "files"),
        jobs=FakeJobs(),
        sandbox=FakeSandbox(),
    )


@pytest.fixture
def source(empty_database_url: str, tmp_path: Path) -> Iterator[Services]:
    """A Podium with a little of everything in it."""
    made = podium(tmp_path / "source", empty_database_url)
    migrate.upgrade(made.database)
    fill(made.database, made.settings.data_dir)
    (made.settings.data_dir / "secret_key").write_text("a key\n")
    yield made
    made.database.dispose()


@pytest.fixture
def target(tmp_path: Path, sqlite_files: SqliteFiles) -> Iterator[Services]:
    """A Podium with nothing in it."""
    made = podium(tmp_path / "target", sqlite_files.empty())
    yield made
    made.database.dispose()


def comparable(database: Database) -> dict[str, list[dict[str, object]]]:
    """Every row; moments without their zone, as SQLite has them."""
    return {
        name: [
            {
                key: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value
                for key, value in row.items()
            }
            for row in rows
        ]
        for name, rows in content(database).items()
    }


@pytest.mark.database
def test_everything_comes_back(
    source: Services, target: Services, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    summary = backups.backup(source, file)
    assert summary.files == len(list(source.storage.every())) > 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert backups.verify(file) == summary
    assert backups.restore(target, file).rows == summary.rows
    assert comparable(target.database) == comparable(source.database)
    for sha256 in source.storage.every():
        with source.storage.open(sha256) as one, target.storage.open(sha256) as other:
            assert one.read() == other.read()
    key = target.settings.data_dir / "secret_key"
    assert key.read_text() == "a key\n"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.postgres
def test_from_sqlite_into_postgresql_where_new_rows_go_on(
    tmp_path: Path, sqlite_files: SqliteFiles, postgres_server: PostgresServer
) -> None:
    source = podium(tmp_path / "source", sqlite_files.empty())
    migrate.upgrade(source.database)
    fill(source.database, source.settings.data_dir)
    backups.backup(source, tmp_path / "b.zip")
    url = postgres_server.empty()
    target = podium(tmp_path / "target", url)
    backups.restore(target, tmp_path / "b.zip")
    assert comparable(target.database) == comparable(source.database)
    assert migrate.differences(target.database) == []
    made = Factory(target).user("newcomer")
    with Session(target.database.engine) as session:
        assert made.id == max(session.scalars(select(User.id)))
    for each in (source, target):
        each.database.dispose()
    postgres_server.drop(url)


def test_an_older_backup_is_brought_to_this_release(
    source: Services, target: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content(source.database)
    migrate.downgrade(source.database, "0005_finals")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "head", lambda: "0005_finals")
        backups.backup(source, tmp_path / "old.zip")
    backups.restore(target, tmp_path / "old.zip")
    assert migrate.current(target.database) == migrate.head()
    assert content(target.database) == whole


def test_only_an_empty_database_is_filled(source: Services, tmp_path: Path) -> None:
    backups.backup(source, tmp_path / "b.zip")
    before = content(source.database)
    with pytest.raises(Refused, match="The database is not empty"):
        backups.restore(source, tmp_path / "b.zip")
    assert content(source.database) == before


def test_a_file_that_is_there_is_not_replaced(source: Services, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_text("mine")
    with pytest.raises(Refused, match="is there already"):
        backups.backup(source, file)
    assert file.read_text() == "mine"
    with pytest.raises(Refused, match="can't be written"):
        backups.backup(source, tmp_path / "nowhere" / "b.zip")
    assert {path.name for path in tmp_path.iterdir()} == {"b.zip", "source"}


def test_a_stored_file_that_is_damaged_is_told(
    source: Services, tmp_path: Path
) -> None:
    assert isinstance(source.storage, LocalStorage)
    sha256 = next(source.storage.every())
    path = source.storage.path(sha256)
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(Refused, match=f"The stored file {sha256} is damaged"):
        backups.backup(source, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize("member", ["tables/users.jsonl", "files/", "secret_key"])
def test_a_changed_backup_is_refused_before_anything_is_written(
    source: Services, target: Services, tmp_path: Path, member: str
) -> None:
    backups.backup(source, tmp_path / "b.zip")
    with (
        zipfile.ZipFile(tmp_path / "b.zip") as before,
        zipfile.ZipFile(tmp_path / "changed.zip", "w") as after,
    ):
        name = next(each for each in before.namelist() if each.startswith(member))
        for each in before.namelist():
            data = before.read(each)
            after.writestr(each, data + b" " if each == name else data)
    for call in (backups.verify, lambda path: backups.restore(target, path)):
        with pytest.raises(Refused, match="is damaged"):
            call(tmp_path / "changed.zip")
    assert migrate.current(target.database) is None
    assert list(target.storage.every()) == []


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9, 0.999])
def test_a_backup_that_is_cut_short_is_refused(
    source: Services, tmp_path: Path, cut: float
) -> None:
    backups.backup(source, tmp_path / "b.zip")
    data = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "c.zip").write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(Refused, match=r"is no backup|damaged"):
        backups.verify(tmp_path / "c.zip")


def test_a_backup_of_a_newer_format_says_so(source: Services, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": 2}))
    with pytest.raises(Refused, match="made by a newer Podium"):
        backups.verify(tmp_path / "b.zip")


def test_a_database_of_another_release_is_migrated_first(
    target: Services, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="podium-server migrate"):
        backups.backup(target, tmp_path / "b.zip")


def test_who_writes_meanwhile_does_not_get_into_the_snapshot(
    source: Services, target: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who signs up while the second table is written is in no table."""
    lines, make = backups._lines, Factory(source)
    seen: list[str] = []

    def slow(connection: object, table: object) -> Iterator[bytes]:
        seen.append(table.name)  # type: ignore[attr-defined]
        if len(seen) == 2:
            make.user("late")
        yield from lines(connection, table)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "_lines", slow)
    before = len(content(source.database)["users"])
    backups.backup(source, tmp_path / "b.zip")
    backups.restore(target, tmp_path / "b.zip")
    assert len(content(target.database)["users"]) == before
    assert len(content(source.database)["users"]) == before + 1


@pytest.mark.database
def test_the_chain_of_receipts_comes_back_with_the_key_that_signed_it(
    source: Services, target: Services, tmp_path: Path
) -> None:
    with source.database.session() as session:
        scored = session.scalars(select(Score).where(Score.public == 0.75)).one()
        submission = session.get_one(Submission, scored.submission_id)
    Factory(source).receipt(submission)
    backups.backup(source, tmp_path / "b.zip")
    backups.restore(target, tmp_path / "b.zip")
    path = target.settings.data_dir / keys.RECEIPT_KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = keys.receipt_key(target.settings).public
    assert key == keys.receipt_key(source.settings).public
    found = verification.verify(target.database, slug="stars", keys={key})
    assert (found.receipts, found.faults) == (1, [])
