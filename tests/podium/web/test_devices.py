"""Where a user is logged in: every browser has its row, and is out when that is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from podium.accounts.models import LogIn, User
from podium.bootstrap import Services
from podium.core import clock
from tests.podium.factories import PASSWORD, Factory
from tests.podium.web.people import Person

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def log_ins(services: Services, user: User) -> list[LogIn]:
    with services.database.reading() as reading:
        return list(
            reading.scalars(
                select(LogIn).where(LogIn.user_id == user.id).order_by(LogIn.id)
            )
        )


def is_in(person: Person) -> bool:
    return person.get("/settings/profile").status_code == 200


def test_the_list_names_device_and_network(
    app: Flask, as_ada: Person, ada: User, services: Services
) -> None:
    phone = app.test_client()
    page = phone.get("/log-in").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    phone.post(
        "/log-in",
        data={"csrf_token": token, "login": "ada", "password": PASSWORD},
        headers={"User-Agent": PHONE},
        environ_base={"REMOTE_ADDR": "2001:db8:1:2::3"},
    )
    shown = as_ada.get("/settings/devices").text
    assert "Safari on iPhone" in shown
    assert "2001:db8:1::/48" in shown
    assert "127.0.0.0/24" in shown
    assert "2001:db8:1:2::3" not in shown
    assert len(log_ins(services, ada)) == 2


def test_one_device_is_logged_out(
    app: Flask, as_ada: Person, ada: User, services: Services
) -> None:
    elsewhere = Person(app, ada)
    theirs = log_ins(services, ada)[1].public_id
    answer = as_ada.post(f"/settings/devices/{theirs}/end")
    assert answer.location == "/settings/devices"
    assert is_in(as_ada)
    assert not is_in(elsewhere)


def test_every_other_device_is_logged_out(
    app: Flask, as_ada: Person, ada: User
) -> None:
    others = [Person(app, ada), Person(app, ada)]
    as_ada.post("/settings/devices/end-others")
    assert "2 other devices logged out" in as_ada.get("/settings/devices").text
    assert is_in(as_ada)
    assert [is_in(each) for each in others] == [False, False]


def test_nobody_logs_others_out(
    app: Flask, as_ada: Person, ada: User, make: Factory, services: Services
) -> None:
    eve = Person(app, make.user("eve"))
    theirs = log_ins(services, ada)[0].public_id
    assert eve.post(f"/settings/devices/{theirs}/end").status_code == 404
    eve.post("/settings/devices/end-others")
    assert is_in(as_ada)


def test_a_cookie_of_before_the_log_out_is_worth_nothing(
    app: Flask, as_ada: Person, ada: User, services: Services
) -> None:
    stolen = as_ada.client.get_cookie("podium")
    assert stolen
    as_ada.post("/log-out")
    thief = Person(app)
    thief.client.set_cookie("podium", stolen.value)
    assert not is_in(thief)
    assert log_ins(services, ada) == []


def test_a_logged_out_device_has_no_second_cookie(app: Flask, ada: User) -> None:
    person = Person(app)
    person.post("/log-in", login="ada", password=PASSWORD, remember="y")
    assert person.client.get_cookie("podium_remember") is None


@pytest.mark.parametrize(("remember", "lasting"), [("y", True), ("", False)])
def test_staying_logged_in_is_a_choice(
    app: Flask, ada: User, remember: str, lasting: bool
) -> None:
    person = Person(app)
    fields = {"remember": remember} if remember else {}
    person.post("/log-in", login="ada", password=PASSWORD, **fields)
    cookie = person.client.get_cookie("podium")
    assert cookie
    assert (cookie.expires is not None) is lasting
    assert is_in(person)


def test_a_new_password_leaves_only_this_device(
    app: Flask, as_ada: Person, ada: User, services: Services
) -> None:
    elsewhere, new = Person(app, ada), "another battery staple"
    as_ada.post(
        "/change-password",
        password=PASSWORD,
        new_password=new,
        new_password_confirm=new,
    )
    assert is_in(as_ada)
    assert not is_in(elsewhere)
    assert len(log_ins(services, ada)) == 1


def test_signing_up_is_a_log_in(app: Flask, services: Services) -> None:
    person = Person(app)
    person.post(
        "/sign-up", username="nina", email="n@private.example", password=PASSWORD
    )
    assert is_in(person)
    assert "this one" in person.get("/settings/devices").text


def test_who_was_not_seen_for_long_logs_in_again(app: Flask, ada: User) -> None:
    person, now = Person(app), clock.now()
    person.post("/log-in", login="ada", password=PASSWORD, remember="y")
    with time_machine.travel(now + timedelta(days=20), tick=False):
        assert is_in(person)
    with time_machine.travel(now + timedelta(days=45), tick=False):
        assert is_in(person)  # 25 days after the last visit
    with time_machine.travel(now + timedelta(days=80), tick=False):
        assert not is_in(person)


def test_a_visit_is_noted_now_and_then(
    as_ada: Person, ada: User, services: Services
) -> None:
    began = log_ins(services, ada)[0].seen_at
    with time_machine.travel(began + timedelta(minutes=4), tick=False):
        as_ada.get("/")
    assert log_ins(services, ada)[0].seen_at == began
    with time_machine.travel(began + timedelta(minutes=6), tick=False):
        as_ada.get("/")
    assert log_ins(services, ada)[0].seen_at == began + timedelta(minutes=6)
