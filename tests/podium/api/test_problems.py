"""Errors have one shape, whatever went wrong, and say what to do."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from podium.core.problems import MEDIA_TYPE
from tests.podium.api.world import V1, World

JSON = {"Content-Type": "application/json"}


def _is_problem(answer: TestResponse, status: int, kind: str) -> dict[str, Any]:
    assert (answer.status_code, answer.content_type) == (status, MEDIA_TYPE)
    body: dict[str, Any] = answer.json
    assert set(body) == {"type", "title", "status", "detail", "kind", "fields"}
    assert (body["status"], body["kind"]) == (status, kind)
    assert body["detail"].endswith((".", ")"))
    return body


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/me", f"{V1}/no"])
def test_an_address_that_is_not_there(world: World, path: str) -> None:
    body = _is_problem(world.client.get(path), 404, "not_found")
    assert "openapi.json" in body["detail"]


def test_a_wrong_method_names_the_right_ones(world: World) -> None:
    answer = world.anonymous("patch", "/status")
    body = _is_problem(answer, 405, "wrong_method")
    assert "PATCH" in body["detail"]
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "\xff", "[" * 20_000, '{"a":' * 9_000, "1" * 5_000],
    ids=["nothing", "cut", "bytes", "deep", "deeper", "long number"],
)
def test_a_body_that_is_not_json(world: World, text: str) -> None:
    data = text.encode("latin-1")
    _is_problem(
        world.anonymous("post", "/users", data=data, headers=JSON), 400, "malformed"
    )


def test_a_body_of_another_type(world: World) -> None:
    answer = world.anonymous("post", "/users", data={"username": "ada"})
    body = _is_problem(answer, 415, "wrong_type")
    assert "application/json" in body["detail"]


def test_a_body_that_is_too_large(world: World) -> None:
    text = '{"about": "' + "x" * 600_000 + '"}'
    answer = world.caller()("patch", "/me", data=text, headers=JSON)
    _is_problem(answer, 413, "too_large")


@pytest.mark.parametrize("text", ["[]", '"text"', "7", "null"])
def test_a_body_that_is_no_object(world: World, text: str) -> None:
    answer = world.anonymous("post", "/tokens", data=text, headers=JSON)
    found = _is_problem(answer, 422, "invalid")
    assert found["fields"] == {"body": "Send a JSON object."}


def test_every_faulty_field_is_named_at_once(world: World) -> None:
    body = {"login": "", "label": 7, "expires_days": 0, "colour": "red"}
    answer = world.anonymous("post", "/tokens", json=body)
    found = _is_problem(answer, 422, "invalid")
    assert found["fields"] == {
        "login": "Write at least 1 characters.",
        "password": "Give a value; this one is required.",
        "label": "Write a text.",
        "expires_days": "Write a number from 1.",
        "colour": "There is no such field here. Leave it out.",
    }


@pytest.mark.parametrize("text", ["nul \0 byte", "\ud800"])
def test_a_text_that_no_database_holds(world: World, text: str) -> None:
    body = {"login": text, "password": "secret", "label": "x"}
    found = _is_problem(world.anonymous("post", "/tokens", json=body), 422, "invalid")
    assert list(found["fields"]) == ["login"]

    answer = world.anonymous("get", "/search", query_string={"q": "nul \0 byte"})
    found = _is_problem(answer, 422, "invalid")
    assert found["fields"] == {"q": "Leave out the NUL character."}


@pytest.mark.parametrize("path", ["/users/a%00b", "/tokens/99999999999999999999"])
def test_an_address_that_no_database_holds(world: World, path: str) -> None:
    method = "delete" if "tokens" in path else "get"
    _is_problem(world.caller()(method, path), 404, "not_found")


def test_a_crash_is_logged_and_tells_nothing(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def crash() -> None:
        raise RuntimeError("a secret of ours")

    app.add_url_rule(f"{V1}/crash", view_func=crash)
    answer = world.anonymous("get", "/crash")
    body = _is_problem(answer, 500, "internal")
    assert "secret" not in body["detail"]
    assert "a secret of ours" in caplog.text


def test_answers_are_for_the_one_who_asked(world: World) -> None:
    for path in ("/status", "/no-such-address"):
        answer = world.anonymous("get", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "private" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
