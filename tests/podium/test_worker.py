"""A worker does Podium's own jobs, whatever else somebody put into the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.job import Callback

from podium import worker
from podium.core.queue import QUEUE_NAME, SERIALIZER, Job, RqJobs, connect
from podium.scoring import jobs
from tests.podium.api.test_limits import redis_url  # noqa: F401  # a fixture


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:  # noqa: F811
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that were scored."""
    rows: list[int] = []
    monkeypatch.setitem(worker.KNOWN, f"{jobs.__name__}.score", rows.append)
    return rows


def send(redis: Redis, row_id: int) -> None:
    function = f"{jobs.__name__}.score"
    job = Job(id=f"score-{row_id}", function=function, row_id=row_id, timeout_s=30)
    assert RqJobs(redis).send(job)


def work(redis: Redis) -> None:
    made = worker.make_worker(redis, ttl_s=20)
    made._install_signal_handlers = lambda: None
    made.work(burst=True, logging_level="ERROR")


def test_it_knows_every_function_that_is_sent() -> None:
    assert set(worker.KNOWN) == {
        f"podium.scoring.jobs.{name}" for name in ("score", "prepare", "lint")
    }


def test_it_does_the_jobs_that_podium_sends(redis: Redis, done: list[int]) -> None:
    send(redis, 7)
    work(redis)
    assert done == [7]


@pytest.mark.parametrize("name", ["os.system", "subprocess.call", "builtins.exec"])
def test_it_runs_nothing_that_somebody_else_wrote_there(
    redis: Redis, done: list[int], tmp_path: Path, name: str
) -> None:
    mark = tmp_path / "taken-over"
    foreign = Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)
    text = f"open({str(mark)!r}, 'w')" if name == "builtins.exec" else f"touch {mark}"
    told = text.split() if name == "subprocess.call" else text
    foreign.enqueue(name, told)
    send(redis, 7)
    work(redis)
    assert not mark.exists()
    assert done == [7]


def test_it_calls_nobody_back(
    redis: Redis, done: list[int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    foreign = Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)
    names = [Callback("builtins.print") for _ in range(2)]
    score = f"{jobs.__name__}.score"
    foreign.enqueue(score, 7, on_success=names[0], on_failure=names[1])
    foreign.enqueue("os.getpid", on_success=names[0], on_failure=names[1])
    work(redis)
    assert done == [7]
    assert capfd.readouterr().out == ""
