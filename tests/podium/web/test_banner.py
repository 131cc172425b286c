"""What the operator says on every page, and whom to tell of a weakness."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, User
from podium.app import create_app
from podium.bootstrap import Services
from podium.cli import cli
from podium.core import audit, banner, clock, migrate
from podium.core.db import Database
from podium.core.errors import Invalid
from podium.settings import SettingsError, read_settings
from tests.podium.factories import Factory
from tests.podium.web.people import Person

TEXT = "Scores are late today: a disk is full."
SECURITY = "/.well-known/security.txt"


@pytest.fixture
def as_amy(app: Flask, make: Factory) -> Person:
    """An administrator with a browser."""
    amy = make.user("amy")
    with make.session() as session:
        user = session.get_one(User, amy.id)
        accounts.set_role(session, user=user, name=ADMIN, has=True)
    return Person(app, amy)


def put_up(make: Factory, text: str = TEXT) -> None:
    with make.session() as session:
        banner.put_up(session, text=text)


@pytest.mark.parametrize("address", ["/", "/log-in", "/help", "/nowhere", "/status"])
def test_every_page_shows_it(visitor: Person, make: Factory, address: str) -> None:
    assert TEXT not in visitor.get(address).text
    put_up(make)
    assert TEXT in visitor.get(address).text


def test_it_is_text_and_nothing_else(visitor: Person, make: Factory) -> None:
    put_up(make, "<script>alert(1)</script> **bold** https://example.org")
    page = visitor.get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **bold** https://example.org" in page
    assert "<script>alert(1)" not in page


def test_a_page_comes_without_a_database_to_ask(
    visitor: Person, services: Services
) -> None:
    with services.database.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE banner")
        connection.commit()
    assert visitor.get("/log-in").status_code == 200


def test_the_api_says_it_too(app: Flask, make: Factory) -> None:
    client = app.test_client()
    assert client.get("/api/v1/status").get_json()["banner"] is None
    put_up(make)
    said = client.get("/api/v1/status").get_json()["banner"]
    assert said["text"] == TEXT
    assert said["since"].endswith("Z")


@pytest.mark.database
def test_an_administrator_puts_it_up_and_takes_it_down(
    as_amy: Person, visitor: Person, make: Factory
) -> None:
    assert as_amy.post("/admin/banner/set", text=TEXT).location == "/admin"
    assert as_amy.post("/admin/banner/set", text="Better now.").status_code == 303
    page = visitor.get("/").text
    assert "Better now." in page
    assert TEXT not in page
    assert as_amy.post("/admin/banner/clear").location == "/admin"
    assert "Better now." not in visitor.get("/").text
    with make.session() as session:
        entries = audit.entries(session, target="the site", limit=9)
        told = [(each.who, each.act, each.details) for each in entries]
    assert told == [
        ("amy", "banner.cleared", {}),
        ("amy", "banner.set", {"text": "Better now."}),
        ("amy", "banner.set", {"text": TEXT}),
    ]


@pytest.mark.parametrize("text", ["", "   ", "x" * 301, "a\x07b"])
def test_what_is_no_sentence_is_refused_and_not_lost(as_amy: Person, text: str) -> None:
    answer = as_amy.post("/admin/banner/set", text=text)
    assert answer.status_code == 422
    assert "in 1 to 300 characters" in answer.text
    assert text.strip() in answer.text


def test_nothing_to_take_down_is_no_act(make: Factory) -> None:
    with make.session() as session:
        assert not banner.take_down(session)
    with make.session() as session:
        assert audit.entries(session, limit=9) == []
        with pytest.raises(Invalid):
            banner.put_up(session, text="")


def test_the_operator_does_it_from_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/podium.db"
    monkeypatch.setenv("PODIUM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PODIUM_DATABASE_URL", url)
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()

    def run(*words: str) -> str:
        return CliRunner().invoke(cli, ["banner", *words]).stdout

    assert run("show") == "No page shows a banner.\n"
    assert TEXT in run("set", TEXT)
    assert json.loads(run("show", "--json"))["banner"]["text"] == TEXT
    assert json.loads(run("clear", "--json")) == {"banner": None}
    log = CliRunner().invoke(cli, ["audit", "list", "--json"]).stdout
    acts = [json.loads(line) for line in log.splitlines()]
    assert [(each["act"], each["source"]) for each in acts] == [
        ("banner.cleared", "command line"),
        ("banner.set", "command line"),
    ]


def test_nobody_is_named_without_the_setting(visitor: Person) -> None:
    assert visitor.get(SECURITY).status_code == 404


def test_security_txt_names_whom_to_tell(services: Services) -> None:
    settings = dataclasses.replace(
        services.settings,
        public_url="https://podium.example",
        security_contact="mailto:security@podium.example, https://podium.example/s",
    )
    told = dataclasses.replace(services, settings=settings)
    answer = create_app(settings, told).test_client().get(SECURITY)
    assert answer.content_type == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert lines[:2] == [
        "Contact: mailto:security@podium.example",
        "Contact: https://podium.example/s",
    ]
    assert lines[3] == f"Canonical: https://podium.example{SECURITY}"
    expires = datetime.fromisoformat(lines[2].removeprefix("Expires: "))
    assert 0 < (expires - clock.now()).days < 365


@pytest.mark.parametrize(
    "contact", ["security@example.org", "http://example.org", "mailto:x", "me"]
)
def test_a_contact_that_nobody_can_follow_is_refused(contact: str) -> None:
    with pytest.raises(SettingsError, match="PODIUM_SECURITY_CONTACT must be like"):
        read_settings({"PODIUM_SECURITY_CONTACT": contact})
