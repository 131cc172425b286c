"""Who may call what: every route of the API stands in this table, or the test fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from podium.core.api import Access
from podium.core.problems import MEDIA_TYPE
from tests.podium.api.world import V1, World

ANYONE, BETTER, SIGNED_IN = Access.ANYONE, Access.BETTER_SIGNED_IN, Access.SIGNED_IN
ACCESS = {
    ("GET", "/status"): ANYONE,
    ("GET", "/search"): ANYONE,
    ("POST", "/users"): ANYONE,
    ("GET", "/users/<username>"): ANYONE,
    ("GET", "/me"): SIGNED_IN,
    ("PATCH", "/me"): SIGNED_IN,
    ("GET", "/me/export"): SIGNED_IN,
    ("POST", "/tokens"): ANYONE,
    ("GET", "/tokens"): SIGNED_IN,
    ("DELETE", "/tokens/<int:token_id>"): SIGNED_IN,
    ("GET", "/competitions"): ANYONE,
    ("GET", "/competitions/<slug>"): BETTER,
    ("GET", "/competitions/<slug>/pages/<name>"): ANYONE,
    ("GET", "/competitions/<slug>/data"): ANYONE,
    ("GET", "/competitions/<slug>/data/<name>"): ANYONE,
    ("PUT", "/competitions/<slug>/participation"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>/participation"): SIGNED_IN,
    ("GET", "/competitions/<slug>/team"): SIGNED_IN,
    ("POST", "/competitions/<slug>/team"): SIGNED_IN,
    ("PATCH", "/competitions/<slug>/team"): SIGNED_IN,
    ("PUT", "/competitions/<slug>/team/leader"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>/team/members/<username>"): SIGNED_IN,
    ("POST", "/competitions/<slug>/team/link"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>/team/link"): SIGNED_IN,
    ("POST", "/team-links/<secret>"): SIGNED_IN,
    ("PUT", "/competitions/<slug>/team/openness"): SIGNED_IN,
    ("GET", "/competitions/<slug>/join-requests"): SIGNED_IN,
    ("POST", "/competitions/<slug>/join-requests"): SIGNED_IN,
    ("POST", "/join-requests/<join_id>/accept"): SIGNED_IN,
    ("DELETE", "/join-requests/<join_id>"): SIGNED_IN,
    ("GET", "/competitions/<slug>/team/merge-requests"): SIGNED_IN,
    ("POST", "/competitions/<slug>/team/merge-requests"): SIGNED_IN,
    ("POST", "/merge-requests/<request_id>/accept"): SIGNED_IN,
    ("DELETE", "/merge-requests/<request_id>"): SIGNED_IN,
    ("POST", "/competitions/<slug>/team/invitations"): SIGNED_IN,
    ("GET", "/invitations"): SIGNED_IN,
    ("POST", "/invitations/<invitation_id>/accept"): SIGNED_IN,
    ("POST", "/invitations/<invitation_id>/decline"): SIGNED_IN,
    ("DELETE", "/invitations/<invitation_id>"): SIGNED_IN,
    ("POST", "/competitions/<slug>/submissions"): SIGNED_IN,
    ("GET", "/competitions/<slug>/submissions"): SIGNED_IN,
    ("GET", "/submissions/<submission_id>"): SIGNED_IN,
    ("DELETE", "/submissions/<submission_id>"): SIGNED_IN,
    ("PUT", "/submissions/<submission_id>/final"): SIGNED_IN,
    ("DELETE", "/submissions/<submission_id>/final"): SIGNED_IN,
    ("GET", "/submissions/<submission_id>/file"): SIGNED_IN,
    ("GET", "/competitions/<slug>/leaderboard"): BETTER,
    ("GET", "/competitions/<slug>/receipts"): ANYONE,
    ("GET", "/receipts/<receipt_id>"): BETTER,
    ("GET", "/teams/<team_id>"): BETTER,
    ("GET", "/competitions/<slug>/announcements"): ANYONE,
    ("POST", "/competitions/<slug>/announcements"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>/announcements/<announcement_id>"): SIGNED_IN,
    ("GET", "/hosted"): SIGNED_IN,
    ("GET", "/competitions/<slug>/hosting"): SIGNED_IN,
    ("PUT", "/competitions/<slug>/bundle"): SIGNED_IN,
    ("GET", "/competitions/<slug>/bundle"): SIGNED_IN,
    ("POST", "/competitions/<slug>/launch"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>/launch"): SIGNED_IN,
    ("DELETE", "/competitions/<slug>"): SIGNED_IN,
}
NEEDS_TOKEN = sorted(route for route, access in ACCESS.items() if access is SIGNED_IN)


def _routes(app: Flask) -> Iterator[tuple[tuple[str, str], object]]:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.endpoint == "openapi.spec":
            continue
        if rule.endpoint.startswith("kaggle"):  # has a table of its own
            continue
        view = app.view_functions[rule.endpoint]
        for method in sorted(rule.methods or ()):
            if method not in {"HEAD", "OPTIONS"}:
                route = method, rule.rule.removeprefix(V1)
                yield route, getattr(view, "api_access", None)


def test_each_route_has_the_access_that_the_table_says(app: Flask) -> None:
    assert dict(_routes(app)) == ACCESS


@pytest.mark.parametrize(("method", "path"), NEEDS_TOKEN)
def test_without_a_token_the_answer_is_401(
    world: World, method: str, path: str
) -> None:
    world.competition("stars")
    address = path.replace("<slug>", "stars").replace("<int:token_id>", "1")
    answer = world.anonymous(method, address)
    assert answer.status_code == 401
    assert answer.content_type == MEDIA_TYPE
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "POST /api/v1/tokens" in answer.json["detail"]


@pytest.mark.parametrize("scheme", ["Basic YTpi", "Bearer", "Bearer not-a-token", "x"])
def test_what_is_no_valid_token_is_401(world: World, scheme: str) -> None:
    answer = world.anonymous("get", "/me", headers={"Authorization": scheme})
    assert answer.status_code == 401


def test_a_wrong_token_is_told_even_where_none_is_needed(world: World) -> None:
    world.competition("stars")
    headers = {"Authorization": "Bearer podium_mistyped"}
    answer = world.anonymous("get", "/competitions/stars", headers=headers)
    assert answer.status_code == 401
    assert "not valid" in answer.json["detail"]


def test_a_session_cookie_opens_nothing(app: Flask, world: World) -> None:
    user = world.user()
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = user.fs_uniquifier
        session["_fresh"] = True
    assert browser.get(f"{V1}/me").status_code == 401
