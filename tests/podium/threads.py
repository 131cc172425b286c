"""Doing things at the same moment, for tests of races."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")
WAIT_S = 60.0


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer | Exception]:
    """Begin all calls together; what each answered or raised, in their order."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer | Exception:
        barrier.wait(WAIT_S)
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls, timeout=WAIT_S))


def answers(results: Sequence[Answer | Exception]) -> list[Answer]:
    """The results that are not errors."""
    return [each for each in results if not isinstance(each, Exception)]


def errors(results: Sequence[Answer | Exception]) -> list[Exception]:
    """The results that are."""
    return [each for each in results if isinstance(each, Exception)]
