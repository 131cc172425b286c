"""``podium-server demo``: filled through the public API, kept, and gone at Ctrl-C."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from podium.demo import ENDED
from tests.e2e.conftest import SLUGS
from tests.e2e.people import Participant
from tests.live import LivePodium, running

COUNTED = ("users", "teams", "submissions", "scores", "revisions", "competitions")


@dataclass(frozen=True)
class Demo:
    """A demo in its second run, and what was seen of the first."""

    live: LivePodium
    first_output: str
    first_counts: dict[str, int]
    left_behind: dict[int, str]

    @property
    def second_output(self) -> str:
        """What the second run has said."""
        return self.live.output[len(self.first_output) :]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A demo that was filled, stopped with Ctrl-C, and started again."""
    with running("demo", sandbox="process") as live:
        found, left = counts(live.data_dir), live.stop()
        said = live.output
        live.start()
        yield Demo(live, said, found, left)


def counts(data_dir: Path) -> dict[str, int]:
    database = sqlite3.connect(data_dir / "podium.db")
    try:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in COUNTED
        }
    finally:
        database.close()


def test_every_board_is_filled(demo: Demo) -> None:
    visitor = Participant(demo.live.url)
    for slug in SLUGS:
        board = visitor.call("GET", f"/competitions/{slug}/leaderboard")["items"]
        assert len(board) == (10 if slug == ENDED else 3), slug
        assert [row["rank"] for row in board] == sorted(row["rank"] for row in board)
        assert board[0]["score"] != board[-1]["score"]
        page = httpx.get(f"{demo.live.url}/c/{slug}/leaderboard").text
        for row in board:
            assert row["team"]["name"] in page


def test_one_competition_has_ended_with_medals_and_moves(demo: Demo) -> None:
    visitor = Participant(demo.live.url)
    for slug in SLUGS:
        stage = visitor.call("GET", f"/competitions/{slug}")["stage"]
        assert stage == ("ended" if slug == ENDED else "open"), slug
    path = f"/competitions/{ENDED}/leaderboard"
    public = visitor.call("GET", path, params={"board": "public"})["items"]
    private = visitor.call("GET", path, params={"board": "private"})["items"]
    places = [[row["team"]["id"] for row in board] for board in (public, private)]
    assert places[0] != places[1]
    won = visitor.call("GET", f"/users/{private[0]['team']['members'][0]['username']}")
    assert [each["medal"] for each in won["results"] if each["medal"]] == ["gold"]
    reveal = httpx.get(f"{demo.live.url}/c/{ENDED}/leaderboard/reveal")
    assert reveal.status_code == 200


def test_without_containers_the_code_competition_is_left_out(demo: Demo) -> None:
    visitor = Participant(demo.live.url)
    assert visitor.ask("GET", "/competitions/iris").status_code == 404
    assert "iris is left out" in demo.first_output


def test_a_beginner_has_a_file_with_faults(demo: Demo) -> None:
    beginner = Participant(demo.live.url, "dee", token_of(demo, "dee"))
    first = list(beginner.items(f"/competitions/{SLUGS[0]}/submissions"))[-1]
    assert first["status"] == "rejected"
    assert len(first["errors"]) > 1


def test_it_says_where_it_is_and_who_can_log_in(demo: Demo) -> None:
    for said in (demo.first_output, demo.second_output):
        assert f"Podium is ready at {demo.live.url}" in said
        assert "Log in as ada" in said
    assert token_of(demo, "ada")


def test_ctrl_c_leaves_no_process_behind(demo: Demo) -> None:
    assert demo.left_behind == {}


def test_a_second_start_adds_nothing(demo: Demo) -> None:
    assert demo.first_counts["submissions"] > len(SLUGS)
    assert counts(demo.live.data_dir) == demo.first_counts
    assert "training" in demo.first_output
    assert "training" not in demo.second_output


def token_of(demo: Demo, username: str) -> str:
    password = demo.first_output.rpartition("the password is ")[2].split()[0]
    made = Participant(demo.live.url).call(
        "POST",
        "/tokens",
        json={"login": username, "password": password, "label": "tests"},
    )
    return str(made["token"])
