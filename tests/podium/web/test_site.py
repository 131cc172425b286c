"""Search, status and help."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.scoring.models import ScoringHost
from podium_scorer.catalogue import METRICS
from tests.podium.factories import Factory, FakeJobs
from tests.podium.web.people import Person


def test_search_finds_competitions_teams_and_people(
    stars: Competition, make: Factory, ada: User, visitor: Person
) -> None:
    make.team(stars, ada, name="Star Gazers")
    make.user("starlet", display_name="Somebody")
    page = visitor.get("/search?q=STAR").text
    for words in (">Stars<", "Star Gazers", "@starlet"):
        assert words in page
    assert "ada@private.example" not in page


@pytest.mark.parametrize("asked", ["zzz", "%", "_", "<b>"])
def test_search_that_finds_nothing_says_so(
    stars: Competition, visitor: Person, asked: str
) -> None:
    page = visitor.get("/search", query_string={"q": asked}).text
    assert "Nothing found" in page
    assert "<b>”" not in page


def test_search_is_no_way_to_addresses(ada: User, visitor: Person) -> None:
    assert "Nothing found" in visitor.get("/search?q=private.example").text


def test_status_without_a_host(visitor: Person, jobs: FakeJobs) -> None:
    assert "No scoring host has reported" in visitor.get("/status").text
    jobs.away = True
    assert (
        "server does not answer. Submissions are still taken"
        in visitor.get("/status").text
    )


@pytest.mark.parametrize(
    ("mode", "words"),
    [("docker", "fresh container"), ("process", "install Docker"), ("none", "does not answer")],
)  # fmt: skip
def test_status_says_which_sandbox_is_in_use(
    make: Factory, visitor: Person, mode: str, words: str
) -> None:
    box = {
        "mode": mode,
        "strength": ["no network"],
        "reason": "Because.",
        "trouble": "",
    }
    with make.session() as session:
        session.add(ScoringHost(name="one", sandbox=box, seen_at=clock.now()))
        late = clock.now() - timedelta(hours=1)
        session.add(ScoringHost(name="two", sandbox=box, seen_at=late))
    page = visitor.get("/status").text
    assert words in page
    assert "no network" in page
    assert "Because." in page
    assert page.count("Silent") == 1
    assert "Everything is working" in page


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_has_a_page_with_its_formula(visitor: Person, name: str) -> None:
    page = visitor.get(f"/help/metrics/{name}").text
    assert METRICS[name].title in html.unescape(page)
    assert "<math" in page


def test_an_alias_leads_to_its_metric(visitor: Person) -> None:
    assert visitor.get("/help/metrics/auc").location == "/help/metrics/roc_auc"


def test_a_metric_that_is_not_there_suggests_one(visitor: Person) -> None:
    answer = visitor.get("/help/metrics/roc_auk")
    assert answer.status_code == 404
    assert "Did you mean “roc_auc”?" in answer.text


def test_metrics_are_searched_without_a_script(visitor: Person) -> None:
    page = visitor.get("/help/metrics?q=auc").text
    assert "/help/metrics/roc_auc" in page
    assert "/help/metrics/rmse" not in page


def test_a_search_for_metrics_that_finds_none_suggests_one(visitor: Person) -> None:
    page = visitor.get("/help/metrics?q=accurracy").text
    assert "No metric found" in page
    assert "/help/metrics/accuracy" in page


def test_guides_are_listed_and_read(visitor: Person) -> None:
    index = visitor.get("/help").text
    for name in ("participants", "organizers", "recruiters", "operators"):
        assert f"/help/{name}" in index
        answer = visitor.get(f"/help/{name}")
        assert answer.status_code == 200
        assert answer.text.count("<h1") == 1
    assert visitor.get("/help/none").status_code == 404
