"""What other programs read: badges, calendars, the sitemap."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from icalendar import Calendar

from podium.accounts.models import User
from podium.competitions.models import Competition
from tests.podium.factories import Factory
from tests.podium.web.people import Person

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def test_a_badge_may_stand_on_other_sites(
    visitor: Person, ada: User, make: Factory, stars: Competition
) -> None:
    team = make.team(stars, ada)
    make.submission(team, ada, public=0.7)
    answer = visitor.get(f"/t/{team.public_id}/badge.svg")
    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "1 of 1 so far" in answer.text
    shields = visitor.get(f"/t/{team.public_id}/badge.json").json
    assert (shields["schemaVersion"], shields["label"], shields["message"]) == (
        1,
        "Stars",
        "1 of 1 so far",
    )
    page = visitor.get(f"/t/{team.public_id}").text
    assert f"/t/{team.public_id}/badge.svg)](http" in page


def test_dates_go_into_a_calendar(visitor: Person, make: Factory) -> None:
    opens, enters, closes = (
        datetime(2030, month, 1, tzinfo=UTC) for month in (1, 2, 3)
    )
    make.competition(
        "moons",
        title="Moons, and; more",
        opens_at=opens,
        entry_deadline=enters,
        closes_at=closes,
    )
    answer = visitor.get("/c/moons/dates.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert [(str(e["summary"]), e.decoded("dtstart")) for e in events] == [
        ("Moons, and; more: opens", opens),
        ("Moons, and; more: last moment to join", enters),
        ("Moons, and; more: last moment to submit", closes),
    ]
    assert len({str(event["uid"]) for event in events}) == 3
    assert str(events[0]["url"]).endswith("/c/moons")
    assert "/c/moons/dates.ics" in visitor.get("/c/moons").text


def test_a_moved_date_keeps_its_id(visitor: Person, make: Factory) -> None:
    moons = make.competition("moons")
    before = Calendar.from_ical(visitor.get("/c/moons/dates.ics").data).walk("VEVENT")
    with make.session() as session:
        held = session.get_one(Competition, moons.id)
        held.closes_at = datetime(2031, 1, 1, tzinfo=UTC)
    after = Calendar.from_ical(visitor.get("/c/moons/dates.ics").data).walk("VEVENT")
    assert [each["uid"] for each in before] == [each["uid"] for each in after]
    assert before[-1].decoded("dtstart") != after[-1].decoded("dtstart")


def test_the_sitemap_has_what_is_launched_and_no_draft(
    visitor: Person, make: Factory, stars: Competition
) -> None:
    make.competition("secret-draft", launched_at=None)
    answer = visitor.get("/sitemap.xml")
    root = ElementTree.fromstring(answer.data)  # noqa: S314  # our own
    found = [each.text or "" for each in root.iter(LOC)]
    assert any(each.endswith("/c/stars") for each in found)
    assert any(each.endswith("/c/stars/leaderboard") for each in found)
    assert not any("secret-draft" in each for each in found)
    assert all(each.startswith("http") for each in found)
    assert "/sitemap.xml" in visitor.get("/robots.txt").text
    for each in found:
        assert visitor.get("/" + each.split("/", 3)[3]).status_code == 200, each
