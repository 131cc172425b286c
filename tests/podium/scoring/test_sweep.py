"""The sweeper: what was lost is sent again, and the sandbox of the host is written down."""

from __future__ import annotations

import socket
from threading import Event

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from podium.core import clock
from podium.scoring import sweep as sweeping
from podium.scoring.models import ScoringHost
from podium.scoring.sweep import loop, sweep
from tests.podium.factories import FakeJobs
from tests.podium.scoring.works import Works
from tests.podium.threads import at_once, errors


def test_what_waits_is_handed_over(works: Works, jobs: FakeJobs) -> None:
    score_id = works.submitted()
    assert sweep(works.services) == 1
    assert jobs.sent[0].row_id == score_id


def test_the_sandbox_of_this_host_is_written_down(works: Works) -> None:
    before = clock.now()
    sweep(works.services)
    with works.session() as session:
        host = session.scalars(select(ScoringHost)).one()
    assert host.name == socket.gethostname()
    assert host.sandbox["mode"] == "none"
    assert host.sandbox["strength"] == ["nothing"]
    assert host.seen_at >= before


@pytest.mark.database
def test_many_sweepers_of_a_host_write_one_row(works: Works) -> None:
    assert errors(at_once([lambda: sweep(works.services)] * 6)) == []
    with works.session() as session:
        assert len(session.scalars(select(ScoringHost)).all()) == 1


def test_with_redis_away_nothing_is_lost(works: Works, jobs: FakeJobs) -> None:
    jobs.away = True
    works.submitted()
    assert sweep(works.services) == 0
    jobs.away = False
    assert sweep(works.services) == 1


def test_the_loop_goes_on_after_a_round_that_failed(
    works: Works, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    works = works.with_settings(sweep_interval_s=0.0)
    stop, rounds = Event(), []

    def failing(_services: object) -> int:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        if len(rounds) == 2:
            raise OSError("no space left")
        stop.set()
        return 0

    monkeypatch.setattr(sweeping, "sweep", failing)
    loop(works.services, stop)
    assert rounds == [0, 1, 2]
    assert caplog.text.count("is tried again") == 2
