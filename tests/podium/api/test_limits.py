"""How often somebody may try: alike in Redis and without it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotThere

from podium.core.errors import TooMany
from podium.core.limits import ADDRESS_FACTOR, Limits
from podium.settings import Settings
from podium.supervisor import queue_program
from tests.live import short_folder

MOST = 4
START_WITHIN_S = 10.0


@pytest.fixture
def redis_url() -> Iterator[str]:
    folder = short_folder()
    address = folder / "redis.sock"
    process = subprocess.Popen(
        [queue_program(), "--port", "0", "--unixsocket", address, "--save", ""],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(address)
        yield f"unix://{address}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(address: Path) -> None:
    end = time.monotonic() + START_WITHIN_S
    while True:
        try:
            with Redis.from_url(f"unix://{address}") as client:
                client.ping()
        except NotThere:
            assert time.monotonic() < end, "the queue's server did not start"
            time.sleep(0.05)
        else:
            return


def _limits(url: str) -> Limits:
    return Limits(Settings(redis_url=url, log_in_tries_per_minute=MOST))


def _tries(limits: Limits, *, address: str = "::1", name: str = "ada") -> int:
    """How many tries are let through, of more than enough."""
    for number in range(MOST * ADDRESS_FACTOR + 2):
        try:
            limits.count_try("log_in", address=address, name=name.format(number))
        except TooMany:
            return number
    raise AssertionError("there is no limit")


def test_every_process_counts_together_in_redis(redis_url: str) -> None:
    one, other = _limits(redis_url), _limits(redis_url)
    for limits in (one, other, one, other):
        limits.count_try("log_in", address="::1", name="Ada ")
    for limits in (one, other):
        with pytest.raises(TooMany, match="Wait") as raised:
            limits.count_try("log_in", address="::1", name="ada")
        assert 1 <= raised.value.retry_after_s <= 60


@pytest.fixture(params=["redis", "memory"])
def limits(request: pytest.FixtureRequest) -> Limits:
    if request.param == "redis":
        return _limits(request.getfixturevalue("redis_url"))
    return _limits("unix:///nobody.sock")


def test_a_name_is_tried_so_often_and_no_more(limits: Limits) -> None:
    assert _tries(limits) == MOST
    assert _tries(limits, name="grace") == MOST
    assert _tries(limits, address="::2") == MOST


def test_many_names_from_one_address_are_limited_too(limits: Limits) -> None:
    assert _tries(limits, name="name{}") == MOST * ADDRESS_FACTOR


def test_what_is_tried_is_counted_apart(limits: Limits) -> None:
    assert _tries(limits) == MOST
    limits.count_try("sign_up", address="::1", name="ada")


def test_a_queue_that_goes_away_ends_no_limit(redis_url: str) -> None:
    limits = _limits(redis_url)
    limits.count_try("log_in", address="::1", name="ada")
    with Redis.from_url(redis_url) as client:
        client.shutdown(nosave=True)
    assert _tries(limits) == MOST
