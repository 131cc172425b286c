"""``podium-server demo``: filled through the public API, kept, and gone at Ctrl-C."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.e2e.conftest import SLUGS
from tests.e2e.people import Participant
from tests.live import LivePodium, running

COUNTED = ("users", "teams", "submissions", "scores", "revisions", "competitions")


@pytest.fixture(scope="module")
def demo() -> Iterator[LivePodium]:
    """A demo that is full and runs."""
    with running("demo", sandbox="process") as podium:
        yield podium


def counts(data_dir: Path) -> dict[str, int]:
    database = sqlite3.connect(data_dir / "podium.db")
    try:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in COUNTED
        }
    finally:
        database.close()


def test_every_board_is_filled(demo: LivePodium) -> None:
    visitor = Participant(demo.url)
    for slug in SLUGS:
        board = visitor.call("GET", f"/competitions/{slug}/leaderboard")["items"]
        assert len(board) == 3, slug
        assert [row["rank"] for row in board] == sorted(row["rank"] for row in board)
        assert board[0]["score"] != board[-1]["score"]
        page = httpx.get(f"{demo.url}/c/{slug}/leaderboard").text
        for row in board:
            assert row["team"]["name"] in page


def test_a_beginner_has_a_file_with_faults(demo: LivePodium) -> None:
    beginner = Participant(demo.url, "dee", token_of(demo, "dee"))
    first = list(beginner.items(f"/competitions/{SLUGS[0]}/submissions"))[-1]
    assert first["status"] == "rejected"
    assert len(first["errors"]) > 1


def test_it_says_where_it_is_and_who_can_log_in(demo: LivePodium) -> None:
    assert f"Podium is ready at {demo.url}" in demo.output
    assert "ada" in demo.output
    assert token_of(demo, "ada")


def test_a_second_start_adds_nothing_and_none_stays_behind(demo: LivePodium) -> None:
    before = counts(demo.data_dir)
    assert demo.stop() == {}
    said = len(demo.output)
    demo.start()
    assert counts(demo.data_dir) == before
    assert "training" not in demo.output[said:]
    assert demo.stop() == {}
    demo.start()


def token_of(demo: LivePodium, username: str) -> str:
    password = demo.output.rpartition("the password is ")[2].split()[0]
    made = Participant(demo.url).call(
        "POST",
        "/tokens",
        json={"login": username, "password": password, "label": "tests"},
    )
    return str(made["token"])
