"""Joining, teams, invitations."""

from __future__ import annotations

import pytest

from tests.podium.api.world import NOW, Caller, World
from tests.podium.factories import DAY

pytestmark = pytest.mark.database

TEAM = "/competitions/stars/team"
INVITATIONS = f"{TEAM}/invitations"
PARTICIPATION = "/competitions/stars/participation"


@pytest.fixture
def ada(world: World) -> Caller:
    """A participant with a team called Splines."""
    world.competition("stars")
    _, caller = world.participant("stars", "ada")
    assert caller("post", TEAM, json={"name": "Splines"}).status_code == 201
    return caller


@pytest.fixture
def grace(world: World, ada: Caller) -> Caller:
    """A participant without a team."""
    return world.participant("stars", "grace")[1]


def test_joining_again_changes_nothing(world: World) -> None:
    world.competition("stars")
    caller = world.caller()
    for _ in range(2):
        answer = caller("put", PARTICIPATION, json={"accept_rules": True})
        assert (answer.status_code, answer.json) == (200, {"joined": True})
    assert caller("get", "/competitions/stars").json["me"]["joined"] is True


@pytest.mark.parametrize("body", [{}, {"accept_rules": False}, {"accept_rules": 1}])
def test_the_rules_must_be_accepted_in_words(world: World, body: object) -> None:
    world.competition("stars")
    answer = world.caller()("put", PARTICIPATION, json=body)
    assert answer.status_code == 422
    assert "accept_rules" in answer.json["fields"]


def test_after_the_entry_deadline_nobody_joins(world: World) -> None:
    world.competition("stars", entry_deadline=NOW - DAY)
    answer = world.caller()("put", PARTICIPATION, json={"accept_rules": True})
    assert answer.status_code == 409
    assert "deadline" in answer.json["detail"]


def test_leaving_is_possible_until_the_first_submission(world: World) -> None:
    world.competition("stars")
    user, caller = world.participant("stars")
    assert caller("delete", PARTICIPATION).status_code == 204
    again = caller("delete", PARTICIPATION)
    assert (again.status_code, again.json["kind"]) == (409, "refused")
    world.join(world.named("stars"), user)
    world.sent("stars", user)
    late = caller("delete", PARTICIPATION)
    assert late.status_code == 409
    assert "submitted already" in late.json["detail"]


def test_a_team_needs_accepted_rules(world: World) -> None:
    world.competition("stars")
    answer = world.caller()("post", TEAM, json={"name": "Splines"})
    assert (answer.status_code, answer.json["kind"]) == (409, "rules_not_accepted")


def test_my_team(ada: Caller) -> None:
    answer = ada("get", TEAM)
    assert answer.json["name"] == "Splines"
    assert answer.json["members"] == [
        {"username": "ada", "display_name": "ada", "leader": True}
    ]
    assert answer.json["invitations"] == []


def test_who_has_no_team_is_told_how_to_get_one(grace: Caller) -> None:
    answer = grace("get", TEAM)
    assert (answer.status_code, answer.json["kind"]) == (404, "no_team")
    assert "POST" in answer.json["detail"]


def test_one_team_a_person_and_one_name_a_competition(
    ada: Caller, grace: Caller
) -> None:
    second = ada("post", TEAM, json={"name": "Others"})
    assert second.status_code == 409
    taken = grace("post", TEAM, json={"name": "splines"})
    assert taken.status_code == 409
    assert "Choose another name" in taken.json["detail"]


def test_a_team_is_renamed(ada: Caller) -> None:
    answer = ada("patch", TEAM, json={"name": "  Cubic   Splines "})
    assert answer.json["name"] == "Cubic Splines"
    assert ada("patch", TEAM, json={"name": ""}).status_code == 422
    assert ada("patch", TEAM, json={"name": "\u200b\n"}).status_code == 422


def test_an_invitation_is_accepted(ada: Caller, grace: Caller) -> None:
    made = ada("post", INVITATIONS, json={"username": "grace"})
    assert made.status_code == 201
    assert (made.json["state"], made.json["user"]["username"]) == ("open", "grace")
    assert made.json["invited_by"]["username"] == "ada"
    (waiting,) = grace("get", "/invitations").json["items"]
    assert waiting == made.json
    (shown,) = ada("get", TEAM).json["invitations"]
    assert shown == made.json
    team = grace("post", f"/invitations/{waiting['id']}/accept")
    assert [member["username"] for member in team.json["members"]] == ["ada", "grace"]
    assert grace("get", "/invitations").json["items"] == []


def test_an_invitation_is_declined(ada: Caller, grace: Caller) -> None:
    made = ada("post", INVITATIONS, json={"username": "grace"}).json
    answer = grace("post", f"/invitations/{made['id']}/decline")
    assert answer.json["state"] == "declined"
    again = grace("post", f"/invitations/{made['id']}/accept")
    assert again.status_code == 409


def test_an_invitation_is_cancelled_by_the_team(ada: Caller, grace: Caller) -> None:
    made = ada("post", INVITATIONS, json={"username": "grace"}).json
    assert grace("delete", f"/invitations/{made['id']}").status_code == 403
    assert ada("delete", f"/invitations/{made['id']}").status_code == 204
    assert grace("post", f"/invitations/{made['id']}/accept").status_code == 409


def test_nobody_else_sees_or_answers_an_invitation(
    world: World, ada: Caller, grace: Caller
) -> None:
    made = ada("post", INVITATIONS, json={"username": "grace"}).json
    stranger = world.participant("stars")[1]
    address = f"/invitations/{made['id']}"
    assert stranger("post", f"{address}/accept").status_code == 404
    assert stranger("post", f"{address}/decline").status_code == 404
    assert stranger("delete", address).status_code == 404
    assert ada("post", f"{address}/accept").status_code == 403


def test_a_full_team_takes_nobody(world: World, ada: Caller, grace: Caller) -> None:
    made = ada("post", INVITATIONS, json={"username": "grace"}).json
    grace("post", f"/invitations/{made['id']}/accept")
    world.user("emmy")
    answer = ada("post", INVITATIONS, json={"username": "emmy"})
    assert answer.status_code == 409
    assert "full" in answer.json["detail"]


def test_inviting_nobody_known(ada: Caller) -> None:
    assert ada("post", INVITATIONS, json={"username": "nobody"}).status_code == 404
    assert ada("post", INVITATIONS, json={}).status_code == 422


def test_inviting_without_a_team(ada: Caller, grace: Caller) -> None:
    answer = grace("post", INVITATIONS, json={"username": "ada"})
    assert (answer.status_code, answer.json["kind"]) == (404, "no_team")


def test_open_invitations_are_for_members_only(
    world: World, ada: Caller, grace: Caller
) -> None:
    ada("post", INVITATIONS, json={"username": "grace"})
    address = f"/teams/{ada('get', TEAM).json['id']}"
    assert len(ada("get", address).json["invitations"]) == 1
    assert grace("get", address).json["invitations"] == []
    public = world.anonymous("get", address)
    assert public.json["invitations"] == []
    assert public.json["entry"] is None
    assert world.anonymous("get", "/teams/nobody").status_code == 404


@pytest.fixture
def together(ada: Caller, grace: Caller) -> Caller:
    """Grace, who is in Ada's team."""
    made = ada("post", INVITATIONS, json={"username": "grace"}).json
    grace("post", f"/invitations/{made['id']}/accept")
    return grace


def test_the_lead_is_handed_over(ada: Caller, together: Caller) -> None:
    answer = ada("put", f"{TEAM}/leader", json={"username": "grace"})
    leaders = [each["username"] for each in answer.json["members"] if each["leader"]]
    assert leaders == ["grace"]
    again = ada("put", f"{TEAM}/leader", json={"username": "ada"})
    assert again.status_code == 403
    assert together("get", TEAM).json["members"] == answer.json["members"]


def test_a_member_is_taken_out(ada: Caller, together: Caller) -> None:
    assert together("delete", f"{TEAM}/members/ada").status_code == 403
    assert ada("delete", f"{TEAM}/members/grace").status_code == 204
    assert together("get", TEAM).status_code == 404
    assert ada("delete", f"{TEAM}/members/grace").status_code == 409


def test_a_link_lets_others_in_until_it_is_closed(ada: Caller, grace: Caller) -> None:
    made = ada("post", f"{TEAM}/link")
    assert made.status_code == 201
    assert made.json["url"].endswith(f"/join-team/{made.json['secret']}")
    way = f"/team-links/{made.json['secret']}"
    assert grace("post", way).json["name"] == "Splines"
    assert ada("delete", f"{TEAM}/link").status_code == 204
    answer = grace("post", way)
    assert (answer.status_code, answer.json["kind"]) == (409, "link_closed")


def test_teams_merge(ada: Caller, grace: Caller) -> None:
    grace("post", TEAM, json={"name": "Kernels"})
    requests = f"{TEAM}/merge-requests"
    made = ada("post", requests, json={"name": "kernels"})
    assert made.status_code == 201
    assert made.json["other"]["name"] == "Kernels"
    assert grace("get", requests).json["items"] == [made.json]
    assert ada("get", requests).json["items"] == [made.json]
    way = f"/merge-requests/{made.json['id']}"
    assert ada("post", f"{way}/accept").status_code == 403
    team = grace("post", f"{way}/accept")
    assert team.json["name"] == "Kernels"
    assert {each["username"] for each in team.json["members"]} == {"ada", "grace"}
    assert ada("get", TEAM).json["id"] == team.json["id"]
    assert grace("delete", way).status_code == 404


def test_a_request_to_merge_is_closed_by_either_side(
    ada: Caller, grace: Caller
) -> None:
    grace("post", TEAM, json={"name": "Kernels"})
    for closes in (ada, grace):
        made = ada("post", f"{TEAM}/merge-requests", json={"name": "Kernels"}).json
        assert closes("delete", f"/merge-requests/{made['id']}").status_code == 204
    assert ada("get", f"{TEAM}/merge-requests").json["items"] == []


def test_a_team_that_is_not_there_is_named(ada: Caller) -> None:
    answer = ada("post", f"{TEAM}/merge-requests", json={"name": "Nobody"})
    assert answer.status_code == 404
    assert "no team named “Nobody”" in answer.json["detail"]


def test_who_asks_to_join_is_let_in_by_the_leader(ada: Caller, grace: Caller) -> None:
    requests = "/competitions/stars/join-requests"
    body = {"name": "splines", "message": " I know\nsplines. "}
    refused = grace("post", requests, json=body)
    assert (refused.status_code, refused.json["kind"]) == (409, "not_open_to_requests")
    opened = ada("put", f"{TEAM}/openness", json={"open_to_requests": True})
    assert opened.json["open_to_requests"] is True
    made = grace("post", requests, json=body)
    assert made.status_code == 201
    assert made.json["message"] == "I know splines."
    assert grace("get", requests).json["items"] == [made.json]
    assert ada("get", requests).json["items"] == [made.json]
    way = f"/join-requests/{made.json['id']}"
    assert grace("post", f"{way}/accept").status_code == 403
    team = ada("post", f"{way}/accept")
    assert {each["username"] for each in team.json["members"]} == {"ada", "grace"}
    assert ada("get", requests).json["items"] == []


def test_a_request_to_join_is_closed_by_either_side(ada: Caller, grace: Caller) -> None:
    ada("put", f"{TEAM}/openness", json={"open_to_requests": True})
    requests = "/competitions/stars/join-requests"
    for closes in (ada, grace):
        made = grace("post", requests, json={"name": "Splines"}).json
        assert closes("delete", f"/join-requests/{made['id']}").status_code == 204
    assert grace("get", requests).json["items"] == []
