"""Boards: order, pages, what may be seen when."""

from __future__ import annotations

import json

import pytest

from tests.podium.api.world import Caller, World
from tests.readable import readable

pytestmark = pytest.mark.database

BOARD = "/competitions/stars/leaderboard"


@pytest.fixture
def five(world: World) -> World:
    """Five teams; two of them have the same public score."""
    world.competition("stars")
    for name, public, private in [
        ("ada", 0.91, 0.42421),
        ("grace", 0.95, 0.42422),
        ("emmy", 0.91, 0.42423),
        ("sofia", 0.70, 0.42424),
        ("hedy", 0.60, 0.42425),
    ]:
        user, _ = world.participant("stars", name)
        world.sent("stars", user, public=public, private=private)
    return world


def _names(answer: dict[str, object]) -> list[tuple[int, str]]:
    items = json.loads(json.dumps(answer["items"]))
    return [(item["rank"], item["team"]["name"]) for item in items]


def test_an_empty_board(world: World) -> None:
    world.competition("stars")
    answer = world.anonymous("get", BOARD).json
    assert (answer["items"], answer["next"], answer["teams"]) == ([], None, 0)
    assert answer["public_share"] == 0.3
    assert answer["me"] is None


def test_equal_scores_share_a_rank(five: World) -> None:
    answer = five.anonymous("get", BOARD).json
    assert _names(answer) == [
        (1, "grace"),
        (2, "ada"),
        (2, "emmy"),
        (4, "sofia"),
        (5, "hedy"),
    ]
    first = answer["items"][0]
    assert first["score"] == 0.95
    assert first["interval"] == pytest.approx([0.94, 0.96])
    assert (first["rank_interval"], first["tied_with_next"]) == ([1, 1], False)
    assert answer["items"][1]["rank_interval"] == [2, 3]
    assert answer["items"][1]["tied_with_next"] is True
    assert first["team"]["members"] == [{"username": "grace", "display_name": "grace"}]
    assert first["submissions"] == 1
    assert (answer["board"], answer["teams"]) == ("public", 5)
    assert answer["metric"]["higher_is_better"] is True


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_each_team_once(five: World, limit: int) -> None:
    seen: list[tuple[int, str]] = []
    cursor = ""
    while cursor is not None:
        answer = five.anonymous("get", f"{BOARD}?limit={limit}&cursor={cursor}").json
        assert len(answer["items"]) <= limit
        seen += _names(answer)
        cursor = answer["next"]
    assert seen == _names(five.anonymous("get", BOARD).json)


def test_a_cursor_stays_on_its_board(five: World) -> None:
    cursor = five.anonymous("get", f"{BOARD}?limit=2").json["next"]
    five.end("stars")
    answer = five.anonymous("get", f"{BOARD}?board=private&cursor={cursor}")
    assert answer.status_code == 422


def test_a_team_is_found_by_its_name(five: World) -> None:
    answer = five.anonymous("get", f"{BOARD}?search=SOF").json
    assert _names(answer) == [(4, "sofia")]


def test_my_row_is_there_whatever_the_page(world: World) -> None:
    world.competition("stars")
    best, _ = world.participant("stars")
    world.sent("stars", best, public=0.9, private=0.1)
    user, caller = world.participant("stars", "ada")
    world.sent("stars", user, public=0.5, private=0.1)
    answer = caller("get", f"{BOARD}?limit=1").json
    assert (answer["me"]["rank"], answer["me"]["team"]["name"]) == (2, "ada")
    assert world.anonymous("get", BOARD).json["me"] is None


def test_the_private_board_is_closed_until_the_end(five: World) -> None:
    for caller in (five.anonymous, five.caller()):
        answer = caller("get", f"{BOARD}?board=private")
        assert (answer.status_code, answer.json["kind"]) == (403, "withheld")
        assert "0.4242" not in answer.text
    five.end("stars")
    answer = five.anonymous("get", f"{BOARD}?board=private").json
    assert _names(answer)[0] == (1, "hedy")
    assert answer["board"] == "private"


def test_a_board_that_has_not_changed_is_304(five: World) -> None:
    first = five.anonymous("get", BOARD)
    headers = {"If-None-Match": first.headers["ETag"]}
    again = five.anonymous("get", BOARD, headers=headers)
    assert (again.status_code, again.data) == (304, b"")
    user, caller = five.participant("stars", "late")
    five.sent("stars", user, public=0.99, private=0.2)
    changed = five.anonymous("get", BOARD, headers=headers)
    assert changed.status_code == 200
    assert changed.json["version"] == first.json["version"] + 1
    headers = {"If-None-Match": changed.headers["ETag"]}
    team = {"name": "Latecomers"}
    assert caller("patch", "/competitions/stars/team", json=team).status_code == 200
    assert five.anonymous("get", BOARD, headers=headers).status_code == 200


def test_one_viewers_board_is_not_anothers(five: World) -> None:
    user, caller = five.participant("stars", "late")
    five.sent("stars", user, public=0.99, private=0.2)
    tag = five.anonymous("get", BOARD).headers["ETag"]
    answer = caller("get", BOARD, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.json["me"]["rank"] == 1


def test_an_unknown_board(five: World) -> None:
    assert five.anonymous("get", f"{BOARD}?board=secret").status_code == 422
    assert five.anonymous("get", "/competitions/x/leaderboard").status_code == 404


def test_a_teams_place_is_that_of_the_board_that_is_open(five: World) -> None:
    first = five.anonymous("get", BOARD).json["items"][0]
    address = f"/teams/{first['team']['id']}"
    before = five.anonymous("get", address)
    assert before.json["entry"] == first
    assert "0.4242" not in before.text
    five.end("stars")
    after = five.anonymous("get", address).json
    assert after["entry"]["score"] == 0.42422
    assert after["competition"]["slug"] == "stars"


def _every_get(caller: Caller, world: World, path: str) -> str:
    """The bodies of every GET address below ``path``, as one text."""
    answers = (caller("get", address) for address in (path, f"{path}?limit=1"))
    return "".join(readable(each.data, each.content_type or "") for each in answers)


def test_no_answer_tells_a_private_score_before_the_end(five: World) -> None:
    user, caller = five.participant("stars", "last")
    submission = five.sent("stars", user, public=0.5, private=0.42426)
    team = caller("get", "/competitions/stars/team").json["id"]
    values = {
        "slug": "stars",
        "username": "last",
        "team_id": team,
        "submission_id": submission.public_id,
        "name": "rules",
    }
    seen = ""
    rules = five.client.application.url_map.iter_rules()
    for rule in rules:
        if not rule.rule.startswith("/api/v1/") or "GET" not in (rule.methods or ()):
            continue
        address = rule.rule.removeprefix("/api/v1")
        for name, value in values.items():
            address = address.replace(f"<{name}>", value)
        for who in (five.anonymous, caller):
            seen += _every_get(who, five, address)
            seen += _every_get(who, five, f"{address}?board=private")
    assert "0.5" in seen
    assert "0.4242" not in seen
    five.end("stars")
    mine = caller("get", f"/submissions/{submission.public_id}").json
    assert mine["private_score"] == 0.42426


def test_no_answer_tells_an_address(five: World) -> None:
    names = ("ada", "grace")
    for path in (BOARD, "/search?q=ada", *(f"/users/{name}" for name in names)):
        for who in (five.anonymous, five.caller()):
            assert "private.example" not in who("get", path).text
