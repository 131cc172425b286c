"""Error pages, response headers, and what machines ask for."""

from __future__ import annotations

import dataclasses
import re

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.app import create_app
from podium.bootstrap import Services
from podium.core.security import secret_key
from podium.settings import Settings
from tests.podium.factories import FakeJobs
from tests.podium.web.people import Person


def test_what_is_not_there_is_told_with_a_way_on(visitor: Person) -> None:
    answer = visitor.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert "See all competitions" in answer.text


def test_a_wrong_method_is_told(visitor: Person) -> None:
    answer = visitor.get("/c/stars/join")
    assert answer.status_code == 405
    assert "use the button on the page" in answer.text


def test_a_form_that_is_too_large_is_refused(as_ada: Person) -> None:
    answer = as_ada.post("/settings/profile", about="x" * 1_100_000)
    assert answer.status_code == 413
    assert "larger than this page takes" in answer.text


def test_a_fault_of_ours_tells_nothing_of_it(app: Flask) -> None:
    app.config["SHOW_CRASHES_AS_PAGES"] = True

    @app.get("/breaks")
    def breaks() -> str:
        raise RuntimeError("a secret detail")

    answer = Person(app).get("/breaks")
    assert answer.status_code == 500
    assert "The fault is ours" in answer.text
    assert "a secret detail" not in answer.text


def test_under_the_api_errors_are_problems(visitor: Person) -> None:
    answer = visitor.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "address", ["/search?q=%00", "/u/%00", "/competitions?tag=a%00"]
)
def test_an_address_that_no_database_holds_is_refused(
    visitor: Person, address: str
) -> None:
    assert visitor.get(address).status_code == 400


def test_a_log_in_with_nul_is_only_wrong(visitor: Person, ada: User) -> None:
    answer = visitor.post("/log-in", login="a\0da", password="x\0")
    assert answer.status_code == 200
    assert "not right" in answer.text


@pytest.mark.parametrize("address", ["/", "/competitions", "/no/such/page", "/log-in"])
def test_every_page_carries_its_protection(visitor: Person, address: str) -> None:
    answer = visitor.get(address)
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r'nonce="([^"]*)"', answer.text)) == {nonce.group(1)}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert 'style="' not in answer.text
    assert not re.search(r"<script(?![^>]*(nonce|src)=)", answer.text)
    assert not re.search(r"\son[a-z]+=", answer.text)


def test_each_answer_has_a_nonce_of_its_own(visitor: Person) -> None:
    first, second = (
        visitor.get("/").headers["Content-Security-Policy"] for _ in range(2)
    )
    assert first != second


def test_cookies_are_kept_from_scripts_and_other_sites(
    settings: Settings, services: Services, ada: User
) -> None:
    secure = dataclasses.replace(settings, cookie_secure=True)
    app = create_app(secure, dataclasses.replace(services, settings=secure))
    client = app.test_client()
    answer = client.get("/log-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=Lax", "Secure"):
        assert word in cookie
    assert "Strict-Transport-Security" in answer.headers


def test_a_proxy_is_believed_only_where_one_was_declared(
    settings: Settings, services: Services
) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "podium.example"}
    for proxies, origin in ((0, "http://localhost/"), (1, "https://podium.example/")):
        behind = dataclasses.replace(settings, trusted_proxies=proxies)
        app = create_app(behind, dataclasses.replace(services, settings=behind))
        page = app.test_client().get("/", headers=headers).text
        assert f'<link rel="canonical" href="{origin}">' in page


def test_a_secret_key_is_made_once_and_kept_private(settings: Settings) -> None:
    own = dataclasses.replace(settings, secret_key="")
    key = secret_key(own)
    assert len(key) > 40
    assert secret_key(own) == key
    assert (own.data_dir / "secret_key").stat().st_mode & 0o777 == 0o600
    assert secret_key(settings) == "a key for tests"


def test_health(visitor: Person, jobs: FakeJobs) -> None:
    assert visitor.get("/healthz").json == {"state": "ok"}
    parts = {"database": True, "storage": True, "queue": True}
    assert visitor.get("/readyz").json == {"state": "ok", "parts": parts}
    jobs.away = True
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"state": "degraded", "parts": parts | {"queue": False}}


def test_without_a_database_nothing_is_ready(
    settings: Settings, services: Services
) -> None:
    gone = dataclasses.replace(
        services, database=type(services.database)("sqlite:////nowhere/at/all.db")
    )
    answer = create_app(settings, gone).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json
    assert answer.json["state"] == "failing"


def test_crawlers_and_browsers_find_what_they_ask_for(visitor: Person) -> None:
    assert "Disallow: /settings/" in visitor.get("/robots.txt").text
    assert visitor.get("/favicon.ico").location == "/static/img/icon.svg"
    assert visitor.get("/static/img/icon.svg").content_type.startswith("image/svg")
