"""One job from its files to its verdict, on a worker from the pool.

Whatever the scorer or the engine does, the answer is a verdict: a limit is ``cut_off``, a
fault of ours ``failed``. A warm worker that vanished before it answered is replaced by a
cold one, once; everything else is left to whoever asked.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from podium_sandbox.errors import ConversationError, LimitReached, StreamEnded
from podium_sandbox.limits import Limits
from podium_sandbox.pool import Pool
from podium_sandbox.protocol import (
    AnswerReader,
    Conversation,
    Source,
    frames,
)
from podium_sandbox.runners import Ending, RunnerError, Worker
from podium_scorer.contract import (
    CustomPrepareJob,
    CustomScoreJob,
    Job,
    JobHeader,
    Outcome,
    Verdict,
)
from podium_scorer.wire import ContractError

_LAST_LOG_S = 2.0  # for a program that has answered, to end


@dataclass(frozen=True, kw_only=True)
class Request:
    """A job, its files in the job's order, and where its output goes.

    ``output`` and ``asker`` are descriptors: a regular file, and a connection that hangs
    up when nobody waits for the verdict any more.
    """

    job: Job
    sources: Sequence[Source]
    wall_s: float
    output: int | None = None
    asker: int | None = None


def carry_out(
    request: Request, pool: Pool[Worker], limits: Limits, kind: str
) -> Verdict:
    """Run a job on a worker of the pool, which is destroyed after it.

    ``kind`` is the runner's name. Never raises for trouble with the engine or the scorer.
    The verdict names no sandbox where none could be started.
    The time limit counts from the moment when a worker is ready, ``wall_s`` of the verdict
    from the call.
    """
    began = time.monotonic()
    try:
        worker, warm = pool.take()
        sandbox = f"{kind}({'warm' if warm else 'cold'})"
        verdict = _on_worker(request, pool, worker, limits)
        if verdict is None and warm:
            sandbox = f"{kind}(cold)"
            verdict = _on_worker(request, pool, pool.start(), limits)
        if verdict is None:
            verdict = _failed("the scorer vanished before it answered")
    except RunnerError as error:  # no sandbox took it, so the file can't be at fault
        sandbox, verdict = "", _failed(str(error))
    wall_s = round(time.monotonic() - began, 6)
    return replace(verdict, sandbox=sandbox, wall_s=wall_s)


def _on_worker(
    request: Request, pool: Pool[Worker], worker: Worker, limits: Limits
) -> Verdict | None:
    """The verdict, or None when the worker was gone for no reason of its own."""
    nonce = secrets.token_hex(16)
    sizes = tuple((source.name, source.size) for source in request.sources)
    talk = Conversation(
        worker.channel,
        worker.log,
        deadline=time.monotonic() + request.wall_s,
        asker=request.asker,
    )
    try:
        reader = AnswerReader(
            request.job,
            nonce,
            output_bytes=limits.output_bytes,
            sink=_sink(request.output),
        )
        header = JobHeader(nonce=nonce, job=request.job, sizes=sizes)
        talk.run(reader, frames(header, request.sources))
        if isinstance(request.job, CustomPrepareJob | CustomScoreJob):
            talk.hear_out(_LAST_LOG_S)  # a metric's author wants to read its prints
        else:
            talk.hear_last_words()
        verdict = _answered(reader)
    except LimitReached as limit:
        verdict = Verdict(
            outcome=Outcome.CUT_OFF, reason=limit.reason, detail=str(limit)
        )
    except StreamEnded:
        ending = worker.ending()
        if ending.vanished:
            return None
        verdict = _ended(ending)
    except (ConversationError, ContractError, OSError) as error:
        verdict = _failed(str(error))
    finally:
        pool.bury(worker)
    return replace(verdict, log=worker.log.text())


def _answered(reader: AnswerReader) -> Verdict:
    if reader.report is None:
        return _failed("the scorer ended without an answer")
    return Verdict(outcome=reader.report.status, report=reader.report)


def _ended(ending: Ending) -> Verdict:
    if ending.cut_off is None:
        return _failed(ending.detail)
    return Verdict(outcome=Outcome.CUT_OFF, reason=ending.cut_off, detail=ending.detail)


def _failed(detail: str) -> Verdict:
    return Verdict(outcome=Outcome.FAILED, detail=detail)


def _sink(output: int | None) -> Callable[[bytes], None] | None:
    if output is None:
        return None
    os.ftruncate(output, 0)
    os.lseek(output, 0, os.SEEK_SET)

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(output, data) :]

    return write
