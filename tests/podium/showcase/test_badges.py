"""A badge says what the board says, and no title can break out of it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from podium.core import clock
from podium.leaderboards import queries as boards
from podium.showcase.badges import COLOURS, LABEL, RANKED, UNRANKED, Badge, badge_of
from podium.teams import queries as teams
from podium.teams.models import Team
from tests.podium.factories import Factory

SVG = "{http://www.w3.org/2000/svg}"


def badge(services: Services, team: Team) -> Badge:
    with services.database.reading() as session:
        found = teams.team_by_id(session, team.id)
        return badge_of(boards.result_of(session, team=found, now=clock.now()))


@pytest.fixture
def ada(make: Factory) -> User:
    return make.user("ada")


def add_others(make: Factory, stars: Competition, count: int) -> None:
    """One is better in public; all are worse in private."""
    for number in range(count):
        user = make.user()
        public = 0.9 if number == 0 else 0.1 + number / 100
        make.submission(
            make.team(stars, user), user, public=public, private=0.4 - number / 100
        )


def test_it_shows_the_place_on_the_board_that_is_open(
    make: Factory, services: Services, ada: User
) -> None:
    stars = make.competition("stars", title="Stars")
    team = make.team(stars, ada)
    assert badge(services, team) == Badge("Stars", "no score yet", UNRANKED)

    make.submission(team, ada, public=0.8, private=0.7)
    add_others(make, stars, 11)
    assert badge(services, team) == Badge("Stars", "2 of 12 so far", RANKED)

    with services.database.session() as session:
        session.get_one(Competition, stars.id).closes_at = clock.now()
        session.commit()
    won = badge(services, team)
    assert won.message == "gold, 1 of 12"
    assert won.colour in COLOURS.values()


def test_a_competition_that_does_not_count_gives_no_medal(
    make: Factory, services: Services, ada: User
) -> None:
    stars = make.competition("stars", ranked=False)
    team = make.team(stars, ada)
    make.submission(team, ada, public=0.8, private=0.7)
    with services.database.session() as session:
        session.get_one(Competition, stars.id).closes_at = clock.now()
        session.commit()
    assert badge(services, team).message == "1 of 1"


def test_the_svg_says_the_same_in_words_and_holds_any_text() -> None:
    words = '<script>"&'
    svg = Badge(words, "1 of 2", RANKED).to_svg()
    root = ElementTree.fromstring(svg)  # noqa: S314  # our own
    assert root.get("aria-label") == f"{words}: 1 of 2"
    assert root.findtext(f"{SVG}title") == f"{words}: 1 of 2"
    assert [each.text for each in root.iter(f"{SVG}text")] == [words, "1 of 2"]
    assert {each.tag for each in root.iter()} <= {
        SVG + name for name in ("svg", "title", "clipPath", "rect", "g", "text")
    }


def test_a_long_title_is_cut(make: Factory, services: Services, ada: User) -> None:
    team = make.team(make.competition("stars", title="S" * 90), ada)
    assert badge(services, team).label == "S" * 39 + "…"


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [RANKED, UNRANKED, LABEL, *COLOURS.values()])
def test_white_text_can_be_read_on_every_colour(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5
