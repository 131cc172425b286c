"""The pool's states, with workers that are ours."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from podium_sandbox import pool as pool_module
from podium_sandbox.pool import Pool
from podium_sandbox.runners import RunnerError
from tests.sandbox.conftest import wait_until


@dataclass(eq=False)
class FakeWorker:
    number: int
    dead: bool = False
    destroyed: int = 0
    fails_to_go: bool = False

    def alive(self) -> bool:
        return not self.dead

    def destroy(self) -> None:
        self.destroyed += 1
        if self.fails_to_go:
            raise RuntimeError("still busy")


@dataclass
class Factory:
    """Starts fake workers; ``gate`` holds every start until it is opened."""

    made: list[FakeWorker] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    trouble: str = ""
    tries: int = 0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def start(self) -> FakeWorker:
        self.tries += 1
        if threading.current_thread().name == "pool":
            self.gate.wait(timeout=10)
        if self.trouble:
            raise RunnerError(self.trouble)
        self.made.append(FakeWorker(next(self.numbers)))
        return self.made[-1]


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def factory() -> Factory:
    made = Factory()
    made.gate.set()
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(factory: Factory, clock: Clock) -> Iterator[Pool[FakeWorker]]:
    made = Pool(factory.start, size=2, most_idle_s=600, clock=clock)
    yield made
    factory.gate.set()
    made.close()


def full(pool: Pool[FakeWorker]) -> bool:
    return wait_until(lambda: pool.idle == 2)


def test_it_fills_itself_in_the_background(pool: Pool[FakeWorker]) -> None:
    assert full(pool)


def test_it_starts_no_more_than_its_size(
    pool: Pool[FakeWorker], factory: Factory
) -> None:
    assert full(pool)
    time.sleep(0.1)
    assert len(factory.made) == 2


def test_what_is_taken_is_warm_and_never_comes_again(
    pool: Pool[FakeWorker], clock: Clock
) -> None:
    taken = []
    for _ in range(10):
        assert full(pool)
        worker, warm = pool.take()
        assert warm
        taken.append(worker.number)
        pool.refill()
    assert len(set(taken)) == 10


def test_an_empty_pool_starts_a_cold_one_and_does_not_wait_for_its_refill(
    pool: Pool[FakeWorker], factory: Factory
) -> None:
    assert full(pool)
    factory.gate.clear()  # from now on every background start hangs
    pool.take()
    pool.take()
    pool.refill()
    assert wait_until(lambda: factory.tries == 3)
    began = time.monotonic()
    worker, warm = pool.take()
    assert time.monotonic() - began < 0.5
    assert not warm
    assert worker.number == 2


def test_a_refill_waits_a_moment_so_that_the_job_has_the_processor(
    pool: Pool[FakeWorker], factory: Factory, clock: Clock
) -> None:
    assert full(pool)
    pool.take()
    time.sleep(0.1)  # the pool's clock stands still
    assert len(factory.made) == 2
    pool.refill()
    assert full(pool)


def test_a_worker_that_died_while_it_waited_is_passed_over(
    pool: Pool[FakeWorker], factory: Factory
) -> None:
    assert full(pool)
    factory.made[0].dead = True
    worker, warm = pool.take()
    assert (worker.number, warm) == (1, True)
    assert wait_until(lambda: factory.made[0].destroyed == 1)


def test_when_all_are_dead_a_cold_one_is_started(
    pool: Pool[FakeWorker], factory: Factory
) -> None:
    assert full(pool)
    for worker in factory.made:
        worker.dead = True
    assert pool.take()[1] is False


def test_a_worker_that_is_too_old_is_replaced_unused(
    pool: Pool[FakeWorker], factory: Factory, clock: Clock
) -> None:
    assert full(pool)
    clock.now += 601
    worker, warm = pool.take()
    assert not warm
    assert worker.number == 2
    assert wait_until(lambda: [w.destroyed for w in factory.made[:2]] == [1, 1])


def test_a_cold_start_that_fails_is_told_at_once(
    pool: Pool[FakeWorker], factory: Factory
) -> None:
    assert full(pool)
    factory.trouble = "the engine is gone"
    pool.take()
    pool.take()
    with pytest.raises(RunnerError, match="the engine is gone"):
        pool.take()


def test_after_a_failure_the_background_pauses_longer_each_time(
    factory: Factory, clock: Clock
) -> None:
    factory.trouble = "no engine"
    pool = Pool(factory.start, size=1, most_idle_s=600, clock=clock)
    try:
        for tries, pause_s in enumerate([1, 2, 4, 8, 16, 30, 30], start=1):
            assert wait_until(lambda n=tries: factory.tries == n)  # type: ignore[misc]
            assert wait_until(lambda: pool.trouble == "no engine")
            for part in (0.5, 0.4):
                clock.now += part * pause_s
                pool.refill()
                time.sleep(0.03)
                assert factory.tries == tries
            clock.now += 0.2 * pause_s
            pool.refill()
    finally:
        pool.close()


def test_trouble_is_forgotten_when_a_start_succeeds(
    factory: Factory, clock: Clock
) -> None:
    factory.trouble = "no engine"
    pool = Pool(factory.start, size=1, most_idle_s=600, clock=clock)
    try:
        assert wait_until(lambda: pool.trouble == "no engine")
        factory.trouble = ""
        clock.now += pool_module.LONGEST_PAUSE_S
        pool.refill()
        assert wait_until(lambda: pool.idle == 1)
        assert pool.trouble == ""
    finally:
        pool.close()


def test_closing_destroys_every_waiting_worker(factory: Factory, clock: Clock) -> None:
    pool = Pool(factory.start, size=2, most_idle_s=600, clock=clock)
    assert full(pool)
    pool.close()
    assert [worker.destroyed for worker in factory.made] == [1, 1]


def test_a_worker_that_starts_while_the_pool_closes_is_destroyed_too(
    factory: Factory, clock: Clock
) -> None:
    factory.gate.clear()
    pool = Pool(factory.start, size=1, most_idle_s=600, clock=clock)
    assert wait_until(lambda: factory.tries == 1)
    closing = threading.Thread(target=pool.close)
    closing.start()
    time.sleep(0.05)
    factory.gate.set()
    closing.join(timeout=5)
    assert [worker.destroyed for worker in factory.made] == [1]


def test_a_worker_that_will_not_go_harms_no_other(
    pool: Pool[FakeWorker], caplog: pytest.LogCaptureFixture
) -> None:
    assert full(pool)
    stubborn, _ = pool.take()
    stubborn.fails_to_go = True
    pool.bury(stubborn)
    assert wait_until(lambda: "could not be removed" in caplog.text)
    other, _ = pool.take()
    pool.bury(other)
    assert wait_until(lambda: other.destroyed == 1)


def test_many_takers_never_share_a_worker(factory: Factory, clock: Clock) -> None:
    pool = Pool(factory.start, size=3, most_idle_s=600, clock=clock)
    taken: list[int] = []

    def work() -> None:
        for _ in range(50):
            taken.append(pool.take()[0].number)
            pool.refill()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    assert len(taken) == len(set(taken)) == 400


@pytest.fixture
def growing(factory: Factory, clock: Clock) -> Iterator[Pool[FakeWorker]]:
    made = Pool(factory.start, size=1, most=3, most_idle_s=600, clock=clock)
    yield made
    made.close()


def test_a_pool_that_was_found_empty_keeps_more_up_to_its_most(
    growing: Pool[FakeWorker],
) -> None:
    assert wait_until(lambda: growing.idle == 1)
    for _ in range(8):  # one more than is ready, each time
        for _ in range(growing.idle + 1):
            growing.take()
        growing.refill()
        assert wait_until(lambda: growing.idle == growing.size)
    assert growing.size == 3


def test_after_a_calm_it_keeps_one_less_each_time_down_to_its_size(
    growing: Pool[FakeWorker], factory: Factory, clock: Clock
) -> None:
    while growing.size < 3:
        growing.take()
    growing.refill()
    assert wait_until(lambda: growing.idle == 3)
    for kept in (2, 1, 1):
        clock.now += pool_module.CALM_S
        growing.refill()
        assert wait_until(lambda n=kept: growing.idle == n == growing.size)  # type: ignore[misc]
    idle = {worker for worker in factory.made if not worker.destroyed}
    assert wait_until(lambda: sum(w.destroyed for w in factory.made) >= 2)
    assert len(idle) < len(factory.made)


def test_a_pool_of_none_keeps_one_once_somebody_needed_it(
    factory: Factory, clock: Clock
) -> None:
    pool = Pool(factory.start, size=0, most=2, most_idle_s=600, clock=clock)
    try:
        time.sleep(0.05)
        assert factory.tries == 0
        assert pool.take()[1] is False
        pool.refill()
        assert wait_until(lambda: pool.idle == 1)
        assert pool.take()[1] is True
    finally:
        pool.close()
