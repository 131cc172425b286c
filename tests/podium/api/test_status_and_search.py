"""How the service is, and what can be found."""

from __future__ import annotations

from datetime import timedelta

from podium.core import clock
from podium.core.api import VERSION
from podium.scoring.models import ScoringHost
from tests.podium.api.world import World
from tests.podium.factories import FakeJobs


def _host(world: World, mode: str, seconds_ago: int) -> None:
    with world.session() as session:
        session.add(
            ScoringHost(
                name="scorer-1",
                sandbox={"mode": mode, "strength": ["no network"], "reason": "secret"},
                seen_at=clock.now() - timedelta(seconds=seconds_ago),
            )
        )


def test_all_is_well(world: World) -> None:
    world.competition("stars")
    user, _ = world.participant("stars")
    world.sent("stars", user)
    _host(world, "docker", 5)
    answer = world.anonymous("get", "/status").json
    assert (answer["version"], answer["state"]) == (VERSION, "ok")
    assert answer["queue"] == {"waiting": 1, "running": 0}
    (host,) = answer["hosts"]
    assert (host["sandbox"], host["strength"]) == ("docker", ["no network"])


def test_without_a_machine_that_scores_it_is_degraded(world: World) -> None:
    assert world.anonymous("get", "/status").json["state"] == "degraded"
    _host(world, "docker", 3600)
    assert world.anonymous("get", "/status").json["state"] == "degraded"


def test_without_a_sandbox_it_is_degraded(world: World) -> None:
    _host(world, "none", 5)
    assert world.anonymous("get", "/status").json["state"] == "degraded"


def test_without_a_queue_it_is_degraded(world: World, jobs: FakeJobs) -> None:
    _host(world, "docker", 5)
    jobs.away = True
    assert world.anonymous("get", "/status").json["state"] == "degraded"


def test_search_finds_competitions_teams_and_users(world: World) -> None:
    world.competition("star-signs")
    world.competition("moons", tags=[])
    user, caller = world.participant("moons", "starling")
    caller("post", "/competitions/moons/team", json={"name": "Rising STARS"})
    answer = world.anonymous("get", "/search?q=star").json
    assert [each["slug"] for each in answer["competitions"]] == ["star-signs"]
    (team,) = answer["teams"]
    assert (team["name"], team["competition"]["slug"]) == ("Rising STARS", "moons")
    assert answer["users"] == [{"username": user.username, "display_name": "starling"}]


def test_searching_for_nothing_finds_nothing(world: World) -> None:
    world.competition("stars")
    nothing = {"competitions": [], "teams": [], "users": []}
    assert world.anonymous("get", "/search?q=+").json == nothing
    assert world.anonymous("get", "/search?q=%25").json == nothing


def test_a_search_without_words_is_told_so(world: World) -> None:
    answer = world.anonymous("get", "/search")
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == ["q"]
