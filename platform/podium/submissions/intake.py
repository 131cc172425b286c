"""The rules of handing in, as pure functions: what a team may still send, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from podium.core import clock
from podium.core import text as texts

FORMATS = ("csv.gz", "csv", "zip", "parquet", "npy", "npz", "py", "ipynb")


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a team may still hand in. ``left_total`` is None where there is no total."""

    per_day: int
    left_today: int
    total: int | None
    left_total: int | None
    next_reset_at: datetime

    @property
    def left_now(self) -> int:
        """How many may be sent right now."""
        if self.left_total is None:
            return self.left_today
        return min(self.left_today, self.left_total)


def allowance(
    *, per_day: int, total: int | None, used_today: int, used: int, now: datetime
) -> Allowance:
    """What is left of the limits; days are UTC days."""
    return Allowance(
        per_day=per_day,
        left_today=max(0, per_day - used_today),
        total=total,
        left_total=None if total is None else max(0, total - used),
        next_reset_at=clock.next_day_start(now),
    )


def timeline_refusal(
    *, title: str, opens_at: datetime, closes_at: datetime, now: datetime, late: bool
) -> str | None:
    """Why nothing can be handed in now, or None; ``late``: after the end it still can."""
    if now < opens_at:
        return (
            f"{title} has not opened yet. Submissions open on "
            f"{opens_at:%d %B %Y at %H:%M} UTC."
        )
    if now >= closes_at and not late:
        return (
            f"{title} ended on {closes_at:%d %B %Y at %H:%M} UTC, so submissions are "
            "closed. The boards stay open to read."
        )
    return None


def quota_refusal(left: Allowance) -> str | None:
    """Why the limits allow no further submission, or None."""
    if left.left_total == 0:
        return (
            f"Your team has used all {left.total} submissions of this competition. "
            "Those you have sent stay on the board."
        )
    if left.left_today == 0:
        return (
            f"Your team has used its {left.per_day} "
            f"{'submission' if left.per_day == 1 else 'submissions'} for today; "
            f"the next one opens at 00:00 UTC on {left.next_reset_at:%d %B}."
        )
    return None


def file_refusal(
    *,
    file_name: str,
    size: int | None,
    most_bytes: int,
    formats: Sequence[str],
    description: str,
) -> dict[str, str]:
    """What is wrong with a file before it is read, by field; empty where nothing is.

    A name without a known ending is let through: the scorer looks at the content.
    """
    faults = {}
    if not file_name.strip() or len(file_name) > 255 or not file_name.isprintable():
        faults["file"] = "Choose a file with a name of 1 to 255 visible characters."
    elif size == 0:
        faults["file"] = "The file is empty. Choose the one that you mean to send."
    elif size is not None and size > most_bytes:
        faults["file"] = (
            f"The file has {texts.size(size)}; this competition takes up to "
            f"{texts.size(most_bytes)}. {_smaller(formats)}"
        )
    elif (ending := _ending(file_name)) and formats and ending not in formats:
        faults["file"] = (
            f"This competition does not take .{ending} files. "
            f"Send one of: {', '.join('.' + each for each in formats)}."
        )
    if len(description) > 500:
        faults["description"] = "Keep the description within 500 characters."
    elif not texts.storable(description):
        faults["description"] = "Leave characters out that can't be shown."
    return faults


def formats_in_words(formats: Sequence[str]) -> str:
    """The formats of predictions that a competition takes, for a sentence."""
    names = [".zip of one CSV" if each == "zip" else f".{each}" for each in formats]
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def endings(formats: Sequence[str]) -> str:
    """The same as a browser's field for files wants it."""
    last = [f".{each.rpartition('.')[2]}" for each in formats]
    return ",".join(dict.fromkeys(last))


def _smaller(formats: Sequence[str]) -> str:
    """How to get below the size limit."""
    if "csv" in formats or not formats:
        return "Compress it (.csv.gz or .zip)."
    return "Leave out what the program does not need."


def _ending(file_name: str) -> str:
    """The format that the file's name ends in; nothing where it is none we know."""
    name = file_name.strip().lower()
    return next((each for each in FORMATS if name.endswith("." + each)), "")
