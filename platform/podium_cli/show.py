"""What the commands print: tables for people, tab-separated rows for pipes, progress.

Texts from the server (names, messages) may have been written by anybody: control
characters are taken out, so that none can steer the terminal, and no markup is read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.table import Table

Json = dict[str, Any]


class Progress(Protocol):
    """Told the name of what moves, bytes so far, and bytes in all."""

    def __call__(self, name: str, done: int, total: int, /) -> None:
        """Show it."""


def plain(value: object) -> str:
    """A text on one line without control characters."""
    text = " ".join(str(value).split())
    return "".join(char if char.isprintable() else "�" for char in text)


def say(text: str) -> None:
    """A sentence for the person, beside the output: on standard error."""
    print(plain(text), file=sys.stderr)


def lines(texts: Sequence[str]) -> None:
    """Lines on standard output; an indent of two blanks stays."""
    for text in texts:
        print(f"  {plain(text)}" if text.startswith(" ") else plain(text))


def as_json(data: object) -> None:
    """Data for programs, on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=True))


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], empty: str) -> None:
    """Rows under headers; in a pipe, one tab-separated line each. ``empty`` if none."""
    texts = [[plain(field) for field in row] for row in rows]
    if not texts:
        say(empty)
        if sys.stdout.isatty():
            return
    if not sys.stdout.isatty():
        for line in ([header.lower() for header in headers], *texts):
            print("\t".join(line))
        return
    from rich.console import Console  # noqa: PLC0415  # as slow as all else together

    Console().print(rich_table(headers, texts))


def rich_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Rows under headers, to be drawn on a terminal."""
    # rich takes as long to load as everything else together.
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        shown.add_column(header)
    for line in rows:
        shown.add_row(*(Text(plain(field)) for field in line))
    return shown


@contextmanager
def progress(*, wanted: bool) -> Iterator[Progress | None]:
    """A bar on standard error where that is a terminal, else None."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    # rich takes as long to load as everything else together.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def update(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(plain(name), total=total)
        bars.update(tasks[name], completed=done)

    with bars:
        yield update


def moment(text: str | None) -> str:
    """A time of the API (UTC) in the reader's time zone, to the minute."""
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return text


def score(value: float | None) -> str:
    """A score with the digits that boards show."""
    return "" if value is None else f"{value:.5f}"


def size(count: int) -> str:
    """Bytes as people say them."""
    if count < 1000:
        return f"{count} B"
    value, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"


def state(submission: Json) -> str:
    """A submission's status in words, with its place while it waits."""
    status = str(submission.get("status", "")).replace("_", " ")
    waiting = submission.get("waiting")
    if submission.get("status") != "queued" or not waiting:
        return status
    text = f"waiting, number {waiting['position']} in line"
    if waiting.get("estimate_s") is not None:
        text += f", about {waiting['estimate_s']:.0f} s"
    return text


def ending(submission: Json) -> list[str]:
    """How a submission ended, in lines."""
    if submission["status"] == "scored":
        lines = [f"Public score {score(submission.get('public_score'))}"]
        if submission.get("rank") is not None:
            lines[0] += f", rank {submission['rank']}"
        if submission.get("private_score") is not None:
            lines.append(f"Private score {score(submission['private_score'])}")
        if submission.get("late"):
            lines.append("Late: sent after the end, so it is ranked nowhere.")
        return lines
    lines = [f"No score: {state(submission)}."]
    if submission.get("message"):
        lines.append(str(submission["message"]))
    lines += faults(submission.get("errors") or [])
    if not submission.get("counted", True):
        lines.append("This submission does not count against your limit.")
    return lines


def faults(found: Sequence[Json]) -> list[str]:
    """The faults of a file, in lines: what, where, and what to do."""
    return [line for fault in found for line in _fault(fault)]


def _fault(fault: Json) -> Iterator[str]:
    yield f"- {fault['message']}"
    examples = fault.get("examples") or []
    places = [place for place in map(_place, examples) if place]
    if places:
        more = fault.get("count", 1) - len(examples)
        rest = f" and {more} more" if more > 0 else ""
        yield f"  Where: {', '.join(places)}{rest}"
    if fault.get("advice"):
        yield f"  {fault['advice']}"


def _place(example: Json) -> str:
    line, value = example.get("line"), example.get("value")
    shown = [] if line is None else [f"line {line}"]
    if value is not None:
        shown.append(f"“{value}”")
    return " ".join(shown)
