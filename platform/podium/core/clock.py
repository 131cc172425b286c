"""The time, always aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def day_start(moment: datetime) -> datetime:
    """00:00 UTC of that moment's day: daily limits begin anew then."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def next_day_start(moment: datetime) -> datetime:
    """00:00 UTC of the day after."""
    return day_start(moment) + timedelta(days=1)
