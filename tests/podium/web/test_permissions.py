"""Who may do what: every route and method of the site and of the API, called by everybody
there is. A route that is not in the table fails the test.

The scene: Hope hosts the competition; Ada and Tess are its team Comets, Pat is another
team; Sam takes no part; Otto hosts another competition; Amy is an administrator.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, User
from podium.bootstrap import Services
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.core.api import PREFIX
from podium.hosting import service as hosting
from podium.scoring import merging
from podium.submissions.models import Status
from podium.teams import asking, leadership
from podium.teams import service as teams
from tests.podium.factories import Factory
from tests.podium.web.people import Person
from tests.podium.web.permissions import TABLE
from tests.podium.web.test_routes import Scene, address, open_to_requests

WHO = ("nobody", "sam", "pat", "tess", "otto", "hope", "amy")
NAMES = {  # the word of each outcome in the table
    "y": "may try: only the thing's own rules can refuse it now",
    "l": "is asked to log in",
    "n": "is told that they may not",
    "x": "is told that there is nothing",
}
CHANGE_THE_SESSION = {
    "security.login",
    "security.logout",
    "security.verify",
    "security.change_password",
    "accounts.sign_up",
    "recovery.reset",
}
FORM = {
    "accept": "y",
    "username": "ivy",
    "name": "A new name",
    "other": "Comets",
    "title": "T",
    "text": "T",
    "reason": "R",
}


class World:
    """The scene as a database that is put back before every call."""

    def __init__(self, app: Flask, services: Services, make: Factory) -> None:
        self.app, self.services, self.make = app, services, make
        self.people: dict[str, User] = {
            name: make.user(name) for name in (*WHO[1:], "ada", "ivy")
        }
        self.scene = self._scene()
        self.clients = {name: self.client(name) for name in WHO}
        self.tokens = {name: self._token(name) for name in WHO}
        self._path = Path(services.database.engine.url.database or "")
        self._saved = self._path.with_suffix(".saved")
        self.save()

    def save(self) -> None:
        """Keep the database as it is now."""
        self._rest()
        shutil.copyfile(self._path, self._saved)

    def put_back(self) -> None:
        """The database as it was at first."""
        self._rest()
        shutil.copyfile(self._saved, self._path)

    def _rest(self) -> None:
        self.services.database.dispose()
        for ending in ("-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)

    def client(self, name: str) -> FlaskClient:
        return Person(self.app, self.people.get(name)).client

    def _token(self, name: str) -> tuple[str, str]:
        """A person's CSRF token and API token; nobody has none of the latter."""
        form = self.form_token(self.clients[name], name)
        if name == "nobody":
            return form, ""
        with self.make.session() as session:
            owner = session.merge(self.people[name])
            return form, accounts.make_token(session, user=owner, label="x")[1]

    def form_token(self, client: FlaskClient, name: str) -> str:
        page = "/log-in" if name == "nobody" else "/settings/profile"
        text = client.get(page).text
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', text)
        assert found, text
        return found[1]

    def _scene(self) -> Scene:
        make, people = self.make, self.people
        stars = make.competition("stars", host_id=people["hope"].id, team_max_size=4)
        make.competition("other", host_id=people["otto"].id)
        comets = make.team(stars, people["ada"], people["tess"], name="Comets")
        moons = make.team(stars, people["pat"], name="Moons")
        sent = make.submission(comets, people["ada"], public=0.5, private=0.5)
        receipt = make.receipt(sent)
        make.submission(comets, people["ada"], status=Status.HOST_ERROR)
        now = clock.now()
        kim = make.user("kim")
        make.join(stars, kim)
        with make.session() as session:
            ada, amy = session.merge(people["ada"]), session.merge(people["amy"])
            accounts.set_role(session, user=amy, name=ADMIN, has=True)
            comets = session.merge(comets)
            invitation = teams.invite(
                session, team=comets, by=ada, username="ivy", now=now
            )
            link = leadership.make_link(session, team=comets, by=ada, now=now).secret
            merge = merging.ask(
                session,
                team=session.merge(moons),
                other=comets,
                by=session.merge(people["pat"]),
                now=now,
            )
            asked = asking.ask(
                session,
                team=open_to_requests(session, comets),
                user=session.merge(kim),
                message="",
                now=now,
            )
            said = hosting.announce(
                session,
                competition=session.merge(stars),
                by=session.merge(people["hope"]),
                title="T",
                text="T",
            )
            token, secret = accounts.make_token(session, user=ada, label="x")
        values: dict[str, str | int] = {
            "slug": "stars",
            "username": "ada",
            "public_id": sent.public_id,
            "team_id": comets.public_id,
            "submission_id": sent.public_id,
            "invitation_id": invitation.public_id,
            "announcement_id": said.public_id,
            "merge_id": merge.public_id,
            "receipt_id": receipt.public_id,
            "request_id": merge.public_id,
            "join_id": asked.public_id,
            "switch": "open",
            "token_id": token.id,
            "answer": "accept",
            "what": "make",
            "secret": link,
            "path": "competition.yaml",
            "filename": "css/podium.css",
            "kind": "data",
            "signed": "not-signed",
        }
        return Scene(people["ada"], values, secret)


@pytest.fixture
def world(app: Flask, services: Services, make: Factory) -> World:
    return World(app, services, make)


def examples(app: Flask) -> dict[tuple[str, str], Any]:
    """The JSON bodies that the API's document gives as examples."""
    document = app.test_client().get(f"{PREFIX}/openapi.json").json or {}
    found = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                found[method.upper(), path] = content["application/json"]["example"]
    return found


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        kaggles = rule.endpoint.startswith("kaggle")  # a protocol with tests of its own
        if kaggles or rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def call(
    world: World, who: str, method: str, rule: Rule, bodies: dict[tuple[str, str], Any]
) -> TestResponse:
    client, (csrf, token) = world.clients[who], world.tokens[who]
    if rule.endpoint in CHANGE_THE_SESSION and method == "POST":
        client = world.client(who)
        csrf = world.form_token(client, who)
    path = address(world.app, rule, world.scene)
    if not rule.rule.startswith(PREFIX):
        data: dict[str, Any] | None = None
        if method == "POST":
            file = (io.BytesIO(b"id,y\n1,0\n"), "a.csv")
            data = FORM | {"csrf_token": csrf, "file": file}
        return client.open(path, method=method, data=data, buffered=True)
    plain = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    options: dict[str, Any] = {}
    if (method, plain) in bodies:
        named = (
            {"name": "Comets"}
            if plain.endswith(("merge-requests", "join-requests"))
            else {}
        )
        options["json"] = bodies[method, plain] | named
    elif method in {"PUT", "POST"} and rule.rule.endswith(("bundle", "submissions")):
        options["input_stream"] = io.BytesIO(b"x")
        options["content_type"] = "application/octet-stream"
        if rule.rule.endswith("submissions"):
            options["query_string"] = {"file_name": "a.csv"}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    anonymous = world.app.test_client(use_cookies=False)
    return anonymous.open(
        path, method=method, headers=headers, buffered=True, **options
    )


def outcome(answer: TestResponse) -> str:
    """The letter of an answer."""
    assert answer.status_code < 500, answer.request
    assert b"opened too long ago" not in answer.data, answer.request
    if answer.status_code == 401 or (answer.location or "").startswith("/log-in"):
        return "l"
    return {403: "n", 404: "x"}.get(answer.status_code, "y")


@pytest.mark.timeout(600)  # well over a thousand calls
def test_everybody_may_do_what_the_table_says(world: World) -> None:
    bodies = examples(world.app)
    found: dict[str, str] = {}
    for method, rule in routes(world.app):
        letters = ""
        for who in WHO:
            if method != "GET":
                world.put_back()
            letters += outcome(call(world, who, method, rule, bodies))
        found[f"{method} {rule.rule}"] = letters
    world.put_back()
    assert found == TABLE


def test_the_table_has_only_known_words() -> None:
    assert all(len(row) == len(WHO) for row in TABLE.values())
    assert {letter for row in TABLE.values() for letter in row} == NAMES.keys()


def test_of_a_draft_nobody_learns_anything_but_those_who_run_it(world: World) -> None:
    with world.make.session() as session:
        by_slug(session, "stars").launched_at = None
    world.save()
    bodies = examples(world.app)
    strangers, learnt = WHO[:5], set()
    for method, rule in routes(world.app):
        if "<slug>" not in rule.rule:
            continue
        for who in strangers:
            if method != "GET":
                world.put_back()
            if outcome(call(world, who, method, rule, bodies)) not in {"x", "l"}:
                learnt.add(f"{method} {rule.rule}")
    # That an address is taken has to be said.
    assert learnt == {"PUT /api/v1/competitions/<slug>/bundle"}
