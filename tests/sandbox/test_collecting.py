"""What a harness sends that lies, and what of it reaches a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podium_sandbox.collecting import FilesReader, Result, ResultReader
from podium_sandbox.errors import BadAnswer, LimitReached
from podium_sandbox.limits import Profile, limits_for
from podium_scorer.contract import CutOff

LIMITS = limits_for(Profile.CODE)
GOOD: dict[str, Any] = {
    "nonce": "n",
    "exit_code": 0,
    "cpu_s": 0.5,
    "memory_peak_bytes": 1000,
    "met": [],
    "files": [["a/b.csv", 3], ["c", 0]],
    "fault": "",
}


def read(**changes: Any) -> Result | None:
    reader = ResultReader("n", LIMITS)
    assert reader.feed(json.dumps(GOOD | changes).encode() + b"\nrest")
    assert reader.rest == b"rest"
    return reader.result


def test_a_result_is_read_and_what_follows_it_is_kept() -> None:
    assert read() == Result(
        exit_code=0,
        cpu_s=0.5,
        memory_peak_bytes=1000,
        met=(),
        files=(("a/b.csv", 3), ("c", 0)),
        fault="",
    )


def test_with_a_fault_no_file_is_expected() -> None:
    found = read(fault="a link\x1b[0m", met=["memory", "luck"])
    assert found is not None
    assert (found.files, found.fault) == ((), "a link\ufffd[0m")
    assert found.met == (CutOff.MEMORY,)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "m"},
        {"more": 1},
        {"exit_code": 256},
        {"exit_code": -1},
        {"exit_code": True},
        {"cpu_s": float("inf")},
        {"cpu_s": -1},
        {"memory_peak_bytes": 1 << 70},
        {"met": "memory"},
        {"fault": None},
        {"files": {}},
        {"files": [["a"]]},
        {"files": [["a", -1]]},
        {"files": [["a", 1.5]]},
        {"files": [["a", LIMITS.output_bytes + 1]]},
        {"files": [[str(n), 0] for n in range(LIMITS.output_files + 1)]},
        *(
            {"files": [[name, 0]]}
            for name in (
                *("", "/etc/x", "../x", "a/../x", "a//b", ".hidden", "a/.git", "-rf"),
                *("a\nb", "a\\b", "a\0", "é", "x.", "a ", "x" * 101, "a/" * 9 + "x"),
            )
        ),
        {"files": [["a", 0], ["A", 0]]},
        {"files": [["a", 0], ["a/b", 0]]},
    ],
)
def test_what_does_not_fit_is_no_result(changes: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        read(**changes)


def test_files_beyond_the_limit_together_are_cut_off() -> None:
    half = LIMITS.output_bytes // 2 + 1
    with pytest.raises(LimitReached) as limit:
        read(files=[["a", half], ["b", half]])
    assert limit.value.reason is CutOff.OUTPUT


@pytest.mark.parametrize("line", [b"hello\n", b"[]\n", b"[" * 9999 + b"\n"])
def test_what_is_no_object_is_no_result(line: bytes) -> None:
    with pytest.raises(BadAnswer):
        ResultReader("n", LIMITS).feed(line)


def test_a_line_without_an_end_is_refused() -> None:
    reader = ResultReader("n", LIMITS)
    assert not any(reader.feed(b"x" * (1 << 16)) for _ in range(16))
    with pytest.raises(BadAnswer):
        reader.feed(b"x")


@pytest.mark.parametrize("size", [1, 4, 100])
def test_files_arrive_at_any_cut(tmp_path: Path, size: int) -> None:
    files = FilesReader([("a/b.csv", 5), ("empty", 0), ("c", 2)], tmp_path)
    data = b"hello" + b"yo"
    pieces = [data[n : n + size] for n in range(0, len(data), size)]
    assert [files.feed(piece) for piece in pieces][-1]
    assert (tmp_path / "a/b.csv").read_bytes() == b"hello"
    assert (tmp_path / "empty").read_bytes() == b""
    assert (tmp_path / "c").read_bytes() == b"yo"


def test_bytes_after_the_last_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadAnswer):
        FilesReader([("a", 1)], tmp_path).feed(b"ab")
