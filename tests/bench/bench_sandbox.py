"""How long a job takes in the sandbox.

The time from "job taken" to "report read", as the worker sees it through the service, for
ROC AUC over 10,000 rows; beside it, in the same run, a bare ``docker run --rm IMAGE true``,
the same job in a hardened ``docker run --rm``, and the scorer alone. Then
how many jobs a second several clients get, what an idle container holds, and how long an
organizer's metric and a participant's program take. DOCKER_HOST names the engine; without
one only the process runner is measured.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

from podium_sandbox.client import CodeJob, SandboxClient
from podium_sandbox.engine import EngineError
from podium_scorer.contract import (
    CustomPrepareJob,
    CustomScoreJob,
    JobHeader,
    MetricSpec,
    Outcome,
    PrepareJob,
    ScoreJob,
)
from podium_scorer.engine import run_prepare
from tests.bench import floor
from tests.bench.tables import Table, p50, p95
from tests.machine import missing
from tests.sandbox.conftest import IMAGE, engine_at_hand, wait_until

ROWS = 10_000
JOBS = 100
METRIC = MetricSpec(name="roc_auc")


def solution_and_submission() -> tuple[bytes, bytes]:
    """Two CSV files of ROWS rows, always the same."""
    numbers = random.Random(7)
    solution, submission = ["id,y,Usage"], ["id,y"]
    for row in range(ROWS):
        label = int(numbers.random() < 0.4)
        usage = "Public" if row % 3 else "Private"
        solution.append(f"{row},{label},{usage}")
        submission.append(f"{row},{numbers.gauss(label, 1):.6f}")
    return "\n".join(solution).encode(), "\n".join(submission).encode()


@contextlib.contextmanager
def serving(mode: str, pool: int) -> Iterator[SandboxClient]:
    """A service in a process of its own, as on a server; gives its client."""
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        address = Path(folder) / "sandbox.sock"
        command = [sys.executable, "-m", "podium_sandbox", "serve", "--no-check"]
        command += ["--mode", mode, "--image", IMAGE, "--socket", str(address)]
        command += ["--pool", str(pool), "--pool-most", str(pool)]
        service = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        client = SandboxClient(address)
        try:
            assert wait_until(lambda: client.status().mode == mode, time_s=60)
            yield client
        finally:
            service.terminate()
            service.wait()


def job_times(client: SandboxClient, jobs: int, *, warm: bool) -> list[float]:
    """Seconds of each job; with ``warm``, each waits until a warm worker is idle."""
    solution, submission = solution_and_submission()
    index = BytesIO()
    prepared = client.run(
        PrepareJob(metric=METRIC),
        [BytesIO(solution), BytesIO(b"")],
        wall_s=60,
        output=index,
    )
    assert prepared.outcome is Outcome.PREPARED, prepared
    job = ScoreJob(metric=METRIC, submission_name="submission.csv")
    times = []
    with tempfile.TemporaryFile() as kept_index, tempfile.TemporaryFile() as kept:
        kept_index.write(index.getvalue())
        kept.write(submission)
        for _ in range(jobs):
            if warm:
                wait_until(lambda: client.status().pool_idle == 2)
                time.sleep(0.1)  # who has just started must not share our processor
            began = time.perf_counter()
            verdict = client.run(job, [kept_index, kept], wall_s=60)
            times.append(time.perf_counter() - began)
            assert verdict.outcome is Outcome.SCORED, verdict
    return times


def bare_times(rounds: int) -> list[float]:
    """Seconds of each bare ``docker run --rm IMAGE true``."""
    floor.make_image()
    try:
        return [floor.run_once() for _ in range(rounds)]
    finally:
        floor.remove_image()


def hardened_times(rounds: int) -> list[float]:
    """Seconds of the same job by ``docker run --rm`` under limits like ours."""
    solution, submission = solution_and_submission()
    index = run_prepare(PrepareJob(metric=METRIC), solution, b"").index
    job = ScoreJob(metric=METRIC, submission_name="submission.csv")
    sizes = (("index", len(index)), ("submission", len(submission)))
    frames = JobHeader(nonce="0" * 32, job=job, sizes=sizes).to_line()
    frames += index + submission
    return [_hardened(frames) for _ in range(rounds)]


def _hardened(frames: bytes) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "-i", "--network", "none", "--read-only"),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *("--memory", "2g", "--memory-swap", "2g", "--pids-limit", "64"),
            *("--cpus", "1", "--tmpfs", "/tmp:size=64m", "--user", "65534:65534"),
            *(IMAGE, "python3", "-I", "-m", "podium_scorer", "serve"),
        ],
        input=frames,
        check=True,
        capture_output=True,
    )
    assert b'"status":"scored"' in done.stdout, done
    return time.perf_counter() - began


FIRST_JOB = """
import sys, time
from podium_scorer.cpu import settle
settle()
from podium_scorer.contract import MetricSpec, ScoreJob
from podium_scorer.engine import run_score
from podium_scorer.serve import warm_up
warm_up()
index, submission = (open(path, "rb").read() for path in sys.argv[1:])
time.sleep(0.3)
began = time.perf_counter()
run_score(ScoreJob(metric=MetricSpec(name="roc_auc"), submission_name="x"), index, submission)
print(time.perf_counter() - began)
"""


def metric_times(rounds: int) -> list[float]:
    """Seconds of reading, aligning and scoring the same job: each time the first job of a
    process that has warmed up, as every job in the sandbox is."""
    solution, submission = solution_and_submission()
    index = run_prepare(PrepareJob(metric=METRIC), solution, b"").index
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("index", "submission")]
        for path, data in zip(paths, (index, submission), strict=True):
            path.write_bytes(data)
        command = [sys.executable, "-c", FIRST_JOB, *map(str, paths)]
        return [
            float(subprocess.run(command, check=True, capture_output=True).stdout)
            for _ in range(rounds)
        ]


def run(*, quick: bool) -> Iterable[Table]:
    """The tables of both runners."""
    jobs, few = (5, 2) if quick else (JOBS, JOBS // 5)
    modes = ["process"] if missing("docker") else ["process", "docker"]
    yield _latency(modes, jobs, few)
    yield _throughput(modes, 4 if quick else 40)
    if "docker" in modes:
        yield _other_code(few)


def _latency(modes: Sequence[str], jobs: int, few: int) -> Table:
    table = Table(
        f"Job taken -> report read, {ROWS:,} rows, ROC AUC (ms)",
        ["", "jobs", "p50", "p95", "x bare docker run"],
    )
    bare = bare_times(few) if "docker" in modes else []
    if bare:
        hardened = hardened_times(few)
        table.add("docker run --rm IMAGE true", len(bare), *_cells(bare, bare))
        table.add("docker run --rm, hardened, this job", few, *_cells(hardened, bare))
    alone = metric_times(few)
    table.add("the scorer alone, warmed, first job", few, *_cells(alone, bare))
    for mode in modes:
        for kind, pool, rounds in (("warm", 2, jobs), ("cold", 0, few)):
            with serving(mode, pool) as client:
                seconds = job_times(client, rounds, warm=pool > 0)
            table.add(f"{mode} runner, {kind}", len(seconds), *_cells(seconds, bare))
    return table


def _throughput(modes: Sequence[str], jobs: int) -> Table:
    table = Table(
        "Several clients at once: jobs a second, and what an idle worker holds",
        ["", "1 client", "2 clients", "4 clients", "MB an idle worker"],
    )
    for name in modes:
        cells: list[object] = []
        with serving(name, 4) as client:
            for clients in (1, 2, 4):
                wait_until(lambda: client.status().pool_idle == 4)
                cells.append(_rate(client, clients, jobs))
            wait_until(lambda: client.status().pool_idle > 0)
            cells.append(_idle_mb() if name == "docker" else "-")
        table.add(f"{name} runner", *cells)
    return table


def _rate(client: SandboxClient, clients: int, jobs: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        share = [jobs // clients] * clients
        list(pool.map(lambda count: job_times(client, count, warm=False), share))
    return jobs / (time.perf_counter() - began)


def _idle_mb() -> float:
    """What the kernel counts for a waiting container, without its file cache."""
    engine = engine_at_hand()
    query = {"filters": json.dumps({"name": ["podium-scorer"]})}
    sizes = []
    for container in engine.call("GET", "/containers/json", query=query):
        path = f"/containers/{container['Id']}/stats"
        try:
            memory = engine.call("GET", path, query={"stream": "false"})["memory_stats"]
        except EngineError:  # it has just been taken
            continue
        cache = memory["stats"].get("cache", memory["stats"].get("inactive_file", 0))
        sizes.append((memory["usage"] - cache) / (1 << 20))
    return p50(sizes) if sizes else float("nan")


OWN_METRIC = b"""
def score(solution, submission, row_id_column_name):
    return float(((solution.y - submission.y) ** 2).mean())
"""
PROGRAM = b"""
import shutil
shutil.copy("/input/data/test.csv", "/output/submission.csv")
"""


def _other_code(rounds: int) -> Table:
    table = Table(
        f"Code of organizers and participants, {ROWS:,} rows (ms)",
        ["", "jobs", "p50", "p95"],
    )
    with serving("docker", 1) as client:
        for name, job in (
            ("a metric of an organizer's", _custom_job(client)),
            ("a program that copies its input", _program_job(client)),
        ):
            job()
            seconds = []
            for _ in range(rounds):
                time.sleep(1.5)  # a pool refills meanwhile, as it does between people
                began = time.perf_counter()
                job()
                seconds.append(time.perf_counter() - began)
            table.add(name, rounds, p50(seconds) * 1000, p95(seconds) * 1000)
    return table


def _custom_job(client: SandboxClient) -> Callable[[], None]:
    solution, submission = solution_and_submission()
    sample = b"\n".join(line for line in submission.splitlines())
    index = BytesIO()
    prepared = client.run(
        CustomPrepareJob(),
        [BytesIO(each) for each in (solution, sample, OWN_METRIC)],
        wall_s=60,
        output=index,
    )
    assert prepared.outcome is Outcome.PREPARED, prepared

    def job() -> None:
        files = [BytesIO(index.getvalue()), BytesIO(submission)]
        ask = CustomScoreJob(submission_name="submission.csv")
        verdict = client.run(ask, files, wall_s=60)
        assert verdict.outcome is Outcome.SCORED, verdict

    return job


def _program_job(client: SandboxClient) -> Callable[[], None]:
    _, submission = solution_and_submission()

    def job() -> None:
        files = [BytesIO(PROGRAM), BytesIO(submission)]
        with tempfile.TemporaryFile() as output:
            ask = CodeJob(image="python", inputs=("test.csv",))
            verdict = client.run_code(ask, files, output=output)
        assert verdict.files, verdict

    return job


def _cells(seconds: list[float], bare: list[float]) -> tuple[object, ...]:
    share = p50(seconds) / p50(bare) if bare else "-"
    return p50(seconds) * 1000, p95(seconds) * 1000, share
