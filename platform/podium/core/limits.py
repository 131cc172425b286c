"""How often somebody may try: counted in Redis where it answers, else in this process."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from flask import Flask, current_app, request
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter

from podium.core.errors import TooMany
from podium.settings import Settings

EXTENSION = "podium-limits"
REDIS_PAUSE_S = 10.0  # so long a Redis that did not answer is left alone
ADDRESS_FACTOR = 10  # tries of one address, over all the names it tries
log = logging.getLogger(__name__)


class Limits:
    """At most ``per_minute`` tries for each address and name, and ten times that for an
    address. A sliding window; raises TooMany past it."""

    def __init__(self, settings: Settings) -> None:
        most = settings.log_in_tries_per_minute
        self._one = RateLimitItemPerMinute(most)
        self._all = RateLimitItemPerMinute(most * ADDRESS_FACTOR)
        self._address = _redis_address(settings.redis)
        self._memory = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis: RateLimiter | None = None
        self._redis_again_at = 0.0

    def count_try(self, action: str, *, address: str, name: str = "") -> None:
        """Count one try; raises TooMany with the seconds to wait."""
        if time.monotonic() >= self._redis_again_at:
            try:
                self._count(self._shared(), action, address, name)
                return
            except StorageError as error:
                log.warning("tries are counted in this process only: %s", error)
                self._redis_again_at = time.monotonic() + REDIS_PAUSE_S
        self._count(self._memory, action, address, name)

    def _count(
        self, limiter: RateLimiter, action: str, address: str, name: str
    ) -> None:
        for item, keys in (
            (self._one, (action, address, name.strip().lower())),
            (self._all, (action, address)),
        ):
            if not limiter.hit(item, *keys):
                reset = limiter.get_window_stats(item, *keys).reset_time
                raise _too_many(max(1, math.ceil(reset - time.time())))

    def _shared(self) -> RateLimiter:
        if self._redis is None:
            storage = RedisStorage(
                self._address,
                key_prefix="podium",
                wrap_exceptions=True,
                socket_connect_timeout=1,
                socket_timeout=1,
            )
            self._redis = SlidingWindowCounterRateLimiter(storage)
        return self._redis


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its limits."""
    app.extensions[EXTENSION] = Limits(settings)


def count_try(action: str, name: str = "") -> None:
    """Count a try of this request's address; raises TooMany."""
    limits = cast(Limits, current_app.extensions[EXTENSION])
    limits.count_try(action, address=request.remote_addr or "unknown", name=name)


def _too_many(wait_s: int) -> TooMany:
    return TooMany(
        f"Too many tries in a short time. Wait {wait_s} s, then try again.",
        retry_after_s=wait_s,
    )


def _redis_address(address: str) -> str:
    return "redis+" + address if address.startswith("unix://") else address
