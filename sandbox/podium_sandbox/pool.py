"""Single-use warm workers: started ahead of time, used for one job, destroyed.

``take`` never waits for a worker that is being started in the background: where none is
ready, it starts one of its own. What was taken never comes back.

The pool adapts to the load: each time that nobody was ready it keeps one more from then
on, up to a limit, and after a calm while one less, down to where it began.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from podium_sandbox.runners import RunnerError

# A job that was just taken gets the processor first; short ones are done by then.
REFILL_DELAY_S = 0.1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
CALM_S = 60.0
_DESTROYERS = 2

log = logging.getLogger(__name__)


class SingleUse(Protocol):
    """What the pool needs to know of a worker."""

    def alive(self) -> bool:
        """Whether it still waits for its job."""

    def destroy(self) -> None:
        """Kill it and remove what is left; may be called twice."""


W = TypeVar("W", bound=SingleUse)


class Pool(Generic[W]):
    """Keeps ``size`` to ``most`` workers ready; safe to be used by several threads.

    ``start`` makes a worker that is ready, or raises RunnerError. After such an error the
    background pauses, longer each time; ``take`` still tries at once.
    """

    def __init__(
        self,
        start: Callable[[], W],
        *,
        size: int,
        most_idle_s: float,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.start = start  # a cold start, for those who must not wait
        self._least = self._size = size
        self._most = size if most is None else max(most, size)
        self._most_idle_s = most_idle_s
        self._clock = clock
        self._idle: deque[tuple[float, W]] = deque()
        self._changed = threading.Condition()
        self._open = True
        self._refill_at = self._pause_until = self._lacked_at = clock()
        self._pause_s = FIRST_PAUSE_S
        self._destroyers = ThreadPoolExecutor(_DESTROYERS, "destroyer")
        self.trouble = ""
        # One thread for the pool's whole life: the kernel kills a process of ours with
        # the thread that started it.
        self._filler = threading.Thread(target=self._fill, name="pool", daemon=True)
        self._filler.start()

    @property
    def size(self) -> int:
        """How many workers the pool keeps ready at this time."""
        return self._size

    @property
    def idle(self) -> int:
        """How many workers wait for a job now."""
        return len(self._idle)

    def take(self) -> tuple[W, bool]:
        """A worker, and whether it was warm; raises RunnerError if none can be started."""
        while (worker := self._pop()) is not None:
            if worker.alive():
                return worker, True
            self.bury(worker)
        return self.start(), False

    def bury(self, worker: W) -> None:
        """Destroy a worker in the background."""
        self._destroyers.submit(self._destroy, worker)

    def refill(self) -> None:
        """Start what is missing now: the job that was taken last is done."""
        with self._changed:
            self._refill_at = min(self._refill_at, self._clock())
            self._changed.notify_all()

    def close(self) -> None:
        """Destroy every worker and wait until they are gone."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._filler.join()
        while self._idle:
            self.bury(self._idle.popleft()[1])
        self._destroyers.shutdown(wait=True)

    def _pop(self) -> W | None:
        with self._changed:
            self._retire_old()
            now = self._clock()
            self._refill_at = now + REFILL_DELAY_S
            if not self._idle:
                self._size, self._lacked_at = min(self._size + 1, self._most), now
            self._changed.notify_all()
            return self._idle.popleft()[1] if self._idle else None

    def _settle(self) -> float | None:
        """Keep one worker less where it has been calm; when to look again."""
        if self._size <= self._least:
            return None
        now = self._clock()
        if now - self._lacked_at >= CALM_S:
            self._size, self._lacked_at = self._size - 1, now
            while len(self._idle) > self._size:
                self.bury(self._idle.popleft()[1])
        return self._lacked_at + CALM_S - now

    def _retire_old(self) -> None:
        while self._idle and self._idle[0][0] + self._most_idle_s <= self._clock():
            self.bury(self._idle.popleft()[1])

    def _fill(self) -> None:
        while self._wait_for_work():
            try:
                worker = self.start()
            except RunnerError as error:
                self._back_off(str(error))
                continue
            except Exception:
                log.exception("starting a worker failed in an unforeseen way")
                self._back_off("an unforeseen error; the service's log has it")
                continue
            self._add(worker)

    def _wait_for_work(self) -> bool:
        """Wait until a worker is missing; False when the pool was closed."""
        with self._changed:
            while self._open:
                self._retire_old()
                calm_s = self._settle()
                wait_s: float | None = None
                if len(self._idle) < self._size:
                    wait_s = max(self._refill_at, self._pause_until) - self._clock()
                    if wait_s <= 0:
                        return True
                elif self._idle:
                    wait_s = self._idle[0][0] + self._most_idle_s - self._clock()
                waits = [each for each in (wait_s, calm_s) if each is not None]
                self._changed.wait(min(waits, default=None))
            return False

    def _add(self, worker: W) -> None:
        with self._changed:
            self.trouble, self._pause_s = "", FIRST_PAUSE_S
            if self._open:
                self._idle.append((self._clock(), worker))
                return
        self.bury(worker)

    def _back_off(self, trouble: str) -> None:
        with self._changed:
            if trouble != self.trouble:
                log.warning("no worker could be started: %s", trouble)
            self.trouble = trouble
            self._pause_until = self._clock() + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    @staticmethod
    def _destroy(worker: W) -> None:
        try:
            worker.destroy()
        except Exception:
            log.exception("a worker could not be removed; the reaper will try again")
