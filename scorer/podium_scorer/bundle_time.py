"""The timeline of a bundle: local dates in one time zone, read into UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import yaml

from podium_scorer.bundle_faults import nearest, quoted
from podium_scorer.bundle_section import Section
from podium_scorer.bundle_yaml import kind_of

_KEYS = ("time_zone", "opens", "closes", "entry_deadline", "merger_deadline")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_FORM = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?")
_EXPECTED = "a local time like 2026-01-31 or 2026-01-31 18:00."
_ZONE = "the name of a time zone, like Europe/Berlin or Etc/UTC."
_LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """When what is possible; all in UTC. ``time_zone`` is the one it was written in.

    The deadlines lie between ``opens`` and ``closes`` and count as ``closes`` where the
    bundle gives none.
    """

    time_zone: str
    opens: datetime
    closes: datetime
    entry_deadline: datetime | None
    merger_deadline: datetime | None


def read_timeline(top: Section) -> Timeline | None:
    """The section ``timeline``, or None after noting faults.

    A date without a time means its first second for ``opens`` and its last second for
    everything that ends.
    """
    section = top.section(
        "timeline", "a section with time_zone, opens and closes.", known=_KEYS
    )
    if section is None:
        return None
    zone = _zone(section)
    opens = _instant(section, "opens", zone)
    closes = _instant(section, "closes", zone)
    entry = _optional_instant(section, "entry_deadline", zone)
    merger = _optional_instant(section, "merger_deadline", zone)
    if opens is None or closes is None or zone is None:
        return None
    if opens >= closes:
        section.fault(
            "closes", "The competition closes before it opens.", "a time after opens."
        )
    for key, instant in (("entry_deadline", entry), ("merger_deadline", merger)):
        if instant is not None and not opens <= instant <= closes:
            section.fault(
                key, f"The {key} is not within the competition.", "opens to closes."
            )
    return Timeline(
        time_zone=zone.key,
        opens=opens,
        closes=closes,
        entry_deadline=entry,
        merger_deadline=merger,
    )


def _zone(section: Section) -> ZoneInfo | None:
    name = section.text("time_zone", _ZONE)
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = nearest(name, available_timezones())
        section.fault(
            "time_zone", f"There is no time zone {quoted(name)}.{hint}", _ZONE
        )
        return None


def _optional_instant(
    section: Section, key: str, zone: ZoneInfo | None
) -> datetime | None:
    return _instant(section, key, zone) if section.has(key) else None


def _instant(section: Section, key: str, zone: ZoneInfo | None) -> datetime | None:
    """The UTC time of a local date; None after noting a fault or without a zone."""
    node = section.node(key, _EXPECTED)
    if node is None:
        return None
    local = _local(section, key, node)
    if local is None or zone is None:
        return None
    try:
        instant = local.replace(tzinfo=zone).astimezone(UTC)
        exists = instant.astimezone(zone).replace(tzinfo=None) == local
    except OverflowError:
        exists = False
    if not exists:
        section.fault(
            key,
            f"The time {local} does not exist in {zone.key}, where clocks leap over it.",
            "another time.",
        )
        return None
    return instant


def _local(section: Section, key: str, node: yaml.Node) -> datetime | None:
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    if not _FORM.fullmatch(text):
        zoned = " The zone stands in time_zone." if ":" in text else ""
        shown = quoted(text) if text else kind_of(node)
        section.fault(key, f"{section.path(key)} is {shown}.{zoned}", _EXPECTED)
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        section.fault(key, f"{quoted(text)} is no date: {error}.", _EXPECTED)
        return None
    ends = _DATE.fullmatch(text) and key != "opens"
    return datetime.combine(local, _LAST_SECOND) if ends else local
