"""The service and its client: real processes, real sockets, the real scorer."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from podium_sandbox.client import SandboxClient
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import BUILT_IN_KINDS
from podium_scorer.contract import (
    MetricSpec,
    Outcome,
    PrepareJob,
    ScoreJob,
    Verdict,
)
from tests.sandbox import scorers
from tests.sandbox.conftest import (
    SCORE,
    Running,
    engine_at_hand,
    limits,
    running,
    wait_until,
)
from tests.sandbox.test_runners import Start

METRIC = MetricSpec(name="roc_auc")
SOLUTION = b"id,y,Usage\n1,0,Public\n2,1,Public\n3,0,Private\n4,1,Private\n"
GOOD = b"id,y\n4,0.9\n3,0.1\n2,0.8\n1,0.2\n"
JOB = ScoreJob(metric=METRIC, submission_name="mine.csv")


@dataclass
class Daemon:
    """``python -m podium_sandbox serve`` as an operator starts it."""

    process: subprocess.Popen[bytes]
    client: SandboxClient
    socket: Path

    def index(self) -> bytes:
        """The index of SOLUTION."""
        made = BytesIO()
        job = PrepareJob(metric=METRIC)
        files = [BytesIO(SOLUTION), BytesIO(b"")]
        verdict = self.client.run(job, files, wall_s=60, output=made)
        assert verdict.outcome is Outcome.PREPARED, verdict
        return made.getvalue()

    def score(self, index: bytes, submission: bytes = GOOD) -> Verdict:
        """Score a submission."""
        files = [BytesIO(index), BytesIO(submission)]
        return self.client.run(JOB, files, wall_s=60)


def start_daemon(address: Path, mode: str, *more: str) -> Daemon:
    command = [sys.executable, "-m", "podium_sandbox", "serve", "--no-check"]
    command += ["--socket", str(address), "--mode", mode, *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    client = SandboxClient(address)
    assert wait_until(
        lambda: process.poll() is not None or client.status().mode != "none", time_s=60
    )
    return Daemon(process, client, address)


def end_daemon(daemon: Daemon, number: int = signal.SIGTERM) -> int:
    daemon.process.send_signal(number)
    code = daemon.process.wait(timeout=60)
    if daemon.process.stderr is not None:
        daemon.process.stderr.close()
    return code


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def mode(request: pytest.FixtureRequest) -> str:
    if request.param == "docker":
        request.getfixturevalue("docker_host")
    return str(request.param)


@pytest.fixture
def daemon(tmp_path: Path, mode: str) -> Iterator[Daemon]:
    made = start_daemon(tmp_path / "sandbox.sock", mode)
    yield made
    if made.process.poll() is None:
        end_daemon(made)


def children(pid: int) -> set[int]:
    """The processes whose parent is ``pid``."""
    found = set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = (folder / "stat").read_text().rsplit(")", 1)[1]
            if int(text.split()[1]) == pid:
                found.add(int(folder.name))
    return found


def containers_of(address: Path) -> list[dict[str, Any]]:
    """What the engine has of the service at this address, running or not."""
    wanted = json.dumps({"label": [f"podium.sandbox.socket={address}"]})
    query = {"all": "1", "filters": wanted}
    return list(engine_at_hand().call("GET", "/containers/json", query=query))


def test_a_solution_is_prepared_and_a_submission_scored(daemon: Daemon) -> None:
    verdict = daemon.score(daemon.index())
    assert verdict.outcome is Outcome.SCORED
    assert verdict.report is not None
    assert (verdict.report.public, verdict.report.private) == (1.0, 1.0)
    assert verdict.log == ""


def test_a_broken_submission_is_rejected_with_its_faults(daemon: Daemon) -> None:
    verdict = daemon.score(daemon.index(), b"id,y\n1,0.5\n1,0.5\n9,x\n")
    assert verdict.outcome is Outcome.REJECTED
    assert verdict.report is not None
    assert len(verdict.report.errors) > 1


def test_a_broken_solution_is_the_hosts(daemon: Daemon) -> None:
    made = BytesIO()
    verdict = daemon.client.run(
        PrepareJob(metric=METRIC),
        [BytesIO(b"nothing"), BytesIO(b"")],
        wall_s=60,
        output=made,
    )
    assert verdict.outcome is Outcome.HOST_ERROR
    assert made.getvalue() == b""


def test_stopping_the_daemon_leaves_no_process_no_container_and_no_socket(
    daemon: Daemon, mode: str
) -> None:
    assert wait_until(lambda: daemon.client.status().pool_idle == 2, time_s=60)
    mine = children(daemon.process.pid)
    assert end_daemon(daemon) == 0
    assert not daemon.socket.exists()
    assert wait_until(lambda: not any(Path(f"/proc/{p}").exists() for p in mine))
    if mode == "docker":
        assert containers_of(daemon.socket) == []


def test_a_killed_daemon_leaves_nothing_once_the_next_one_runs(
    daemon: Daemon, mode: str, tmp_path: Path
) -> None:
    index = daemon.index()
    assert wait_until(lambda: daemon.client.status().pool_idle == 2, time_s=60)
    orphans = children(daemon.process.pid)
    before = (
        {c["Id"] for c in containers_of(daemon.socket)} if mode == "docker" else set()
    )
    assert orphans or before
    end_daemon(daemon, signal.SIGKILL)
    assert wait_until(lambda: not any(Path(f"/proc/{p}").exists() for p in orphans))
    second = start_daemon(daemon.socket, mode)
    try:
        if mode == "docker":
            left = {c["Id"] for c in containers_of(daemon.socket)}
            assert not left & before
        assert second.score(index).outcome is Outcome.SCORED
    finally:
        end_daemon(second)


def test_a_job_that_is_under_way_when_the_daemon_dies_is_ours_and_soon(
    tmp_path: Path,
) -> None:
    daemon = start_daemon(tmp_path / "sandbox.sock", "process")
    verdicts: list[Verdict] = []
    big = b"id,y\n" + b"".join(b"%d,0.5\n" % n for n in range(2_000_000))

    def work() -> None:
        files = [BytesIO(index), BytesIO(big)]
        verdicts.append(daemon.client.run(JOB, files, wall_s=60))

    index = daemon.index()
    thread = threading.Thread(target=work)
    thread.start()
    assert wait_until(lambda: daemon.client.status().running == 1)
    end_daemon(daemon, signal.SIGKILL)
    thread.join(timeout=10)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.FAILED]


def test_a_client_waits_a_moment_for_a_service_that_restarts(tmp_path: Path) -> None:
    address = tmp_path / "sandbox.sock"
    verdicts: list[Verdict] = []
    client = SandboxClient(address)
    files = [BytesIO(b""), BytesIO(b"")]
    thread = threading.Thread(
        target=lambda: verdicts.append(client.run(JOB, files, wall_s=60))
    )
    thread.start()
    time.sleep(0.2)
    daemon = start_daemon(address, "process")
    thread.join(timeout=30)
    end_daemon(daemon)
    assert [v.outcome for v in verdicts] == [Outcome.HOST_ERROR]  # an empty index


def test_a_second_service_at_the_same_address_is_refused(tmp_path: Path) -> None:
    first = start_daemon(tmp_path / "sandbox.sock", "process")
    second = start_daemon(tmp_path / "sandbox.sock", "process")
    try:
        assert second.process.wait(timeout=30) == 2
        assert second.process.stderr is not None
        assert b"already listens" in second.process.stderr.read()
        second.process.stderr.close()
        assert first.client.status().mode == "process"
    finally:
        end_daemon(first)


def test_the_socket_is_for_its_owner_alone(tmp_path: Path) -> None:
    daemon = start_daemon(tmp_path / "sandbox.sock", "process")
    try:
        assert stat.S_IMODE(daemon.socket.stat().st_mode) == 0o600
    finally:
        end_daemon(daemon)


def test_with_a_group_the_group_may_ask_too(tmp_path: Path) -> None:
    group = os.getgid()
    with running_with_group(tmp_path, group) as address:
        found = address.stat()
        assert (stat.S_IMODE(found.st_mode), found.st_gid) == (0o660, group)


@contextlib.contextmanager
def running_with_group(folder: Path, group: int) -> Iterator[Path]:
    name = grp.getgrgid(group).gr_name
    daemon = start_daemon(folder / "sandbox.sock", "process", "--group", name)
    try:
        yield daemon.socket
    finally:
        end_daemon(daemon)


def test_an_unreachable_service_is_our_fault_with_a_sentence(tmp_path: Path) -> None:
    client = SandboxClient(tmp_path / "nobody.sock")
    verdict = client.run(SCORE, [BytesIO(b""), BytesIO(b"")], wall_s=1)
    assert verdict.outcome is Outcome.FAILED
    assert "python -m podium_sandbox serve" in verdict.detail
    status = client.status()
    assert status.mode == "none"
    assert "does not answer" in status.reason


@pytest.mark.parametrize("wall_s", [0, -1, 1e9, float("nan")])
def test_a_time_limit_outside_the_table_is_no_verdict(
    process_service: Start, wall_s: float
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    files = [BytesIO(b""), BytesIO(b"")]
    try:
        verdict = service.client.run(SCORE, files, wall_s=wall_s)
    except ValueError:  # not a number is not even JSON
        return
    assert verdict.outcome is Outcome.FAILED
    assert "wall_s" in verdict.detail


def raw(service: Running, data: bytes, descriptors: tuple[int, ...] = ()) -> bytes:
    """What the service answers to some bytes."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(20)
        link.connect(str(service.socket))
        socket.send_fds(link, [data], list(descriptors))
        link.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := link.recv(1 << 16):
            answer += piece
        return answer


def test_code_is_refused_without_docker_and_the_host_is_told_what_to_do(
    process_service: Start,
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    request = {"op": "run", "job": {"kind": "code", "image": "x"}, "wall_s": 5}
    verdict = Verdict.from_json(
        json.loads(raw(service, json.dumps(request).encode() + b"\n"))
    )
    assert verdict.outcome is Outcome.HOST_ERROR
    assert verdict.report is not None
    assert "install Docker" in verdict.report.message
    assert {"score", "prepare", "lint"} == BUILT_IN_KINDS
    assert service.names == []  # nothing was started for it


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"hello\n",
        b"[]\n",
        b"null\n",
        b"[" * 60_000 + b"\n",
        b"x" * 200_000,
        b'{"op": "run"',
        b"\xff\xfe\n",
    ],
)
def test_nonsense_gets_no_answer_and_does_no_harm(
    process_service: Start, data: bytes
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    with contextlib.suppress(OSError):
        assert raw(service, data) == b""
    assert service.score().outcome is Outcome.SCORED


@pytest.mark.parametrize(
    "request_",
    [
        {"op": "reboot"},
        {},
        {"op": "run"},
        {"op": "run", "job": {"kind": "score"}},
        {"op": "run", "job": {"kind": "score", "metric": {"name": "x"}}, "wall_s": 5},
    ],
)
def test_a_request_that_is_not_whole_is_answered_without_a_score(
    process_service: Start, request_: dict[str, Any]
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    answer = json.loads(raw(service, json.dumps(request_).encode() + b"\n"))
    assert "error" in answer or answer["outcome"] in {"failed", "host_error"}


def score_request() -> bytes:
    job = {"kind": "score", "metric": {"name": "rmse"}, "submission_name": "x"}
    return json.dumps({"op": "run", "job": job, "wall_s": 5}).encode() + b"\n"


def test_what_is_no_regular_file_is_not_read(process_service: Start) -> None:
    service = process_service(scorers.HONEST, pool=0)
    pipe, other = os.pipe()
    try:
        answer = json.loads(raw(service, score_request(), (pipe, pipe)))
    finally:
        os.close(pipe)
        os.close(other)
    assert answer["outcome"] == "failed"
    assert "regular files" in answer["detail"]


def test_descriptors_do_not_pile_up_in_the_service(process_service: Start) -> None:
    service = process_service(scorers.HONEST, pool=0)
    with Path(__file__).open("rb") as file:
        numbers = (file.fileno(),) * 5
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            raw(service, score_request(), numbers)
            raw(service, b"nonsense\n", numbers)
        assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_a_client_that_hands_over_files_without_end_is_cut_off(
    process_service: Start,
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    before = len(os.listdir("/proc/self/fd"))
    with Path(__file__).open("rb") as file, socket.socket(socket.AF_UNIX) as link:
        link.connect(str(service.socket))

        def hand_over() -> None:
            for _ in range(2000):
                socket.send_fds(link, [b" "], [file.fileno()] * 8)
                time.sleep(0.001)

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            hand_over()
        assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 2)
    assert service.score().outcome is Outcome.SCORED


def test_a_client_that_goes_away_ends_its_job(process_service: Start) -> None:
    service = process_service(scorers.misbehaving("while True: pass"), pool=0)
    with Path(__file__).open("rb") as file, socket.socket(socket.AF_UNIX) as link:
        link.connect(str(service.socket))
        socket.send_fds(link, [score_request()], [file.fileno()] * 2)
        assert wait_until(lambda: service.client.status().running == 1)
    assert wait_until(lambda: service.client.status().running == 0, time_s=3)
    assert wait_until(lambda: service.alive() == set())


def test_hundreds_of_questions_are_all_answered(process_service: Start) -> None:
    service = process_service(scorers.HONEST, pool=0)
    modes = {service.client.status().mode for _ in range(500)}
    assert modes == {"process"}


def test_many_jobs_at_a_time_each_get_their_own_answer(process_service: Start) -> None:
    service = process_service(scorers.HONEST, pool=2)
    results: dict[int, Verdict] = {}

    def work(size: int) -> None:
        results[size] = service.score(b"x" * size)

    threads = [threading.Thread(target=work, args=(n * 1000,)) for n in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scores = {n: r.report.public for n, r in results.items() if r.report is not None}
    assert scores == {n: float(n) for n in results}
    assert len(set(service.names)) == len(service.names) >= 12


def test_files_are_read_from_their_start_and_by_number_too(
    process_service: Start, tmp_path: Path
) -> None:
    service = process_service(scorers.HONEST, pool=0)
    path = tmp_path / "submission.csv"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        file.seek(7)
        verdict = service.client.run(SCORE, [file.fileno(), file], wall_s=20)
        assert file.tell() == 7
    assert verdict.report is not None
    assert verdict.report.public == 10.0


def test_the_status_survives_the_wire(process_service: Start) -> None:
    service = process_service(scorers.HONEST)
    assert wait_until(lambda: service.client.status().pool_idle == 1)
    service.score()
    status = service.client.status()
    assert status.mode == "process"
    assert status.versions["scorer"] == "for-tests"
    assert (status.pool_size, status.jobs_done, status.running) == (1, 1, 0)
    assert any("seccomp" in line for line in status.strength)
    assert json.loads(json.dumps(status.to_json()))["mode"] == "process"


def test_trouble_with_the_pool_is_on_the_status(process_service: Start) -> None:
    service = process_service("raise SystemExit('no numbers here')")
    assert wait_until(lambda: "no numbers here" in service.client.status().trouble)


def test_the_self_check_runs_at_the_start_unless_told_otherwise() -> None:
    given = limits()
    runner = ProcessRunner(given, code=scorers.HONEST)
    with running(runner, given, pool=0, check=True) as service:
        assert wait_until(lambda: len(service.client.status().checks) > 5, time_s=30)


def test_clients_share_one_place_in_turns(process_service: Start) -> None:
    """Four workers at a host that runs one job at a time: none waits for another's all."""
    service = process_service(scorers.HONEST, pool=0)
    service.service._places = threading.BoundedSemaphore(1)
    done: list[int] = []

    def work(number: int) -> None:
        for _ in range(4):
            assert service.score().outcome is Outcome.SCORED
            done.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 16
    assert set(done[:8]) == {0, 1, 2, 3}
