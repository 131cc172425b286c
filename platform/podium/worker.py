"""The worker: RQ on one queue, one job after the other, everything loaded beforehand.

It has no Flask application and nothing numeric: the numbers are the sandbox's, and so is
all foreign code. Jobs run in the worker itself, since a fork for each would only be a
second wall around our own reading and writing of rows, at several times its cost.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.worker import WorkerStatus

from podium import bootstrap
from podium.core.queue import QUEUE_NAME, SERIALIZER, connect
from podium.scoring import jobs
from podium.scoring.rehearsal import rehearse
from podium.settings import SettingsError, read_settings
from podium_sandbox import logs

# All that a worker does, by the names that the queue knows.
KNOWN = {
    f"{jobs.__name__}.{function.__name__}": function
    for function in (jobs.score, jobs.prepare, jobs.lint)
}
BEATS = 3  # in the time after which a worker counts as gone
log = logging.getLogger(__name__)


class UnknownJob(Exception):
    """The queue holds a job that Podium never sends."""


class KnownJob(Job):
    """A job of Podium's, by its name and a row's id, and nothing else.

    RQ's own imports whatever name it finds in Redis and calls it with what it finds
    there; so who can write there could run any program here.
    """

    @property
    def func(self) -> Callable[[int], None]:
        """The function; raises UnknownJob for any that is not one of ours."""
        found = None if self.instance is not None else KNOWN.get(str(self.func_name))
        if found is None:
            raise UnknownJob(f"{self.func_name!r} is no job of Podium's")
        return found

    @property
    def success_callback(self) -> None:
        """None: Podium's jobs call nobody back."""

    failure_callback = stopped_callback = success_callback


class JobWorker(SimpleWorker):
    """Works in its own process, and says that it lives while a job lasts.

    RQ's own says once that it will be gone when the job's time is over, which for a
    program is an hour: so long a killed worker would count as one that is there.
    """

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do one job."""
        execution = self.prepare_execution(job)
        with self._beating(job, execution):
            self.perform_job(job, queue, execution)
        self.set_state(WorkerStatus.IDLE)

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Seconds until this worker counts as gone."""
        return int(self.worker_ttl)

    @contextmanager
    def _beating(self, job: Job, execution: Execution) -> Iterator[None]:
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self.worker_ttl / BEATS):
                try:
                    self.maintain_heartbeats(job, execution)
                    self.heartbeat(self.worker_ttl)
                except RedisError as error:  # tried again with the next beat
                    log.warning("the queue can't be told of this worker: %s", error)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def make_worker(redis: Redis, *, ttl_s: int) -> JobWorker:
    """A worker on Podium's queue that knows Podium's jobs only."""
    known: dict[str, Any] = {
        "connection": redis,
        "serializer": SERIALIZER,
        "job_class": KnownJob,
    }
    return JobWorker([Queue(QUEUE_NAME, **known)], worker_ttl=ttl_s, **known)


def main() -> int:
    """Work until told to stop."""
    try:
        settings = read_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    logs.configure(settings.log_format)
    redis = connect(settings.redis)
    rehearse(bootstrap.services())
    make_worker(redis, ttl_s=settings.worker_ttl_s).work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
