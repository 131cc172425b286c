"""What the machine offers, and which tests that leaves out.

A test marked ``docker``, ``browser`` or ``postgres`` is skipped where the machine lacks
it, and one line at the end says so. ``PODIUM_TEST_REQUIRE=docker,browser,postgres`` turns
each such skip into a failure, so that a build server cannot quietly test less.

A test that asks for ``database`` (or ``database_url``) gets a fresh one on SQLite; marked
``database``, it runs twice, the second time on PostgreSQL.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from podium.core.db import Database
from tests.browser.chromium import browser
from tests.databases import PostgresServer, SqliteFiles
from tests.machine import OFFERS, missing

REQUIRED = frozenset(
    word.strip()
    for word in os.environ.get("PODIUM_TEST_REQUIRE", "").split(",")
    if word.strip()
)
SKIPPED_FOR = "skipped_for"


def pytest_configure(config: pytest.Config) -> None:
    unknown = REQUIRED - OFFERS.keys()
    if unknown:
        raise pytest.UsageError(
            f"PODIUM_TEST_REQUIRE names {', '.join(sorted(unknown))}; "
            f"it may name {', '.join(sorted(OFFERS))}."
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests of a group share what takes long to start: no group may get lost unnoticed."""
    if not getattr(session.config.option, "loadgroup", False):
        return
    for item in session.items:
        if item.get_closest_marker("xdist_group") and "@" not in item.nodeid:
            raise pytest.UsageError(
                f"{item.nodeid} is in no group: pytest-xdist does not fit this pytest."
            )


def pytest_runtest_setup(item: pytest.Item) -> None:
    for offer in OFFERS:
        if item.get_closest_marker(offer) is None:
            continue
        reason = missing(offer)
        if reason is None:
            continue
        if offer in REQUIRED:
            pytest.fail(f"PODIUM_TEST_REQUIRE asks for {offer}: {reason}", False)
        item.user_properties.append((SKIPPED_FOR, f"{offer} ({reason})"))
        pytest.skip(reason)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_maker" not in metafunc.fixturenames:
        return
    kinds = [pytest.param("sqlite", id="sqlite")]
    if metafunc.definition.get_closest_marker("database"):
        kinds.append(
            pytest.param("postgres", id="postgres", marks=pytest.mark.postgres)
        )
    metafunc.parametrize("database_maker", kinds, indirect=True)


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """A command that runs in the test's process sets up that process's log; the next test
    shall not find it so, with lines that go to a stream which is closed by then."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one Chromium of this process: Playwright can't be started twice in it."""
    with browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


@pytest.fixture
def database_maker(request: pytest.FixtureRequest) -> SqliteFiles | PostgresServer:
    """Makes databases of the kind that this test runs on."""
    fixture = {"sqlite": "sqlite_files", "postgres": "postgres_server"}[request.param]
    maker: SqliteFiles | PostgresServer = request.getfixturevalue(fixture)
    return maker


@pytest.fixture
def empty_database_url(database_maker: SqliteFiles | PostgresServer) -> Iterator[str]:
    """The address of a database without tables, for migrations."""
    url = database_maker.empty()
    yield url
    database_maker.drop(url)


@pytest.fixture
def database_url(database_maker: SqliteFiles | PostgresServer) -> Iterator[str]:
    """The address of a database with every table, and nothing in them."""
    url = database_maker.with_tables()
    yield url
    database_maker.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with every table, and nothing in them."""
    made = Database(database_url)
    yield made
    made.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(_why_skipped(report) for report in skipped)
    if not reasons:
        return
    parts = [f"{count} for want of {why}" for why, count in sorted(reasons.items())]
    terminalreporter.ensure_newline()
    terminalreporter.write_line(
        f"Left out: {'; '.join(parts)}. The rest of the suite ran.", yellow=True
    )


def _why_skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    for name, value in getattr(report, "user_properties", []):
        if name == SKIPPED_FOR:
            return str(value)
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "no reason"
    return f"something else ({reason})"
