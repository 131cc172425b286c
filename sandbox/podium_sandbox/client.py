"""The client of the sandbox service: standard library and the contract, nothing else.

The worker's forked job uses it. Files go over as open descriptors, so the service needs
no right to any folder and no path crosses the wall.
"""

from __future__ import annotations

import array
import contextlib
import json
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from podium_sandbox import logs
from podium_sandbox.code_job import DEFAULT_WALL_S, CodeJob
from podium_sandbox.verdicts import Ended, ProgramVerdict
from podium_scorer.contract import Job, Outcome, Verdict, job_to_json
from podium_scorer.wire import ContractError

REPLY_BYTES = 2 << 20
# Beyond the job's own time: waiting for a free place and starting a cold scorer.
SLACK_S = 60.0
# The same for a program, whose inputs and output may be large.
CODE_SLACK_S = 300.0
LOST = "lost"
_TRIES_S = (0.1, 0.3, 0.6, 1.0)  # pauses while the service restarts

__all__ = [
    "LOST",
    "CodeJob",
    "Ended",
    "ProgramVerdict",
    "SandboxClient",
    "SandboxStatus",
    "ServiceError",
]

File: TypeAlias = "BinaryIO | int"


class ServiceError(Exception):
    """The service can't be reached or does not answer; the text is a sentence."""


class Unreachable(ServiceError):
    """Nobody listens, so nothing was begun."""


@dataclass(frozen=True, kw_only=True)
class SandboxStatus:
    """Which sandbox is in use on this host and how strong it is.

    ``mode`` is ``docker``, ``process`` or ``none`` (not reachable). ``strength`` lists
    what holds, and what does not, for a page that operators read. ``reason`` says why it
    is not Docker, ``trouble`` what keeps the pool from being filled.
    """

    mode: str
    strength: tuple[str, ...] = ()
    checks: dict[str, bool] = field(default_factory=dict)
    reason: str = ""
    trouble: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    # The digests of the images for programs, by their names; and why this host runs no
    # organizers' metrics (``custom``) or programs (``code``).
    code_images: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    pool_size: int = 0
    pool_idle: int = 0
    running: int = 0
    jobs_done: int = 0
    uptime_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The status as JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SandboxStatus:
        """Read a status; raises TypeError for fields that this version does not know."""
        return cls(**(data | {"strength": tuple(data.get("strength", ()))}))


class SandboxClient:
    """Talks to the service of this host; safe to share, each call is a connection."""

    def __init__(self, socket_path: Path) -> None:
        self._path = Path(socket_path)

    def run(
        self,
        job: Job,
        files: Sequence[File],
        *,
        wall_s: float,
        output: BinaryIO | None = None,
    ) -> Verdict:
        """Carry out a job; ``files`` are in the order of ``job.files``.

        Files are read from their start, whatever their position is. ``output`` takes the
        index of a prepare job, and only when its outcome is ``prepared``. Never raises
        for trouble with the service or the engine: that is the outcome ``failed``. Its
        ``sandbox`` is empty where the service could not be reached, and ``lost`` where it
        took the job and went away: the job may be what ended it.
        """
        request = {
            "op": "run",
            "job": job_to_json(job),
            "wall_s": wall_s,
            "output": output is not None,
            "about": logs.about(),
        }
        try:
            with contextlib.ExitStack() as stack:
                handed = [_descriptor(file, stack) for file in files]
                index = stack.enter_context(_scratch())
                handed += [] if output is None else [index.fileno()]
                reply = self._call(request, handed, time_s=wall_s + SLACK_S)
                verdict = Verdict.from_json(reply)
                if output is not None and verdict.outcome is Outcome.PREPARED:
                    index.seek(0)
                    shutil.copyfileobj(index, output)
                return verdict
        except Unreachable as error:
            return Verdict(outcome=Outcome.FAILED, detail=str(error))
        except (ServiceError, ContractError, OSError) as error:
            return Verdict(outcome=Outcome.FAILED, detail=str(error), sandbox=LOST)

    def run_code(
        self, job: CodeJob, files: Sequence[File], *, output: BinaryIO
    ) -> ProgramVerdict:
        """Run a program; ``files`` are in the order of ``job.files``.

        ``output`` takes the job's output file where the program wrote it (see ``files``
        of the verdict). Never raises for trouble with the service or the engine: that is
        the outcome ``failed``, with ``sandbox`` as ``run`` has it.
        """
        time_s = job.train_wall_s + job.limits.get("wall_s", DEFAULT_WALL_S)
        request = {"op": "code", "job": job.to_json(), "about": logs.about()}
        try:
            with contextlib.ExitStack() as stack:
                handed = [_descriptor(file, stack) for file in files]
                taken = stack.enter_context(_scratch())
                reply = self._call(
                    request,
                    [*handed, taken.fileno()],
                    time_s=time_s + CODE_SLACK_S,
                )
                verdict = ProgramVerdict.from_json(reply)
                taken.seek(0)
                shutil.copyfileobj(taken, output)
                return verdict
        except Unreachable as error:
            return ProgramVerdict(outcome=Ended.FAILED, detail=str(error))
        except (ServiceError, OSError, ValueError, TypeError) as error:
            return ProgramVerdict(outcome=Ended.FAILED, detail=str(error), sandbox=LOST)

    def status(self) -> SandboxStatus:
        """What the service says of itself; mode ``none`` where it does not answer."""
        try:
            return SandboxStatus.from_json(self._call({"op": "status"}, [], time_s=10))
        except (ServiceError, OSError, TypeError) as error:
            return SandboxStatus(mode="none", reason=str(error))

    def _call(
        self, request: dict[str, Any], descriptors: Sequence[int], *, time_s: float
    ) -> dict[str, Any]:
        with contextlib.closing(self._connect()) as link:
            link.settimeout(time_s)
            line = json.dumps(request, allow_nan=False).encode() + b"\n"
            try:
                _send(link, line, descriptors)
                return _reply(link, time.monotonic() + time_s)
            except TimeoutError as error:
                raise ServiceError(
                    f"The sandbox service has not answered within {time_s:.0f} s."
                ) from error
            except OSError as error:
                raise ServiceError(
                    f"The sandbox service went away in mid-job ({error})."
                ) from error

    def _connect(self) -> socket.socket:
        for pause_s in (*_TRIES_S, None):
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                link.connect(str(self._path))
                return link
            except OSError as error:
                link.close()
                if pause_s is None:
                    raise Unreachable(
                        f"The sandbox service does not answer at {self._path} "
                        f"({error.strerror}); start it with `python -m podium_sandbox "
                        "serve`, or look at its log."
                    ) from error
            time.sleep(pause_s)
        raise Unreachable("unreachable")


def _descriptor(file: File, stack: contextlib.ExitStack) -> int:
    """A descriptor of the file's bytes; a file in memory is written out first."""
    if isinstance(file, int):
        return file
    try:
        descriptor = file.fileno()
    except (OSError, AttributeError):
        copy = stack.enter_context(_scratch())
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        return copy.fileno()
    if file.writable():
        file.flush()
    return descriptor


def _scratch() -> contextlib.AbstractContextManager[BinaryIO]:
    """A file without a name, gone when it is closed."""
    return cast("contextlib.AbstractContextManager[BinaryIO]", tempfile.TemporaryFile())


def _send(link: socket.socket, line: bytes, descriptors: Sequence[int]) -> None:
    rights = array.array("i", descriptors).tobytes()
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
    sent = link.sendmsg([line], control)
    if sent < len(line):  # an empty send would fail where the answer is there already
        link.sendall(line[sent:])


def _reply(link: socket.socket, deadline: float) -> dict[str, Any]:
    line = b"".join(_pieces(link, deadline))
    if not line.endswith(b"\n"):
        raise ServiceError("The sandbox service went away in mid-job.")
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ServiceError("The sandbox service's answer is not JSON.") from error
    if not isinstance(data, dict):
        raise ServiceError("The sandbox service's answer is not an object.")
    if "error" in data:
        raise ServiceError(str(data["error"]))
    return data


def _pieces(link: socket.socket, deadline: float) -> Iterator[bytes]:
    total = 0
    while total <= REPLY_BYTES:
        link.settimeout(max(deadline - time.monotonic(), 0.001))
        data = link.recv(1 << 16)
        if not data:
            return
        total += len(data)
        yield data
        if data.endswith(b"\n"):
            return
    raise ServiceError("The sandbox service's answer is too long.")
