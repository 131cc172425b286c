"""RQ as Podium uses it, on a real Valkey."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from rq import Queue

from podium.core.queue import QUEUE_NAME, SERIALIZER, Job, RqJobs, connect
from podium.settings import Settings
from podium.supervisor import podium_children, queue_answers
from podium.worker import JobWorker

DONE: list[int] = []


def job(number: int = 1) -> Job:
    return Job(
        id=f"score-{number}-0",
        function=f"{__name__}.note",
        row_id=number,
        timeout_s=10.5,
    )


def note(row_id: int) -> None:
    """What the jobs of these tests do."""
    DONE.append(row_id)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a Valkey, started as Podium starts it."""
    folder = tmp_path_factory.mktemp("queue")
    (child,) = [
        child
        for child in podium_children(Settings(data_dir=folder))
        if child.name == "queue"
    ]
    process = subprocess.Popen(
        list(child.command),
        env=dict(child.environment or {}),
        stdout=subprocess.DEVNULL,
    )
    try:
        while not queue_answers(folder / "redis.sock"):
            assert process.poll() is None
        yield folder / "redis.sock"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def redis(server: Path) -> Iterator[Redis]:
    with connect(f"unix://{server}") as client:
        client.flushall()
        yield client


def work_off(redis: Redis, *, logging_level: str = "WARNING", **options: int) -> None:
    """Do what waits, as a worker does it."""
    queue = Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)
    worker = JobWorker(
        [queue], connection=redis, serializer=SERIALIZER, name="worker", **options
    )
    worker.work(burst=True, logging_level=logging_level)


def linger(_row_id: int) -> None:
    """A job of more than a second."""
    DONE.append(os.getpid())
    time.sleep(1.5)
    with connect(os.environ["PODIUM_TEST_QUEUE"]) as client:
        DONE.append(RqJobs(client).workers())
        DONE.append(client.ttl("rq:worker:worker"))


def test_a_worker_does_its_jobs_itself_and_says_meanwhile_that_it_lives(
    redis: Redis, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_TEST_QUEUE", f"unix://{server}")
    DONE.clear()
    RqJobs(redis).send(replace(job(), function=f"{__name__}.linger"))
    work_off(redis, worker_ttl=1)  # without a word it would be gone by then
    process, workers, left_s = DONE
    assert process == os.getpid()
    assert workers == 1
    assert left_s <= 1
    assert RqJobs(redis).workers() == 0


def test_a_job_that_was_sent_waits_and_is_done_once(redis: Redis) -> None:
    DONE.clear()
    jobs = RqJobs(redis)
    assert jobs.send(job(7))
    assert jobs.waiting() == {"score-7-0"}
    work_off(redis)
    assert DONE == [7]
    assert jobs.waiting() == set()


def test_nothing_is_left_of_a_job_that_is_done(redis: Redis) -> None:
    RqJobs(redis).send(job())
    work_off(redis)
    assert list(redis.scan_iter("rq:job:*")) == []


def test_what_lies_in_redis_is_data_and_no_code(redis: Redis) -> None:
    RqJobs(redis).send(job(7))
    (content,) = [redis.hget(key, "data") for key in redis.scan_iter("rq:job:*")]
    assert json.loads(zlib.decompress(content))[2] == [7]


def test_a_worker_runs_no_pickled_code_from_redis(redis: Redis, tmp_path: Path) -> None:
    target = tmp_path / "was-here"

    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(target),)

    RqJobs(redis).send(job())
    (key,) = redis.scan_iter("rq:job:*")
    redis.hset(key, "data", zlib.compress(pickle.dumps(Harm())))
    work_off(redis, logging_level="CRITICAL")
    assert not target.exists()


def test_a_queue_out_of_reach_is_told_and_no_error(tmp_path: Path) -> None:
    with connect(f"unix://{tmp_path}/nobody.sock") as client:
        jobs = RqJobs(client)
        assert not jobs.send(job())
        assert jobs.waiting() is None
        assert jobs.workers() == 0


def test_a_queue_that_hangs_is_given_up(
    redis: Redis, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium.core.queue.ANSWER_WITHIN_S", 0.1)
    pid = redis.info("server")["process_id"]
    with connect(f"unix://{server}") as client:
        jobs = RqJobs(client)
        assert jobs.waiting() == set()
        os.kill(pid, signal.SIGSTOP)
        try:
            assert jobs.waiting() is None
            assert not jobs.send(job())
        finally:
            os.kill(pid, signal.SIGCONT)


def test_workers_that_registered_are_counted(redis: Redis) -> None:
    jobs = RqJobs(redis)
    assert jobs.workers() == 0
    queue = Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)
    worker = JobWorker([queue], connection=redis, serializer=SERIALIZER)
    worker.register_birth()
    assert jobs.workers() == 1
    worker.register_death()
    assert jobs.workers() == 0
