"""A line for each request, with its number, and no secret in any of them."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from podium.accounts.models import User
from podium.app import create_app
from podium.bootstrap import Services
from podium.core import web
from podium.notifications.models import SITE, Mail
from podium.settings import Settings
from podium_sandbox import logs
from tests.podium.factories import PASSWORD, Factory
from tests.podium.web.people import Person

NEW = "another fine password"
NUMBER = "a1b2c3d4-from-the-proxy"


class Lines(logging.Handler):
    """Every line that was written, as JSON."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.setFormatter(logs.JsonLines())
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def requests(self) -> list[dict[str, Any]]:
        lines = map(json.loads, self.written)
        return [line for line in lines if line["message"] == "request"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handler, level = Lines(), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, mail_url="smtps://nobody.example")


def behind_proxy(services: Services) -> Flask:
    settings = dataclasses.replace(services.settings, trusted_proxies=1)
    app = create_app(settings, services)
    app.config["TESTING"] = True
    return app


def test_a_request_writes_one_line(visitor: Person, lines: Lines) -> None:
    answer = visitor.get("/u/nobody?secret=1")
    (line,) = lines.requests()
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert (line["method"], line["route"]) == ("GET", "/u/<username>")
    assert (line["status"], line["user_id"]) == (404, None)
    assert line["duration_ms"] >= 0


def test_an_address_that_is_nowhere_has_a_line_too(
    visitor: Person, lines: Lines
) -> None:
    visitor.get("/nowhere/at/all")
    assert [line["route"] for line in lines.requests()] == ["none"]


def test_the_line_says_who_asked(
    as_ada: Person, ada: User, app: Flask, lines: Lines
) -> None:
    as_ada.get("/settings/profile")
    secret = as_ada.post("/settings/tokens", label="x").text
    (token,) = re.findall(r"podium_[A-Za-z0-9_-]{20,}", secret)[:1]
    lines.written.clear()
    as_ada.get("/settings/profile")
    header = {"Authorization": f"Bearer {token}"}
    app.test_client().get("/api/v1/me", headers=header)
    assert [line["user_id"] for line in lines.requests()] == [ada.id, ada.id]


def test_every_request_has_a_number_of_its_own(visitor: Person) -> None:
    numbers = {visitor.get("/healthz").headers["X-Request-ID"] for _ in range(5)}
    assert len(numbers) == 5


def test_a_browsers_number_is_not_believed(visitor: Person) -> None:
    answer = visitor.get("/healthz", headers={"X-Request-ID": NUMBER})
    assert answer.headers["X-Request-ID"] != NUMBER


def test_a_trusted_proxys_number_is(services: Services, lines: Lines) -> None:
    client = behind_proxy(services).test_client()
    answer = client.get("/healthz", headers={"X-Request-ID": NUMBER})
    assert answer.headers["X-Request-ID"] == NUMBER
    assert lines.requests()[0]["request_id"] == NUMBER


@pytest.mark.parametrize("odd", ["short", "x" * 65, 'a"b"c"d"e', "a b c d e f"])
def test_a_number_that_is_none_is_not(services: Services, odd: str) -> None:
    client = behind_proxy(services).test_client()
    answer = client.get("/healthz", headers={"X-Request-ID": odd})
    assert answer.headers["X-Request-ID"] != odd


def test_what_else_is_written_has_the_requests_number(app: Flask, lines: Lines) -> None:
    app.config["SHOW_CRASHES_AS_PAGES"] = True

    @app.get("/crash/<ticket>")
    def crash(ticket: str) -> str:
        web.session().execute(text("select :p from nowhere"), {"p": ticket})
        return ""

    answer = app.test_client().get("/crash/a-very-secret-ticket")
    assert answer.status_code == 500
    failed = [json.loads(line) for line in lines.written if "a view failed" in line]
    assert failed[0]["request_id"] == answer.headers["X-Request-ID"]
    assert "nowhere" in failed[0]["exception"]
    assert "a-very-secret-ticket" not in "".join(lines.written)


def test_no_secret_is_in_the_log(
    app: Flask, visitor: Person, ada: User, make: Factory, lines: Lines
) -> None:
    """Somebody resets a password, logs in, makes tokens, and asks with one."""
    visitor.post("/forgot", login="ada")
    with make.session() as session:
        (mail,) = session.scalars(select(Mail)).all()
    (link,) = re.findall(rf"^{re.escape(SITE)}(/\S+)$", mail.text, re.M)
    assert visitor.get(link).status_code == 200
    assert visitor.post(link, password=NEW, again=NEW).location == "/log-in"
    assert visitor.post("/log-in", login="ada", password=PASSWORD).status_code == 200
    assert visitor.post("/log-in", login="ada", password=NEW).status_code == 302
    page = visitor.post("/settings/tokens", label="laptop").text
    by_page = re.findall(r"podium_[A-Za-z0-9_-]{20,}", page)[0]
    client = app.test_client()
    asked = {"login": "ada", "password": NEW, "label": "x"}
    by_api = client.post("/api/v1/tokens", json=asked).get_json()["token"]
    for token in (by_page, by_api, by_api + "wrong"):
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    cookie = visitor.client.get_cookie("podium")
    assert cookie is not None
    written = "".join(lines.written)
    assert len(lines.requests()) > 10
    secrets = [
        PASSWORD, NEW, link, link.rsplit("/", 1)[1], by_page, by_api, cookie.value,
        visitor.token(), ada.email, "argon2",
    ]  # fmt: skip
    assert [each for each in secrets if each in written] == []
