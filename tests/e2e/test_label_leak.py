"""Before a competition ends, no page and no answer tells a participant a private score.

Every GET route of the site and of the API is asked as a participant whose scores are
known, and every body is searched for the private ones.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import pytest
from werkzeug.routing import Rule

from podium.app import create_app
from podium.settings import Settings
from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import PASSWORD, Participant
from tests.live import LivePodium
from tests.readable import readable

SLUG = "diabetes-progression"
# Asked with the site's own words for its assets, not with a participant's.
ASSETS = {"static", "assets"}


@dataclass(frozen=True)
class Walk:
    """What a participant gets to see: paths and bodies, by the routes' names."""

    bodies: dict[str, str]
    unasked: set[str]


@pytest.fixture(scope="module")
def scored(live: LivePodium) -> tuple[Participant, dict[str, Any]]:
    """A participant with a score whose private part nobody may know yet."""
    person = Participant(live.url).sign_up().enter(SLUG)
    sample = (COMPETITIONS / SLUG / "data/sample_submission.csv").read_text()
    header, *rows = sample.splitlines()
    lines = [
        f"{row.partition(',')[0]},{100 + 1.7 * number}"
        for number, row in enumerate(rows)
    ]
    sent = person.send(SLUG, "\n".join([header, *lines]).encode())
    found = person.outcome(sent)
    assert found["status"] == "scored"
    return person, found


@pytest.fixture(scope="module")
def private_numbers(
    live: LivePodium, scored: tuple[Participant, dict[str, Any]]
) -> list[float]:
    """The private score and the ends of its interval."""
    database = sqlite3.connect(live.data_dir / "podium.db")
    row = database.execute(
        "SELECT s.private, s.private_low, s.private_high FROM scores s"
        " JOIN submissions u ON u.id = s.submission_id WHERE u.public_id = ?",
        (scored[1]["id"],),
    ).fetchone()
    database.close()
    assert all(isinstance(value, float) for value in row), row
    return list(row)


def shows(body: str, number: float) -> bool:
    """Whether a text holds the number, rounded or cut to any count of decimals shown."""
    return any(
        abs(float(f"{whole}.{decimals}") - number) <= 10.0 ** -len(decimals)
        for whole, decimals in re.findall(r"(\d+)\.(\d{3,})", body)
    )


@pytest.fixture(scope="module")
def walk(live: LivePodium, scored: tuple[Participant, dict[str, Any]]) -> Walk:
    """Ask every GET route, on the site with a log-in and in the API with the token."""
    person, submission = scored
    link = person.call("POST", f"/competitions/{SLUG}/team/link")
    values = {
        "slug": SLUG,
        "secret": link["secret"],
        "public_id": submission["id"],
        "submission_id": submission["id"],
        "team_id": submission["team"]["id"],
        "username": person.username,
        "name": {"data": "sample_submission.csv", "pages": "description"},
        "path": "competition.yaml",
        "ticket": "a-false-one",
        "receipt_id": submission["receipt"].rpartition("/")[2],
    }
    bodies: dict[str, str] = {}
    unasked: set[str] = set()
    with logged_in(live, person) as site:
        for rule in get_rules(live):
            path = path_of(rule, values)
            if path is None:
                unasked.add(rule.endpoint)
                continue
            answer = ask(site, person, path)
            bodies[f"{rule.endpoint} {path}"] = f"{answer.headers}\n{_text(answer)}"
    return Walk(bodies, unasked)


def _text(answer: httpx.Response) -> str:
    kind = answer.headers.get("Content-Type", "")
    return readable(answer.content, kind)


def get_rules(live: LivePodium) -> Iterator[Rule]:
    app = create_app(Settings(data_dir=live.data_dir, secret_key="for-the-routes-only"))
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not ASSETS & set(rule.endpoint.split(".")):
            yield rule


def path_of(rule: Rule, values: dict[str, Any]) -> str | None:
    """The rule's path for the participant; None where it asks for something unknown."""
    path = rule.rule
    for converter, name in re.findall(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>", rule.rule):
        value = value_of(rule, name, values)
        if value is None:
            return None
        path = re.sub(rf"<(?:\w+(?:\([^)]*\))?:)?{name}>", value, path, count=1)
        assert converter in {"", "path", "string", "default"}, rule
    return path


def value_of(rule: Rule, name: str, values: dict[str, Any]) -> str | None:
    value = values.get(name)
    if isinstance(value, dict):
        return next(
            (it for word, it in value.items() if f"/{word}/" in rule.rule), None
        )
    return value


@contextmanager
def logged_in(live: LivePodium, person: Participant) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=60.0) as site:
        form = site.get("/log-in").text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token, form
        fields = {"login": person.username, "password": PASSWORD}
        answer = site.post("/log-in", data={"csrf_token": token[1], **fields})
        assert answer.status_code in {302, 303}, answer.text
        yield site


def ask(site: httpx.Client, person: Participant, path: str) -> httpx.Response:
    if path.startswith("/api/"):
        return person.ask("GET", path.removeprefix("/api/v1"))
    return site.get(path)


def test_the_walk_has_seen_the_places_where_scores_stand(
    walk: Walk, scored: tuple[Participant, dict[str, Any]]
) -> None:
    public = scored[1]["public_score"]
    showing = [path for path, body in walk.bodies.items() if shows(body, public)]
    for words in (
        f"/c/{SLUG}/leaderboard",
        f"/c/{SLUG}/submissions",
        f"/c/{SLUG}/submissions/{scored[1]['id']}",
        f"/api/v1/competitions/{SLUG}/leaderboard",
        f"/api/v1/submissions/{scored[1]['id']}",
        scored[1]["receipt"],
    ):
        assert any(path.endswith(words) for path in showing), (words, showing)


def test_every_route_was_asked_or_is_about_something_else(walk: Walk) -> None:
    # Guides and metrics are texts of the program; an invitation needs one; the rest of
    # Flask-Security's pages carry a token of their own; and Kaggle's clients download
    # from addresses that another answer signs, a file that this walk asks for elsewhere.
    about_texts = {"help.guide", "help.metric", "kaggle.download"}
    assert {name for name in walk.unasked if name not in about_texts} == set()


def test_no_answer_holds_a_private_score(
    walk: Walk, private_numbers: list[float]
) -> None:
    leaks = {
        path: number
        for path, body in walk.bodies.items()
        for number in private_numbers
        if shows(body, number)
    }
    assert leaks == {}


def test_the_private_board_is_refused_before_the_end(
    live: LivePodium, scored: tuple[Participant, dict[str, Any]]
) -> None:
    person, _ = scored
    api = person.ask("GET", f"/competitions/{SLUG}/leaderboard?board=private")
    assert api.status_code == 403
    assert api.headers["Content-Type"].startswith("application/problem+json")


def test_the_solution_can_be_downloaded_nowhere(
    live: LivePodium, scored: tuple[Participant, dict[str, Any]]
) -> None:
    person, _ = scored
    for name in ("solution.csv", "../solution.csv", "index"):
        api = person.ask("GET", f"/competitions/{SLUG}/data/{name}")
        assert api.status_code == 404, name
        assert httpx.get(f"{live.url}/c/{SLUG}/data/{name}").status_code == 404
