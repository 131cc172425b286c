"""Fresh databases for tests: SQLite by copying a file, PostgreSQL from a template."""

from __future__ import annotations

import importlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

import podium
from podium.core.db import Base, make_engine
from podium.process_tree import in_new_child
from tests.machine import postgres_programs

SUPERUSER = "podium"
START_WITHIN_S = 30.0
# Nothing here outlives a test run, so nothing needs to reach the disk.
POSTGRES_OPTIONS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=32MB",
    "timezone=UTC",
)
_numbers = itertools.count(1)


def load_models() -> None:
    """Import every feature's models, so that ``Base.metadata`` knows all tables."""
    (package,) = podium.__path__
    for path in sorted(Path(package).glob("*/models.py")):
        importlib.import_module(f"podium.{path.parent.name}.models")


def create_tables(url: str) -> None:
    load_models()
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


class SqliteFiles:
    """Databases as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"

    def empty(self) -> str:
        """The address of a database without tables."""
        return f"sqlite:///{self._folder}/{next(_numbers)}.db"

    def with_tables(self) -> str:
        """The address of a database with every table, and nothing in them."""
        if not self._template.exists():
            create_tables(f"sqlite:///{self._template}")
        target = self._folder / f"{next(_numbers)}.db"
        shutil.copyfile(self._template, target)
        return f"sqlite:///{target}"

    def drop(self, url: str) -> None:
        """Forget a database; pytest removes the folder."""


class PostgresServer:
    """Databases on a PostgreSQL server: the one named, else one of our own."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._has_template = False
        named = os.environ.get("PODIUM_TEST_POSTGRES_URL")
        self._address = named or self._start()
        # Several test processes may share a named server.
        self._prefix = f"podium_test_{os.getpid()}"
        self._made: set[str] = set()

    def empty(self) -> str:
        """The address of a database without tables."""
        return self._create(f"{self._prefix}_{next(_numbers)}")

    def with_tables(self) -> str:
        """The address of a database with every table, and nothing in them."""
        template = f"{self._prefix}_template"
        if not self._has_template:
            create_tables(self._create(template))
            self._has_template = True
        return self._create(f"{self._prefix}_{next(_numbers)}", template)

    def close(self) -> None:
        """Drop what was made; stop the server if it is ours."""
        if self._process is None:
            for name in list(self._made):
                self._drop(name)
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def drop(self, url: str) -> None:
        """Drop a database, even if something is still connected to it."""
        self._drop(make_url(url).database or "")

    def _drop(self, name: str) -> None:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(statement.format(sql.Identifier(name)))
        self._made.discard(name)

    def _create(self, name: str, template: str = "template0") -> str:
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        self._made.add(name)
        before, _, after = self._address.partition("/postgres")
        return f"{before}/{name}{after}"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)

    def _start(self) -> str:
        programs = postgres_programs()
        assert programs is not None
        # Not a folder of pytest's: those are closed to the server's user.
        self._folder = Path(tempfile.mkdtemp(prefix="podium-postgres-"))
        user = _unprivileged_user()
        if user:
            shutil.chown(self._folder, user)
        data = self._folder / "data"
        subprocess.run(
            [
                programs / "initdb",
                *("--pgdata", data, "--username", SUPERUSER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            cwd=self._folder,
            user=user,
            check=True,
            capture_output=True,
        )
        options = [part for option in POSTGRES_OPTIONS for part in ("-c", option)]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", self._folder, *options],
                cwd=self._folder,
                user=user,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=in_new_child(os.getpid()),
            )
        address = f"postgresql://{SUPERUSER}@/postgres?host={self._folder}"
        self._wait_for(address)
        return address

    def _wait_for(self, address: str) -> None:
        assert self._process is not None
        end = time.monotonic() + START_WITHIN_S
        while True:
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, "PostgreSQL ended while starting"
                assert time.monotonic() < end, "PostgreSQL did not start in time"
                time.sleep(0.05)
            else:
                return


def _unprivileged_user() -> str | None:
    """Who the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
