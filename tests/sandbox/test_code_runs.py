"""Participants' programs through the service: every form, every ending, and no label."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from podium_sandbox.client import (
    CodeJob,
    Ended,
    ProgramVerdict,
    SandboxClient,
)
from podium_sandbox.code_job import LAUNCH_FAULTS
from podium_sandbox.docker_runner import DockerRunner
from podium_sandbox.policy import LABEL_SOCKET
from podium_sandbox.process_runner import ProcessRunner
from podium_sandbox.rooms import (
    CODE_IMAGES,
    METRIC_IMAGE,
    open_rooms,
)
from podium_scorer.contract import CustomPrepareJob, CustomScoreJob, CutOff, Outcome
from tests.sandbox.conftest import (
    IMAGE,
    Running,
    engine_at_hand,
    limits,
    running,
    unique,
    wait_until,
)

TEST = b"id,x\n1,2\n2,3\n"
PREDICT = b"""
import os
rows = open(os.environ["PODIUM_INPUT"] + "/test.csv").read().splitlines()[1:]
with open(os.environ["PODIUM_OUTPUT"] + "/submission.csv", "w") as file:
    file.write("id,y\\n" + "".join(row.split(",")[0] + ",1\\n" for row in rows))
print("predicted", len(rows))
"""
ADDRESS = unique("tests/code")
PREDICTED = b"id,y\n1,1\n2,1\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of some files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def notebook(*cells: str) -> bytes:
    """A notebook with these code cells, and one of text."""
    made: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": ["# %matplotlib"]}
    ]
    made += [
        {"cell_type": "code", "source": cell.splitlines(keepends=True)}
        for cell in cells
    ]
    return json.dumps({"cells": made, "nbformat": 4}).encode()


def with_link() -> bytes:
    """An archive with a symbolic link in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("main.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@dataclass
class Host:
    """A service with rooms for other people's code, and a client of it."""

    service: Running

    @property
    def client(self) -> SandboxClient:
        """The service's client."""
        return self.service.client

    def run(self, program: bytes, **changes: Any) -> tuple[ProgramVerdict, bytes]:
        """Run a program on TEST; what is known of it, and its output."""
        job = replace(CodeJob(image="python", inputs=("test.csv",)), **changes)
        files = [io.BytesIO(program)]
        files += [io.BytesIO(TEST) for _ in (*job.inputs, *job.train_inputs)]
        with tempfile.TemporaryFile() as output:
            verdict = self.client.run_code(job, files, output=output)
            output.seek(0)
            return verdict, output.read()


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    given = limits()
    runner = DockerRunner(given, engine=engine_at_hand(), image=IMAGE, address=ADDRESS)
    rooms = open_rooms(runner, METRIC_IMAGE, CODE_IMAGES)
    assert not rooms.refusals, "make image builds what is missing"
    with running(runner, given, pool=0, rooms=rooms) as service:
        yield Host(service)


@pytest.mark.docker
@pytest.mark.parametrize(
    "program",
    [
        PREDICT,
        zipped({"main.py": PREDICT, "model/weights.bin": b"\0" * 1000}),
        zipped({"mine/main.py": PREDICT, "mine/data.txt": b"", "__MACOSX/x": b""}),
        notebook("import os\nx = 1", PREDICT.decode()),
    ],
    ids=["script", "archive", "archive of a folder", "notebook"],
)
def test_every_form_of_a_program_runs(host: Host, program: bytes) -> None:
    verdict, output = host.run(program)
    assert (verdict.outcome, verdict.exit_code) == (Ended.FINISHED, 0), verdict
    assert output == PREDICTED
    assert verdict.log == "predicted 2\n"
    assert verdict.files == {"submission.csv": len(PREDICTED)}
    assert verdict.sandbox == "docker(code)"


@pytest.mark.docker
def test_a_program_finds_its_own_files_beside_it(host: Host) -> None:
    code = b"import helper\nprint(helper.WORD, open('words.txt').read())"
    files = {"main.py": code, "helper.py": b"WORD = 'a'", "words.txt": b"b"}
    verdict, _ = host.run(zipped({f"top/{name}": text for name, text in files.items()}))
    assert verdict.log == "a b\n"


@pytest.mark.docker
def test_a_program_sees_its_inputs_only_and_can_change_none(host: Host) -> None:
    code = b"""
import os
found = [os.path.join(w, f) for w, _, names in os.walk("/input") for f in names]
print(sorted(found))
for path in found:
    try:
        open(path, "ab")
    except OSError:
        print("kept")
"""
    verdict, _ = host.run(code)
    assert verdict.log == "['/input/data/test.csv', '/input/program']\nkept\nkept\n"


@pytest.mark.docker
@pytest.mark.parametrize(
    ("program", "code"),
    [
        (b"\x89PNG\r\n\x1a\n\xff", 100),
        (b"just some words of a letter", 100),
        (zipped({"solve.py": PREDICT}), 101),
        (zipped({"a/main.py": PREDICT, "b/x.py": b""}), 101),
        (zipped({"../main.py": PREDICT}), 102),
        (zipped({"/etc/main.py": PREDICT}), 102),
        (with_link(), 102),
        (zipped({"main.py": PREDICT})[:-30], 102),
        (zipped({"main.py": PREDICT} | {f"{n}.txt": b"" for n in range(4000)}), 102),
        (zipped({"main.py": PREDICT, "big": b"\0" * (520 << 20)}), 103),
        (notebook("!pip install x"), 104),
        (notebook("%matplotlib inline"), 104),
        (b'{"cells": 1}', 104),
    ],
)
def test_what_is_no_program_is_told_in_a_sentence(
    host: Host, program: bytes, code: int
) -> None:
    verdict, output = host.run(program)
    assert (verdict.outcome, verdict.exit_code) == (Ended.FINISHED, code), verdict
    assert verdict.detail == LAUNCH_FAULTS[code].format(entry="main.py")
    assert verdict.log.startswith("The submission can't be started: ")
    assert output == b""


@pytest.mark.docker
@pytest.mark.parametrize(
    ("program", "changes", "outcome", "reason", "code"),
    [
        (b"raise SystemExit(7)", {}, Ended.FINISHED, None, 7),
        (b"1 / 0", {}, Ended.FINISHED, None, 1),
        (
            b"while True: pass",
            {"limits": {"wall_s": 2}},
            Ended.CUT_OFF,
            CutOff.TIME,
            None,
        ),
        (
            b"x = b'x' * (1 << 30)",
            {"limits": {"memory_mb": 256}},
            Ended.CUT_OFF,
            CutOff.MEMORY,
            None,
        ),
        (
            b"open('/output/submission.csv', 'wb').write(b'x' * (9 << 20))",
            {"limits": {"output_mb": 8}},
            Ended.CUT_OFF,
            CutOff.OUTPUT,
            None,
        ),
        (
            b"print('x' * (9 << 20))",
            {},
            Ended.CUT_OFF,
            CutOff.LOG,
            None,
        ),
    ],
)
def test_every_ending_is_told_apart(
    host: Host,
    program: bytes,
    changes: dict[str, Any],
    outcome: Ended,
    reason: CutOff | None,
    code: int | None,
) -> None:
    verdict, output = host.run(program, **changes)
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict
    if code is not None:
        assert verdict.exit_code == code
    assert output == b""


@pytest.mark.docker
@pytest.mark.parametrize("code", LAUNCH_FAULTS)
def test_a_program_that_ends_like_the_launcher_is_a_program(
    host: Host, code: int
) -> None:
    """Else every run would be free for whoever ends with such a code."""
    program = f"""
import sys
print(open("/proc/self/cmdline").read().split("\\0"), file=sys.stderr)
print("The submission can't be started: no archive", file=sys.stderr)
raise SystemExit({code})
"""
    verdict, _ = host.run(program.encode())
    assert (verdict.exit_code, verdict.detail) == (code, "")
    assert "['python3', 'main.py', '']" in verdict.log


@pytest.mark.docker
def test_a_model_goes_from_training_to_prediction(host: Host) -> None:
    train = b"""
import os
os.mkdir("/output/deep")
open("/output/deep/model.txt", "w").write(open("/input/data/train.csv").read()[:4])
"""
    predict = b"""
import os
assert os.listdir("/input/data") == ["test.csv"]
word = open(os.environ["PODIUM_MODEL"] + "/deep/model.txt").read()
open("/output/submission.csv", "w").write(word)
"""
    verdict, output = host.run(
        zipped({"train.py": train, "main.py": predict}),
        train="train.py",
        train_inputs=("train.csv",),
        train_wall_s=30.0,
    )
    assert verdict.exit_code == 0, verdict
    assert output == TEST[:4]


@pytest.mark.docker
def test_a_failed_training_ends_the_run(host: Host) -> None:
    program = zipped({"train.py": b"raise SystemExit(3)", "main.py": PREDICT})
    verdict, output = host.run(program, train="train.py")
    assert (verdict.exit_code, output) == (3, b"")


@pytest.mark.docker
def test_a_pinned_image_is_the_only_one_that_will_do(host: Host) -> None:
    pinned = host.client.status().code_images["python"]
    verdict, _ = host.run(PREDICT, image_id=pinned)
    assert verdict.outcome is Ended.FINISHED
    verdict, _ = host.run(PREDICT, image_id="sha256:" + "0" * 64)
    assert verdict.outcome is Ended.REFUSED
    assert pinned in verdict.detail


@pytest.mark.docker
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image": "cobol"}, "no image 'cobol'"),
        ({"limits": {"memory_mb": 1e9}}, "memory_mb must be"),
        ({"limits": {"wall_s": 0}}, "wall_s must be"),
        ({"train": "main.py", "train_wall_s": 1e6}, "wall_s must be"),
    ],
)
def test_what_this_host_can_t_do_is_refused(
    host: Host, changes: dict[str, Any], said: str
) -> None:
    verdict, _ = host.run(PREDICT, **changes)
    assert verdict.outcome is Ended.REFUSED
    assert said in verdict.detail


@pytest.mark.docker
def test_a_run_ends_when_nobody_waits_for_it(host: Host) -> None:
    job = CodeJob(image="python", inputs=("test.csv",))
    line = json.dumps({"op": "code", "job": job.to_json()}).encode() + b"\n"
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(b"import time\ntime.sleep(60)\n")
        files[0].flush()
        link = stack.enter_context(socket.socket(socket.AF_UNIX))
        link.connect(str(host.service.socket))
        socket.send_fds(link, [line], [file.fileno() for file in files])
        assert wait_until(lambda: host.client.status().running == 1)
        assert wait_until(lambda: len(containers("podium-code")) == 1)
    assert wait_until(lambda: host.client.status().running == 0)
    assert wait_until(lambda: not containers("podium-"))


def containers(name: str) -> list[str]:
    """Our service's containers whose name begins like that; others share the engine."""
    found = engine_at_hand().call("GET", "/containers/json", query={"all": "1"})
    return [
        each["Id"]
        for each in found
        if each["Labels"].get(LABEL_SOCKET) == ADDRESS
        and each["Names"][0].startswith(f"/{name}")
    ]


METRIC = b"""
import pandas as pd
import sklearn.metrics

def score(solution, submission, row_id_column_name, power: float = 1.0) -> float:
    print("called")
    return sklearn.metrics.mean_absolute_error(solution.y, submission.y) ** power
"""


@pytest.mark.docker
def test_an_organizers_metric_is_tried_and_scores_in_its_own_image(host: Host) -> None:
    solution = b"id,y,Usage\n1,1,Public\n2,5,Private\n"
    job = CustomPrepareJob(params={"power": 2.0})
    files = [io.BytesIO(each) for each in (solution, b"id,y\n1,0\n2,0\n", METRIC)]
    index = io.BytesIO()
    verdict = host.client.run(job, files, wall_s=30, output=index)
    assert verdict.outcome is Outcome.PREPARED, verdict
    files = [index, io.BytesIO(b"id,y\n2,2\n1,3\n")]
    scored = host.client.run(CustomScoreJob(submission_name="a.csv"), files, wall_s=30)
    assert scored.report is not None, scored
    assert (scored.report.public, scored.report.private) == (4.0, 9.0)
    assert scored.log == "called\ncalled\n"


@pytest.mark.docker
def test_organizers_metrics_wait_warm_once_they_are_needed(host: Host) -> None:
    job = CustomPrepareJob()
    files = [io.BytesIO(each) for each in (TEST, b"id,x\n1,0\n2,0\n", METRIC)]
    for _ in range(2):
        host.client.run(job, files, wall_s=30, output=io.BytesIO())
    assert wait_until(lambda: bool(containers("podium-scorer")), time_s=20)


@pytest.mark.docker
def test_a_missing_image_closes_its_room_only() -> None:
    runner = DockerRunner(
        limits(), engine=engine_at_hand(), image=IMAGE, address=unique("tests/missing")
    )
    rooms = open_rooms(runner, "podium-none:latest", "python=podium-none:1")
    assert set(rooms.refusals) == {"custom", "code"}
    assert all("podium-none" in why for why in rooms.refusals.values())


def test_without_containers_no_foreign_code_runs() -> None:
    given = limits()
    runner = ProcessRunner(given)
    rooms = open_rooms(runner, METRIC_IMAGE, CODE_IMAGES)
    with running(runner, given, pool=0, rooms=rooms) as service:
        host = Host(service)
        verdict, _ = host.run(PREDICT)
        assert verdict.outcome is Ended.REFUSED
        assert "no Docker engine" in verdict.detail
        files = [io.BytesIO(b"")] * 2
        job = CustomScoreJob(submission_name="a.csv")
        scored = host.client.run(job, files, wall_s=5)
        assert scored.outcome is Outcome.HOST_ERROR
        assert "no Docker engine" in scored.detail
        assert set(host.client.status().refusals) == {"custom", "code"}


def test_a_service_that_is_away_fails_and_refuses_nothing() -> None:
    with tempfile.TemporaryFile() as output:
        client = SandboxClient(path_of_nobody())
        job = CodeJob(image="python")
        verdict = client.run_code(job, [io.BytesIO(PREDICT)], output=output)
    assert (verdict.outcome, verdict.sandbox) == (Ended.FAILED, "")


def path_of_nobody() -> Any:
    """A socket's path that nobody listens at."""
    return os.path.join(tempfile.gettempdir(), "podium-nobody.sock")
