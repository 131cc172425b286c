"""Mail from a row to a real server: once, again after a failure, never with a secret left."""

from __future__ import annotations

import dataclasses
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import time_machine
import trustme
from sqlalchemy import select

from podium.bootstrap import Services
from podium.core import clock
from podium.notifications import jobs, service
from podium.notifications.models import SITE, Mail
from podium.notifications.service import Letter
from podium.notifications.transport import NotSent, Smtp, message
from podium.settings import Settings, SettingsError, read_settings
from tests.podium.factories import Factory
from tests.podium.postbox import HOST, Postbox, postbox
from tests.podium.threads import answers, at_once

LETTER = Letter(
    kind="test", subject="Grüße\nBcc: eve@x.example", text=f"Hello — ☀\n.\n{SITE}/x\n"
)
TO = "ada@private.example"
LATER = timedelta(hours=5)


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as found:
        yield found


def with_mail(services: Services, url: str, **values: object) -> Services:
    settings = dataclasses.replace(services.settings, mail_url=url, **values)  # type: ignore[arg-type]
    return dataclasses.replace(services, settings=settings)


@pytest.fixture
def posting(services: Services, box: Postbox) -> Services:
    """Services whose mail goes into the box."""
    return with_mail(
        services,
        f"smtp+plain://{HOST}:{box.port}",
        public_url="https://podium.example",
        mail_from="Podium of Köln <mail@podium.example>",
    )


def write(make: Factory, *addresses: str, letter: Letter = LETTER) -> None:
    with make.session() as session:
        for address in addresses or (TO,):
            service.write(session, to=address, letter=letter)


def rows(make: Factory) -> list[Mail]:
    with make.session() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def test_a_mail_arrives_as_it_was_written(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make)
    assert jobs.deliver(posting) == 1
    (mail,) = box.mails
    assert mail["Subject"] == "Grüße Bcc: eve@x.example"
    assert mail["From"] == "Podium of Köln <mail@podium.example>"
    assert (mail["To"], box.receivers) == (TO, [TO])
    assert mail.get_content().splitlines() == [
        "Hello — ☀",
        ".",
        "https://podium.example/x",
    ]
    assert mail["Message-ID"].endswith("@podium.example>")
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.database
def test_what_is_sent_is_not_sent_again_and_keeps_no_text(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make)
    assert [jobs.deliver(posting), jobs.deliver(posting)] == [1, 0]
    with time_machine.travel(clock.now() + LATER):
        assert jobs.deliver(posting) == 0
    (row,) = rows(make)
    assert (row.text, row.not_before, row.error) == ("", None, "")
    assert row.sent_at is not None
    assert len(box.mails) == 1


@pytest.mark.database
def test_processes_that_send_at_once_send_each_mail_once(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make, *(f"user{n}@x.example" for n in range(12)))
    sent = answers(at_once([lambda: jobs.deliver(posting)] * 3))
    assert sum(sent) == 12
    assert sorted(box.receivers) == sorted(f"user{n}@x.example" for n in range(12))


def test_many_mails_go_over_one_connection(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make, *(f"user{n}@x.example" for n in range(5)))
    jobs.deliver(posting)
    assert (len(box.mails), box.connections) == (5, 1)


def test_an_address_that_the_server_refuses_is_given_up(
    make: Factory, posting: Services, box: Postbox
) -> None:
    box.say["gone@x.example"] = "550 no such person"
    write(make, "gone@x.example", "here@x.example")
    assert jobs.deliver(posting) == 1
    gone, here = rows(make)
    assert (gone.not_before, gone.sent_at, gone.text) == (None, None, "")
    assert gone.error == "The mail server said 550 no such person"
    assert here.sent_at is not None


def test_what_the_server_puts_off_is_tried_again(
    make: Factory, posting: Services, box: Postbox
) -> None:
    box.say[TO] = "451 come back later"
    write(make)
    now = clock.now()
    with time_machine.travel(now, tick=False):
        assert jobs.deliver(posting) == 0
    (row,) = rows(make)
    assert row.not_before == now + service.FIRST_REST
    assert "451 come back later" in row.error
    box.say.clear()
    with time_machine.travel(now + LATER):
        assert jobs.deliver(posting) == 1
    assert len(box.mails) == 1


def test_a_server_that_is_away_costs_nothing_and_is_given_up_in_the_end(
    make: Factory, services: Services
) -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    away = with_mail(services, f"smtp+plain://{HOST}:{port}")
    write(make)
    moment, rests = clock.now(), list[timedelta]()
    for _ in range(service.TRIES):
        with time_machine.travel(moment, tick=False):
            assert jobs.deliver(away) == 0
        (row,) = rows(make)
        if row.not_before is not None:
            rests.append(row.not_before - moment)
            moment = row.not_before
    assert rests == sorted(rests)
    assert rests[-1] == service.LONGEST_REST
    assert (row.not_before, row.sent_at) == (None, None)
    assert "can't be reached" in row.error
    with make.session() as session:
        assert service.figures(session).given_up == 1


def test_a_process_that_died_in_between_leaves_the_mail_to_another(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make)
    with make.session() as session:
        assert service.take(session, now=clock.now())
    assert jobs.deliver(posting) == 0
    with time_machine.travel(clock.now() + service.SENT_WITHIN * 2):
        assert jobs.deliver(posting) == 1


def test_a_mail_that_is_sent_twice_has_one_id(settings: Settings) -> None:
    mail = Mail(id=7, address=TO, subject="A", text="B", created_at=clock.now())
    first, second = (message(mail, settings)["Message-ID"] for _ in range(2))
    other = Mail(id=8, address=TO, subject="A", text="B", created_at=mail.created_at)
    assert first == second != message(other, settings)["Message-ID"]


@pytest.mark.parametrize(
    "address", ["a,b@x.example", "<a@x.example", "a@x\r\nB: c", ""]
)
def test_an_address_that_is_none_is_given_up(
    make: Factory, posting: Services, box: Postbox, address: str
) -> None:
    write(make, address)
    assert jobs.deliver(posting) == 0
    (row,) = rows(make)
    assert (row.not_before, row.sent_at) == (None, None)
    assert (box.mails, "no address" in row.error) == ([], True)


def test_without_a_server_mail_is_printed(
    make: Factory, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    write(make)
    assert jobs.deliver(services) == 1
    said = capsys.readouterr().out
    assert f"Mail to {TO}: Grüße" in said
    assert "  | Hello — ☀" in said


def test_the_loop_sends_what_comes_and_forgets_what_is_old(
    make: Factory, posting: Services, box: Postbox
) -> None:
    write(make)
    assert jobs.deliver(posting) == 1
    with make.session() as session:
        (row,) = session.scalars(select(Mail))
        row.created_at = clock.now() - service.KEPT - timedelta(days=1)
    write(make, "new@x.example")

    class Once(Event):
        def wait(self, timeout: float | None = None) -> bool:
            self.set()
            return True

    jobs.loop(posting, Once())
    assert [row.address for row in rows(make)] == ["new@x.example"]
    assert len(box.mails) == 2


# The way to the server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    return context


def sample() -> Mail:
    return Mail(id=1, address=TO, subject="A", text="B", created_at=clock.now())


def test_mail_goes_encrypted_and_with_the_password(
    authority: trustme.CA,
    encrypted: ssl.SSLContext,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with postbox(tls=encrypted, user=("ada@x", "p:w")) as box:
        with closing(Smtp(f"smtp://ada%40x:p%3Aw@{HOST}:{box.port}")) as way:
            way.send(message(sample(), settings))
        assert len(box.mails) == 1
        with (
            closing(Smtp(f"smtp://ada%40x:wrong@{HOST}:{box.port}")) as way,
            pytest.raises(NotSent, match="user name and password") as caught,
        ):
            way.send(message(sample(), settings))
    assert not caught.value.final


def test_a_certificate_that_nobody_knows_stops_the_mail(
    encrypted: ssl.SSLContext, settings: Settings
) -> None:
    with (
        postbox(tls=encrypted) as box,
        closing(Smtp(f"smtp://{HOST}:{box.port}")) as way,
        pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        way.send(message(sample(), settings))
    assert box.mails == []


def test_a_server_that_does_not_encrypt_gets_no_mail(
    box: Postbox, settings: Settings
) -> None:
    with (
        closing(Smtp(f"smtp://{HOST}:{box.port}")) as way,
        pytest.raises(NotSent, match="STARTTLS"),
    ):
        way.send(message(sample(), settings))
    assert box.mails == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PODIUM_MAIL_URL", "mail.example.org"),
        ("PODIUM_MAIL_URL", "http://mail.example.org"),
        ("PODIUM_MAIL_URL", "smtp://:secret@:25"),
        ("PODIUM_MAIL_URL", "smtp://mail.example.org:port"),
        ("PODIUM_MAIL_FROM", "Podium"),
        ("PODIUM_MAIL_FROM", "a@b.example\nBcc: c@d.example"),
    ],
)
def test_settings_that_send_no_mail_are_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be like") as caught:
        read_settings({name: value})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("public_url", "sender"),
    [
        ("https://podium.example:8443/x", "Podium <podium@podium.example>"),
        ("", "Podium <podium@127.0.0.1>"),
    ],
)
def test_mail_comes_from_the_sites_host(public_url: str, sender: str) -> None:
    assert Settings(public_url=public_url).mail_sender == sender


def test_figures_tell_what_waits(make: Factory) -> None:
    begun: datetime = clock.now()
    write(make, "a@x.example", "b@x.example")
    with make.session() as session:
        found = service.figures(session)
    assert (found.waiting, found.given_up, found.last_error) == (2, 0, "")
    assert found.oldest is not None
    assert found.oldest >= begun
