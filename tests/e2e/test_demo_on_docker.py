"""The demo where a Docker engine answers: it has a code competition too."""

from __future__ import annotations

import pytest

from podium.demo import ENDED
from tests.e2e.conftest import SLUGS
from tests.e2e.people import Participant
from tests.live import running

pytestmark = pytest.mark.docker


def test_the_demo_has_a_code_competition_with_programs_that_ran() -> None:
    with running("demo", sandbox="docker") as live:
        visitor = Participant(live.url)
        for slug in (*SLUGS, "iris"):
            board = visitor.call("GET", f"/competitions/{slug}/leaderboard")["items"]
            assert len(board) == (10 if slug == ENDED else 3), slug
        assert "iris is left out" not in live.output
