"""Signing up, tokens, profiles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from podium.accounts.models import ApiToken, User
from podium.core import clock
from podium.core.limits import EXTENSION, Limits
from tests.podium.api.world import NOW, World
from tests.podium.factories import DAY, PASSWORD

ADA = {"username": "ada", "email": "Ada@Example.org", "password": "a long secret"}


def test_signing_up_then_a_token_then_me(world: World) -> None:
    made = world.anonymous("post", "/users", json=ADA | {"display_name": "Ada L."})
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/users/ada"
    assert made.json["display_name"] == "Ada L."
    log_in = {"login": "ada@example.org", "password": ADA["password"], "label": "cli"}
    token = world.anonymous("post", "/tokens", json=log_in)
    assert token.status_code == 201
    assert token.json["token"].startswith("podium_")
    assert token.headers["Cache-Control"] == "no-store"
    headers = {"Authorization": f"Bearer {token.json['token']}"}
    me = world.anonymous("get", "/me", headers=headers)
    assert me.json["username"] == "ada"
    assert me.json["email"] == "ada@example.org"


def test_every_fault_of_a_sign_up_is_told_at_once(world: World) -> None:
    world.user("ada")
    body = {"username": "ada", "email": "no address", "password": "short"}
    answer = world.anonymous("post", "/users", json=body)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"username", "email", "password"}
    assert "taken" in answer.json["fields"]["username"]
    nothing = world.anonymous("post", "/users", json={})
    assert set(nothing.json["fields"]) == {"username", "email", "password"}


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(world: World) -> None:
    world.user("ada")
    answers = [
        world.anonymous(
            "post", "/tokens", json={"login": login, "password": word, "label": "x"}
        )
        for login, word in [("ada", "wrong password"), ("nobody", PASSWORD)]
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json == answers[1].json
    assert answers[0].json["kind"] == "log_in"


def test_tokens_are_listed_without_secret_and_revoked(world: World) -> None:
    caller = world.caller()
    listed = caller("get", "/tokens")
    assert listed.json["next"] is None
    (token,) = listed.json["items"]
    assert set(token) == {"id", "label", "created_at", "expires_at", "last_used_at"}
    assert caller.token not in listed.text
    assert caller("delete", f"/tokens/{token['id']}").status_code == 204
    assert caller("get", "/me").status_code == 401


def test_the_token_of_another_user_is_404(world: World) -> None:
    theirs = world.caller()
    (token,) = theirs("get", "/tokens").json["items"]
    mine = world.caller()
    assert mine("delete", f"/tokens/{token['id']}").status_code == 404
    assert theirs("get", "/me").status_code == 200


def test_an_expired_token_is_401(world: World) -> None:
    caller = world.caller()
    with world.session() as session:
        session.execute(update(ApiToken).values(expires_at=NOW - DAY))
    assert caller("get", "/me").status_code == 401


def test_the_token_of_a_closed_account_is_401(world: World) -> None:
    user = world.user()
    caller = world.caller(user)
    with world.session() as session:
        session.execute(update(User).where(User.id == user.id).values(active=False))
    assert caller("get", "/me").status_code == 401


def test_the_use_of_a_token_is_written_once_a_minute_at_most(world: World) -> None:
    caller = world.caller()

    def last_used() -> object:
        with world.session() as session:
            return session.scalar(select(ApiToken.last_used_at))

    assert last_used() is None
    caller("get", "/me")
    first = last_used()
    assert first is not None
    caller("get", "/me")
    assert last_used() == first
    with world.session() as session:
        earlier = clock.now() - timedelta(minutes=2)
        session.execute(update(ApiToken).values(last_used_at=earlier))
    caller("get", "/me")
    assert last_used() != earlier


# In the middle of a minute: at its end the window forgets the oldest tries.
@time_machine.travel("2026-07-01T12:00:30Z", tick=False)
@pytest.mark.parametrize(
    ("path", "name"), [("/tokens", "login"), ("/users", "username")]
)
def test_too_many_tries_are_told_when_to_come_back(
    world: World, path: str, name: str
) -> None:
    app = world.client.application
    settings = replace(world.services.settings, log_in_tries_per_minute=3)
    app.extensions[EXTENSION] = Limits(settings)
    body = {name: "ada", "password": "wrong", "label": "x", "email": "x"}
    if path == "/users":
        del body["label"]
    else:
        del body["email"]
    codes = [world.anonymous("post", path, json=body).status_code for _ in range(4)]
    assert codes[3] == 429
    assert 429 not in codes[:3]
    answer = world.anonymous("post", path, json=body)
    assert answer.json["kind"] == "too_many"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    other = world.anonymous("post", path, json=body | {name: "grace"})
    assert other.status_code != 429


def test_a_profile_is_public_but_for_the_address(world: World) -> None:
    user = world.user("ada")
    shown = world.anonymous("get", "/users/Ada")
    assert shown.status_code == 200
    assert shown.json["username"] == "ada"
    assert shown.json["results"] == []
    assert user.email not in shown.text
    assert world.anonymous("get", "/users/nobody").status_code == 404


def test_what_is_left_out_of_a_profile_change_stays(world: World) -> None:
    caller = world.caller()
    first = {"display_name": "Ada", "about": "I like *splines*.", "link": "https://a.b"}
    assert caller("patch", "/me", json=first).status_code == 200
    changed = caller("patch", "/me", json={"about": "", "link": None})
    assert changed.json["display_name"] == "Ada"
    assert changed.json["about"] == ""
    assert changed.json["link"] == "https://a.b"


def test_a_faulty_profile_change_changes_nothing(world: World) -> None:
    caller = world.caller()
    body = {"display_name": "x" * 81, "about": "fine", "link": "javascript:alert(1)"}
    answer = caller("patch", "/me", json=body)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"display_name", "link"}
    assert caller("get", "/me").json["about"] == ""


def test_a_profile_shows_what_was_reached(world: World) -> None:
    world.competition("stars")
    user, _ = world.participant("stars", "ada")
    other, _ = world.participant("stars", "grace")
    world.sent("stars", user, public=0.7, private=0.9)
    world.sent("stars", other, public=0.8, private=0.6)
    (before,) = world.anonymous("get", "/users/ada").json["results"]
    assert before["competition"]["slug"] == "stars"
    assert before["team"]["name"] == "ada"
    assert (before["rank"], before["teams"], before["stage"]) == (2, 2, "open")
    world.end("stars")
    (after,) = world.anonymous("get", "/users/ada").json["results"]
    assert (after["rank"], after["stage"]) == (1, "ended")


def test_a_whole_number_may_be_written_with_a_point(world: World) -> None:
    user = world.user("ada")
    body = {"login": user.username, "password": PASSWORD, "label": "x"}
    answer = world.anonymous("post", "/tokens", json={**body, "expires_days": 30.0})
    assert answer.status_code == 201
    answer = world.anonymous("post", "/tokens", json={**body, "expires_days": 30.5})
    assert answer.json["fields"] == {"expires_days": "Write a whole number."}
