"""A sandbox that answers what a test tells it to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from podium_sandbox.client import SandboxClient, SandboxStatus
from podium_scorer.contract import (
    CutOff,
    Fault,
    Job,
    Outcome,
    PrepareJob,
    Report,
    Verdict,
)

SANDBOX = "fake"
INDEX = b"an index"
UNREACHABLE = Verdict(outcome=Outcome.FAILED, detail="nobody listens")
FAILED = Verdict(outcome=Outcome.FAILED, detail="it fell over", sandbox=SANDBOX)
PREPARED = Verdict(
    outcome=Outcome.PREPARED,
    report=Report(status=Outcome.PREPARED, rows={"public": 30, "private": 70}),
    sandbox=SANDBOX,
)


def scored(
    public: float = 0.5,
    private: float | None = 0.4,
    interval: tuple[float, float] | None = None,
) -> Verdict:
    """A verdict with scores."""
    report = Report(
        status=Outcome.SCORED,
        public=public,
        private=private,
        public_interval=interval,
        scorer="1.0",
    )
    return Verdict(outcome=Outcome.SCORED, report=report, sandbox=SANDBOX, wall_s=0.2)


def rejected(*, counts: bool = False) -> Verdict:
    """A verdict that a file has a fault; ``counts`` where the metric found it."""
    fault = Fault(kind="missing_rows", message="2 rows miss.", advice="Add them.")
    report = Report(status=Outcome.REJECTED, errors=(fault,), counts=counts)
    return Verdict(outcome=Outcome.REJECTED, report=report, sandbox=SANDBOX)


def host_error(message: str = "The solution has one class only.") -> Verdict:
    """A verdict that the organizer is at fault."""
    report = Report(status=Outcome.HOST_ERROR, message=message)
    return Verdict(outcome=Outcome.HOST_ERROR, report=report, sandbox=SANDBOX)


def cut_off(reason: CutOff = CutOff.TIME) -> Verdict:
    """A verdict that a limit ended the job."""
    return Verdict(
        outcome=Outcome.CUT_OFF, reason=reason, log="the end", sandbox=SANDBOX
    )


class FakeSandbox(SandboxClient):
    """Gives the verdicts in ``next``, then ``verdict`` (or its own for a prepare job).

    ``meanwhile`` is called while a job "runs", with the job.
    """

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.verdict = scored()
        self.prepared = PREPARED
        self.next: deque[Verdict] = deque()
        self.jobs: list[Job] = []
        self.contents: list[list[bytes]] = []
        self.meanwhile: Callable[[Job], None] = lambda job: None

    def run(
        self,
        job: Job,
        files: Sequence[BinaryIO | int],
        *,
        wall_s: float,
        output: BinaryIO | None = None,
    ) -> Verdict:
        """Answer the next verdict."""
        self.jobs.append(job)
        self.contents.append([f.read() for f in files if not isinstance(f, int)])
        self.meanwhile(job)
        prepares = isinstance(job, PrepareJob)
        usual = self.prepared if prepares else self.verdict
        verdict = self.next.popleft() if self.next else usual
        if output is not None and verdict.outcome is Outcome.PREPARED:
            output.write(INDEX)
        return verdict

    def status(self) -> SandboxStatus:
        """A sandbox that says it is none."""
        return SandboxStatus(mode="none", reason="a fake", strength=("nothing",))
