"""How lines of a log look, and that the service's lines say which submission they mean."""

from __future__ import annotations

import io
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podium_sandbox import logs
from tests.sandbox.test_service import end_daemon, start_daemon

log = logging.getLogger("podium.somewhere")


class Written(io.StringIO):
    """What was written, as lines."""

    def last(self) -> str:
        return self.getvalue().splitlines()[-1]

    def object(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.last())
        return found


@pytest.fixture
def restored() -> Iterator[None]:
    """The logging of the test run, as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []  # those of pytest are not to be closed
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def as_json(restored: None) -> Written:
    stream = Written()
    logs.configure("json", stream=stream)
    return stream


@pytest.fixture
def as_text(restored: None) -> Written:
    stream = Written()
    logs.configure("text", stream=stream)
    return stream


def test_a_line_of_json_has_its_parts_and_its_fields(as_json: Written) -> None:
    logs.say(log, "a score ended", attempt=2)
    line = as_json.object()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "podium.somewhere",
        "message": "a score ended",
        "attempt": 2,
    }


def test_what_is_bound_is_on_every_line_of_the_work(as_json: Written) -> None:
    with logs.bound(submission="abc"), logs.bound(score=7):
        log.warning("slow")
        assert (as_json.object()["submission"], as_json.object()["score"]) == ("abc", 7)
        assert logs.about() == {"submission": "abc", "score": 7}
    log.warning("done")
    assert "submission" not in as_json.object()
    assert logs.about() == {}


def test_a_field_never_takes_the_place_of_the_message(as_json: Written) -> None:
    logs.say(log, "true", message="false", level="error")
    line = as_json.object()
    assert (line["message"], line["level"]) == ("true", "info")


def test_a_traceback_stays_on_its_line_of_json(as_json: Written) -> None:
    try:
        raise ValueError("one\ntwo")
    except ValueError:
        log.exception("it failed")
    assert len(as_json.getvalue().splitlines()) == 1
    assert "ValueError: one\ntwo" in as_json.object()["exception"]


def test_a_line_for_people_has_fields_at_its_end(as_text: Written) -> None:
    logs.say(log, "a job ended", kind="score", reason=None, sandbox="a b")
    assert as_text.last() == (
        'INFO podium.somewhere a job ended kind=score reason=None sandbox="a b"'
    )


def test_nobody_writes_a_line_of_their_own_into_the_log(as_text: Written) -> None:
    with logs.bound(submission="x\nERROR root all is lost"):
        log.warning("the file %s is bad", "a\nINFO root all is well\x1b[2J")
    assert len(as_text.getvalue().splitlines()) == 1
    assert "\x1b" not in as_text.getvalue()


@pytest.mark.parametrize("said", [None, 7, ["a"], {"a": ["b"]}, {"not a name": "x"}])
def test_what_makes_no_field_is_left_out(said: object) -> None:
    assert logs.believable(said) == {}


def test_what_a_client_says_is_kept_short() -> None:
    said = {f"f{number}": "x" * 1000 for number in range(100)}
    found = logs.believable(said)
    assert len(found) == logs.MOST_FIELDS
    assert all(len(str(value)) == logs.FIELD_CHARS for value in found.values())


def test_the_services_line_carries_the_submission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_LOG_FORMAT", "json")
    daemon = start_daemon(tmp_path / "sandbox.sock", "process")
    stderr = daemon.process.stderr
    assert stderr is not None
    try:
        index = daemon.index()
        with logs.bound(submission="abc123", score=5):
            daemon.score(index)
        daemon.process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in stderr.read().splitlines()]
    finally:
        end_daemon(daemon)
    ended = [line for line in lines if line["message"] == "a job ended"]
    assert [line.get("submission") for line in ended] == [None, "abc123"]
    assert (ended[1]["score"], ended[1]["outcome"]) == (5, "scored")
    assert ended[1]["wall_s"] > 0
