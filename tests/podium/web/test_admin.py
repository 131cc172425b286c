"""The operator's pages: what is stuck, who is here, what was done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ORGANIZER, User
from podium.admin import queries
from podium.competitions.models import Competition
from podium.core import audit, clock
from podium.scoring.models import ScoringHost
from podium.submissions.models import Status, Submission
from tests.podium.factories import Factory, FakeJobs
from tests.podium.web.people import Person


@pytest.fixture
def amy(make: Factory) -> User:
    """An administrator."""
    amy = make.user("amy")
    with make.session() as session:
        user = session.get_one(User, amy.id)
        accounts.set_role(session, user=user, name=ADMIN, has=True)
    return amy


@pytest.fixture
def as_amy(app: Flask, amy: User) -> Person:
    return Person(app, amy)


def roles(make: Factory, user: User) -> set[str]:
    with make.session() as session:
        return {role.name for role in session.get_one(User, user.id).roles}


def acts(make: Factory, target: str) -> list[tuple[str, str, str]]:
    with make.session() as session:
        found = audit.entries(session, target=target, limit=99)
        return [(each.who, each.act, each.reason) for each in found]


def test_an_empty_podium_says_that_nothing_waits(as_amy: Person) -> None:
    page = as_amy.get("/admin").text
    assert "Nothing waits" in page
    assert "Nothing failed" in page
    assert "No scoring host yet" in page


@pytest.mark.database
def test_the_queue_is_counted_from_the_rows(make: Factory, ada: User) -> None:
    team = make.team(make.competition("stars"), ada)
    now = clock.now()
    first = make.submission(team, ada, at=now - timedelta(hours=2))
    make.submission(team, ada, at=now)
    lapsed = make.submission(team, ada, status=Status.RUNNING, at=now)
    make.submission(team, ada, status=Status.FAILED)
    make.submission(team, ada, public=0.5)
    with make.session() as session:
        session.get_one(Submission, lapsed.id).scores[0].lease_until = now
    with make.session() as session:
        found = queries.queue(session, now=now + timedelta(seconds=1))
        longest = queries.longest_waiting(session, limit=2)
        assert [each.submission_id for each in longest] == [first.id, first.id + 1]
    assert (found.waiting, found.running, found.lapsed, found.failed) == (2, 1, 1, 1)
    assert found.oldest_at == first.created_at
    assert found.background == 0


@pytest.mark.database
def test_the_bytes_that_teams_sent_are_summed(make: Factory, ada: User) -> None:
    team = make.team(make.competition("stars"), ada)
    for content in (b"id,y\n1,0\n", b"id,y\n1,0.25\n"):
        make.submission(team, ada, content=content)
    with make.session() as session:
        room = queries.room(session, make.services.settings.data_dir)
    assert (room.files, room.sent) == (2, 9 + 12)
    assert 0 < room.free <= room.total


def test_what_failed_on_our_side_is_tried_again(
    as_amy: Person, make: Factory, ada: User, stars: Competition, jobs: FakeJobs
) -> None:
    sent = make.submission(
        make.team(stars, ada, name="Comets"),
        ada,
        status=Status.FAILED,
        failures=5,
        host_message="the engine was away",
    )
    page = as_amy.get("/admin").text
    assert "the engine was away" in page
    assert as_amy.post(f"/admin/retry/{sent.public_id}").location == "/admin"
    with make.session() as session:
        score = session.get_one(Submission, sent.id).scores[0]
        assert (score.status, score.failures) == (Status.QUEUED, 0)
    assert [job.row_id for job in jobs.sent] == [score.id]
    target = f"submission {sent.public_id}"
    assert acts(make, target) == [("amy", "submission.scored_again", "")]


def test_what_was_scored_is_not_tried_again(
    as_amy: Person, make: Factory, ada: User, stars: Competition
) -> None:
    sent = make.submission(make.team(stars, ada), ada, public=0.5)
    answer = as_amy.post(f"/admin/retry/{sent.public_id}")
    assert answer.status_code == 409
    assert acts(make, "submission") == []


def test_troubles_stand_above_the_numbers(
    as_amy: Person, make: Factory, jobs: FakeJobs
) -> None:
    assert "server does not answer" not in as_amy.get("/admin").text
    jobs.known_workers = 0
    assert "No worker is known" in as_amy.get("/admin").text
    jobs.away = True
    assert "server does not answer" in as_amy.get("/admin").text


def test_a_silent_host_is_told_from_one_that_works(
    as_amy: Person, make: Factory
) -> None:
    with make.session() as session:
        for name, ago_s in (("north", 10), ("south", 600)):
            seen_at = clock.now() - timedelta(seconds=ago_s)
            session.add(ScoringHost(name=name, sandbox={}, seen_at=seen_at))
    page = as_amy.get("/admin").text
    assert (page.count("Working"), page.count("Silent")) == (1, 1)


def test_users_are_found_by_name_address_and_role(
    as_amy: Person, make: Factory
) -> None:
    make.user("bob", display_name="Robert Tables")
    make.user("eve", active=False)
    for query, found in (
        ("q=tables", {"bob"}),
        ("q=eve@private", {"eve"}),
        ("role=admin", {"amy"}),
        ("role=blocked", {"eve"}),
        ("q=%25", set()),
        ("role=nonsense", {"amy", "bob", "eve"}),
    ):
        page = as_amy.get(f"/admin/users?{query}").text
        shown = {name for name in ("amy", "bob", "eve") if f"/users/{name}" in page}
        assert shown == found, query


def test_more_users_than_a_page_holds_have_a_next_one(
    as_amy: Person, make: Factory
) -> None:
    for number in range(55):
        make.user(f"somebody{number:02}")
    first = as_amy.get("/admin/users?q=somebody").text
    assert "somebody54" in first
    assert "somebody04" not in first
    (_, _, rest) = first.partition('rel="next" href="')
    address = rest.partition('"')[0].replace("&amp;", "&")
    assert "somebody04" in as_amy.get(address).text


def test_a_role_is_given_and_taken(as_amy: Person, make: Factory, ada: User) -> None:
    as_amy.post("/admin/users/ada/give", role=ORGANIZER)
    assert roles(make, ada) == {ORGANIZER}
    as_amy.post("/admin/users/ada/take", role=ORGANIZER)
    assert roles(make, ada) == set()
    assert acts(make, "user ada") == [
        ("amy", "role.taken", ""),
        ("amy", "role.given", ""),
    ]


def test_a_role_that_is_not_there_can_not_be_given(
    as_amy: Person, make: Factory, ada: User
) -> None:
    answer = as_amy.post("/admin/users/ada/give", role="king")
    assert answer.status_code == 409
    assert roles(make, ada) == set()


def test_an_administrator_is_always_left(
    as_amy: Person, make: Factory, amy: User
) -> None:
    answer = as_amy.post("/admin/users/amy/take", role=ADMIN)
    assert answer.status_code == 409
    assert "can&#39;t take your own rights" in answer.text
    answer = as_amy.post("/admin/users/amy/block", reason="me")
    assert answer.status_code == 409
    assert "can&#39;t block yourself" in answer.text
    assert roles(make, amy) == {ADMIN}


def test_who_is_blocked_is_out_at_once_and_their_tokens_with_them(
    app: Flask, as_amy: Person, make: Factory, ada: User
) -> None:
    as_ada = Person(app, ada)
    with make.session() as session:
        user = session.get_one(User, ada.id)
        _, secret = accounts.make_token(session, user=user, label="x")
    headers = {"Authorization": f"Bearer {secret}"}
    api = app.test_client()
    assert api.get("/api/v1/me", headers=headers).status_code == 200
    as_amy.post("/admin/users/ada/block", reason="Spam.")
    assert as_ada.get("/settings/profile").status_code == 303
    assert api.get("/api/v1/me", headers=headers).status_code == 401
    assert "blocked" in as_amy.get("/admin/users/ada").text
    as_amy.post("/admin/users/ada/unblock")
    assert api.get("/api/v1/me", headers=headers).status_code == 200
    assert acts(make, "user ada") == [
        ("amy", "user.unblocked", ""),
        ("amy", "user.blocked", "Spam."),
    ]


def test_blocking_needs_a_reason_and_keeps_the_page(
    as_amy: Person, make: Factory, ada: User
) -> None:
    answer = as_amy.post("/admin/users/ada/block", reason="  ")
    assert answer.status_code == 422
    assert "Say why, in 1 to 500 characters." in answer.text
    assert acts(make, "user ada") == []


def test_drafts_stand_among_the_competitions(
    as_amy: Person, make: Factory, stars: Competition
) -> None:
    make.competition("moons", launched_at=None)
    page = as_amy.get("/admin/competitions").text
    assert "Moons" in page
    assert "Stars" in page
    assert page.count("Draft") == 1


def test_the_audit_log_is_filtered(as_amy: Person, ada: User) -> None:
    as_amy.post("/admin/users/ada/give", role=ORGANIZER)
    as_amy.post("/admin/users/ada/block", reason="Spam & more.")
    page = as_amy.get("/admin/audit").text
    assert "Spam &amp; more." in page
    assert "127.0.0.0/24" in page
    only = as_amy.get("/admin/audit?act=role.given&who=amy&target=ada").text
    assert "organizer" in only
    assert "Spam" not in only
    assert "No entry fits." in as_amy.get("/admin/audit?who=nobody").text
    assert "Spam" in as_amy.get("/admin/audit?act=nonsense").text


def test_only_administrators_see_the_way_there(
    app: Flask, as_amy: Person, ada: User
) -> None:
    assert 'href="/admin"' in as_amy.get("/").text
    assert 'href="/admin"' not in Person(app, ada).get("/").text
