"""Signing up, logging in and out, settings."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
from typing import Literal

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from podium.accounts import service
from podium.accounts.models import ApiToken, User
from podium.app import create_app
from podium.bootstrap import Services
from podium.settings import Settings
from tests.podium.factories import PASSWORD, Factory
from tests.podium.web.people import Person

NEW = {
    "username": "grace",
    "display_name": "Grace",
    "email": "grace@example.org",
    "password": "a long enough one",
}


def test_signing_up_logs_in(visitor: Person) -> None:
    answer = visitor.post("/sign-up", **NEW)
    assert (answer.status_code, answer.location) == (302, "/")
    assert "Hello, Grace" in visitor.get("/").text


def test_signing_up_leads_back_to_where_the_reader_was(visitor: Person) -> None:
    answer = visitor.post("/sign-up?next=/c/stars/rules", **NEW)
    assert answer.location == "/c/stars/rules"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example",
     "javascript:alert(1)", "/%09/evil.example", "///evil.example"],
)  # fmt: skip
@pytest.mark.parametrize("page", ["/sign-up", "/log-in"])
def test_nobody_is_led_to_another_site(
    app: Flask, ada: User, page: str, target: str
) -> None:
    person = Person(app)
    fields = NEW if page == "/sign-up" else {"login": "ada", "password": PASSWORD}
    token = person.token()
    answer = person.client.post(
        page, query_string={"next": target}, data={"csrf_token": token} | fields
    )
    assert answer.status_code == 302
    landing = person.client.get(answer.location).request.url
    assert not answer.location.startswith(("//", "/\\", "/\t"))
    assert landing.startswith("http://localhost/")


def test_every_fault_of_a_sign_up_is_told_at_once(visitor: Person, ada: User) -> None:
    answer = visitor.post(
        "/sign-up", username="ada", email="no address", password="short"
    )
    assert answer.status_code == 422
    for sentence in (
        "This user name is taken",
        "Enter an e-mail address",
        "at least 10 characters",
    ):
        assert sentence in answer.text


def test_a_password_is_never_sent_back(visitor: Person) -> None:
    answer = visitor.post(
        "/sign-up", username="x", email="x", password="my secret pass"
    )
    assert "my secret pass" not in answer.text


@pytest.mark.parametrize("login", ["ada", "ADA", "ada@private.example"])
def test_user_name_or_address_logs_in(app: Flask, ada: User, login: str) -> None:
    person = Person(app)
    answer = person.post("/log-in", login=login, password=PASSWORD)
    assert answer.status_code == 302
    assert "Hello, Ada Quill" in person.get("/").text


def test_a_wrong_name_and_a_wrong_password_read_the_same(
    visitor: Person, ada: User
) -> None:
    pages = [
        visitor.post("/log-in", login=login, password="wrong wrong wrong").text
        for login in ("ada", "nobody")
    ]
    for page in pages:
        assert "The user name or password is not right" in page
    words = [re.sub(r"<[^>]+>", " ", page).split() for page in pages]
    assert words[0] == words[1]


def test_empty_fields_are_told_together(visitor: Person) -> None:
    answer = visitor.post("/log-in", login="", password="")
    assert "Enter your user name or e-mail address." in answer.text
    assert "Enter your password." in answer.text


def test_somebody_who_was_shut_out_cannot_log_in(make: Factory, app: Flask) -> None:
    user = make.user("mallory", active=False)
    answer = Person(app).post("/log-in", login=user.username, password=PASSWORD)
    assert "not right" in answer.text


# In the middle of a minute: at its end the window forgets the oldest tries.
@time_machine.travel("2026-07-01T12:00:30Z", tick=False)
def test_too_many_tries_are_slowed_down(services: Services, settings: Settings) -> None:
    few = dataclasses.replace(settings, log_in_tries_per_minute=3)
    person = Person(create_app(few, dataclasses.replace(services, settings=few)))
    answers = [person.post("/log-in", login="ada", password="x") for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert answers[3].status_code == 429
    assert int(answers[3].headers["Retry-After"]) > 0


def test_logging_out_takes_a_post(as_ada: Person) -> None:
    assert as_ada.get("/log-out").status_code == 405
    as_ada.post("/log-out")
    assert as_ada.get("/settings/profile").status_code == 303


def test_a_form_without_its_token_is_refused(app: Flask, ada: User) -> None:
    person = Person(app, ada)
    answer = person.client.post("/settings/profile", data={"display_name": "X"})
    assert answer.status_code == 400
    assert "opened too long ago" in answer.text


def test_settings_ask_a_visitor_to_log_in_and_come_back(visitor: Person) -> None:
    answer = visitor.get("/settings/tokens")
    assert answer.status_code == 303
    assert answer.location == "/log-in?next=/settings/tokens"


def test_a_profile_is_changed_and_its_markdown_is_harmless(as_ada: Person) -> None:
    as_ada.post(
        "/settings/profile",
        display_name="Ada Q.",
        link="https://example.org",
        about="**Bold** <script>alert(1)</script> [x](javascript:alert(1))",
    )
    page = as_ada.get("/u/ada").text
    assert "Ada Q." in page
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_profile_tells_every_fault(as_ada: Person) -> None:
    answer = as_ada.post(
        "/settings/profile", display_name="x" * 81, link="ftp://x", about="x" * 5001
    )
    assert answer.status_code == 422
    for sentence in ("within 80", "begins with https", "within 5,000"):
        assert sentence in answer.text


def test_a_tokens_secret_is_shown_once(as_ada: Person, services: Services) -> None:
    page = as_ada.post("/settings/tokens", label="laptop", expires_days="30").text
    assert 'value="podium_' in page
    again = as_ada.get("/settings/tokens").text
    assert "laptop" in again
    assert "podium_" not in again


def test_a_token_is_revoked(as_ada: Person, services: Services) -> None:
    as_ada.post("/settings/tokens", label="laptop", expires_days="")
    with services.database.session() as session:
        token = session.scalars(select(ApiToken)).one()
    assert token.expires_at is None
    as_ada.post(f"/settings/tokens/{token.id}/revoke")
    assert "No tokens yet" in as_ada.get("/settings/tokens").text


def test_nobody_revokes_the_token_of_another(
    as_ada: Person, make: Factory, app: Flask, services: Services
) -> None:
    as_ada.post("/settings/tokens", label="laptop", expires_days="30")
    with services.database.session() as session:
        token = session.scalars(select(ApiToken)).one()
    other = Person(app, make.user("eve"))
    assert other.post(f"/settings/tokens/{token.id}/revoke").status_code == 404
    assert "laptop" in as_ada.get("/settings/tokens").text


def test_a_changed_password_logs_other_devices_out(
    app: Flask, ada: User, as_ada: Person
) -> None:
    elsewhere = Person(app, ada)
    new = "another long password"
    answer = as_ada.post(
        "/change-password",
        password=PASSWORD,
        new_password=new,
        new_password_confirm=new,
    )
    assert answer.status_code == 302
    assert as_ada.get("/settings/profile").status_code == 200
    assert elsewhere.get("/settings/profile").status_code == 303
    assert Person(app).post("/log-in", login="ada", password=new).status_code == 302


def test_every_fault_of_a_new_password_is_told_at_once(as_ada: Person) -> None:
    answer = as_ada.post(
        "/change-password",
        password="not mine at all",
        new_password="short",
        new_password_confirm="other",
    )
    for sentence in ("not your present password", "at least 10", "passwords differ"):
        assert sentence in answer.text


@pytest.mark.parametrize("number", [2**31, 2**63, 2**70])
def test_a_token_of_an_endless_number_is_not_there(
    app: Flask, as_ada: Person, number: int
) -> None:
    app.config["SHOW_CRASHES_AS_PAGES"] = True
    assert as_ada.post(f"/settings/tokens/{number}/revoke").status_code == 404


def test_only_the_tokens_of_the_settings_are_taken(app: Flask, as_ada: Person) -> None:
    """Flask-Security makes others on request: they never end and can't be revoked."""
    answer = as_ada.client.post(
        "/verify?include_auth_token",
        json={"password": PASSWORD},
        headers={"X-CSRFToken": as_ada.token("/settings/profile")},
    )
    token = answer.get_json()["response"]["user"].get("authentication_token", "")
    for options in (
        {"headers": {"Authentication-Token": token}},
        {"query_string": {"auth_token": token}},
    ):
        for page in ("/settings/profile", "/change-password"):
            assert Person(app).get(page, **options).status_code == 303


def test_a_page_reads_no_body_that_it_does_not_ask_for(
    app: Flask, visitor: Person
) -> None:
    app.config["SHOW_CRASHES_AS_PAGES"] = True
    deep = b"[" * 200_000
    answer = visitor.get("/", data=deep, content_type="application/json")
    assert answer.status_code == 200


# In the middle of a minute: at its end the window forgets the oldest tries.
@time_machine.travel("2026-07-01T12:00:30Z", tick=False)
def test_the_present_password_is_not_guessed_at_leisure(
    services: Services, settings: Settings, make: Factory
) -> None:
    app = create_app(
        dataclasses.replace(settings, log_in_tries_per_minute=3),
        dataclasses.replace(
            services,
            settings=dataclasses.replace(settings, log_in_tries_per_minute=3),
        ),
    )
    person = Person(app, make.user("ada"))
    tries = [
        person.post("/verify", password=f"guess {n}").status_code for n in range(5)
    ]
    assert tries == [200, 200, 200, 429, 429]


def test_logging_in_keeps_no_writer_waiting(
    visitor: Person, settings: Settings, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password's hash takes long, and on SQLite there is one writer at a time."""
    verified = []

    class Hasher(PasswordHasher):
        def verify(self, stored: str | bytes, given: str | bytes) -> Literal[True]:
            file = settings.database.removeprefix("sqlite:///")
            link = sqlite3.connect(file, timeout=0.05, isolation_level=None)
            link.execute("BEGIN IMMEDIATE")  # raises where another transaction writes
            link.close()
            verified.append(given)
            return super().verify(stored, given)

    monkeypatch.setattr(service, "hasher", Hasher)
    answer = visitor.post("/log-in", login="ada", password=PASSWORD)
    assert answer.status_code == 302
    assert verified
