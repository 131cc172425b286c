"""Asking to join a team: who may, who answers, and what goes along."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotAllowed, NotFound, Refused
from podium.scoring import joining
from podium.submissions.models import Score, Submission
from podium.teams import asking, queries
from podium.teams import service as teams
from podium.teams.models import JoinRequest, Team
from tests.podium.factories import DAY, Factory
from tests.podium.threads import answers, at_once, errors

NOW = clock.now()


class Door:
    """A team that takes requests, led by ada, and bob, who has no team; each step is in a
    session of its own."""

    def __init__(self, make: Factory, **values: Any) -> None:
        self.make = make
        defaults = {"team_max_size": 3, "opens_at": NOW - 2 * DAY}
        self.competition = make.competition("door", **defaults | values)
        self.ada, self.bob = make.user("ada"), make.user("bob")
        self.team = self.opened("Comets", self.ada)
        make.join(self.competition, self.bob)

    def opened(self, name: str, *members: User) -> Team:
        team = self.make.team(self.competition, *members, name=name)
        self.switch(team, members[0], is_open=True)
        return team

    def switch(self, team: Team, by: User, *, is_open: bool) -> None:
        with self.make.session() as session:
            asking.set_open(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                is_open=is_open,
                now=NOW,
            )

    def ask(
        self, user: User | None = None, team: Team | None = None, now: datetime = NOW
    ) -> JoinRequest:
        with self.make.session() as session:
            return asking.ask(
                session,
                team=session.get_one(Team, (team or self.team).id),
                user=session.get_one(User, (user or self.bob).id),
                message="I know splines.",
                now=now,
            )

    def let_in(
        self, request: JoinRequest, by: User | None = None, now: datetime = NOW
    ) -> str:
        with self.make.session() as session:
            return joining.let_in(
                session,
                request=session.get_one(JoinRequest, request.id),
                by=session.get_one(User, (by or self.ada).id),
                now=now,
            ).name

    def close(self, request: JoinRequest, by: User) -> None:
        with self.make.session() as session:
            asking.close(
                session,
                request=session.get_one(JoinRequest, request.id),
                by=session.get_one(User, by.id),
            )

    def waiting(self) -> int:
        with self.make.session() as session:
            return len(session.scalars(select(JoinRequest)).all())

    def members(self, team: Team | None = None) -> list[str]:
        with self.make.session() as session:
            found = session.get_one(Team, (team or self.team).id)
            return sorted(each.username for each in found.members)

    def leave(self, user: User) -> None:
        with self.make.session() as session:
            teams.leave(
                session,
                competition=session.get_one(Competition, self.competition.id),
                user=session.get_one(User, user.id),
            )


@pytest.fixture
def door(make: Factory) -> Door:
    return Door(make)


@pytest.mark.database
def test_who_is_let_in_is_a_member(door: Door) -> None:
    assert door.let_in(door.ask()) == "Comets"
    assert door.members() == ["ada", "bob"]
    assert door.waiting() == 0


def test_only_the_leader_opens_the_team_and_answers(door: Door) -> None:
    request, eve = door.ask(), door.make.user("eve")
    door.make.join(door.competition, eve)
    door.let_in(door.ask(eve))
    with pytest.raises(NotAllowed):
        door.let_in(request, by=eve)
    with pytest.raises(NotAllowed):
        door.let_in(request, by=door.bob)
    with pytest.raises(NotAllowed):
        door.close(request, by=eve)
    with pytest.raises(NotAllowed):
        door.switch(door.team, eve, is_open=False)


def test_a_request_is_declined_or_taken_back(door: Door) -> None:
    for by in (door.ada, door.bob):
        door.close(door.ask(), by=by)
        assert door.waiting() == 0
    assert door.members() == ["ada"]


def test_only_the_two_sides_see_a_request(door: Door) -> None:
    request, stranger = door.ask(), door.make.user()
    with door.make.session() as session:
        for user in (door.ada, door.bob):
            assert queries.join_request_by_public_id(
                session, public_id=request.public_id, viewer=session.merge(user)
            )
        with pytest.raises(NotFound):
            queries.join_request_by_public_id(
                session, public_id=request.public_id, viewer=session.merge(stranger)
            )


def test_a_closed_team_is_not_asked_but_answers_who_asked_before(door: Door) -> None:
    request, eve = door.ask(), door.make.user("eve")
    door.make.join(door.competition, eve)
    door.switch(door.team, door.ada, is_open=False)
    with pytest.raises(Refused, match="takes no requests to join"):
        door.ask(eve)
    assert door.let_in(request) == "Comets"


def test_a_team_is_asked_once(door: Door) -> None:
    door.ask()
    with pytest.raises(Refused, match="asked “Comets” already"):
        door.ask()


def test_who_has_not_joined_the_competition_does_not_ask(door: Door) -> None:
    with pytest.raises(Refused, match="Accept its rules first"):
        door.ask(door.make.user())


def test_a_full_team_is_not_asked_and_lets_nobody_in(make: Factory) -> None:
    door = Door(make, team_max_size=2)
    request, eve, kim = door.ask(), make.user("eve"), make.user("kim")
    for user in (eve, kim):
        make.join(door.competition, user)
    door.let_in(door.ask(eve))
    with pytest.raises(Refused, match="is full"):
        door.ask(kim)
    with pytest.raises(Refused, match="is full"):
        door.let_in(request)


def test_after_the_merger_deadline_nobody_asks_or_is_let_in(make: Factory) -> None:
    door = Door(make, merger_deadline=NOW + DAY)
    request, late = door.ask(), NOW + DAY
    with pytest.raises(Refused, match="deadline to change teams"):
        door.let_in(request, now=late)
    door.close(request, by=door.bob)
    with pytest.raises(Refused, match="deadline to change teams"):
        door.ask(now=late)


def test_who_is_in_a_team_with_others_does_not_ask(door: Door) -> None:
    door.make.team(door.competition, door.bob, door.make.user(), name="Moons")
    with pytest.raises(Refused, match="Ask its leader to merge"):
        door.ask()


def test_who_waits_on_too_many_teams_asks_no_more(door: Door) -> None:
    for number in range(asking.OPEN_REQUESTS):
        door.ask(team=door.opened(f"Team {number}", door.make.user()))
    with pytest.raises(Refused, match="Take one back first"):
        door.ask()


def test_a_team_of_one_without_submissions_is_given_up(door: Door) -> None:
    own = door.make.team(door.competition, door.bob, name="Moons")
    door.let_in(door.ask())
    with door.make.session() as session:
        assert session.get(Team, own.id) is None


@pytest.mark.database
def test_what_the_asker_submitted_alone_goes_along(door: Door) -> None:
    own = door.make.team(door.competition, door.bob, name="Moons")
    door.make.submission(own, door.bob, public=0.9, private=0.6)
    door.make.submission(door.team, door.ada, public=0.8, private=0.7)
    door.let_in(door.ask())
    assert door.members() == ["ada", "bob"]
    assert door.waiting() == 0
    with door.make.session() as session:
        assert session.get(Team, own.id) is None
        assert session.get_one(Team, door.team.id).submissions_made == 2
        for model in (Submission, Score):
            assert set(session.scalars(select(model.team_id))) == {door.team.id}


def test_together_they_keep_to_what_one_team_could_have_made(make: Factory) -> None:
    door = Door(make, submissions_per_day=1, opens_at=NOW)
    own = make.team(door.competition, door.bob, name="Moons")
    request = door.ask()
    make.submission(own, door.bob, at=NOW)
    make.submission(door.team, door.ada, at=NOW)
    with pytest.raises(Refused, match="one team could have made 1 by now"):
        door.let_in(request)
    assert door.members() == ["ada"]


def test_who_joins_elsewhere_or_leaves_asks_no_more(door: Door) -> None:
    moons = door.opened("Moons", door.make.user("eve"))
    door.ask()
    elsewhere = door.ask(team=moons)
    with door.make.session() as session:
        leader = session.get_one(User, session.get_one(Team, moons.id).leader_id)
    door.let_in(elsewhere, by=leader)
    assert door.waiting() == 0
    kim = door.make.user("kim")
    door.make.join(door.competition, kim)
    door.ask(kim)
    door.leave(kim)
    assert door.waiting() == 0


@pytest.mark.database
def test_two_for_the_last_seat_at_once_do_not_make_a_team_too_large(
    make: Factory,
) -> None:
    door = Door(make, team_max_size=2)
    eve = make.user("eve")
    make.join(door.competition, eve)
    both = [door.ask(), door.ask(eve)]
    results = at_once([lambda each=each: door.let_in(each) for each in both])
    assert answers(results) == ["Comets"]
    (refused,) = errors(results)
    assert isinstance(refused, Refused)
    assert len(door.members()) == 2


@pytest.mark.database
def test_two_teams_that_let_in_the_same_at_once_share_nobody(door: Door) -> None:
    eve = door.make.user("eve")
    moons = door.opened("Moons", eve)
    here, there = door.ask(), door.ask(team=moons)
    results = at_once([lambda: door.let_in(here), lambda: door.let_in(there, by=eve)])
    assert len(answers(results)) == 1
    assert "bob" in {*door.members(), *door.members(moons)}
    assert len(door.members()) + len(door.members(moons)) == 3


@pytest.mark.database
def test_letting_in_and_submissions_at_once_lose_and_double_nothing(
    make: Factory,
) -> None:
    door = Door(make, submissions_per_day=50)
    make.team(door.competition, door.bob, name="Moons")
    request = door.ask()

    def send() -> int:
        with make.session() as session:
            own = queries.team_of(
                session,
                competition=session.get_one(Competition, door.competition.id),
                user=session.get_one(User, door.bob.id),
            )
            assert own is not None
        return make.submission(own, door.bob).id

    results = at_once([lambda: door.let_in(request), *[send] * 4])
    done = len(answers(results)) - ("Comets" in answers(results))
    with make.session() as session:
        sent = session.scalars(select(Submission.team_id)).all()
        assert len(sent) == done
        assert set(sent) <= {door.team.id}
        assert session.get_one(Team, door.team.id).submissions_made == done
    assert door.members() == ["ada", "bob"]


@pytest.mark.database
def test_asking_twice_at_once_asks_once(door: Door) -> None:
    results = at_once([door.ask, door.ask])
    assert len(answers(results)) == 1
    assert all(isinstance(each, Refused) for each in errors(results))
    assert door.waiting() == 1
