"""Numbers, sizes and times as people read them; the filters of every template."""

from __future__ import annotations

import math
import zlib
from datetime import UTC, datetime, timedelta

from flask import Flask

from podium.core import clock
from podium.core.numbers import score_text
from podium.core.text import NOTHING, size

STEPS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
)
AVATAR_TINTS = 8
MINUS = "−"  # the typographic sign


def init(app: Flask) -> None:
    """Give templates the filters and the time."""
    for function in (
        absolute, amount, avatar_tint, day, initials, iso, ordinal, plural, relative, score,
        seconds, share, size, span,
    ):  # fmt: skip
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals["now"] = clock.now


def amount(count: float | None) -> str:
    """A whole number with thin gaps: 10000 is ``10,000``."""
    return NOTHING if count is None else f"{count:,.0f}".replace("-", MINUS)


def score(value: float | None, decimals: int = 5) -> str:
    """A score with the metric's decimals; very large or small ones as powers of ten."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return score_text(value, decimals).replace("-", MINUS)


def seconds(value: float | None) -> str:
    """A short time: ``0.42 s``, ``12.3 s``, ``340 s``."""
    if value is None:
        return NOTHING
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}\N{NO-BREAK SPACE}s"


def share(value: float) -> str:
    """A share from 0 to 1 as whole percent, never a rounded 0 or 100."""
    percent = round(100 * value)
    if 0 < value < 1:
        percent = min(99, max(1, percent))
    return f"{percent}\N{NO-BREAK SPACE}%"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 team``, ``2 teams``."""
    return f"{amount(count)} {one if count == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    last = number % 100
    ending = (
        "th" if 10 < last < 20 else {1: "st", 2: "nd", 3: "rd"}.get(last % 10, "th")
    )
    return f"{number}{ending}"


def iso(moment: datetime) -> str:
    """The moment in UTC for machines."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def absolute(moment: datetime) -> str:
    """``23 Nov 2026, 15:00 UTC``; scripts turn it into the reader's own zone."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"


def day(moment: datetime) -> str:
    """``23 Nov 2026``."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def span(length: timedelta | float) -> str:
    """A length of time in its largest fitting unit: ``3 days``, ``20 seconds``."""
    if not isinstance(length, timedelta):
        length = timedelta(seconds=length)
    for step, name in STEPS:
        if length >= step:
            return plural(int(length / step), name)
    return plural(max(0, round(length.total_seconds())), "second")


def relative(moment: datetime, now: datetime | None = None) -> str:
    """``in 3 days``, ``2 hours ago``, ``just now``."""
    distance = moment - (now or clock.now())
    if abs(distance) < timedelta(seconds=45):
        return "just now" if distance <= timedelta(0) else "in a moment"
    if distance > timedelta(0):
        return f"in {span(distance)}"
    return f"{span(-distance)} ago"


def initials(name: str) -> str:
    """One or two letters for an avatar."""
    words = [word for word in name.replace("_", " ").replace("-", " ").split() if word]
    letters = [
        word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
    ]
    return "".join(letters).upper() or "?"


def avatar_tint(name: str) -> int:
    """Which of the tints an avatar has; always the same one for a name."""
    return zlib.crc32(name.encode()) % AVATAR_TINTS
