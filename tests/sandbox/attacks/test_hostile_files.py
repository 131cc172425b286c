"""Files that attack their reader: the real scorer in a container, with little memory."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest

from podium_scorer.contract import (
    MetricSpec,
    Outcome,
    PrepareJob,
    ScoreJob,
    Verdict,
)
from tests.sandbox.attacks.host import Trace
from tests.sandbox.attacks.stage import left_of, watched
from tests.sandbox.conftest import Running, limits, running

pytestmark = pytest.mark.docker

METRIC = MetricSpec(name="roc_auc")
SOLUTION = b"id,y,Usage\n1,0,Public\n2,1,Public\n3,0,Private\n4,1,Private\n"
GOOD = b"id,y\n4,0.9\n3,0.1\n2,0.8\n1,0.2\n"
MARK = "an-unpickled-file-printed-this"
MB = 1 << 20


class Unpickled:
    """What a pickle of it does to whoever loads it."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"echo {MARK} >&2",)


def zipped(name: str, data: bytes, mode: int = 0o644) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFREG | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data)
    return sink.getvalue()


def link() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo("submission.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/proc/1/environ")
    return sink.getvalue()


def object_array() -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    size = len(header).to_bytes(2, "little")
    return b"\x93NUMPY\x01\x00" + size + header + pickle.dumps([Unpickled()])


FILES: dict[str, Callable[[], bytes]] = {
    "a bomb of gzip": lambda: gzip.compress(bytes(300 * MB), 9),
    "a bomb of gzip that looks like rows": lambda: gzip.compress(
        b"id,y\n" + b"1,0.5\n" * (50 * MB), 9
    ),
    "a bomb of zip": lambda: zipped("submission.csv", bytes(300 * MB)),
    "a zip whose file is a link": link,
    "a pickle": lambda: pickle.dumps(Unpickled()),
    "a pickle with a table's name": lambda: b"id,y\n" + pickle.dumps(Unpickled()),
    "an array of objects": object_array,
    "a line without end": lambda: b"id,y\n" + b"1" * (64 * MB),
    "a quote without end": lambda: b'id,y\n"' + b"1,0.5\n" * MB,
    "a million columns": lambda: b"id," + b",".join([b"y"] * MB) + b"\n",
}


@dataclass
class Host:
    """The real scorer, its index, and the traces of its containers."""

    service: Running
    index: bytes
    traces: list[Trace]

    def score(self, submission: bytes) -> Verdict:
        files = [BytesIO(self.index), BytesIO(submission)]
        job = ScoreJob(metric=METRIC, submission_name="mine.csv")
        return self.service.client.run(job, files, wall_s=30)


@pytest.fixture(scope="module")
def host(docker_host: str) -> Iterator[Host]:
    given = limits(memory_mb=256)
    runner, traces = watched(given, None)
    with running(runner, given, pool=0) as service:
        index, empty = BytesIO(), BytesIO(b"")
        job = PrepareJob(metric=METRIC)
        verdict = service.client.run(
            job, [BytesIO(SOLUTION), empty], wall_s=30, output=index
        )
        assert verdict.outcome is Outcome.PREPARED, verdict
        made = Host(service, index.getvalue(), traces)
        assert made.score(GOOD).outcome is Outcome.SCORED
        yield made


@pytest.mark.xdist_group("attacks-files")
@pytest.mark.parametrize("name", FILES)
def test_the_reader_rejects(name: str, host: Host) -> None:
    host.traces.clear()
    verdict = host.score(FILES[name]())
    assert verdict.outcome is Outcome.REJECTED, verdict
    assert verdict.report is not None
    assert verdict.report.errors
    assert not verdict.report.counts  # the reader's own faults use up no quota
    assert MARK not in verdict.log + repr(verdict.report)
    assert left_of(host.traces) == []


@pytest.mark.xdist_group("attacks-files")
def test_a_name_in_a_zip_leads_nowhere(host: Host) -> None:
    """An archive is read and never unpacked, so that its names are only names."""
    host.traces.clear()
    verdict = host.score(zipped("../../../usr/lib/python3.11/json/__init__.py", GOOD))
    assert verdict.outcome is Outcome.SCORED
    assert left_of(host.traces) == []
