"""Everything stops in mid-queue and starts again: each submission is scored once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMPETITIONS, wait_until_ready
from tests.e2e.people import Participant
from tests.live import LivePodium, wait_for

SLUG = "breast-cancer"
TEAMS, EACH = 4, 4
# How often a score is written, whoever writes it.
COUNT_WRITES = """
CREATE TABLE score_writes (score_id INTEGER);
CREATE TRIGGER count_score_writes AFTER UPDATE OF status ON scores
WHEN NEW.status = 'scored' AND OLD.status <> 'scored'
BEGIN INSERT INTO score_writes VALUES (NEW.id); END;
"""


def rows(live: LivePodium, query: str) -> list[Any]:
    database = sqlite3.connect(live.data_dir / "podium.db", timeout=20)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def counted_by_status(live: LivePodium) -> dict[str, int]:
    return dict(rows(live, "SELECT status, count(*) FROM scores GROUP BY status"))


@pytest.mark.parametrize("how", ["Ctrl-C", "power cut"])
def test_nothing_is_lost_and_nothing_is_scored_twice(
    own_folder: Path, how: str
) -> None:
    # A short lease, so that what a power cut left behind is soon taken again.
    settings = {"sandbox": "process", "lease_s": 4, "lease_renew_s": 1}
    live = LivePodium(own_folder, settings=settings)
    with live:
        bundle = str(COMPETITIONS / SLUG)
        assert live.server("import-bundle", bundle).returncode == 0
        wait_until_ready(live, SLUG)
        database = sqlite3.connect(live.data_dir / "podium.db", timeout=20)
        database.executescript(COUNT_WRITES)
        database.close()
        sample = (COMPETITIONS / SLUG / "data/sample_submission.csv").read_bytes()
        teams = [Participant(live.url).sign_up().enter(SLUG) for _ in range(TEAMS)]
        for team in teams * EACH:
            team.send(SLUG, sample)
        before = counted_by_status(live)
        assert before.get("scored", 0) < TEAMS * EACH, "the queue was done too soon"
        if how == "Ctrl-C":
            assert live.stop() == {}
        else:
            live.kill()
    with live:
        wait_for(
            lambda: counted_by_status(live) == {"scored": TEAMS * EACH},
            "every submission to be scored",
            within_s=120,
        )
        written = rows(live, "SELECT score_id FROM score_writes")
        assert len(written) == len(set(written)) == TEAMS * EACH
        board = teams[0].call("GET", f"/competitions/{SLUG}/leaderboard")["items"]
        assert [row["submissions"] for row in board] == [EACH] * TEAMS
