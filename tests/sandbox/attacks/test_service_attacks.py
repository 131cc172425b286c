"""Attacks on the service itself: whoever may open its socket is trusted with no more."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podium_sandbox import asking
from podium_sandbox import service as service_module
from podium_sandbox.process_runner import ProcessRunner
from podium_scorer.contract import Outcome
from tests.sandbox import scorers
from tests.sandbox.conftest import Running, limits, running, wait_until
from tests.sandbox.test_runners import Start

JOB = {"kind": "score", "metric": {"name": "rmse"}, "submission_name": "x"}
PREPARE = {"kind": "prepare", "metric": {"name": "rmse"}}
SCM_MAX = 253  # as many descriptors as one message can carry


@pytest.fixture(scope="module")
def attacked() -> Iterator[Running]:
    """One service for all these attacks, as an operator's is."""
    given = limits()
    runner = ProcessRunner(given, code=scorers.HONEST)
    with running(runner, given, pool=0) as service:
        yield service


@pytest.fixture
def honest(attacked: Running) -> Iterator[Running]:
    """The service, which is of use when a test is over, with nothing left in it."""
    attacked.names.clear()
    before = len(os.listdir("/proc/self/fd"))
    yield attacked
    assert attacked.score().outcome is Outcome.SCORED
    assert wait_until(lambda: attacked.alive() == set()), "a worker was left behind"
    assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """A small file, open for reading."""
    (tmp_path / "file").write_bytes(b"data")
    with opened(tmp_path / "file", os.O_RDONLY) as descriptor:
        yield descriptor


@contextlib.contextmanager
def opened(path: Path | str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def connected(service: Running) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(30)
        link.connect(str(service.socket))
        yield link


def line(**request: Any) -> bytes:
    return json.dumps({"op": "run", "wall_s": 5} | request).encode() + b"\n"


def answer_to(link: socket.socket) -> dict[str, Any]:
    """The answer to what was sent; the connection stays open until it is there."""
    answer = b""
    while not answer.endswith(b"\n"):
        piece = link.recv(1 << 16)
        assert piece, "the service hung up without an answer"
        answer += piece
    return dict(json.loads(answer))


def asked(service: Running, data: bytes, *descriptors: int) -> dict[str, Any]:
    with connected(service) as link:
        socket.send_fds(link, [data], descriptors)
        return answer_to(link)


def test_an_output_that_can_not_be_written_is_refused(
    honest: Running, file: int, tmp_path: Path
) -> None:
    answer = asked(honest, line(job=PREPARE, output=True), file, file, file)
    assert answer["outcome"] == "failed"
    assert "open for writing" in answer["detail"]
    assert (tmp_path / "file").read_bytes() == b"data"


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_PATH])
def test_a_file_that_can_not_be_read_is_refused(
    honest: Running, tmp_path: Path, flags: int
) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with opened(tmp_path / "file", flags) as closed:
        answer = asked(honest, line(job=JOB), closed, closed)
    assert answer["outcome"] == "failed"
    assert "open for reading" in answer["detail"]
    assert honest.names == []  # nothing was started for it


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", "/", "/proc", "fifo"])
def test_devices_folders_and_fifos_are_no_files_of_a_job(
    honest: Running, tmp_path: Path, path: str
) -> None:
    os.mkfifo(tmp_path / "fifo")
    with opened(tmp_path / path, os.O_RDONLY | os.O_NONBLOCK) as other:
        answer = asked(honest, line(job=JOB), other, other)
    assert answer["outcome"] == "failed"
    assert "regular files" in answer["detail"]


def test_a_file_of_a_terabyte_costs_the_service_nothing(
    process_service: Start, tmp_path: Path
) -> None:
    """Its scorer runs out of memory or of time, within the job's limits."""
    service = process_service(scorers.HONEST, pool=0, memory_mb=96)
    with (tmp_path / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 40)
    with opened(tmp_path / "sparse", os.O_RDONLY) as file:
        answer = asked(service, line(job=JOB), file, file)
    assert (answer["outcome"], answer["reason"]) == ("cut_off", "memory")
    assert wait_until(lambda: service.alive() == set())


def test_an_output_that_is_one_of_the_sources_ends_the_job_alone(
    honest: Running, tmp_path: Path
) -> None:
    (tmp_path / "both").write_bytes(b"x" * 100_000)
    with opened(tmp_path / "both", os.O_RDWR) as both:
        answer = asked(honest, line(job=PREPARE, output=True), both, both, both)
    assert answer["outcome"] == "failed"
    assert "shorter" in answer["detail"]


def test_an_output_that_takes_no_bytes_ends_the_job_alone(
    honest: Running, file: int
) -> None:
    sealed = os.memfd_create("sealed", os.MFD_ALLOW_SEALING)
    fcntl.fcntl(sealed, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
    try:
        answer = asked(honest, line(job=PREPARE, output=True), file, file, sealed)
    finally:
        os.close(sealed)
    assert answer["outcome"] == "failed"


def deep(levels: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(levels):
        made = [made]
    return made


FORGED = {
    "no job": {"job": None},
    "a job that is a text": {"job": "score"},
    "an unknown kind": {"job": JOB | {"kind": "shell"}},
    "a kind that is no text": {"job": JOB | {"kind": ["score"]}},
    "a field that no job has": {"job": JOB | {"image": "other:latest"}},
    "a limit that no job sets": {"job": JOB, "wall_s": {"memory_mb": 1 << 20}},
    "a metric that is no object": {"job": JOB | {"metric": "rmse"}},
    "a metric's unknown field": {"job": JOB | {"metric": {"name": "x", "code": "y"}}},
    "unknown caps": {"job": JOB | {"caps": {"everything": 1}}},
    "caps that are no object": {"job": JOB | {"caps": 7}},
    "time without end": {"job": JOB, "wall_s": 1e300},
    "time that is true": {"job": JOB, "wall_s": True},
    "no time": {"job": JOB, "wall_s": None},
    "a header that is too long": {"job": JOB | {"submission_name": "x" * 65_350}},
    "params that are too deep": {
        "job": JOB | {"metric": {"name": "x", "params": {"a": deep(800)}}}
    },
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_request_is_answered_and_never_with_a_score(
    honest: Running, file: int, name: str
) -> None:
    answer = asked(honest, line(**FORGED[name]), file, file)
    assert answer["outcome"] in {"failed", "host_error"}, answer
    assert answer["report"] is None or answer["report"].get("public") is None


FORGED_PROGRAMS = {
    "no job": None,
    "a list": [],
    "no image": {},
    "an image that is a list": {"image": ["python"]},
    "an image that is an object": {"image": {}},
    "limits that are a text": {"image": "python", "limits": "none"},
    "a limit that is a text": {"image": "python", "limits": {"wall_s": "1"}},
    "a limit that is true": {"image": "python", "limits": {"wall_s": True}},
    "a limit that no job sets": {"image": "python", "limits": {"pids": 1 << 20}},
    "a limit below 0": {"image": "python", "limits": {"memory_mb": -1}},
    "training below 0": {"image": "python", "train": "a.py", "train_wall_s": -1},
    "training without end": {"image": "python", "train": "a.py", "train_wall_s": 1e300},
    "inputs that are a text": {"image": "python", "inputs": "x"},
    "inputs that are numbers": {"image": "python", "inputs": [1, 2]},
    "a name that leads out": {"image": "python", "output": "../../etc/passwd"},
    "a field that no job has": {"image": "python", "mounts": ["/"]},
    "inputs that are too deep": {"image": "python", "inputs": deep(800)},
}


@pytest.mark.parametrize("name", FORGED_PROGRAMS)
def test_a_forged_request_for_a_program_runs_nothing(
    honest: Running, file: int, name: str, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with opened(output, os.O_RDWR | os.O_CREAT) as written:
        request = line(op="code", job=FORGED_PROGRAMS[name])
        answer = asked(honest, request, file, written)
    assert answer["outcome"] in {"failed", "refused"}, answer
    assert answer["detail"]
    assert output.read_bytes() == b""
    assert honest.names == []


@pytest.mark.parametrize("number", [0, 1, 3, 8])
def test_another_number_of_files_than_the_jobs_is_refused(
    honest: Running, file: int, number: int
) -> None:
    answer = asked(honest, line(job=JOB), *[file] * number)
    assert answer["outcome"] == "failed"
    assert "files" in answer["detail"]
    assert honest.names == []


def test_hundreds_of_descriptors_in_one_message_are_all_closed(
    honest: Running, file: int
) -> None:
    for _ in range(20):
        with connected(honest) as link, contextlib.suppress(OSError):
            socket.send_fds(link, [line(job=JOB)], [file] * SCM_MAX)
            link.recv(1 << 16)


def test_a_request_that_comes_byte_by_byte_is_answered(
    honest: Running, file: int
) -> None:
    with connected(honest) as link:
        data = line(job=JOB)
        socket.send_fds(link, [data[:1]], [file, file])
        for number in range(1, len(data)):
            link.sendall(data[number : number + 1])
        assert answer_to(link)["outcome"] == "scored"


def test_clients_that_say_nothing_hold_nobody_up_for_long(
    honest: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WAIT_FOR_REQUEST_S", 0.5)
    with contextlib.ExitStack() as stack:
        for number in range(service_module.MOST_CONNECTIONS):
            link = stack.enter_context(connected(honest))
            if number % 2:
                link.sendall(b'{"op"')
        assert honest.client.status().mode == "process"


def test_a_client_that_goes_before_its_job_has_begun_leaves_nothing(
    honest: Running, file: int
) -> None:
    for _ in range(10):
        with connected(honest) as link:
            socket.send_fds(link, [line(job=JOB)], [file, file])
    assert wait_until(lambda: honest.client.status().running == 0)


@pytest.mark.docker
def test_a_client_that_dies_in_mid_job_takes_its_container_along(
    docker_service: Start, file: int
) -> None:
    service = docker_service(scorers.misbehaving("while True: pass"), pool=0)
    with connected(service) as link:
        socket.send_fds(link, [line(job=JOB, wall_s=60)], [file, file])
        assert wait_until(lambda: service.client.status().running == 1)
        assert wait_until(lambda: service.alive() != set())
    assert wait_until(lambda: service.client.status().running == 0)
    assert wait_until(lambda: service.alive() == set())
