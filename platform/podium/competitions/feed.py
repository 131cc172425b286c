"""Announcements as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from podium.competitions.models import Announcement, Competition
from podium.core.markdown import render

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
ATOM = "http://www.w3.org/2005/Atom"


def atom(
    competition: Competition, items: Sequence[Announcement], *, page: str, own: str
) -> bytes:
    """The feed; ``page`` is the address of the announcements, ``own`` the feed's."""
    feed = Element("feed", {"xmlns": ATOM})
    newest = items[0].created_at if items else competition.created_at
    _texts(
        feed,
        id=page,
        title=f"{competition.title}: announcements",
        updated=_time(newest),
    )
    SubElement(feed, "link", {"rel": "self", "href": own})
    SubElement(feed, "link", {"rel": "alternate", "href": page})
    _texts(SubElement(feed, "author"), name=competition.host_name or "The organizer")
    for item in items:
        entry = SubElement(feed, "entry")
        address, at = f"{page}#a-{item.public_id}", _time(item.created_at)
        _texts(entry, id=address, title=item.title, updated=at, published=at)
        SubElement(entry, "link", {"rel": "alternate", "href": address})
        content = SubElement(entry, "content", {"type": "html"})
        content.text = str(render(item.text))
    text: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return text


def _texts(element: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(element, name).text = text


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
