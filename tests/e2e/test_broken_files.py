"""Ten files that participants really send by mistake, each answered with all its faults."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import Participant
from tests.live import LivePodium

SLUG = "breast-cancer"
PER_DAY = 5
SAMPLE = Path(COMPETITIONS / SLUG / "data/sample_submission.csv").read_text()
LINES = SAMPLE.splitlines()


def file_of(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def wrong_column() -> bytes:
    return file_of(["id,prediction", *LINES[1:]])


def pandas_index() -> bytes:
    rows = [f"{number},{line}" for number, line in enumerate(LINES[1:])]
    return file_of([f",{LINES[0]}", *rows])


def header_alone() -> bytes:
    return file_of(LINES[:1])


def every_mistake_in_rows() -> bytes:
    """A text, a NaN, an infinity and an empty value; a row missing, twice and unknown."""
    rows = list(LINES)
    for line, value in ((2, "yes"), (3, "nan"), (4, "inf"), (5, "")):
        rows[line - 1] = f"{rows[line - 1].partition(',')[0]},{value}"
    rows[5] = rows[6]
    rows[7] = "no-such-id,0.5"
    return file_of(rows)


def ragged() -> bytes:
    rows = list(LINES)
    rows[3] += ",0.1"
    rows[8] = rows[8].partition(",")[0]
    return file_of(rows)


def with_spaces() -> bytes:
    return file_of([LINES[0], *(f" {line}" for line in LINES[1:])])


def a_picture() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


def half_a_gzip() -> bytes:
    whole = gzip.compress(SAMPLE.encode())
    return whole[: len(whole) // 2]


def two_in_a_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("first.csv", SAMPLE)
        archive.writestr("second.csv", SAMPLE)
    return made.getvalue()


def nothing_but_spaces() -> bytes:
    return b" \n \n"


# What is sent, under which name, and the kinds of fault that must be named, all of them.
FILES: dict[str, tuple[Callable[[], bytes], str, set[str]]] = {
    "the column has another name": (
        wrong_column,
        "predictions.csv",
        {"missing_column", "unexpected_column"},
    ),
    "pandas wrote its index": (pandas_index, "submission.csv", {"unexpected_column"}),
    "a header and no rows": (header_alone, "predictions.csv", {"missing_id"}),
    "every mistake in rows": (
        every_mistake_in_rows,
        "predictions.csv",
        {
            "not_a_number", "nan", "infinite", "empty_value",
            "missing_id", "duplicate_id", "unexpected_id",
        },
    ),
    "rows of another length": (
        ragged,
        "predictions.csv",
        {"ragged_row"},
    ),
    "ids with a space": (
        with_spaces,
        "predictions.csv",
        {"unexpected_id", "missing_id"},
    ),
    "a picture": (a_picture, "predictions.csv", {"file_type"}),
    "half an archive": (half_a_gzip, "predictions.csv.gz", {"damaged"}),
    "two files in a zip": (two_in_a_zip, "predictions.zip", {"file_type"}),
    "blank lines": (nothing_but_spaces, "predictions.csv", {"empty_file"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def beginner(live: LivePodium) -> Participant:
    """Somebody whose every file is broken."""
    return Participant(live.url).sign_up().enter(SLUG)


def sent(beginner: Participant, name: str) -> Any:
    make, file_name, _ = FILES[name]
    return beginner.outcome(beginner.send(SLUG, make(), file_name, words=name))


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_answered_with_all_its_faults(
    beginner: Participant, name: str
) -> None:
    found = sent(beginner, name)
    assert found["status"] == "rejected", found
    assert {fault["kind"] for fault in found["errors"]} == FILES[name][2]
    for fault in found["errors"]:
        assert fault["count"] >= 1
        assert fault["message"].endswith(".")
        assert fault["advice"].strip()


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_uses_up_no_quota(beginner: Participant, name: str) -> None:
    assert not sent(beginner, name)["counted"]
    assert beginner.left_today(SLUG) == PER_DAY


def test_faults_name_their_lines_and_values(beginner: Participant) -> None:
    faults = {
        fault["kind"]: fault
        for fault in sent(beginner, "every mistake in rows")["errors"]
    }
    assert faults["not_a_number"]["examples"] == [{"line": 2, "value": "yes"}]
    assert faults["nan"]["examples"][0]["line"] == 3
    assert faults["infinite"]["examples"][0]["line"] == 4
    assert faults["empty_value"]["examples"][0]["line"] == 5
    assert faults["duplicate_id"]["examples"][0]["line"] == 7
    assert faults["unexpected_id"]["examples"] == [{"line": 8, "value": "no-such-id"}]
    assert faults["missing_id"]["count"] == 2


def test_an_empty_file_is_refused_before_it_is_queued(beginner: Participant) -> None:
    answer = beginner.ask(
        "POST",
        f"/competitions/{SLUG}/submissions",
        params={"file_name": "predictions.csv"},
        content=b"",
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 422
    assert "empty" in answer.json()["detail"]
    assert beginner.left_today(SLUG) == PER_DAY
