"""A client that sends slowly, or without end, holds up nobody but itself."""

from __future__ import annotations

import io
import sqlite3
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from podium.bootstrap import Services
from podium.settings import Settings
from tests.podium.api.world import V1, World
from tests.podium.web.people import Person

CSV = b"id,y\n1,0.25\n2,0.75\n"
BYTES = "application/octet-stream"


class Watched(io.BytesIO):
    """A body; at every read of it somebody else tries to write into the database."""

    def __init__(self, content: bytes, database_url: str) -> None:
        super().__init__(content)
        self._file = database_url.removeprefix("sqlite:///")
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._write()
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        self._write()
        return super().readinto(buffer)

    def _write(self) -> None:
        self.reads += 1
        link = sqlite3.connect(self._file, timeout=0.05, isolation_level=None)
        link.execute("BEGIN IMMEDIATE")  # raises where another transaction writes
        link.close()


@pytest.fixture
def world(services: Services, app: Flask) -> World:
    world = World(services, app.test_client(use_cookies=False))
    world.competition("stars")
    return world


def send(
    client: FlaskClient, method: str, path: str, body: Watched, **headers: str
) -> int:
    return client.open(
        path,
        method=method,
        input_stream=body,
        content_length=len(body.getvalue()),
        headers={"Content-Type": BYTES} | headers,
    ).status_code


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("with_token", [True, False])
def test_no_transaction_is_open_while_a_page_reads_a_file(
    app: Flask, world: World, settings: Settings, joined: bool, with_token: bool
) -> None:
    user = world.user("ada")
    if joined:
        world.join(world.named("stars"), user)
    person = Person(app, user)
    token = person.token("/settings/profile") if with_token else ""
    body = Watched(CSV, settings.database)
    status = send(
        person.client,
        "POST",
        "/c/stars/submit?file_name=a.csv",
        body,
        **{"X-CSRFToken": token},
    )
    assert status == (201 if joined and with_token else 409 if with_token else 403)
    assert body.reads


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/competitions/stars/submissions?file_name=a.csv", CSV, 409),
        ("POST", "/competitions/nowhere/submissions?file_name=a.csv", CSV, 404),
        ("DELETE", "/submissions/nothing", CSV, 404),
        ("PATCH", "/me", b'{"about": "Hello"}', 200),
    ],
)
def test_no_transaction_is_open_while_the_api_reads_a_body(
    app: Flask,
    world: World,
    settings: Settings,
    method: str,
    path: str,
    content: bytes,
    status: int,
) -> None:
    user = world.user("ada")
    headers = {"Authorization": f"Bearer {world.caller(user).token}"}
    if method == "PATCH":
        headers["Content-Type"] = "application/json"
    browser = Person(app, user).client  # its cookie comes along, and is not asked for
    for client in (app.test_client(), browser):
        body = Watched(content, settings.database)
        assert send(client, method, V1 + path, body, **headers) == status
        assert body.reads
