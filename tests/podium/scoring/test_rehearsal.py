"""The worker's rehearsal leaves no trace, and nothing to compile for the jobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.engine.interfaces import CacheStats

from podium.bootstrap import Services
from podium.core.db import Base, Database
from podium.scoring.rehearsal import rehearse
from podium_scorer.contract import Verdict
from tests.podium import fakes
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works


def counts(services: Services) -> dict[str, int]:
    with services.database.session() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@contextmanager
def compiled(engine: Engine) -> Iterator[list[str]]:
    """The statements that had to be compiled meanwhile."""
    found: list[str] = []

    def note(*arguments: Any) -> None:
        statement, context = arguments[2], arguments[4]
        if context is not None and context.cache_hit is CacheStats.CACHE_MISS:
            found.append(statement)

    event.listen(engine, "after_cursor_execute", note)
    yield found
    event.remove(engine, "after_cursor_execute", note)


def with_intervals() -> Verdict:
    """What the scorer says where the metric has intervals, as most have."""
    verdict = fakes.scored(0.9, 0.8, interval=(0.85, 0.95))
    assert verdict.report is not None
    report = dataclasses.replace(verdict.report, private_interval=(0.7, 0.9))
    return dataclasses.replace(verdict, report=report)


@pytest.mark.database
def test_a_rehearsal_leaves_no_trace(works: Works) -> None:
    works.submitted()
    before = counts(works.services)
    rehearse(works.services)
    assert counts(works.services) == before


@pytest.mark.database
def test_after_a_rehearsal_a_score_compiles_nothing(
    works: Works, sandbox: FakeSandbox
) -> None:
    services = works.services
    sandbox.verdict = with_intervals()
    score_id = works.submitted()
    # A new engine, as in a new worker: it has compiled nothing yet.
    services.database.engine.clear_compiled_cache()
    rehearse(services)
    with compiled(services.database.engine) as statements:
        works.work(score_id)
    assert statements == []


def test_a_rehearsal_holds_no_connection(works: Works) -> None:
    rehearse(works.services)
    assert works.services.database.engine.pool.status().endswith(
        "Current Checked out connections: 0"
    )


def test_without_a_database_it_is_left_out(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    rehearse(dataclasses.replace(services, database=empty))
    assert "there was no rehearsal" in caplog.text
