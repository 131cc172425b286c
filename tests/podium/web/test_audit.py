"""What hosts and administrators do on the site and through the API is in the audit log."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from podium.accounts import service as accounts
from podium.accounts.models import ADMIN, User
from podium.competitions.models import Announcement, Competition
from podium.core import audit
from podium.core.models import AuditEntry
from podium.hosting import service as hosting
from podium.submissions.models import Status
from tests.podium.factories import DAY, Factory
from tests.podium.web.people import Person

HOST = "/c/stars/host"


def entries(make: Factory) -> list[AuditEntry]:
    with make.session() as session:
        return list(audit.entries(session, limit=99))


def told(make: Factory) -> list[tuple[str, str, str]]:
    return [(each.who, each.act, each.target) for each in entries(make)]


def hosted(make: Factory) -> User:
    """Hope, and a competition of hers."""
    hope = make.user("hope")
    make.competition("stars", host_id=hope.id)
    return hope


def announced(make: Factory, by: User) -> str:
    with make.session() as session:
        competition = session.scalars(select(Competition)).one()
        made = hosting.announce(
            session,
            competition=competition,
            by=session.get_one(User, by.id),
            title="More data",
            text="At last.",
        )
        return made.public_id


def test_a_submission_removed_restored_and_scored_again(
    app: Flask, make: Factory
) -> None:
    hope = Person(app, hosted(make))
    ada = make.user("ada")
    with make.session() as session:
        stars = session.scalars(select(Competition)).one()
    sent = make.submission(make.team(stars, ada), ada, status=Status.FAILED)
    address = f"{HOST}/submissions/{sent.public_id}"
    target = f"submission {sent.public_id} in stars"
    hope.post(f"{address}/remove", reason="Copied.")
    hope.post(f"{address}/restore")
    hope.post(f"{address}/again")
    assert told(make) == [
        ("hope", "submission.scored_again", target),
        ("hope", "submission.restored", target),
        ("hope", "submission.removed", target),
    ]
    assert entries(make)[-1].reason == "Copied."
    assert entries(make)[-1].source == "127.0.0.0/24"


def test_a_refused_act_is_not_in_the_log(app: Flask, make: Factory) -> None:
    hope = Person(app, hosted(make))
    ada = make.user("ada")
    with make.session() as session:
        stars = session.scalars(select(Competition)).one()
    sent = make.submission(make.team(stars, ada), ada, public=0.5)
    hope.post(f"{HOST}/submissions/{sent.public_id}/remove", reason="")
    hope.post(f"{HOST}/submissions/{sent.public_id}/again")
    assert told(make) == []


def test_a_launch_planned_and_called_off_and_a_draft_deleted(
    app: Flask, make: Factory
) -> None:
    owner = make.user("hope")
    make.competition("stars", host_id=owner.id, launched_at=None)
    hope = Person(app, owner)
    with make.session() as session:
        stars = session.scalars(select(Competition)).one()
        when = stars.closes_at - DAY
    hope.post(f"{HOST}/launch", at=f"{when:%Y-%m-%d %H:%M}")
    hope.post(f"{HOST}/call-off")
    hope.post(f"{HOST}/delete")
    assert told(make) == [
        ("hope", "competition.deleted", "competition stars"),
        ("hope", "competition.called_off", "competition stars"),
        ("hope", "competition.launched", "competition stars"),
    ]
    assert str(entries(make)[-1].details["at"]).startswith(f"{when:%Y-%m-%dT%H:%M}")


def test_an_announcement_deleted_on_the_site_and_through_the_api(
    app: Flask, make: Factory
) -> None:
    owner = hosted(make)
    first, second = announced(make, owner), announced(make, owner)
    Person(app, owner).post(f"{HOST}/announcements/{first}/delete")
    with make.session() as session:
        _, secret = accounts.make_token(
            session, user=session.get_one(User, owner.id), label="x"
        )
    answer = app.test_client().delete(
        f"/api/v1/competitions/stars/announcements/{second}",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 204
    assert told(make) == [("hope", "announcement.deleted", "competition stars")] * 2
    with make.session() as session:
        assert session.scalars(select(Announcement)).all() == []


def test_what_counts_for_medals(app: Flask, make: Factory) -> None:
    hosted(make)
    amy = make.user("amy")
    with make.session() as session:
        user = session.get_one(User, amy.id)
        accounts.set_role(session, user=user, name=ADMIN, has=True)
    Person(app, amy).post(f"{HOST}/uncount")
    newest = entries(make)[0]
    assert (newest.who, newest.act) == ("amy", "competition.ranked")
    assert newest.details == {"ranked": False}
