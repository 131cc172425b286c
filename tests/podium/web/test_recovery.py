"""Mail that leads back: an address confirmed or changed, a forgotten password."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from podium.accounts.models import User
from podium.app import create_app
from podium.bootstrap import Services
from podium.core import clock
from podium.notifications import service as notifications
from podium.notifications.models import SITE, Mail
from podium.settings import Settings
from tests.podium.factories import PASSWORD, Factory
from tests.podium.web.people import Person

NEW = "another fine password"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(
        settings,
        public_url="https://podium.example",
        mail_url="smtps://nobody.example",
        confirm_email=True,
    )


def mails(make: Factory) -> list[Mail]:
    with make.session() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def link(mail: Mail) -> str:
    """The path of the link in a mail; the site's address takes the place of SITE when it
    is sent."""
    (found,) = re.findall(rf"^{re.escape(SITE)}(/\S+)$", mail.text, re.M)
    return str(found)


def user(make: Factory, name: str) -> User:
    with make.session() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def forgot(person: Person, login: str) -> str:
    answer = person.post("/forgot", login=login)
    assert answer.status_code == 200
    return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.text)


# A forgotten password


@pytest.mark.parametrize("login", ["ada", " ADA ", "ada@private.example"])
def test_a_link_leads_to_a_new_password(
    app: Flask, visitor: Person, ada: User, make: Factory, login: str
) -> None:
    forgot(visitor, login)
    (mail,) = mails(make)
    assert mail.address == ada.email
    assert "For the account ada." in visitor.get(link(mail)).text
    answer = visitor.post(link(mail), password=NEW, again=NEW)
    assert answer.location == "/log-in"
    assert visitor.post("/log-in", login="ada", password=PASSWORD).status_code != 302
    assert visitor.post("/log-in", login="ada", password=NEW).status_code == 302


def test_who_has_no_account_is_told_the_same(
    visitor: Person, ada: User, make: Factory
) -> None:
    known, unknown = forgot(visitor, "ada"), forgot(visitor, "nobody@x.example")
    assert known == unknown
    assert len(mails(make)) == 1


def test_a_link_works_once(visitor: Person, ada: User, make: Factory) -> None:
    forgot(visitor, "ada")
    forgot(visitor, "ada")
    first, second = (link(mail) for mail in mails(make))
    assert visitor.post(first, password=NEW, again=NEW).status_code == 303
    for used in (first, second):
        answer = visitor.post(used, password=PASSWORD, again=PASSWORD)
        assert answer.status_code == 404
        assert "used up or too old" in answer.text
    assert visitor.post("/log-in", login="ada", password=NEW).status_code == 302


def test_a_link_works_an_hour(visitor: Person, ada: User, make: Factory) -> None:
    forgot(visitor, "ada")
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert visitor.get(link(mails(make)[0])).status_code == 404


def test_all_faults_of_a_new_password_are_told(
    visitor: Person, ada: User, make: Factory
) -> None:
    forgot(visitor, "ada")
    answer = visitor.post(link(mails(make)[0]), password="short", again="other")
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.text
    assert "The two passwords differ." in answer.text


def test_other_devices_are_logged_out_and_the_owner_is_told(
    as_ada: Person, visitor: Person, make: Factory
) -> None:
    forgot(visitor, "ada")
    visitor.post(link(mails(make)[0]), password=NEW, again=NEW)
    assert as_ada.get("/settings/profile").location.startswith("/log-in")
    assert [mail.kind for mail in mails(make)] == ["reset", "password_changed"]


def test_a_changed_password_is_told_to_its_owner(as_ada: Person, make: Factory) -> None:
    answer = as_ada.post(
        "/change-password",
        password=PASSWORD,
        new_password=NEW,
        new_password_confirm=NEW,
    )
    assert answer.status_code == 302
    assert [mail.kind for mail in mails(make)] == ["password_changed"]


@pytest.mark.parametrize("path", ["/reset/x", "/confirm/x", "/reset/W10.x.y"])
def test_a_false_link_is_told(visitor: Person, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "no longer works" in answer.text


def test_a_link_for_one_thing_is_good_for_no_other(
    as_ada: Person, visitor: Person, make: Factory
) -> None:
    as_ada.post("/settings/email/confirm")
    confirm = link(mails(make)[0])
    assert visitor.get(confirm.replace("/confirm/", "/reset/")).status_code == 404


def test_a_request_that_names_another_host_gets_no_link_there(
    visitor: Person, ada: User, make: Factory
) -> None:
    evil = {"base_url": "http://evil.example"}
    page = visitor.client.get("/forgot", **evil).text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token
    answer = visitor.client.post(
        "/forgot", data={"csrf_token": token[1], "login": "ada"}, **evil
    )
    assert answer.status_code == 200
    assert "evil.example" not in mails(make)[0].text


# An address


SIGN_UP = {"username": "emmy", "email": "emmy@x.example", "password": PASSWORD}


def test_who_signs_up_confirms_the_address_to_take_part(
    visitor: Person, make: Factory
) -> None:
    make.competition("stars")
    visitor.post("/sign-up", **SIGN_UP)
    (mail,) = mails(make)
    assert mail.address == "emmy@x.example"
    refused = visitor.post("/c/stars/join", accept="y")
    assert refused.status_code == 403
    assert "Confirm your e-mail address first" in refused.text
    assert visitor.get("/host/new").status_code == 403
    assert visitor.get(link(mail)).status_code == 200
    assert user(make, "emmy").confirmed_at is None  # a link alone confirms nothing
    assert visitor.post(link(mail)).location == "/settings/email"
    assert user(make, "emmy").confirmed_at is not None
    assert visitor.post("/c/stars/join", accept="y").status_code == 302
    assert visitor.post(link(mail)).status_code == 303  # again does no harm


def test_programs_confirm_an_address_too(
    app: Flask, services: Services, make: Factory
) -> None:
    make.competition("stars")
    client = app.test_client()
    client.post("/api/v1/users", json=SIGN_UP)
    made = client.post(
        "/api/v1/tokens",
        json={"login": "emmy", "password": PASSWORD, "label": "x"},
    ).json
    assert made
    head = {"Authorization": f"Bearer {made['token']}"}
    path, body = "/api/v1/competitions/stars/participation", {"accept_rules": True}
    refused = client.put(path, json=body, headers=head)
    assert refused.status_code == 403
    assert "Confirm your e-mail address first" in refused.text
    person = Person(app)
    person.post(link(mails(make)[0]))
    assert client.put(path, json=body, headers=head).status_code == 200


def test_where_mail_is_not_sent_nobody_has_to_confirm(
    services: Services, make: Factory, settings: Settings
) -> None:
    plain = Settings(
        data_dir=settings.data_dir,
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        secret_key="a key for tests",
    )
    person = Person(create_app(plain))
    make.competition("stars")
    person.post("/sign-up", **SIGN_UP)
    assert mails(make) == []
    assert person.post("/c/stars/join", accept="y").status_code == 302


def test_an_address_is_changed_by_a_link_to_the_new_one(
    app: Flask, as_ada: Person, make: Factory
) -> None:
    as_ada.post("/settings/email", email="Ada@New.example", password=PASSWORD)
    (mail,) = mails(make)
    assert (mail.address, user(make, "ada").email) == (
        "ada@new.example",
        "ada@private.example",
    )
    other = Person(app, make.user("bob"))
    assert other.post(link(mail)).status_code == 404
    assert as_ada.get(link(mail)).status_code == 200
    assert as_ada.post(link(mail)).location == "/settings/email"
    assert user(make, "ada").email == "ada@new.example"
    told = mails(make)[1]
    assert (told.kind, told.address) == ("moved", "ada@private.example")
    assert as_ada.post(link(mail)).status_code == 404


def test_faults_of_a_new_address_are_told_at_once(
    as_ada: Person, make: Factory
) -> None:
    answer = as_ada.post("/settings/email", email="nowhere", password="wrong")
    assert answer.status_code == 422
    assert "such as name@example.org" in answer.text
    assert "not your present password" in answer.text
    same = as_ada.post(
        "/settings/email", email="ada@private.example", password=PASSWORD
    )
    assert "your address already" in same.text
    assert mails(make) == []


def test_whose_address_it_is_is_not_told(as_ada: Person, make: Factory) -> None:
    make.user("bob")
    answer = as_ada.post(
        "/settings/email", email="bob@private.example", password=PASSWORD
    )
    assert answer.status_code == 303
    assert mails(make) == []


def test_an_address_that_was_taken_meanwhile_is_refused(
    as_ada: Person, make: Factory
) -> None:
    as_ada.post("/settings/email", email="bob@private.example", password=PASSWORD)
    make.user("bob")
    assert as_ada.post(link(mails(make)[0])).status_code == 409
    assert user(make, "ada").email == "ada@private.example"


# What is mailed


@pytest.mark.parametrize("event", ["announcement", "invitation"])
@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_mail_of_an_event_goes_to_who_wants_it(
    app: Flask, as_ada: Person, make: Factory, event: str, confirmed: bool, wanted: bool
) -> None:
    bob = make.user("bob")
    stars = make.competition("stars", host_id=bob.id)
    make.team(stars, bob, name="Moons")
    with make.session() as session:
        for each in session.scalars(select(User)):
            each.confirmed_at = clock.now() if confirmed else None
    if event == "announcement":
        make.team(stars, user(make, "ada"), name="Comets")
    if not wanted:
        others = {"announcement", "invitation"} - {event}
        as_ada.post("/settings/email/choices", **dict.fromkeys(others, "y"))
    host = Person(app, bob)
    if event == "announcement":
        host.post("/c/stars/host/announcements", title="More", text="At *last*.")
    else:
        host.post("/c/stars/team/invite", username="ada")
    found = [mail for mail in mails(make) if mail.kind == event]
    assert [mail.address for mail in found] == (
        ["ada@private.example"] if wanted and confirmed else []
    )
    assert all("/settings/email" in mail.text for mail in found)


def test_requests_to_join_are_mailed_to_who_decides_and_answers_to_who_asked(
    app: Flask, as_ada: Person, make: Factory
) -> None:
    bob, eve = make.user("bob"), make.user("eve")
    stars = make.competition("stars", team_max_size=3)
    team = make.team(stars, user(make, "ada"), name="Comets")
    make.join(stars, bob, eve)
    with make.session() as session:
        for each in session.scalars(select(User)):
            each.confirmed_at = clock.now()
    as_ada.post("/c/stars/team/requests/open")
    for each in (bob, eve):
        path = f"/t/{team.public_id}/ask"
        assert Person(app, each).post(path, message="Hi").status_code == 302
    told = mails(make)
    assert [mail.address for mail in told] == ["ada@private.example"] * 2
    assert "They say: Hi" in told[0].text
    page = as_ada.get("/c/stars/team").text
    requests = re.findall(r"/join-requests/(\w+)/accept", page)
    as_ada.post(f"/join-requests/{requests[0]}/accept")
    as_ada.post(f"/join-requests/{requests[1]}/close")
    answers = {mail.address: mail.subject for mail in mails(make)[2:]}
    assert set(answers) == {"bob@private.example", "eve@private.example"}
    assert sorted(answers.values()) == [
        "Comets has declined your request",
        "You are in the team Comets",
    ]


def test_the_settings_show_what_was_chosen(as_ada: Person) -> None:
    as_ada.post("/settings/email/choices", invitation="y")
    page = as_ada.get("/settings/email").text
    assert re.search(r'<input checked id="invitation"', page)
    assert not re.search(r'<input checked id="announcement"', page)


def test_mail_does_not_leave_before_its_reason(
    visitor: Person, ada: User, make: Factory
) -> None:
    with make.services.database.session() as session:
        notifications.write(
            session,
            to="a@b.example",
            letter=notifications.Letter(kind="x", subject="x", text="x"),
        )
        session.rollback()
    assert mails(make) == []
