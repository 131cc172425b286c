"""What a list of log-ins says of a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest

from podium.accounts import sessions
from podium.bootstrap import Services
from podium.core import clock
from tests.podium.factories import Factory

GECKO = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
KHTML = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (GECKO, "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {KHTML} Safari/537.36", "Chrome on Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {KHTML} Safari/537 Edg/140",
            "Edge on Windows",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {KHTML} Safari/5", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/6", "Safari on macOS"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_device_in_words(agent: str, words: str) -> None:
    assert sessions.device(agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("a socket", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str) -> None:
    assert sessions.network(address) == network


@pytest.mark.database
def test_a_log_in_lives_until_it_is_ended(make: Factory, services: Services) -> None:
    ada, now = make.user("ada"), clock.now()
    for secret in ("a", "b", "c"):
        with make.session() as session:
            sessions.begin(
                session,
                user=session.merge(ada),
                secret=secret,
                agent=GECKO,
                address="192.0.2.77",
                now=now,
            )
    with make.session() as session:
        found = sessions.of_user(session, user=ada, now=now)
        assert len(found) == 3
        sessions.end(session, user=ada, public_id=found[0].public_id)
        assert sessions.end_others(session, user=ada, secret="a") == 1
        assert sessions.current(session, user=ada, secret="a", now=now)
        assert not sessions.current(session, user=ada, secret="b", now=now)


@pytest.mark.database
def test_old_log_ins_are_forgotten_at_the_next(
    make: Factory, services: Services
) -> None:
    ada, now = make.user("ada"), clock.now()
    for moment in (now - timedelta(days=31), now):
        with make.session() as session:
            sessions.begin(
                session,
                user=session.merge(ada),
                secret=str(moment),
                agent="",
                address="",
                now=moment,
            )
    with make.session() as session:
        assert not sessions.current(
            session, user=ada, secret=str(now - timedelta(days=31)), now=now
        )
        assert len(sessions.of_user(session, user=ada, now=now)) == 1
