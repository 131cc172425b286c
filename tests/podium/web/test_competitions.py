"""The list of competitions and a competition's pages, joining and leaving."""

from __future__ import annotations

import pytest
from flask import Flask

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from tests.podium.factories import CSV, DAY, Factory
from tests.podium.web.people import Person

TABS = ("", "/data", "/rules", "/leaderboard", "/team", "/submissions")


def test_the_front_page_of_an_empty_site_says_what_will_be_there(
    visitor: Person,
) -> None:
    page = visitor.get("/").text
    assert "No competitions yet" in page
    assert "Find out how good your model really is" in page


def test_the_front_page_groups_competitions_by_stage(
    make: Factory, visitor: Person
) -> None:
    now = clock.now()
    make.competition("running")
    make.competition("later", opens_at=now + DAY, closes_at=now + 9 * DAY)
    make.competition("gone", opens_at=now - 9 * DAY, closes_at=now - DAY)
    page = visitor.get("/").text
    places = [page.index(words) for words in ("Open now", "Coming up", ">Ended<")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Stars", "Tides", "Birds"}),
        ("?stage=open", {"Stars", "Tides"}),
        ("?stage=upcoming", {"Birds"}),
        ("?stage=ended", set()),
        ("?tag=ocean", {"Tides"}),
        ("?search=tid", {"Tides"}),
        ("?search=nothing-like-it", set()),
        ("?stage=nonsense", {"Stars", "Tides", "Birds"}),
    ],
)
def test_the_list_is_filtered(
    make: Factory, visitor: Person, query: str, shown: set[str]
) -> None:
    now = clock.now()
    make.competition("stars")
    make.competition("tides", tags=["ocean"])
    make.competition("birds", opens_at=now + DAY, closes_at=now + 2 * DAY)
    page = visitor.get(f"/competitions{query}").text
    assert {
        name for name in ("Stars", "Tides", "Birds") if f">{name}<" in page
    } == shown
    assert ("No competition fits" in page) is (not shown)


def test_a_long_list_has_pages(make: Factory, visitor: Person) -> None:
    for number in range(26):
        make.competition(f"contest-{number:02}", live=False, data={})
    first = visitor.get("/competitions").text
    assert "Contest 25" in first
    assert "Contest 01" not in first
    cursor = first.split('rel="next" href="')[1].split('"')[0]
    second = visitor.get(cursor.replace("&amp;", "&")).text
    assert "Contest 01" in second
    assert "Contest 25" not in second


def test_a_made_up_cursor_is_refused_with_a_sentence(visitor: Person) -> None:
    answer = visitor.get("/competitions?cursor=made-up")
    assert answer.status_code == 422
    assert "cursor" in answer.text


@pytest.mark.parametrize("tab", TABS)
def test_a_visitor_reads_every_tab(
    stars: Competition, visitor: Person, tab: str
) -> None:
    answer = visitor.get(f"/c/stars{tab}")
    assert answer.status_code == 200
    assert "Which of them shine?" in answer.text
    assert "Join competition" in answer.text


def test_a_near_name_is_suggested(stars: Competition, visitor: Person) -> None:
    answer = visitor.get("/c/star")
    assert answer.status_code == 404
    assert "Did you mean “stars”?" in answer.text


def test_pages_other_than_data_and_rules_stand_on_the_overview(
    make: Factory, visitor: Person
) -> None:
    pages = {
        "overview": "First.",
        "evaluation": "How.",
        "data": "What.",
        "rules": "No.",
    }
    make.competition("stars", pages=pages)
    overview = visitor.get("/c/stars").text
    assert "First." in overview
    assert "How." in overview
    assert "What." not in overview
    assert "What." in visitor.get("/c/stars/data").text
    assert visitor.get("/c/stars/pages/rules").location == "/c/stars/rules"
    assert visitor.get("/c/stars/pages/evaluation").location.endswith("#p-evaluation")
    assert visitor.get("/c/stars/pages/none").status_code == 404


def test_pages_of_organizers_are_harmless(make: Factory, visitor: Person) -> None:
    text = "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n# Big\n\n$x^2$"
    make.competition("stars", pages={"overview": text})
    page = visitor.get("/c/stars").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<math" in page


def test_data_files_are_listed_and_downloaded(
    stars: Competition, visitor: Person
) -> None:
    assert "train.csv" in visitor.get("/c/stars/data").text
    answer = visitor.get("/c/stars/data/train.csv")
    assert answer.data == CSV
    assert answer.headers["Content-Disposition"].startswith("attachment")
    part = visitor.get("/c/stars/data/train.csv", headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.data) == (206, CSV[3:6])


def test_a_file_that_is_not_there_names_those_that_are(
    stars: Competition, visitor: Person
) -> None:
    answer = visitor.get("/c/stars/data/solution.csv")
    assert answer.status_code == 404
    assert "train.csv" in answer.text


def test_joining_needs_the_box_ticked(stars: Competition, as_ada: Person) -> None:
    answer = as_ada.post("/c/stars/join")
    assert answer.location == "/c/stars/rules#join"
    assert "tick the box" in as_ada.get("/c/stars/rules").text
    answer = as_ada.post("/c/stars/join", accept="y")
    assert answer.location == "/c/stars/data"
    assert "Submit" in as_ada.get("/c/stars").text
    assert "You have joined" in as_ada.get("/c/stars/rules").text


def test_joining_sends_a_visitor_to_log_in_first(
    stars: Competition, visitor: Person
) -> None:
    token = visitor.token()
    answer = visitor.client.post(
        "/c/stars/join",
        data={"csrf_token": token, "accept": "y"},
        headers={"Referer": "http://localhost/c/stars/rules"},
    )
    assert answer.status_code == 303
    assert answer.location == "/log-in?next=/c/stars/rules"


def test_after_the_entry_deadline_nobody_joins(make: Factory, as_ada: Person) -> None:
    make.competition("stars", entry_deadline=clock.now() - DAY)
    assert "Entries are closed" in as_ada.get("/c/stars/rules").text
    answer = as_ada.post("/c/stars/join", accept="y")
    assert answer.status_code == 409
    assert "deadline to enter" in answer.text


def test_leaving(stars: Competition, as_ada: Person) -> None:
    as_ada.post("/c/stars/join", accept="y")
    assert as_ada.post("/c/stars/leave").location == "/c/stars"
    assert "Join competition" in as_ada.get("/c/stars").text
    again = as_ada.post("/c/stars/leave")
    assert again.status_code == 409
    assert "You have not joined Stars" in again.text


def test_leaving_after_a_submission_is_refused_with_the_reason(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.submission(make.team(stars, ada), ada, public=0.5, private=0.5)
    answer = as_ada.post("/c/stars/leave")
    assert answer.status_code == 409
    assert "has submitted already" in answer.text


def test_the_header_shows_rank_and_what_is_left(
    stars: Competition, make: Factory, ada: User, as_ada: Person
) -> None:
    make.submission(make.team(stars, ada), ada, public=0.5, private=0.4)
    page = " ".join(as_ada.get("/c/stars").text.split())
    assert "Rank <b>1</b> of 1" in page
    assert "<b>4</b> of 5 submissions left today" in page


def test_an_ended_competition_leads_to_its_results(
    make: Factory, app: Flask, visitor: Person
) -> None:
    now = clock.now()
    make.competition("stars", opens_at=now - 9 * DAY, closes_at=now - DAY)
    page = visitor.get("/c/stars").text
    assert "See results" in page
    assert "Join competition" not in page
