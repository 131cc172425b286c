"""How long a job takes in the sandbox: ``python -m tests.bench.bench_sandbox [JOBS]``.

Each row is the time from "job taken" to "report read", as the worker sees it through the
service, for ROC AUC over 10,000 rows; beside it a bare ``docker run --rm`` of the same
image in the same run, with a program that does nothing. DOCKER_HOST names the engine;
without one only the process runner is measured.
"""

from __future__ import annotations

import contextlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from podium_sandbox.client import SandboxClient
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.limits import Limits, Profile, limits_for
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.runners import Runner
from podium_sandbox.service import Service, ServiceSettings
from podium_scorer.contract import MetricSpec, Outcome, PrepareJob, ScoreJob
from tests.machine import missing
from tests.sandbox.conftest import IMAGE, engine_at_hand, wait_until

ROWS = 10_000
JOBS = 100
METRIC = MetricSpec(name="roc_auc")
# The image has neither shell nor coreutils: the loader, asked for its version, is its
# program that does the least.
NOTHING = {
    "x86_64": ["/lib64/ld-linux-x86-64.so.2", "--version"],
    "aarch64": ["/lib/ld-linux-aarch64.so.1", "--version"],
}


@dataclass(frozen=True)
class Row:
    """Seconds that one way of doing it took, job by job."""

    name: str
    seconds: list[float]

    def text(self, unit: float) -> str:
        """A line of the table; ``unit`` is the median of a bare ``docker run``."""
        median = statistics.median(self.seconds)
        p95 = statistics.quantiles(self.seconds, n=20)[-1]
        share = f"{median / unit:8.3f}" if unit else "       -"
        return f"{self.name:34}{median * 1000:9.1f}{p95 * 1000:9.1f}{share}"


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


def bare_times(jobs: int) -> list[float]:
    """Seconds of each ``docker run --rm`` that does nothing."""
    command = ["docker", "run", "--rm", IMAGE, *NOTHING[platform.machine()]]
    times = []
    for _ in range(jobs):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return times


def measure(jobs: int = JOBS) -> list[Row]:
    """Every row of the table; the first is the bare ``docker run`` if there is one."""
    limits = limits_for(Profile.SCORER)
    makers: dict[str, Callable[[], Runner]] = {}
    rows = []
    if missing("docker") is None:
        rows.append(Row("docker run --rm IMAGE (nothing)", bare_times(jobs // 5)))
        makers["docker"] = lambda: DockerRunner(
            limits, engine=engine_at_hand(), image=IMAGE, address="bench"
        )
    makers["process"] = lambda: ProcessRunner(limits)
    for name, make in makers.items():
        for kind, pool, times in (("warm", 2, jobs), ("cold", 0, jobs // 5)):
            with serving(make(), limits, pool) as client:
                seconds = job_times(client, times, warm=pool > 0)
            rows.append(Row(f"{name} runner, {kind}", seconds))
    return rows


def main() -> None:
    """Measure and print the table."""
    rows = measure(int(sys.argv[1]) if len(sys.argv) > 1 else JOBS)
    bare = rows[0] if rows[0].name.startswith("docker run") else None
    unit = statistics.median(bare.seconds) if bare else 0.0
    print(
        f"{f'job taken -> report read, {ROWS} rows':34}{'p50 ms':>9}{'p95 ms':>9}",
        end="",
    )
    print(f"{'x bare':>8}")
    for row in rows:
        print(row.text(unit))


if __name__ == "__main__":
    main()
