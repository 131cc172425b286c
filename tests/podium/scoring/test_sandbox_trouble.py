"""Trouble between a worker and its sandbox service: whose failure is it?"""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from podium.submissions.models import Status
from podium_sandbox.client import SandboxClient
from tests.podium.scoring.works import Works


@contextmanager
def listening(path: Path, answer: bytes) -> Iterator[None]:
    """A service that takes every request, says so much and hangs up."""
    ending = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not ending.is_set():
            try:
                link, _ = listener.accept()
            except TimeoutError:
                continue
            with link:
                while not link.recv(1 << 16).endswith(b"\n"):
                    pass
                link.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(0.05)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def with_client(works: Works, path: Path) -> Works:
    services = dataclasses.replace(works.services, sandbox=SandboxClient(path))
    return Works(services).with_settings(failures_most=2)


def test_a_service_that_is_away_costs_no_failure(works: Works, tmp_path: Path) -> None:
    works = with_client(works, tmp_path / "nobody.sock")
    score_id = works.submitted()
    for _ in range(3):
        works.work(score_id)
    score = works.score(score_id)
    assert (score.status, score.failures) == (Status.QUEUED, 0)


@pytest.mark.parametrize("answer", [b"", b'{"outcome": "scor', b"nonsense\n"])
def test_a_file_that_ends_the_service_each_time_comes_to_an_end(
    works: Works, tmp_path: Path, answer: bytes
) -> None:
    path = tmp_path / "sandbox.sock"
    works = with_client(works, path)
    score_id = works.submitted()
    with listening(path, answer):
        works.work(score_id)
        assert works.score(score_id).failures == 1
        works.work(score_id)
    score = works.score(score_id)
    assert score.status is Status.FAILED
    assert score.sandbox == "lost"
    assert not works.submission_of(score_id).counted


def test_a_service_that_can_start_no_sandbox_costs_no_failure(
    works: Works, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.sock"
    works = with_client(works, path)
    score_id = works.submitted()
    answer = (
        b'{"outcome": "failed", "detail": "the engine is away", "report": null, '
        b'"reason": null, "log": "", "sandbox": "", "wall_s": 0.1}\n'
    )
    with listening(path, answer):
        for _ in range(3):
            works.work(score_id)
    score = works.score(score_id)
    assert (score.status, score.failures) == (Status.QUEUED, 0)
