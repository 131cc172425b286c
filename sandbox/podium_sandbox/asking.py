"""What is asked of the service: a line of JSON, with the job's files as open descriptors.

Nothing in it names a path, an image or a limit beyond what the tables allow, and nothing
in it is believed before it has been looked at.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
import time
from collections.abc import Sequence
from typing import Any

from podium_sandbox.code_job import MOST_INPUTS, CodeJob
from podium_sandbox.code_runs import CodeRequest
from podium_sandbox.jobs import Request
from podium_sandbox.limits import ChangedBy, Profile, limits_for
from podium_sandbox.protocol import Source
from podium_scorer.contract import job_from_json
from podium_scorer.wire import HEADER_BYTES, ContractError

MOST_DESCRIPTORS = MOST_INPUTS + 2  # a program, its inputs and its output
WAIT_FOR_REQUEST_S = 10.0


def receive(link: socket.socket, descriptors: list[int]) -> dict[str, Any]:
    """A request's line; its descriptors are added to the list, which owns them.

    Raises OSError for a line that is too long, cut short, late or no object, and for one
    with too many descriptors.
    """
    line = b""
    until = time.monotonic() + WAIT_FOR_REQUEST_S
    while not line.endswith(b"\n"):
        link.settimeout(max(until - time.monotonic(), 0.001))
        data, control, _, _ = link.recvmsg(
            HEADER_BYTES,
            socket.CMSG_SPACE(4 * MOST_DESCRIPTORS),
            socket.MSG_CMSG_CLOEXEC,
        )
        descriptors += _rights(control)
        line += data
        if not data or len(line) > HEADER_BYTES:
            raise OSError("the request is cut short or too long")
        if len(descriptors) > MOST_DESCRIPTORS:
            raise OSError("the request hands over too many files")
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise OSError("the request is not JSON") from error
    if not isinstance(request, dict):
        raise OSError("the request is not an object")
    return request


def _rights(control: Sequence[tuple[int, int, bytes]]) -> list[int]:
    found: list[int] = []
    for level, kind, data in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            whole = len(data) // 4
            found += memoryview(data[: 4 * whole]).cast("i").tolist()
    return found


def kind_of(request: dict[str, Any]) -> str:
    """The kind of job that is asked for, empty if none is."""
    job = request.get("job")
    return str(job.get("kind")) if isinstance(job, dict) else ""


def job_request(
    request: dict[str, Any], descriptors: Sequence[int], link: socket.socket
) -> Request:
    """A scorer's job; raises ContractError, LimitError or OSError for any other."""
    job = job_from_json(request.get("job"))
    wanted = len(job.files) + bool(request.get("output"))
    if len(descriptors) != wanted:
        raise ContractError(f"a {job.kind} job hands over the files {job.files}")
    output = descriptors[-1] if request.get("output") else None
    sizes = [_size(descriptor) for descriptor in descriptors]
    _check_access(descriptors[: len(job.files)], output)
    wall_s = request.get("wall_s")
    if isinstance(wall_s, bool) or not isinstance(wall_s, int | float):
        raise ContractError("wall_s must be a number")
    limits_for(Profile.SCORER, {"wall_s": wall_s}, by=ChangedBy.JOB)
    return Request(
        job=job,
        sources=tuple(
            Source(name=name, descriptor=descriptor, size=size)
            for name, descriptor, size in zip(
                job.files, descriptors, sizes, strict=False
            )
        ),
        wall_s=wall_s,
        output=output,
        asker=link.fileno(),
    )


def code_request(
    request: dict[str, Any], descriptors: Sequence[int], link: socket.socket
) -> CodeRequest:
    """A program's job; raises CodeJobError, ContractError or OSError for any other."""
    job = CodeJob.from_json(request.get("job"))
    if len(descriptors) != len(job.files) + 1:
        raise ContractError("a job for a program hands over its files and an output")
    for descriptor in descriptors:
        _size(descriptor)
    *files, output = descriptors
    _check_access(files, output)
    return CodeRequest(job=job, files=files, output=output, asker=link.fileno())


def _size(descriptor: int) -> int:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ContractError("a job's files must be regular files")
    return status.st_size


def _check_access(sources: Sequence[int], output: int | None) -> None:
    """Raise ContractError unless what is read can be read and what is written, written.

    Found out in mid-job, it would have cost a container.
    """
    for descriptor in sources:
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        if mode & os.O_PATH or mode & os.O_ACCMODE == os.O_WRONLY:
            raise ContractError("a job's files must be open for reading")
    if output is not None:
        mode = fcntl.fcntl(output, fcntl.F_GETFL)
        if mode & os.O_PATH or mode & os.O_ACCMODE == os.O_RDONLY:
            raise ContractError("the output must be open for writing")
