"""The database: one engine, short transactions, the same rules on SQLite and PostgreSQL.

SQLite runs in WAL mode and every writing transaction begins with BEGIN IMMEDIATE: with a
deferred BEGIN, concurrent read-then-write transactions fail as locked or lose updates.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    sessionmaker,
)

BUSY_TIMEOUT_MS = 20_000
# A process has at most so many connections: more than it has threads.
POOL = {"pool_size": 10, "max_overflow": 30}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Refuse naive datetimes; SQLite keeps them without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime can't be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give the zone back: always UTC, whatever zone the server speaks in."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


# A key of a table that grows: 64 bits on PostgreSQL, SQLite's own rowid on SQLite.
BigKey = BigInteger().with_variant(Integer, "sqlite")

Key = Annotated[int, mapped_column(primary_key=True)]
BigKeyColumn = Annotated[int, mapped_column(BigKey, primary_key=True)]
Sha256 = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]


class Base(DeclarativeBase):
    """The base of every model; constraints get their names by convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
    }


def word(enum: type[Any], length: int = 20) -> Enum:
    """A column type for a StrEnum: stored by value, checked in Python, plain text in SQL."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [str(member.value) for member in members],
    )


class Leased:
    """A row that workers take, work on and give back: the rows are the queue.

    A worker takes a row by raising ``attempt`` and setting a lease, which it renews while
    it works; it writes its result only while ``attempt`` is still its own.
    """

    attempt: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # how often we failed it
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]  # when it was last handed to the queue
    not_before: Mapped[datetime | None]  # after a failure of ours it rests till then


class Database:
    """One engine and its sessions."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is closed at the end; the caller commits."""
        with self.sessions() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads: on SQLite it does not wait for writers."""
        with Session(self.reading_engine, expire_on_commit=False) as session:
            yield session

    @property
    def reading_engine(self) -> Engine:
        """The same engine, for transactions that only read."""
        return self.engine.execution_options(podium_read=True)

    @property
    def snapshot_engine(self) -> Engine:
        """The same, for transactions that see one moment of the database throughout."""
        if self.engine.dialect.name == "sqlite":  # where a transaction always does
            return self.reading_engine
        return self.engine.execution_options(isolation_level="REPEATABLE READ")

    def dispose(self) -> None:
        """Close the connections, for instance before a fork."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine for ``url`` with Podium's rules for its database.

    Its errors do not show the values of a statement, which may be somebody's secret.
    """
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, **POOL)
    connect_args = {"timeout": BUSY_TIMEOUT_MS / 1000}
    engine = create_engine(url, connect_args=connect_args, hide_parameters=True, **POOL)
    event.listen(engine, "do_connect", _before_sqlite_connect)
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def _before_sqlite_connect(
    _dialect: Dialect, _record: object, arguments: list[Any], _options: dict[str, Any]
) -> None:
    """Make a new database's file for its owner alone: it holds hashes of passwords and
    private scores. SQLite gives the files beside it the same rights."""
    path = str(arguments[0])
    if path in {"", ":memory:"} or path.startswith("file:"):
        return
    with contextlib.suppress(OSError):  # there already, or SQLite says what is wrong
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    # SQLite's own knows only the letters a to z.
    connection.create_function("lower", 1, _lower, deterministic=True)
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _lower(value: str | float | None) -> str | float | None:
    return value.lower() if isinstance(value, str) else value


def _on_sqlite_begin(connection: Any) -> None:
    reads = connection.get_execution_options().get("podium_read", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def hold(session: Session, lock: int) -> None:
    """Hold a named lock until the transaction ends.

    On SQLite a writing transaction holds the whole database from its first moment.
    """
    if session.connection().dialect.name == "postgresql":  # begins the transaction
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
