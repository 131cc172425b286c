"""Facts about every route: none leaks a private score, none changes anything without a
token or for a visitor. A route that nobody placed here fails the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from podium.accounts import service as accounts
from podium.accounts import tickets
from podium.accounts.models import User
from podium.accounts.tickets import Purpose
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.hosting import service as hosting
from podium.scoring import merging
from podium.submissions.models import Status
from podium.teams import asking, leadership
from podium.teams import service as teams
from podium.teams.models import Team
from tests.podium.factories import Factory
from tests.podium.web.people import Person
from tests.readable import readable

# The private score and its interval, in any rounding that a page could give them.
PRIVATE = 0.87654321
# No digit before them: the seconds of a moment may be 38.76.
NUMBERS = re.compile(r"(?<!\d)(?:0?\.876|8\.76|0?\.8(?:5|9)654)|87\.6|8[59]\.65")
OPEN_POSTS = {
    "security.login",
    "accounts.sign_up",
    "security.verify",
    "recovery.forgot",
    "recovery.reset",
    "recovery.confirm",
}
TOKEN_IN_BODY = {
    "submissions.submit",
    "making.make",
    "making.push",
    "editing.send_file",
}


@dataclass(frozen=True)
class Scene:
    """Somebody with everything that an address can name."""

    ada: User
    values: dict[str, str | int]
    token: str


@pytest.fixture
def scene(make: Factory, ada: User) -> Scene:
    stars = make.competition("stars")
    bob, eve = make.user("bob"), make.user("eve")
    other = make.team(stars, eve, name="Moons")
    team = make.team(stars, ada, name="Comets")
    sent = make.submission(
        team, ada, public=0.5, private=PRIVATE, file_name="a.csv", description="x"
    )
    receipt = make.receipt(sent)
    make.submission(team, ada, public=0.4, private=PRIVATE)
    make.submission(team, ada, status=Status.REJECTED)
    kim = make.user("kim")
    make.join(stars, kim)
    with make.session() as session:
        by = session.merge(ada)
        invitation = teams.invite(
            session,
            team=session.merge(team),
            by=by,
            username=bob.username,
            now=stars.opens_at,
        )
        token, secret = accounts.make_token(session, user=by, label="x")
        link = leadership.make_link(
            session, team=session.merge(team), by=by, now=clock.now()
        ).secret
        merge = merging.ask(
            session,
            team=session.merge(other),
            other=session.merge(team),
            by=session.merge(eve),
            now=clock.now(),
        )
        asked = asking.ask(
            session,
            team=open_to_requests(session, team),
            user=session.merge(kim),
            message="",
            now=clock.now(),
        )
        said = hosting.announce(
            session,
            competition=session.merge(stars),
            by=session.merge(eve),
            title="More data",
            text="At *last*.",
        )
    values: dict[str, str | int] = {
        "announcement_id": said.public_id,
        "slug": "stars",
        "username": "ada",
        "public_id": sent.public_id,
        "team_id": team.public_id,
        "submission_id": sent.public_id,
        "invitation_id": invitation.public_id,
        "join_id": asked.public_id,
        "switch": "open",
        "token_id": token.id,
        "answer": "accept",
        "what": "make",
        "secret": link,
        "merge_id": merge.public_id,
        "receipt_id": receipt.public_id,
        "guide": "participants",
        "filename": "css/podium.css",
        "kind": "data",
        "path": "competition.yaml",
        "signed": "not-signed",
    }
    return Scene(ada, values, secret)


def open_to_requests(session: Session, team: Team) -> Team:
    """The team, which takes requests to join from now on."""
    found = session.merge(team)
    found.open_to_requests = True
    return found


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield rule


def address(app: Flask, rule: Rule, scene: Scene) -> str:
    """The rule's address with things that are there; raises KeyError for a new argument."""
    values = dict(scene.values)
    if rule.endpoint.startswith("showcase.team") or "/teams/" in rule.rule:
        values["public_id"] = scene.values["team_id"]
    if "invitations" in rule.rule:
        values["public_id"] = scene.values["invitation_id"]
    if "join-requests" in rule.rule:
        values["public_id"] = scene.values["join_id"]
    if "announcements" in rule.rule:
        values["public_id"] = scene.values["announcement_id"]
    if "merges" in rule.rule:
        values["public_id"] = scene.values["merge_id"]
    values["what"] = {
        "teams.lead": "remove",
        "submissions.choose": "choose",
        "running.review": "remove",
        "hosting.set_ranked": "count",
        "admin.change": "block",
        "admin.say": "set",
    }.get(rule.endpoint, scene.values["what"])
    values["name"] = {
        "static": "css/podium.css",
        "help.guide": "participants",
        "help.metric": "roc_auc",
        "competitions.page": "rules",
    }.get(rule.endpoint, "rules" if "/pages/" in rule.rule else "train.csv")
    if "ticket" in rule.arguments:
        purpose = Purpose(rule.endpoint.removeprefix("recovery."))
        key = str(app.secret_key)
        values["ticket"] = tickets.issue(key, purpose, scene.ada, "new@x.example")
    needed = {name: values[name] for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **needed)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["participant", "visitor", "program"])
def test_no_route_tells_a_private_score_before_the_end(
    app: Flask, scene: Scene, who: str
) -> None:
    person = Person(app, scene.ada if who == "participant" else None)
    headers = {"Authorization": f"Bearer {scene.token}"} if who == "program" else {}
    seen = 0
    for rule in rules(app, "GET"):
        for query in ("", "?board=private", "?view=outcome", "?q=Comets"):
            answer = person.get(address(app, rule, scene) + query, headers=headers)
            text = "" if rule.endpoint == "static" else _text(answer)
            assert not NUMBERS.search(text), (rule, query)
            seen += "0.5" in text
    assert seen > (8 if who == "participant" else 2)


def _text(answer: TestResponse) -> str:
    return readable(answer.data, answer.content_type or "")


def test_the_search_for_private_scores_finds_them_after_the_end(
    app: Flask, scene: Scene, make: Factory
) -> None:
    with make.session() as session:
        by_slug(session, "stars").closes_at = clock.now()
    page = Person(app).get("/c/stars/leaderboard").text
    assert NUMBERS.search(page)


def test_every_form_needs_its_token(app: Flask, scene: Scene, make: Factory) -> None:
    with make.session() as session:
        by_slug(session, "stars").host_id = scene.ada.id
    person = Person(app, scene.ada)
    tried = 0
    for rule in rules(app, "POST"):
        if rule.rule.startswith("/api/"):
            continue
        answer = person.client.post(address(app, rule, scene), data={"accept": "y"})
        wanted = {403, 400} if rule.endpoint in TOKEN_IN_BODY else {400}
        assert answer.status_code in wanted, rule
        assert "opened too long ago" in answer.text or answer.status_code == 400, rule
        tried += 1
    assert tried > 12


def test_a_visitor_changes_nothing(app: Flask, scene: Scene) -> None:
    person = Person(app)
    token = person.token()
    tried = 0
    for rule in rules(app, "POST"):
        if rule.rule.startswith("/api/") or rule.endpoint in OPEN_POSTS:
            continue
        answer = person.client.post(
            address(app, rule, scene), data={"csrf_token": token, "accept": "y"}
        )
        if rule.endpoint == "security.logout":
            continue
        assert answer.status_code in {302, 303}, rule
        assert answer.location.startswith("/log-in"), rule
        tried += 1
    assert tried > 10
