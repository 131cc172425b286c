"""RQ, seen from the rest of Podium: hand over a row's id, or learn that Redis is away.

The rows in the database are the queue; RQ only carries a few ids to the workers. So a job
that can't be handed over is not an error: its row waits and is dispatched again.
"""

from __future__ import annotations

import logging
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

QUEUE_NAME = "podium"
JOB_TTL_S = 600
log = logging.getLogger(__name__)


class Jobs(Protocol):
    """Where jobs go."""

    def send(self, function: str, row_id: int, *, timeout_s: float) -> bool:
        """Hand over a job; False where the queue can't be reached."""
        ...

    def waiting(self) -> int | None:
        """How many jobs wait in the queue; None where it can't be reached."""
        ...


class RqJobs:
    """Jobs in RQ on Redis. RQ's own retry stays off: the rows know their attempts."""

    def __init__(self, redis: Redis) -> None:
        self._queue = Queue(QUEUE_NAME, connection=redis)

    def send(self, function: str, row_id: int, *, timeout_s: float) -> bool:
        """Hand over a job; False where the queue can't be reached."""
        try:
            self._queue.enqueue(
                function,
                row_id,
                job_timeout=int(timeout_s),
                result_ttl=0,
                failure_ttl=JOB_TTL_S,
            )
        except RedisError as error:
            log.warning("the queue can't be reached: %s", error)
            return False
        return True

    def waiting(self) -> int | None:
        """How many jobs wait in the queue; None where it can't be reached."""
        try:
            return int(self._queue.count)
        except RedisError:
            return None


def connect(url: str) -> Redis:
    """A client for Redis or Valkey at ``url``; connects on first use."""
    return Redis.from_url(url, socket_connect_timeout=2, socket_timeout=30)
