"""The worker: RQ on one queue, a fork per job, everything loaded before the fork.

It has no Flask application and nothing numeric: the numbers are the sandbox's. The
parent holds no database connection when it forks, so that no two processes share one.
"""

from __future__ import annotations

import logging
import sys

from rq import Queue, Worker

from podium import bootstrap
from podium.core.queue import QUEUE_NAME, SERIALIZER, connect
from podium.scoring import jobs
from podium.scoring.rehearsal import rehearse
from podium.settings import SettingsError, read_settings

LOADED = jobs  # the functions RQ finds by name, loaded once for all forks


def main() -> int:
    """Work until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        settings = read_settings()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    redis = connect(settings.redis)
    rehearse(bootstrap.services())
    worker = Worker(
        [Queue(QUEUE_NAME, connection=redis, serializer=SERIALIZER)],
        connection=redis,
        serializer=SERIALIZER,
        worker_ttl=settings.worker_ttl_s,
    )
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
