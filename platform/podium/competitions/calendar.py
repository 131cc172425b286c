"""A competition's dates for calendars (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from icalendar import Calendar, Event

from podium.competitions.models import Competition

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar(competition: Competition, *, page: str, host: str, now: datetime) -> bytes:
    """The calendar; ``page`` is the competition's address, ``host`` the site's name in
    the events' ids, which stay the same when a date is moved."""
    made = Calendar()
    made.add("prodid", "-//Podium//Competition dates//EN")
    made.add("version", "2.0")
    made.add("name", competition.title)
    made.add("x-wr-calname", competition.title)
    for kind, words, at in _dates(competition):
        event = Event()
        event.add("uid", f"{competition.slug}-{kind}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", at)
        event.add("summary", f"{competition.title}: {words}")
        event.add("description", competition.subtitle)
        event.add("url", page)
        made.add_component(event)
    return bytes(made.to_ical())


def _dates(competition: Competition) -> Iterator[tuple[str, str, datetime]]:
    yield "opens", "opens", competition.opens_at
    if competition.entry_deadline is not None:
        yield "entry", "last moment to join", competition.entry_deadline
    if competition.merger_deadline is not None:
        yield "mergers", "last moment to merge teams", competition.merger_deadline
    yield "closes", "last moment to submit", competition.closes_at
