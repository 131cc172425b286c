"""One run of a program: its input goes in, it runs under limits, its output comes out.

The program is a participant's. It sees /input and writes to /output and /tmp; there is no
label in its container, no network, and nothing of another job.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from podium_sandbox.collecting import FilesReader, Result, ResultReader
from podium_sandbox.docker_runner import DockerRunner, DockerWorker
from podium_sandbox.engine import EngineError
from podium_sandbox.errors import ConversationError, LimitReached, StreamEnded
from podium_sandbox.inputs import InputError
from podium_sandbox.limits import Limits
from podium_sandbox.protocol import Conversation
from podium_sandbox.runners import RunnerError
from podium_sandbox.verdicts import Ended, ProgramVerdict
from podium_scorer.contract import CutOff

# After the program's end: for handing its files over, and for the end of its log.
_COLLECT_S, _LAST_LOG_S = 120.0, 10.0
_MET = {
    CutOff.MEMORY: "The program ran out of memory.",
    CutOff.PROCESSES: "The program wanted more processes or threads than it may have.",
    CutOff.OUTPUT: "The program's output folder was full.",
}
_SPENT_CPU = 128 + signal.SIGXCPU

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A command, what it sees at /input, and the empty folder for its output.

    ``inputs`` are the pieces of a tar archive, which are read once; ``asker`` is a
    connection that hangs up when nobody waits for the verdict any more.
    """

    command: Sequence[str]
    inputs: Iterable[bytes]
    output: Path
    wall_s: float
    asker: int | None = None


def harness() -> str:
    """The text of the program that runs programs."""
    return _text("harness.py")


def launcher() -> str:
    """The text of the program that unpacks a participant's program and becomes it."""
    return _text("launcher.py")


def _text(name: str) -> str:
    return resources.files("podium_sandbox").joinpath(name).read_text("utf-8")


def run_program(runner: DockerRunner, task: Task, limits: Limits) -> ProgramVerdict:
    """Run a program in a container of its own, which is destroyed after it.

    ``runner`` starts ``harness()`` under ``limits``. Never raises for trouble with the
    engine or the program; raises InputError for an input that can't be handed over.
    """
    with contextlib.ExitStack() as stack:
        staged = stack.enter_context(_staged(task.output))
        try:
            holder = runner.hold_inputs(task.inputs)
            stack.callback(_remove, runner, holder)
            worker = runner.start(holder)
        except RunnerError as error:
            return ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
        stack.callback(_destroy, worker)
        verdict = _converse(worker, task, limits, staged)
        if verdict.outcome is Ended.FINISHED:
            for path in staged.iterdir():
                os.replace(path, task.output / path.name)
        return replace(verdict, log=worker.log.text(), sandbox=f"{runner.name}(code)")


def _converse(
    worker: DockerWorker, task: Task, limits: Limits, staged: Path
) -> ProgramVerdict:
    began = time.monotonic()
    try:
        result, rest = _result(worker, task, limits)
        wall_s = round(time.monotonic() - began, 3)
        verdict = replace(_judged(result), wall_s=wall_s)
        _collect(worker, result, rest, staged)
        return verdict
    except (ConversationError, OSError) as error:
        wall_s = round(time.monotonic() - began, 3)
        return replace(_broken_off(error, worker), wall_s=wall_s)


def _result(worker: DockerWorker, task: Task, limits: Limits) -> tuple[Result, bytes]:
    nonce = secrets.token_hex(16)
    order = {
        "nonce": nonce,
        "command": list(task.command),
        "output_files": limits.output_files,
        "output_depth": limits.output_depth,
        "output_bytes": limits.output_bytes,
    }
    reader = ResultReader(nonce, limits)
    line = memoryview(json.dumps(order).encode() + b"\n")
    _talk(worker, task.wall_s, task.asker).run(reader, iter([line]))
    if reader.result is None:
        raise StreamEnded("the harness ended without a result")
    return reader.result, reader.rest


def _collect(worker: DockerWorker, result: Result, rest: bytes, staged: Path) -> None:
    """Take the files, then the log to its end: the harness ends when all is sent."""
    files = FilesReader(result.files, staged)
    with contextlib.closing(files):
        if not files.feed(rest):
            _talk(worker, _COLLECT_S).run(files, iter(()))
    try:
        _talk(worker, _LAST_LOG_S).run(files, iter(()))
    except StreamEnded:
        return
    except LimitReached as limit:
        if limit.reason is not CutOff.TIME:
            raise
        log.warning("the engine did not end a log in time")


def _talk(
    worker: DockerWorker, time_s: float, asker: int | None = None
) -> Conversation:
    deadline = time.monotonic() + time_s
    return Conversation(worker.channel, worker.log, deadline=deadline, asker=asker)


def _judged(result: Result) -> ProgramVerdict:
    verdict = ProgramVerdict(
        outcome=Ended.FINISHED,
        exit_code=result.exit_code,
        cpu_s=result.cpu_s,
        memory_peak_mb=round(result.memory_peak_bytes / (1 << 20), 1),
        files=dict(result.files),
    )
    if result.fault:
        return _cut_off(verdict, CutOff.OUTPUT, result.fault)
    if result.exit_code == _SPENT_CPU:
        return _cut_off(verdict, CutOff.TIME, "The program's processor time was up.")
    # Who met a limit and coped with it has finished all the same.
    for reason, sentence in _MET.items():
        if result.exit_code != 0 and reason in result.met:
            return _cut_off(verdict, reason, sentence)
    return verdict


def _cut_off(verdict: ProgramVerdict, reason: CutOff, why: str) -> ProgramVerdict:
    return replace(verdict, outcome=Ended.CUT_OFF, reason=reason, detail=why, files={})


def _broken_off(error: Exception, worker: DockerWorker) -> ProgramVerdict:
    """The verdict about a run whose conversation had no regular end."""
    failed = ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
    if isinstance(error, LimitReached):
        return _cut_off(failed, error.reason, str(error))
    if isinstance(error, StreamEnded):
        ending = worker.ending()
        if ending.cut_off is not None:
            return _cut_off(failed, ending.cut_off, ending.detail)
        return replace(failed, detail=f"{error}; {ending.detail}")
    return failed


@contextlib.contextmanager
def _staged(output: Path) -> Iterator[Path]:
    """A folder beside the output's files, on the same file system, gone at the end."""
    output.mkdir(parents=True, exist_ok=True)
    if any(output.iterdir()):
        raise InputError(f"The output folder {output} is not empty; name an empty one.")
    with tempfile.TemporaryDirectory(prefix=".podium-", dir=output) as folder:
        yield Path(folder)


def _destroy(worker: DockerWorker) -> None:
    try:
        worker.destroy()
    except EngineError as error:
        log.warning("a container could not be removed, the reaper will: %s", error)


def _remove(runner: DockerRunner, container: str) -> None:
    try:
        runner.remove(container)
    except EngineError as error:
        log.warning("an input could not be removed, the reaper will: %s", error)
