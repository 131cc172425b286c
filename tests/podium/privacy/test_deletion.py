"""A deleted account: the person is gone everywhere, and boards are as they were."""

from __future__ import annotations

import json
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, ApiToken, LogIn, User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.db import Base
from podium.core.errors import PodiumError, Refused
from podium.leaderboards.models import Entry
from podium.notifications.models import Mail
from podium.privacy import deletion
from podium.submissions.models import Submission
from podium.teams import queries as teams
from podium.teams.models import Participant, Team
from tests.podium.factories import DAY, Factory
from tests.podium.threads import answers, at_once, errors

pytestmark = pytest.mark.database
ADDRESS = "ada@private.example"


def delete(services: Services, user: User) -> None:
    with services.database.session() as session:
        found = session.get_one(User, user.id)
        deletion.delete_account(session, user=found, now=clock.now())
        session.commit()


def stored(session: Session) -> str:
    """Every value of every row, as one text."""
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name not in {"audit_entries", "audit_head"}:
            rows = session.execute(select(table)).mappings()
            found += [dict(row) for row in rows]
    return json.dumps(found, default=str)


def entries(session: Session) -> list[tuple[object, ...]]:
    rows = session.execute(
        select(Entry.team_id, Entry.score, Entry.sort_key).order_by(
            Entry.board_id, Entry.team_id
        )
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def ada(make: Factory) -> User:
    return make.user(
        "ada",
        display_name="Ada Quill",
        about="I like splines.",
        link="https://ada.example",
    )


def test_nothing_of_the_person_is_stored_any_more(
    make: Factory, services: Services, ada: User
) -> None:
    stars = make.competition("stars")
    team = make.team(stars, ada, name="Ada Quill")
    make.submission(team, ada, public=0.7, private=0.6)
    bob = make.user("bob")
    make.join(make.competition("moons"), ada)
    make.team(make.competition("suns"), bob, ada)
    with services.database.session() as session:
        found = session.get_one(User, ada.id)
        accounts.make_token(session, user=found, label="laptop")
        accounts.set_role(session, user=found, name="organizer", has=True)
        session.add(Mail(kind="welcome", address=ADDRESS, subject="Hi", text="Ada!"))
        session.add(
            LogIn(
                user_id=ada.id,
                sha256="3" * 64,
                uniquifier=found.fs_uniquifier,
                device="Firefox on Linux",
                network="192.0.2.0/24",
            )
        )
        session.commit()
    with services.database.reading() as session:
        before = entries(session)
        assert all(each in stored(session) for each in ("Ada", ADDRESS, "splines"))

    delete(services, ada)

    with services.database.reading() as session:
        kept = stored(session)
        assert [
            each for each in ("Ada", "ada@", "splines", "ada.example") if each in kept
        ] == []
        assert '"ada"' not in kept
        assert entries(session) == before != []
        assert session.scalars(select(ApiToken)).all() == []
        assert session.scalars(select(LogIn)).all() == []
        gone = session.get_one(User, ada.id)
        assert gone.shown_name == "Deleted user"
        assert (gone.active, gone.roles, gone.password) == (False, [], None)
        (sent,) = session.scalars(select(Submission))
        assert sent.user_id == ada.id


def test_the_name_and_address_are_free_again(
    make: Factory, services: Services, ada: User
) -> None:
    delete(services, ada)
    with services.database.session() as session:
        again = accounts.sign_up(
            session, username="ada", email=ADDRESS, password="correct horse battery"
        )
        session.commit()
        assert again.id != ada.id


def test_teams_without_a_submission_are_left_and_others_are_led_on(
    make: Factory, services: Services, ada: User
) -> None:
    bob, eve = make.user("bob"), make.user("eve")
    led = make.team(make.competition("stars"), ada, bob, eve)
    make.submission(led, ada, public=0.7)
    empty = make.team(make.competition("moons"), ada, bob)
    alone = make.team(make.competition("suns"), ada)

    delete(services, ada)

    with services.database.reading() as session:
        assert teams.team_by_id(session, led.id).leader_id == bob.id
        assert len(teams.team_by_id(session, led.id).members) == 3
        left = teams.team_by_id(session, empty.id)
        assert (left.leader_id, [each.id for each in left.members]) == (
            bob.id,
            [bob.id],
        )
        assert session.get(Team, alone.id) is None
        joined = session.scalars(
            select(Participant.competition_id).where(Participant.user_id == ada.id)
        )
        assert joined.all() == [led.competition_id]


def test_a_team_named_after_the_person_gets_another_name(
    make: Factory, services: Services, ada: User
) -> None:
    running = make.team(make.competition("stars"), ada, name="Ada Quill 2")
    make.submission(running, ada, public=0.7)
    ended = make.competition("suns")
    only_late = make.team(ended, ada, name="Ada Quill")
    shared = make.team(make.competition("moons"), ada, make.user(), name="Ada Quill")
    make.submission(shared, ada, public=0.7)
    with services.database.session() as session:
        session.get_one(Competition, ended.id).closes_at = clock.now()
        session.commit()

    delete(services, ada)

    with services.database.reading() as session:
        names = [
            teams.team_by_id(session, each.id).name
            for each in (running, only_late, shared)
        ]
    assert names == [
        f"Deleted user {running.public_id}",
        f"Deleted user {only_late.public_id}",
        "Ada Quill",
    ]


def test_all_that_is_in_the_way_is_told_at_once(
    make: Factory, services: Services, ada: User
) -> None:
    now = clock.now()
    make.competition("stars", host_id=ada.id, title="Stars")
    make.competition("moons", host_id=ada.id, title="Moons", launched_at=None)
    make.competition(
        "suns",
        host_id=ada.id,
        title="Suns",
        opens_at=now - 9 * DAY,
        closes_at=now - 2 * DAY,
    )
    with services.database.session() as session:
        found = session.get_one(User, ada.id)
        accounts.set_role(session, user=found, name=ADMIN, has=True)
        session.commit()

    with pytest.raises(Refused) as refusal:
        delete(services, ada)

    assert "only administrator" in refusal.value.sentence
    assert "You host “Stars”" in refusal.value.sentence
    assert "draft “Moons”" in refusal.value.sentence
    assert "Suns" not in refusal.value.sentence
    with services.database.reading() as session:
        assert session.get_one(User, ada.id).active


def test_of_two_administrators_who_leave_at_once_one_stays(
    make: Factory, services: Services, ada: User
) -> None:
    bob = make.user("bob")
    with services.database.session() as session:
        for user in (ada, bob):
            found = session.get_one(User, user.id)
            accounts.set_role(session, user=found, name=ADMIN, has=True)
        session.commit()

    results = at_once([partial(delete, services, user) for user in (ada, bob)])

    assert len(answers(results)) == 1
    (refusal,) = errors(results)
    assert isinstance(refusal, PodiumError)
    assert "only administrator" in refusal.sentence


def test_a_deleted_account_is_not_let_in_again_and_its_names_are_nobodys(
    make: Factory, services: Services, ada: User
) -> None:
    delete(services, ada)
    with services.database.session() as session:
        gone = session.get_one(User, ada.id)
        with pytest.raises(Refused, match="was deleted"):
            accounts.set_active(session, user=gone, active=True)
    faults = accounts.sign_up_faults(
        username="deleted-ada", email=ADDRESS, password="x" * 12, display_name=""
    )
    assert faults == {"username": "This user name is reserved. Choose another."}


def test_an_ended_competition_keeps_its_host_row(
    make: Factory, services: Services, ada: User
) -> None:
    now = clock.now()
    suns = make.competition(
        "suns", host_id=ada.id, opens_at=now - 9 * DAY, closes_at=now - 2 * DAY
    )
    delete(services, ada)
    with services.database.reading() as session:
        assert session.get_one(Competition, suns.id).host_id == ada.id
