"""What the pool and the service want of a runner, whichever it is.

A runner starts single-use workers. A worker is one scorer program in its own sandbox that
has said that it is ready: it gets one job and is destroyed after it, whatever happened.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Protocol

from podium_sandbox.channels import Channel
from podium_sandbox.errors import ConversationError, StreamEnded
from podium_sandbox.limits import Limits
from podium_sandbox.protocol import (
    Collector,
    Conversation,
    LogKeeper,
    ReadyReader,
)
from podium_scorer.contract import (
    CustomPrepareJob,
    CustomScoreJob,
    CutOff,
    LintJob,
    PrepareJob,
    ScoreJob,
)

# Jobs that run our own scorer and nothing that anybody else wrote.
BUILT_IN_KINDS = frozenset({ScoreJob.kind, PrepareJob.kind, LintJob.kind})
# Jobs that run a metric that an organizer wrote: in containers only.
CUSTOM_KINDS = frozenset({CustomScoreJob.kind, CustomPrepareJob.kind})

# What the scorer's own exit codes mean (its other ones are faults of ours).
EXIT_PROTOCOL, EXIT_OUT_OF_MEMORY = 3, 5


class RunnerError(Exception):
    """A worker could not be started; the text is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a worker's program ended, as far as the host can tell.

    ``cut_off`` names the limit that ended it; ``vanished`` says that nothing of the
    program's own doing explains the end (somebody removed it, the engine went away).
    """

    detail: str
    cut_off: CutOff | None = None
    vanished: bool = False


class Worker(Protocol):
    """One started program that waits for its only job."""

    @property
    def name(self) -> str:
        """What an operator finds it by: a container's name, a process id."""

    @property
    def channel(self) -> Channel:
        """Its standard streams."""

    @property
    def log(self) -> LogKeeper:
        """What it wrote to standard error so far, capped."""

    def alive(self) -> bool:
        """Whether it still waits; answers in well under a millisecond."""

    def ending(self) -> Ending:
        """How it ended; to be called after its standard output has ended."""

    def destroy(self) -> None:
        """Kill it and remove what is left of it; may be called twice."""


class Runner(Protocol):
    """Starts workers of one kind."""

    @property
    def name(self) -> str:
        """``docker`` or ``process``."""

    def start(self) -> Worker:
        """A worker that has said that it is ready; raises RunnerError."""

    def strength(self) -> list[str]:
        """What holds a worker in, a line each, weaknesses too."""

    def versions(self) -> dict[str, str]:
        """Versions and identities: engine, runc, image, scorer."""

    def refusal(self, kind: str) -> str | None:
        """Why this runner takes no jobs of this kind; None where it does."""

    def reap(self) -> int:
        """Remove what dead services left behind; how many were removed."""

    def probe(self, code: str) -> tuple[bytes, Ending]:
        """Run Python code in the scorer's place, for the self-check: output, ending."""


def exited(code: int) -> Ending:
    """The ending of a scorer that exited by itself without an answer."""
    if code == EXIT_OUT_OF_MEMORY:
        return Ending(detail="the memory limit was reached", cut_off=CutOff.MEMORY)
    if code == EXIT_PROTOCOL:
        return Ending(detail="the scorer did not understand the job")
    return Ending(detail=f"the scorer ended with exit code {code} and no answer")


def log_keeper(limits: Limits) -> LogKeeper:
    """A keeper for a worker's log with the limits' sizes."""
    return LogKeeper(
        kept_bytes=limits.log_kept_kb << 10, killed_bytes=limits.log_killed_kb << 10
    )


def await_ready(worker: Worker, *, time_s: float) -> str:
    """Wait for a worker's ready line; the scorer's version, or RunnerError."""
    reader = ReadyReader()
    talk = Conversation(worker.channel, worker.log, deadline=time.monotonic() + time_s)
    try:
        talk.run(reader, iter(()))
    except ConversationError as error:
        why = worker.ending().detail if isinstance(error, StreamEnded) else ""
        last_line = "".join(worker.log.text().strip().splitlines()[-1:])
        parts = [f"the scorer did not start: {error}", why, last_line]
        raise RunnerError("; ".join(part for part in parts if part)) from error
    return reader.scorer


def listen(worker: Worker, *, time_s: float) -> tuple[bytes, Ending]:
    """All that a worker says until it ends by itself; raises ConversationError."""
    collector = Collector()
    talk = Conversation(worker.channel, worker.log, deadline=time.monotonic() + time_s)
    with contextlib.suppress(StreamEnded):
        talk.run(collector, iter(()))
    return collector.data, worker.ending()
