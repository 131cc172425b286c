"""RQ, seen from the rest of Podium: hand over a row's id, or learn that Redis is away.

The rows in the database are the queue; RQ only carries a few ids to the workers. So a job
that can't be handed over is not an error: its row waits and is dispatched again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

QUEUE_NAME = "podium"
FAILED_JOB_TTL_S = 600
# What lies in Redis is data: with RQ's default, pickle, who writes there runs code here.
# The worker also takes only the functions that it knows (``podium.worker.KnownJob``).
SERIALIZER = JSONSerializer
ANSWER_WITHIN_S = 5  # a page must not wait longer for a queue that hangs
log = logging.getLogger(__name__)


class Jobs(Protocol):
    """Where jobs go."""

    def send(self, job: Job) -> bool:
        """Hand over a job; False where the queue can't be reached."""
        ...

    def waiting(self) -> set[str] | None:
        """The ids of the jobs that wait; None where the queue can't be reached."""
        ...

    def workers(self) -> int:
        """How many workers are known; 0 where the queue can't be reached."""
        ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """A function by its dotted name and the id of the row it works on."""

    id: str
    function: str
    row_id: int
    timeout_s: float


class RqJobs:
    """Jobs in RQ on Redis. RQ's own retry stays off: the rows know their attempts."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)

    def send(self, job: Job) -> bool:
        """Hand over a job; False where the queue can't be reached."""
        try:
            self._queue.enqueue(
                job.function,
                job.row_id,
                job_id=job.id,
                job_timeout=int(job.timeout_s),
                result_ttl=0,
                failure_ttl=FAILED_JOB_TTL_S,
            )
        except RedisError as error:
            log.warning("the queue can't be reached: %s", error)
            return False
        return True

    def waiting(self) -> set[str] | None:
        """The ids of the jobs that wait; None where the queue can't be reached."""
        try:
            return set(self._queue.get_job_ids())
        except RedisError as error:
            log.warning("the queue can't be reached: %s", error)
            return None

    def workers(self) -> int:
        """How many workers are known; 0 where the queue can't be reached."""
        try:
            return int(Worker.count(connection=self._redis, queue=self._queue))
        except RedisError:
            return 0


def connect(url: str) -> Redis:
    """A client for Redis or Valkey at ``url``; connects on first use."""
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=ANSWER_WITHIN_S)
