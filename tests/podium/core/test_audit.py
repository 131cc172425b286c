"""The audit log: written with the act, in one chain, and whatever is done to it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from podium import backup
from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, User
from podium.bootstrap import Services
from podium.core import audit, migrate
from podium.core.db import Database
from podium.core.models import Act, AuditEntry
from podium.core.storage import LocalStorage
from podium.settings import Settings
from tests.databases import SqliteFiles
from tests.podium.factories import Factory, FakeJobs
from tests.podium.fakes import FakeSandbox
from tests.podium.threads import at_once

WRITERS, EACH = 6, 5


def note(database: Database, *targets: str) -> None:
    """Note acts, each in a transaction of its own."""
    for target in targets:
        with database.session() as session:
            audit.attribute(session, lambda: audit.Origin("amy", "192.0.2.0/24"))
            audit.record(session, Act.ROLE_GIVEN, target, reason="asked", role="admin")
            session.commit()


def log(database: Database) -> list[AuditEntry]:
    with database.reading() as session:
        return list(audit.entries(session, limit=1000))


@pytest.mark.database
def test_an_entry_says_who_what_when_from_where_and_why(database: Database) -> None:
    note(database, "user ada")
    (entry,) = log(database)
    assert (entry.who, entry.source, entry.act, entry.target, entry.reason) == (
        "amy",
        "192.0.2.0/24",
        "role.given",
        "user ada",
        "asked",
    )
    assert entry.details == {"role": "admin"}
    assert entry.at.utcoffset() is not None


@pytest.mark.database
def test_every_entry_holds_the_hash_of_the_one_before(database: Database) -> None:
    note(database, "user a", "user b", "user c")
    third, second, first = log(database)
    assert [first.number, second.number, third.number] == [1, 2, 3]
    assert (first.previous, second.previous) == (audit.START, first.sha256)
    assert third.previous == second.sha256


@pytest.mark.database
def test_many_at_once_make_one_chain(database: Database) -> None:
    def write(name: int) -> None:
        note(database, *(f"user {name}-{number}" for number in range(EACH)))

    results = at_once([lambda name=name: write(name) for name in range(WRITERS)])
    assert results == [None] * WRITERS
    verdict = audit.verify(database)
    assert (verdict.entries, verdict.faults) == (WRITERS * EACH, [])


@pytest.mark.database
def test_what_is_rolled_back_is_not_in_the_log(database: Database) -> None:
    with database.session() as session:
        audit.record(session, Act.USER_ADDED, "user ada")
        session.rollback()
        audit.record(session, Act.USER_ADDED, "user bob")
        session.commit()
    assert [entry.target for entry in log(database)] == ["user bob"]


def test_a_savepoint_ends_without_an_entry(database: Database) -> None:
    with database.session() as session:
        audit.record(session, Act.USER_ADDED, "user ada")
        with session.begin_nested():
            pass
        assert audit.entries(session, limit=9) == []
        session.commit()
    assert len(log(database)) == 1


def test_a_job_is_named_as_podium(make: Factory, database: Database) -> None:
    ada = make.user("ada")
    with make.session() as session:
        accounts.set_role(
            session, user=session.get_one(User, ada.id), name=ADMIN, has=True
        )
    (entry,) = log(database)
    assert (entry.who, entry.source) == ("podium", "a job")


def test_giving_a_role_again_is_not_noted_again(
    make: Factory, database: Database
) -> None:
    ada = make.user("ada")
    for has in (True, True, False, False):
        with make.session() as session:
            user = session.get_one(User, ada.id)
            accounts.set_role(session, user=user, name=ADMIN, has=has)
    assert [entry.act for entry in log(database)] == ["role.taken", "role.given"]


@pytest.mark.database
@pytest.mark.parametrize(
    ("what", "fault"),
    [
        ("UPDATE audit_entries SET who = 'eve' WHERE number = 2", "2 was changed"),
        ("UPDATE audit_entries SET act = 'no.such' WHERE number = 2", "2 was changed"),
        ("UPDATE audit_entries SET details = '{}' WHERE number = 2", "2 was changed"),
        ("DELETE FROM audit_entries WHERE number = 2", "After entry 1 comes 3"),
        ("DELETE FROM audit_entries WHERE number = 1", "After entry 0 comes 2"),
        ("DELETE FROM audit_entries WHERE number = 4", "should with entry 4"),
        ("DELETE FROM audit_entries", "should with entry 4"),
        (
            "UPDATE audit_entries SET number = 9 WHERE number = 2;"
            "UPDATE audit_entries SET number = 2 WHERE number = 3;"
            "UPDATE audit_entries SET number = 3 WHERE number = 9",
            "2 does not follow",
        ),
        ("UPDATE audit_head SET entries = 3", "should with entry 3"),
        ("DELETE FROM audit_head", "should with entry 0"),
    ],
)
def test_whatever_is_done_to_the_log_shows(
    database: Database, what: str, fault: str
) -> None:
    note(database, "user a", "user b", "user c", "user d")
    with database.engine.begin() as connection:
        for statement in what.split(";"):
            connection.execute(text(statement))
    faults = audit.verify(database).faults
    assert any(fault in each for each in faults), faults


@pytest.mark.database
def test_an_entry_between_two_others_shows(database: Database) -> None:
    note(database, "user a", "user b")
    with database.session() as session:
        forged = AuditEntry(
            number=3,
            at=log(database)[0].at,
            who="eve",
            source="",
            act="role.given",
            target="user eve",
            previous=log(database)[0].sha256,
            reason="",
            details={},
        )
        forged.sha256 = audit.digest(forged)
        session.add(forged)
        session.commit()
    assert audit.verify(database).faults == [
        "The log ends with entry 3, and should with entry 2."
    ]


def test_a_hash_that_was_written_down_tells_of_a_log_made_anew(
    database: Database,
) -> None:
    note(database, "user a", "user b")
    noted = audit.verify(database).sha256
    note(database, "user c")
    assert audit.verify(database, noted=noted).faults == []
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entries"))
        connection.execute(text("DELETE FROM audit_head"))
    note(database, "user a", "user b", "user c")
    assert audit.verify(database).faults == []
    assert audit.verify(database, noted=noted).faults == [
        f"No entry has the hash {noted}."
    ]


@pytest.mark.database
@pytest.mark.parametrize(
    "what", ["UPDATE audit_entries SET who = 'eve'", "DELETE FROM audit_entries"]
)
def test_the_database_itself_refuses_to_change_an_entry(
    empty_database_url: str, what: str
) -> None:
    database = Database(empty_database_url)
    migrate.upgrade(database)
    note(database, "user a")
    with (
        pytest.raises(DBAPIError, match="only added to"),
        database.engine.begin() as connection,
    ):
        connection.execute(text(what))
    assert audit.verify(database).faults == []
    database.dispose()


@pytest.mark.database
def test_the_log_is_sound_after_a_restore_into_another_kind_of_database(
    empty_database_url: str, sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    places = []
    for name, url in (("old", empty_database_url), ("new", sqlite_files.empty())):
        (tmp_path / name).mkdir()
        places.append(
            Services(
                settings=Settings(data_dir=tmp_path / name),
                database=Database(url),
                storage=LocalStorage(tmp_path / name / "files"),
                jobs=FakeJobs(),
                sandbox=FakeSandbox(),
            )
        )
    old, new = places
    migrate.upgrade(old.database)
    note(old.database, "user a", "user b")
    backup.backup(old, tmp_path / "b.zip")
    backup.restore(new, tmp_path / "b.zip")
    note(new.database, "user c")
    verdict = audit.verify(new.database)
    assert (verdict.entries, verdict.faults) == (3, [])
    for each in places:
        each.database.dispose()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        (None, "unknown"),
        ("somewhere", "unknown"),
    ],
)
def test_of_an_address_only_its_network_is_kept(
    address: str | None, network: str
) -> None:
    assert audit.cut(address) == network


def test_a_reader_of_the_log_sees_only_what_fits(database: Database) -> None:
    note(database, "user a", "user b", "user b2")
    with database.reading() as session:

        def found(**wanted: object) -> list[int]:
            return [each.number for each in audit.entries(session, limit=9, **wanted)]  # type: ignore[arg-type]

        assert found(target="user b") == [3, 2]
        assert found(who="am") == [3, 2, 1]
        assert found(who="a%") == []
        assert found(act=Act.ROLE_TAKEN) == []
        assert found(before=3) == [2, 1]


def test_a_session_that_only_looks_writes_nothing(database: Database) -> None:
    with Session(database.reading_engine) as session:
        session.commit()
    assert log(database) == []
