"""Competitions, their pages and their data."""

from __future__ import annotations

import hashlib

import pytest

from tests.podium.api.world import NOW, TRAIN, V1, World
from tests.podium.factories import DAY


def test_the_list_shows_the_newest_first(world: World) -> None:
    world.competition("stars")
    world.competition("moons")
    answer = world.anonymous("get", "/competitions")
    assert [item["slug"] for item in answer.json["items"]] == ["moons", "stars"]
    assert answer.json["next"] is None
    item = answer.json["items"][1]
    assert item["stage"] == "open"
    assert item["host"] == "The Observatory"
    assert item["metric"] == {
        "name": "roc_auc",
        "title": "ROC AUC",
        "higher_is_better": True,
        "own": False,
        "params": {},
    }
    assert item["opens_at"].endswith("Z")
    assert (item["teams"], item["submissions"]) == (0, 0)


def test_an_empty_list_is_a_list(world: World) -> None:
    answer = world.anonymous("get", "/competitions")
    assert answer.json == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("stage=open", ["open-one"]),
        ("stage=ended", ["ended-one"]),
        ("stage=upcoming", ["later-one"]),
        ("stage=", ["later-one", "ended-one", "open-one"]),
        ("tag=Astronomy", ["later-one", "open-one"]),
        ("search=ENDED", ["ended-one"]),
        ("search=%25", []),
        ("search=astro&stage=open", ["open-one"]),
    ],
)
def test_the_list_is_filtered(world: World, query: str, slugs: list[str]) -> None:
    world.competition("open-one")
    world.competition("ended-one", closes_at=NOW - DAY, tags=["text"])
    world.competition("later-one", opens_at=NOW + DAY)
    answer = world.anonymous("get", f"/competitions?{query}")
    assert [item["slug"] for item in answer.json["items"]] == slugs


def test_pages_of_the_list_hold_each_competition_once(world: World) -> None:
    for number in range(5):
        world.competition(f"number-{number}")
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = world.anonymous("get", f"/competitions?limit=2&cursor={cursor}")
        seen += [item["slug"] for item in answer.json["items"]]
        cursor, pages = answer.json["next"], pages + 1
    assert seen == [f"number-{number}" for number in range(4, -1, -1)]
    assert pages == 3


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "stage=closed", "page=2", "cursor=MTA"]
)
def test_a_query_that_makes_no_sense(world: World, query: str) -> None:
    answer = world.anonymous("get", f"/competitions?{query}")
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [query.split("=")[0]]


def test_a_cursor_that_was_changed_is_refused(world: World) -> None:
    world.competition("one")
    world.competition("two")
    cursor = world.anonymous("get", "/competitions?limit=1").json["next"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    answer = world.anonymous("get", f"/competitions?limit=1&cursor={changed}")
    assert answer.status_code == 422
    assert "Leave it out for the first page" in answer.json["detail"]


def test_a_competition_with_all_that_it_says(world: World) -> None:
    world.competition(
        "stars",
        entry_deadline=NOW + DAY,
        submissions_total=40,
        licence_name="CC BY 4.0",
    )
    answer = world.anonymous("get", "/competitions/stars")
    assert answer.status_code == 200
    assert answer.json["timeline"]["time_zone"] == "UTC"
    assert answer.json["timeline"]["merger_deadline"] is None
    assert answer.json["limits"]["submissions_total"] == 40
    assert answer.json["licence"]["name"] == "CC BY 4.0"
    assert [page["name"] for page in answer.json["pages"]] == ["overview", "rules"]
    assert answer.json["me"] is None


def test_a_competition_without_a_metric_yet(world: World) -> None:
    world.competition("stars", live=False)
    assert world.anonymous("get", "/competitions/stars").json["metric"] is None


def test_where_i_stand(world: World) -> None:
    world.competition("stars", submissions_total=7)
    stranger = world.caller()("get", "/competitions/stars").json["me"]
    assert stranger["joined"] is False
    assert stranger["team"] is None
    user, caller = world.participant("stars", "ada")
    world.sent("stars", user, public=0.7, private=0.6, at=NOW)
    me = caller("get", "/competitions/stars").json["me"]
    assert me["joined"] is True
    assert me["team"]["name"] == "ada"
    assert me["rank"] == 1
    assert me["submissions_left_total"] == 6
    assert me["submissions_left_today"] <= 5
    assert me["next_reset_at"].endswith("T00:00:00Z")


def test_a_mistyped_slug_is_told_the_near_one(world: World) -> None:
    world.competition("breast-cancer")
    answer = world.anonymous("get", "/competitions/brest-cancer")
    assert answer.status_code == 404
    assert "breast-cancer" in answer.json["detail"]


def test_a_page_as_markdown_and_as_safe_html(world: World) -> None:
    world.competition("stars")
    answer = world.anonymous("get", "/competitions/stars/pages/rules")
    assert answer.json["text"].startswith("# Rules")
    assert "<strong>fair</strong>" in answer.json["html"]
    assert "<script" not in answer.json["html"]
    assert world.anonymous("get", "/competitions/stars/pages/x").status_code == 404


def test_the_data_files_and_their_bytes(world: World) -> None:
    world.competition("stars")
    (item,) = world.anonymous("get", "/competitions/stars/data").json["items"]
    assert item["size"] == len(TRAIN)
    assert item["sha256"] == hashlib.sha256(TRAIN).hexdigest()
    answer = world.anonymous("get", item["url"].removeprefix(V1))
    assert answer.data == TRAIN
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Length"] == str(len(TRAIN))
    assert answer.headers["Content-Disposition"] == "attachment; filename=train.csv"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"] == f'"{item["sha256"]}"'


def test_a_name_that_is_not_there_is_told_those_that_are(world: World) -> None:
    world.competition("stars")
    answer = world.anonymous("get", "/competitions/stars/data/test.csv")
    assert answer.status_code == 404
    assert "train.csv" in answer.json["detail"]


def test_a_download_goes_on_where_it_stopped(world: World) -> None:
    world.competition("stars")
    path = "/competitions/stars/data/train.csv"
    part = world.anonymous("get", path, headers={"Range": "bytes=5-"})
    assert part.status_code == 206
    assert part.data == TRAIN[5:]
    assert part.headers["Content-Range"] == f"bytes 5-{len(TRAIN) - 1}/{len(TRAIN)}"
    tag = part.headers["ETag"]
    stale = {"Range": "bytes=5-", "If-Range": '"another version"'}
    whole = world.anonymous("get", path, headers=stale)
    assert (whole.status_code, whole.data) == (200, TRAIN)
    same = world.anonymous("get", path, headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    beyond = world.anonymous("get", path, headers={"Range": "bytes=9999-"})
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(TRAIN)}"
    assert beyond.json["kind"] == "wrong_range"


def test_a_head_tells_the_size_without_the_bytes(world: World) -> None:
    world.competition("stars")
    answer = world.anonymous("head", "/competitions/stars/data/train.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(len(TRAIN))
    assert answer.data == b""
