"""The settings' page of one's own data."""

from __future__ import annotations

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from tests.podium.factories import PASSWORD, Factory
from tests.podium.web.people import Person


def test_a_file_holds_what_is_kept(as_ada: Person) -> None:
    answer = as_ada.get("/settings/data/export")
    assert (
        answer.headers["Content-Disposition"] == "attachment; filename=podium-ada.json"
    )
    assert answer.json["profile"]["username"] == "ada"
    assert answer.json["log_ins"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, ["Type your user name", "This is not your password."]),
        ({"username": "ada"}, ["This is not your password."]),
        ({"username": "bob", "password": PASSWORD}, ["Type your user name, ada,"]),
    ],
)
def test_who_does_not_mean_it_keeps_the_account(
    as_ada: Person, fields: dict[str, str], told: list[str]
) -> None:
    answer = as_ada.post("/settings/data/delete", **fields)
    assert answer.status_code == 422
    assert all(sentence in answer.text for sentence in told)
    assert as_ada.get("/settings/data").status_code == 200


def test_an_account_is_deleted(
    app: Flask, as_ada: Person, ada: User, make: Factory, stars: Competition
) -> None:
    team = make.team(stars, ada, name="Night Owls")
    make.submission(team, ada, public=0.7)

    answer = as_ada.post("/settings/data/delete", username="Ada", password=PASSWORD)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Your account is deleted." in as_ada.get("/").text
    assert as_ada.get("/settings/data").status_code == 303
    visitor = Person(app)
    assert visitor.get("/u/ada").status_code == 404
    board = visitor.get("/c/stars/leaderboard").text
    assert "Night Owls" in board
    assert "Deleted user" in board
    assert "/u/deleted-" not in board
    page = visitor.get(f"/t/{team.public_id}").text
    assert "Deleted user" in page
    assert 'href="/u/deleted-' not in page
    refused = visitor.post("/log-in", login="ada", password=PASSWORD)
    assert "is not right" in refused.text


def test_a_host_is_told_what_is_in_the_way(
    as_ada: Person, ada: User, make: Factory, services: Services
) -> None:
    make.competition("moons", host_id=ada.id, title="Moons")
    page = as_ada.get("/settings/data").text
    assert "You host “Moons”" in page
    assert 'action="/settings/data/delete"' not in page
    answer = as_ada.post("/settings/data/delete", username="ada", password=PASSWORD)
    assert answer.status_code == 409
    assert "You host “Moons”" in answer.text
    assert as_ada.get("/settings/data").status_code == 200
