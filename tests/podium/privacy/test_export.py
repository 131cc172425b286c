"""What a user takes along: everything of their own, and nothing that is others'."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podium.accounts import service as accounts
from podium.accounts.models import User
from podium.bootstrap import Services
from podium.competitions.models import Competition
from podium.core import clock
from podium.privacy import export
from podium.teams import service as team_service
from podium.teams.models import Team
from tests.podium.factories import DAY, PASSWORD_HASH, Factory

pytestmark = pytest.mark.database


def exported(services: Services, user: User) -> dict[str, Any]:
    with services.database.reading() as session:
        found = session.get_one(User, user.id)
        now = clock.now()
        return export.everything(
            session, user=found, settings=services.settings, now=now
        )


def test_it_holds_what_is_ones_own(make: Factory, services: Services) -> None:
    ada, bob = make.user("ada", about="I like splines."), make.user("bob")
    stars = make.competition("stars", host_id=ada.id)
    team = make.team(stars, ada, bob, name="Night Owls")
    make.submission(team, ada, public=0.75, private=0.25, description="first")
    make.submission(team, bob, public=0.5, private=0.125)
    with services.database.session() as session:
        accounts.make_token(session, user=session.get_one(User, ada.id), label="laptop")
        session.commit()

    found = exported(services, ada)

    assert found["profile"]["email"] == "ada@private.example"
    assert found["profile"]["about"] == "I like splines."
    assert [each["label"] for each in found["tokens"]] == ["laptop"]
    assert [each["competition"] for each in found["competitions"]] == ["stars"]
    assert [each["competition"] for each in found["hosted"]] == ["stars"]
    (owls,) = found["teams"]
    assert (owls["name"], owls["leader"], owls["members"]) == (
        "Night Owls",
        True,
        ["ada", "bob"],
    )
    (sent,) = found["submissions"]
    assert (sent["description"], sent["public_score"]) == ("first", 0.75)
    assert sent["private_score"] is None
    (invitation,) = found["invitations"]
    assert (invitation["user"], invitation["invited_by"]) == ("bob", "ada")


def test_private_scores_are_in_it_after_the_end_only(
    make: Factory, services: Services
) -> None:
    ada = make.user("ada")
    now = clock.now()
    team = make.team(make.competition("open"), ada)
    make.submission(team, ada, public=0.75, private=0.25)
    ended = make.competition("ended", closes_at=now + DAY)
    make.submission(make.team(ended, ada), ada, public=0.5, private=0.375)
    with services.database.session() as session:
        session.get_one(Competition, ended.id).closes_at = now
        session.commit()

    found = exported(services, ada)["submissions"]

    assert [each["private_score"] for each in found] == [None, 0.375]


def test_it_holds_no_secret_and_nobody_elses_address(
    make: Factory, services: Services
) -> None:
    ada, bob = make.user("ada"), make.user("bob")
    team = make.team(make.competition("stars"), ada)
    with services.database.session() as session:
        held = session.get_one(User, ada.id)
        _, secret = accounts.make_token(session, user=held, label="laptop")
        team_service.invite(
            session,
            team=session.get_one(Team, team.id),
            by=held,
            username="bob",
            now=clock.now(),
        )
        session.commit()

    text = json.dumps(exported(services, ada), default=str)

    assert bob.email not in text
    assert PASSWORD_HASH not in text
    assert secret not in text
    assert ada.fs_uniquifier not in text
