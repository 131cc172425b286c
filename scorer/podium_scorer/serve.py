"""The warm process: loads everything, says it is ready, does one job, and ends.

``python -m podium_scorer serve`` (with ``--custom``: for metrics that organizers write)
speaks the frames of ``podium_scorer.contract`` on
standard input and output. Whatever else would be written to standard output goes to
standard error: the answer is the only thing on it. Nothing is imported or opened after
the ready line, so the process can be locked up there.

Exit codes: 0 answered (or no job came), 3 the job's frames do not keep to the contract,
4 a fault of ours (a traceback on standard error), 5 out of memory.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import traceback
from dataclasses import replace
from types import ModuleType
from typing import BinaryIO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from podium_scorer import __version__
from podium_scorer.contract import (
    AnswerHeader,
    CustomPrepareJob,
    CustomScoreJob,
    JobHeader,
    LintJob,
    MetricSpec,
    Outcome,
    PrepareJob,
    Report,
    ScoreJob,
)
from podium_scorer.engine import Prepared, run_prepare, run_score
from podium_scorer.faults import REPORT_BYTES, fit_report
from podium_scorer.wire import HEADER_BYTES, ContractError

EXIT_PROTOCOL, EXIT_OURS, EXIT_MEMORY = 3, 4, 5
THREADS = "PODIUM_SCORER_THREADS"  # how many threads read a file; default: two


def serve(*, custom: bool = False) -> NoReturn:
    """Do one job from standard input and end the process.

    ``custom`` loads what organizers' metrics need before it says that it is ready.
    """
    answer = os.fdopen(os.dup(1), "wb", closefd=True)
    os.dup2(2, 1)
    code = EXIT_OURS
    try:
        warm_up()
        if custom:
            _custom()
        answer.write(_ready_line())
        answer.flush()
        _answer_one(sys.stdin.buffer, answer)
        code = 0
    except ContractError as error:
        code = EXIT_PROTOCOL
        sys.stderr.write(f"The job does not keep to the contract: {error}\n")
    except MemoryError:
        code = EXIT_MEMORY
        sys.stderr.write("The job needs more memory than it may have.\n")
    except BrokenPipeError:
        code = 0  # nobody waits for the answer any more
    except Exception:  # the process's last words, whatever it was
        traceback.print_exc()
    sys.stderr.flush()
    # Not sys.exit: tearing the interpreter down would cost more than a small job.
    os._exit(code)


def warm_up() -> None:
    """Set the number of threads and run a small job through every reader once.

    The first job then pays for no thread, no allocation pool and no lazy import.
    """
    threads = os.environ.get(THREADS, "2")
    pa.set_cpu_count(max(1, int(threads) if threads.isdigit() else 2))
    solution = b"id,y,Usage\n1,0,Public\n2,1,Public\n3,0,Private\n4,1,Private\n"
    rows = (b"1,1\n2,0\n3,1\n4,0\n", b"2,0\n1,1\n4,0\n3,1\n", b"1,x\n")
    submissions = [*(b"id,y\n" + row for row in rows), _small_parquet()]
    for name in ("roc_auc", "f1_macro"):
        spec = MetricSpec(name=name)
        index = run_prepare(PrepareJob(metric=spec), solution, b"").index
        job = ScoreJob(metric=spec, submission_name="warm")
        for submission in submissions:
            run_score(job, index, submission)


def _small_parquet() -> bytes:
    # From bare buffers: ``pa.array`` would import pandas where it is installed.
    ids = np.arange(1, 5)
    scores = np.array([0.0, 1.0, 0.0, 1.0])
    columns = [
        pa.Array.from_buffers(kind, 4, [None, pa.py_buffer(values.tobytes())])
        for kind, values in ((pa.int64(), ids), (pa.float64(), scores))
    ]
    sink = io.BytesIO()
    table = pa.Table.from_arrays(columns, names=["id", "y"])
    pyarrow.parquet.write_table(table, sink)
    return sink.getvalue()


def _ready_line() -> bytes:
    return json.dumps({"ready": 1, "scorer": __version__}).encode() + b"\n"


def _answer_one(stdin: BinaryIO, answer: BinaryIO) -> None:
    line = stdin.readline(HEADER_BYTES + 1)
    if not line:
        return
    header = JobHeader.from_line(line)
    files = [_read_exactly(stdin, size) for _, size in header.sizes]
    match header.job:
        case PrepareJob() as job:
            prepared = run_prepare(job, *files)
        case ScoreJob() as job:
            prepared = Prepared(run_score(job, *files))
        case CustomPrepareJob() as job:
            prepared = _custom().prepare_custom(job, *files)
        case LintJob() as job:
            prepared = _lint(job, files)
        case CustomScoreJob() as job:
            prepared = Prepared(_custom().score_custom(job, *files))
    sys.stdout.flush()  # what a metric printed comes before the answer
    outputs = header.job.outputs if prepared.index else ()
    sizes = tuple((name, len(prepared.index)) for name in outputs)
    answer.write(_answer_line(header.nonce, prepared.report, sizes))
    answer.write(prepared.index)
    answer.flush()


def _lint(job: LintJob, files: list[bytes]) -> Prepared:
    # Not at the top: every other job does without.
    lint = importlib.import_module("podium_scorer.lint")
    findings = json.dumps(lint.lint_job(job, files).to_json()).encode()
    return Prepared(Report(status=Outcome.PREPARED, scorer=__version__), findings)


def _custom() -> ModuleType:
    # Not at the top: it imports pandas, which the image for the catalogue lacks.
    return importlib.import_module("podium_scorer.custom")


def _answer_line(
    nonce: str, report: Report, sizes: tuple[tuple[str, int], ...]
) -> bytes:
    """The header line; a long nonce leaves less room for the report."""
    most = REPORT_BYTES
    while most > 1024:
        fitted = fit_report(report, most)
        try:
            return AnswerHeader(nonce=nonce, report=fitted, sizes=sizes).to_line()
        except ContractError:
            most //= 2
    bare = replace(report, errors=())
    return AnswerHeader(nonce=nonce, report=bare, sizes=sizes).to_line()


def _read_exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise ContractError("a file is cut short")
    return data
