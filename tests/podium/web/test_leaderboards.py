"""The board's page."""

from __future__ import annotations

import re

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from tests.podium.factories import DAY, Factory
from tests.podium.web.people import Person

BOARD = "/c/stars/leaderboard"


def end(make: Factory, competition: Competition) -> None:
    with make.session() as session:
        held = session.get_one(Competition, competition.id)
        held.closes_at = clock.now() - DAY / 24


def ranks(page: str) -> list[tuple[str, str]]:
    """Rank and team of each row."""
    rows = re.findall(r'class="rank rank-\d+">([\d,]+)<.*?/t/\w+">([^<]+)<', page, re.S)
    return [(rank, name) for rank, name in rows]


def test_an_empty_board_says_what_will_be_there(
    stars: Competition, visitor: Person
) -> None:
    assert "Nobody is on the board yet" in visitor.get(BOARD).text


def test_rows_stand_in_order_with_scores_and_intervals(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    for name, score in (("Slow", 0.5), ("Fast", 0.9), ("Even", 0.9)):
        user = make.user()
        make.submission(
            make.team(stars, user, name=name), user, public=score, private=0
        )
    page = visitor.get(BOARD).text
    assert ranks(page) == [("1", "Fast"), ("1", "Even"), ("3", "Slow")]
    assert "95 % interval 0.88000 to 0.92000" in page
    assert "Scored on 30\N{NO-BREAK SPACE}% of the test data." in page
    assert 'href="/help/metrics/roc_auc"' in page


def test_rows_that_cannot_be_told_apart_are_joined(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    for name, score in (("First", 0.9), ("Next", 0.88), ("Last", 0.5)):
        user = ada if name == "Next" else make.user()
        make.submission(
            make.team(stars, user, name=name), user, public=score, private=0
        )
    page = as_ada.get(BOARD).text
    assert re.findall(r'<tr id="[^"]+" class="([^"]*)"', page) == [
        " tied-below",
        "mine-row tied-above",
        "",
    ]
    assert page.count("could be </span>1–2</span>") == 2
    assert "1 other team can’t be told apart from the first." in page
    assert "Yours could be anything from 1st to 2nd." in page


def test_medal_places_are_named_before_their_first_row(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    with make.session() as session:
        session.get_one(Competition, stars.id).ranked = True
    for number in range(10):
        user = make.user()
        team = make.team(stars, user, name=f"Team {number}")
        make.submission(team, user, public=1 - number / 100, private=0)
    page = visitor.get(BOARD).text
    marks = re.findall(r"</span> (\w+ places)<|>(No medal)<|/t/\w+\">(Team \d)<", page)
    assert ["".join(mark) for mark in marks][:8] == [
        "Gold places", "Team 0", "Silver places", "Team 1",
        "Bronze places", "Team 2", "Team 3", "No medal",
    ]  # fmt: skip
    assert "Gold places" not in visitor.get(f"{BOARD}?search=team").text


def test_the_own_row_is_in_view_wherever_it_stands(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    for number in range(51):
        user = make.user()
        team = make.team(stars, user, name=f"Other {number}")
        make.submission(team, user, public=0.9, private=0)
    make.submission(make.team(stars, ada, name="Comets"), ada, public=0.1, private=0)
    page = as_ada.get(BOARD).text
    assert ("52", "Comets") in ranks(page)
    assert 'class="mine-row"' in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    rest = as_ada.get(following.group(1).replace("&amp;", "&")).text
    assert ranks(rest) == [("1", "Other 50"), ("52", "Comets")]


def test_a_team_is_found_by_its_name(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    for name, score in (("Comets", 0.5), ("Meteors", 0.9)):
        user = make.user()
        make.submission(
            make.team(stars, user, name=name), user, public=score, private=0
        )
    assert ranks(visitor.get(f"{BOARD}?search=come").text) == [("2", "Comets")]
    assert "No such team" in visitor.get(f"{BOARD}?search=zzz").text


def test_the_private_board_is_closed_before_the_end(
    stars: Competition, visitor: Person
) -> None:
    answer = visitor.get(f"{BOARD}?board=private")
    assert answer.status_code == 403
    assert "opens when the competition ends" in answer.text


def test_after_the_end_the_private_board_decides(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    for name, public, private in (("Lucky", 0.9, 0.3), ("Steady", 0.8, 0.7)):
        user = make.user()
        team = make.team(stars, user, name=name)
        make.submission(team, user, public=public, private=private)
    assert ranks(visitor.get(BOARD).text) == [("1", "Lucky"), ("2", "Steady")]
    end(make, stars)
    final = visitor.get(BOARD).text
    assert ranks(final) == [("1", "Steady"), ("2", "Lucky")]
    assert "The final board" in final
    public_board = visitor.get(f"{BOARD}?board=public").text
    assert ranks(public_board) == [("1", "Lucky"), ("2", "Steady")]


def test_names_of_teams_are_escaped(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    user = make.user(display_name='"><script>alert(1)</script>')
    team = make.team(stars, user, name="<b>Bold</b>")
    make.submission(team, user, public=0.5, private=0.5)
    page = visitor.get(BOARD).text
    assert "<b>Bold" not in page
    assert "<script>alert" not in page


def test_the_shake_up_is_closed_until_the_end(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.submission(make.team(stars, ada, name="Comets"), ada, public=0.9, private=0.1)
    answer = as_ada.get(f"{BOARD}/reveal")
    assert answer.status_code == 403
    assert "The private board opens when the competition ends" in answer.text


def test_the_shake_up_shows_each_teams_way_and_who_moved_most(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    for name, public, private in (
        ("First", 0.9, 0.1),
        ("Second", 0.8, 0.8),
        ("Third", 0.7, 0.7),
    ):
        user = make.user()
        team = make.team(stars, user, name=name)
        make.submission(team, user, public=public, private=private)
    mine = make.team(stars, ada, name="Comets")
    make.submission(mine, ada, public=0.6, private=0.9)
    end(make, stars)
    assert "/c/stars/leaderboard/reveal" in as_ada.get(BOARD).text
    page = as_ada.get(f"{BOARD}/reveal").text
    rows = re.findall(
        r'<td class="num">(\d+)</td>.*?/t/\w+">([^<]+)</a>.*?'
        r'<td class="end num">(\d+)</td>\s*<td class="end num">(?:<[^>]+>)?([^<]+)<',
        page,
        re.S,
    )
    assert rows == [
        ("1", "Comets", "4", "up 3"),
        ("2", "Second", "2", "same"),
        ("3", "Third", "3", "same"),
        ("4", "First", "1", "down 3"),
    ]
    assert "4 teams moved by 1.5 ranks on average." in page
    assert "rose most, from 4th to 1st." in page
    assert "fell most, from 1st to 4th." in page
    assert page.count("reveal-mine") == 1


def test_the_shake_up_shows_the_best_twenty_and_mine(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    for number in range(22):
        user = make.user()
        team = make.team(stars, user, name=f"Other {number}")
        make.submission(team, user, public=0.5, private=0.9 - number / 100)
    make.submission(make.team(stars, ada, name="Comets"), ada, public=0.9, private=0.1)
    end(make, stars)
    page = as_ada.get(f"{BOARD}/reveal").text
    assert page.count("<circle") == 2 * 21
    assert "Other 19" in page
    assert "Other 20" not in page
    assert "Comets" in page


def test_a_shake_up_of_nobody_says_so(
    stars: Competition, make: Factory, visitor: Person
) -> None:
    end(make, stars)
    assert "No shake-up to show yet" in visitor.get(f"{BOARD}/reveal").text
