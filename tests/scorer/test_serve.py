"""The warm process, spoken to as the sandbox does: real frames over real pipes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from podium_scorer import __version__
from podium_scorer.contract import (
    AnswerHeader,
    Job,
    JobHeader,
    LintJob,
    MetricSpec,
    Outcome,
    PrepareJob,
    ReaderCaps,
    ScoreJob,
)
from podium_scorer.serve import EXIT_MEMORY, EXIT_PROTOCOL
from podium_scorer.wire import HEADER_BYTES
from tests.scorer.support import csv_bytes, prepare, score

SOLUTION = csv_bytes("id,y,Usage", [
    (i, i % 2, "Public" if i < 6 else "Private") for i in range(10)
])  # fmt: skip
SUBMISSION = csv_bytes("id,y", [(i, i / 10) for i in range(10)])
AUC = MetricSpec(name="roc_auc")
SCORE = ScoreJob(metric=AUC, submission_name="submission.csv")


@contextmanager
def warm(**options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A warm process that has said it is ready."""
    process: subprocess.Popen[bytes] = subprocess.Popen(
        [sys.executable, "-I", "-m", "podium_scorer", "serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )
    with process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            assert ready == {"ready": 1, "scorer": __version__}
            yield process
        finally:
            process.kill()


def frames(job: Job, *files: bytes, nonce: str = "n-1") -> bytes:
    sizes = tuple(zip(job.files, map(len, files), strict=True))
    return b"".join([JobHeader(nonce=nonce, job=job, sizes=sizes).to_line(), *files])


def ask(process: subprocess.Popen[bytes], data: bytes) -> tuple[AnswerHeader, bytes]:
    """Send a job; the answer and the bytes behind its header."""
    out, _ = process.communicate(data, timeout=60)
    line, _, rest = out.partition(b"\n")
    return AnswerHeader.from_line(line + b"\n"), rest


def test_a_job_is_answered_and_the_process_ends() -> None:
    index = prepare("roc_auc", SOLUTION).index
    with warm() as process:
        answer, rest = ask(process, frames(SCORE, index, SUBMISSION, nonce="abc"))
    assert process.returncode == 0
    assert answer.nonce == "abc"
    assert rest == b""
    assert answer.report == score("roc_auc", SOLUTION, SUBMISSION)


def test_prepare_answers_with_the_index_that_score_takes() -> None:
    with warm() as process:
        answer, index = ask(process, frames(PrepareJob(metric=AUC), SOLUTION, b""))
    assert answer.report.status is Outcome.PREPARED
    assert answer.sizes == (("index", len(index)),)
    assert index == prepare("roc_auc", SOLUTION).index


def test_a_faulty_solution_has_no_index() -> None:
    with warm() as process:
        answer, rest = ask(process, frames(PrepareJob(metric=AUC), b"id,y\n", b""))
    assert answer.report.status is Outcome.HOST_ERROR
    assert answer.report.errors
    assert (answer.sizes, rest) == ((), b"")


def test_no_job_is_a_quiet_end() -> None:
    with warm() as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"{}\n",
        b"not json\n",
        b"x" * (HEADER_BYTES + 10),
        b'{"nonce": "n", "job": {"kind": "other"}, "files": []}\n',
        frames(SCORE, b"index", b"submission")[:-3],
    ],
)
def test_frames_that_break_the_contract_end_without_an_answer(data: bytes) -> None:
    with warm() as process:
        out, err = process.communicate(data, timeout=60)
    assert (process.returncode, out) == (EXIT_PROTOCOL, b"")
    assert b"contract" in err


def test_a_file_may_be_empty() -> None:
    index = prepare("roc_auc", SOLUTION).index
    with warm() as process:
        answer, _ = ask(process, frames(SCORE, index, b""))
    assert [fault.kind for fault in answer.report.errors] == ["empty_file"]


def test_the_worst_report_is_one_line_within_the_limit() -> None:
    index = prepare("roc_auc", SOLUTION).index
    rows = [("\U0001f600" * 90 + str(i), "\x1b" * 90) for i in range(5000)]
    header = ",".join(["id", *("\U0001f600" * 99 + str(i) for i in range(900))])
    bad = csv_bytes(header, rows)
    with warm() as process:
        data = frames(SCORE, index, bad, nonce="n" * 20_000)
        out, _ = process.communicate(data, timeout=60)
    assert out.count(b"\n") == 1
    assert len(out) <= HEADER_BYTES
    assert AnswerHeader.from_line(out).report.status is Outcome.REJECTED


def test_the_jobs_own_caps_are_kept() -> None:
    index = prepare("roc_auc", SOLUTION).index
    job = ScoreJob(metric=AUC, submission_name="s.csv", caps=ReaderCaps(rows=5))
    with warm() as process:
        answer, _ = ask(process, frames(job, index, SUBMISSION))
    assert [fault.kind for fault in answer.report.errors] == ["too_large"]


def test_a_module_beside_the_process_is_not_imported(tmp_path: Path) -> None:
    for name in ("numpy.py", "json.py", "podium_scorer.py"):
        (tmp_path / name).write_text("print('taken over')")
    with warm(cwd=tmp_path) as process:
        out, _ = process.communicate(timeout=60)
    assert out == b""


def test_one_thread_will_do() -> None:
    index = prepare("roc_auc", SOLUTION).index
    with warm(env={**os.environ, "PODIUM_SCORER_THREADS": "1"}) as process:
        answer, _ = ask(process, frames(SCORE, index, SUBMISSION))
    assert answer.report == score("roc_auc", SOLUTION, SUBMISSION)


def test_nothing_is_opened_after_the_ready_line() -> None:
    """With no file descriptor left, nothing can be opened, and nothing needs to be."""
    index = prepare("roc_auc", SOLUTION).index
    with warm() as process:
        fds = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (fds, fds))
        answer, _ = ask(process, frames(SCORE, index, SUBMISSION))
    assert answer.report.status is Outcome.SCORED


def test_running_out_of_memory_has_an_exit_code_of_its_own() -> None:
    with warm() as process:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + (8 << 20)
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
        line = JobHeader(
            nonce="n", job=SCORE, sizes=(("index", 64 << 20), ("submission", 0))
        ).to_line()
        out, _ = process.communicate(line, timeout=60)
    assert (process.returncode, out) == (EXIT_MEMORY, b"")


IMPORTS = """
import sys
from podium_scorer import serve
serve.warm_up()
before = set(sys.modules)
from podium_scorer.contract import *
from podium_scorer.engine import run_prepare, run_score
solution, submission = (open(name, "rb").read() for name in sys.argv[1:3])
heavy = {"pandas", "scipy", "sklearn", "matplotlib", "numba"}
for name in ("roc_auc", "log_loss", "rmse", "mae", "accuracy", "f1_macro"):
    spec = MetricSpec(name=name)
    index = run_prepare(PrepareJob(metric=spec), solution, b"").index
    job = ScoreJob(metric=spec, submission_name="s.csv")
    assert run_score(job, index, submission).status == "scored", name
    run_score(job, index, b"id,y\\n1,x\\n1,2,3\\n")
print(sorted(set(sys.modules) - before), sorted(heavy & set(sys.modules)))
"""


def test_scoring_imports_nothing_more_and_never_pandas_or_scikit_learn(
    tmp_path: Path,
) -> None:
    (tmp_path / "solution.csv").write_bytes(SOLUTION)
    perfect = SOLUTION.replace(b",Public", b"").replace(b",Private", b"")
    (tmp_path / "submission.csv").write_bytes(perfect.replace(b",Usage", b""))
    files = [str(tmp_path / name) for name in ("solution.csv", "submission.csv")]
    found = subprocess.run(
        [sys.executable, "-c", IMPORTS, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.strip() == "[] []", found.stderr


def test_a_lint_job_answers_with_its_findings() -> None:
    spec = MetricSpec(name="roc_auc")
    job = LintJob(
        metric=spec,
        custom=False,
        id_column="id",
        data_names=("answers.csv",),
        published=1,
    )
    files = [
        b"id,y,Usage\n1,0,Public\n2,1,Public\n",
        b"id,y\n1,0.5\n2,0.5\n",
        b"a\n1\n",
    ]
    sizes = tuple(zip(job.files, map(len, files), strict=True))
    line = JobHeader(nonce="n", job=job, sizes=sizes).to_line()
    command = [sys.executable, "-m", "podium_scorer", "serve"]

    done = subprocess.run(
        command, input=line + b"".join(files), capture_output=True, check=True
    )

    _, header, findings = done.stdout.split(b"\n", 2)
    answer = AnswerHeader.from_line(header + b"\n")
    assert answer.sizes == (("findings", len(findings)),)
    codes = {one["code"] for one in json.loads(findings)["findings"]}
    assert "names-solution" in codes
