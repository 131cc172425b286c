"""What only a real server shows: parallel, slow and broken uploads, under gunicorn."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from podium.app import create_app
from podium.bootstrap import create_services
from podium.process_tree import in_new_child
from podium.settings import Settings
from podium.submissions.models import Score, Submission
from podium.supervisor import site_answers, site_command
from podium.teams.models import Team
from tests.databases import SqliteFiles
from tests.live import free_port
from tests.podium.api.world import V1, World

UPLOADS, LIMIT = 50, 5
START_WITHIN_S = 30.0
SOON_S = 3.0


class Site:
    """The site under gunicorn, as ``podium-server up`` starts it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def connect(self) -> HTTPConnection:
        """A connection of its own."""
        return HTTPConnection("127.0.0.1", self.settings.port, timeout=60)

    def ask(
        self, method: str, path: str, token: str, body: bytes = b"", **headers: str
    ) -> tuple[int, Any]:
        """A request and its answer as status and JSON."""
        connection = self.connect()
        try:
            known = {"Authorization": f"Bearer {token}"} | headers
            connection.request(method, path, body, known)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@contextmanager
def started(settings: Settings) -> Iterator[Site]:
    """The site on a free port, until the end of the block."""
    settings = replace(settings, port=free_port())
    with (settings.data_dir / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *site_command(settings)],
            env=os.environ | settings.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=in_new_child(os.getpid()),
        )
    try:
        _wait_for(settings, process)
        yield Site(settings)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def here(
    tmp_path_factory: pytest.TempPathFactory, sqlite_files: SqliteFiles
) -> Iterator[tuple[Site, World]]:
    """One site for all tests that leave no trace in each other's competitions."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("site"),
        database_url=sqlite_files.with_tables(),
        redis_url="unix:///nobody.sock",
        secret_key="a key for tests",
    )
    services = create_services(settings)
    with started(settings) as site:
        client = create_app(settings, services).test_client()
        yield site, World(services, client)


def _wait_for(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_WITHIN_S
    while not site_answers(settings.host, settings.port):
        assert process.poll() is None, "the site ended while starting"
        assert time.monotonic() < end, "the site did not start in time"
        time.sleep(0.1)


@pytest.mark.database
def test_parallel_uploads_leave_exactly_what_the_limit_allows(
    settings: Settings, world: World
) -> None:
    world.competition("stars", submissions_per_day=LIMIT)
    user, with_team = world.participant("stars", "ada")
    team = world.team(world.named("stars"), user)
    _, first_time = world.participant("stars", "grace")
    with started(settings) as site:
        for caller in (with_team, first_time):
            outcomes = _upload_at_once(site, caller.token)
            assert outcomes == {(201, ""): LIMIT, (409, "quota"): UPLOADS - LIMIT}
    with world.session() as session:
        rows = session.execute(
            select(Submission.team_id, func.count()).group_by(Submission.team_id)
        ).all()
        scores = session.scalar(select(func.count()).select_from(Score))
        made = session.scalars(select(Team.submissions_made)).all()
    assert [count for _, count in rows] == made == [LIMIT, LIMIT]
    assert team.id in [team_id for team_id, _ in rows]
    assert scores == 2 * LIMIT


def _upload_at_once(site: Site, token: str) -> Counter[tuple[int, str]]:
    together = Barrier(UPLOADS)

    def upload(number: int) -> tuple[int, str]:
        body = f"id,y\n1,{number}\n".encode()
        together.wait()
        status, answer = site.ask("POST", _submit("stars"), token, body)
        return status, answer.get("kind", "")

    with ThreadPoolExecutor(UPLOADS) as pool:
        return Counter(pool.map(upload, range(UPLOADS)))


def test_an_early_refusal_reaches_a_client_that_still_writes(
    here: tuple[Site, World],
) -> None:
    site, world = here
    world.competition("early", submission_max_bytes=1000)
    _, caller = world.participant("early")
    body = b"x" * 20_000_000
    for token, expected in [(caller.token, 413), ("wrong", 401)]:
        status, answer = site.ask(
            "POST", _submit("early"), token, body, Connection="close"
        )
        assert (status, answer["status"]) == (expected, expected)


def test_a_slow_upload_keeps_nobody_waiting(here: tuple[Site, World]) -> None:
    site, world = here
    world.competition("slow")
    _, caller = world.participant("slow")
    slow = _begin_upload(site, "slow", caller.token, size=1000)
    start = time.monotonic()
    status, _ = site.ask(
        "PATCH",
        f"{V1}/me",
        world.caller().token,
        b'{"about": "quick"}',
        **{"Content-Type": "application/json"},
    )
    assert status == 200
    assert time.monotonic() - start < SOON_S
    slow.sendall(b"x" * 900)
    assert slow.recv(100).startswith(b"HTTP/1.1 201")
    slow.close()


def test_an_upload_that_breaks_off_leaves_nothing(here: tuple[Site, World]) -> None:
    site, world = here
    world.competition("broken")
    user, caller = world.participant("broken")
    before = _files(site.settings.storage_dir)
    broken = _begin_upload(site, "broken", caller.token, size=1000)
    broken.shutdown(socket.SHUT_WR)
    answer = broken.recv(100)
    broken.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert _files(site.settings.storage_dir) == before
    with world.session() as session:
        sent = select(func.count()).where(Submission.user_id == user.id)
        assert session.scalar(sent) == 0


def test_a_chunked_upload_is_taken(here: tuple[Site, World]) -> None:
    site, world = here
    world.competition("chunked")
    _, caller = world.participant("chunked")
    connection = site.connect()
    connection.request(
        "POST",
        _submit("chunked"),
        iter([b"id,y\n", b"1,0.5\n"]),
        {"Authorization": f"Bearer {caller.token}"},
        encode_chunked=True,
    )
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["size"]) == (201, 11)
    connection.close()


def _submit(slug: str) -> str:
    return f"{V1}/competitions/{slug}/submissions?file_name=a.csv"


def _begin_upload(site: Site, slug: str, token: str, *, size: int) -> socket.socket:
    """Send the head and the first 100 bytes of an upload, and wait until they are read."""
    connection = socket.create_connection(("127.0.0.1", site.settings.port), timeout=20)
    head = (
        f"POST {_submit(slug)} HTTP/1.1\r\nHost: podium\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    connection.sendall(head.encode() + b"x" * 100)
    incoming = site.settings.storage_dir / "incoming"
    end = time.monotonic() + SOON_S
    while not (incoming.exists() and any(incoming.iterdir())):
        assert time.monotonic() < end, "the upload is not taken in"
        time.sleep(0.02)
    return connection


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
