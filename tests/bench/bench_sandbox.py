"""How long a job takes in the sandbox.

The time from "job taken" to "report read", as the worker sees it through the service, for
ROC AUC over 10,000 rows; beside it, in the same run, a bare ``docker run --rm IMAGE true``.
DOCKER_HOST names the engine; without one only the process runner is measured.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from podium_sandbox.client import SandboxClient
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.limits import Limits, Profile, limits_for
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner
from podium_sandbox.service import Service, ServiceSettings
from podium_scorer.contract import MetricSpec, Outcome, PrepareJob, ScoreJob
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
def serving(runner: Runner, limits: Limits, pool: int) -> Iterator[SandboxClient]:
    """A service of this runner; gives its client."""
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        address = Path(folder) / "sandbox.sock"
        settings = ServiceSettings(socket=address, pool=pool, check=False)
        service = Service(settings, limits, runner)
        thread = threading.Thread(target=service.serve)
        thread.start()
        client = SandboxClient(address)
        try:
            wait_until(lambda: client.status().mode != "none")
            yield client
        finally:
            service.stop()
            thread.join()


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
                wait_until(lambda: client.status().pool_idle > 0)
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


def runners(limits: Limits) -> dict[str, Runner]:
    """Each runner that this machine has."""
    made: dict[str, Runner] = {"process": ProcessRunner(limits)}
    if missing("docker") is None:
        made["docker"] = DockerRunner(
            limits, engine=engine_at_hand(), image=IMAGE, address="bench"
        )
    return made


def run(*, quick: bool) -> Iterable[Table]:
    """The table of both runners, warm and cold."""
    jobs, few = (5, 2) if quick else (JOBS, JOBS // 5)
    limits = limits_for(Profile.SCORER)
    found = runners(limits)
    table = Table(
        f"Job taken -> report read, {ROWS:,} rows, ROC AUC (ms)",
        ["", "jobs", "p50", "p95", "x bare docker run"],
    )
    bare = bare_times(few) if "docker" in found else []
    if bare:
        table.add("docker run --rm IMAGE true", len(bare), *_cells(bare, bare))
    for name, runner in found.items():
        for kind, pool, rounds in (("warm", 2, jobs), ("cold", 0, few)):
            with serving(runner, limits, pool) as client:
                seconds = job_times(client, rounds, warm=pool > 0)
            table.add(f"{name} runner, {kind}", len(seconds), *_cells(seconds, bare))
    yield table


def _cells(seconds: list[float], bare: list[float]) -> tuple[object, ...]:
    share = p50(seconds) / p50(bare) if bare else "-"
    return p50(seconds) * 1000, p95(seconds) * 1000, share
