"""Joining, teams, invitations, leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import Invalid, NotAllowed, NotFound, Refused
from podium.teams import queries, service
from podium.teams.models import (
    Invitation,
    InvitationState,
    Membership,
    Participant,
    Team,
)
from tests.podium.factories import DAY, Factory
from tests.podium.threads import answers, at_once, errors

NOW = clock.now()


class Play:
    """The services, called as requests do: each in a session of its own."""

    def __init__(self, make: Factory, competition: Competition) -> None:
        self.make = make
        self.competition = competition

    def join(self, user: User) -> int:
        with self.make.session() as session:
            return service.join(
                session,
                competition=session.get_one(Competition, self.competition.id),
                user=session.get_one(User, user.id),
                now=NOW,
            ).id

    def leave(self, user: User) -> None:
        with self.make.session() as session:
            service.leave(
                session,
                competition=session.get_one(Competition, self.competition.id),
                user=session.get_one(User, user.id),
            )

    def create(self, user: User, name: str) -> Team:
        with self.make.session() as session:
            return service.create_team(
                session,
                competition=session.get_one(Competition, self.competition.id),
                user=session.get_one(User, user.id),
                name=name,
                now=NOW,
            )

    def rename(self, team: Team, by: User, name: str) -> None:
        with self.make.session() as session:
            service.rename(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                name=name,
            )

    def invite(self, team: Team, by: User, username: str) -> Invitation:
        with self.make.session() as session:
            return service.invite(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                username=username,
                now=NOW,
            )

    def answer(
        self, how: Callable[..., object], invitation: Invitation, user: User
    ) -> None:
        with self.make.session() as session:
            who = "by" if how is service.cancel else "user"
            how(
                session,
                invitation=session.get_one(Invitation, invitation.id),
                now=NOW,
                **{who: session.get_one(User, user.id)},
            )

    def accept(self, invitation: Invitation, user: User) -> None:
        self.answer(service.accept, invitation, user)

    def members(self, team: Team) -> list[str]:
        with self.make.session() as session:
            return [user.username for user in session.get_one(Team, team.id).members]

    def team_of(self, user: User) -> Team | None:
        with self.make.session() as session:
            return queries.team_of(session, competition=self.competition, user=user)

    def state(self, invitation: Invitation) -> InvitationState:
        with self.make.session() as session:
            return session.get_one(Invitation, invitation.id).state

    def count(self, model: type[Team] | type[Participant] | type[Membership]) -> int:
        with self.make.session() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def play(make: Factory) -> Play:
    return Play(make, make.competition())


@pytest.fixture
def ada(make: Factory) -> User:
    return make.user("ada")


@pytest.fixture
def bob(make: Factory) -> User:
    return make.user("bob")


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.sentence


# Joining


def test_who_joins_has_accepted_the_rules(play: Play, ada: User) -> None:
    play.join(ada)
    with play.make.session() as session:
        found = queries.participation(session, competition=play.competition, user=ada)
        assert found is not None
        assert found.rules_accepted_at == NOW


def test_joining_again_changes_nothing(play: Play, ada: User) -> None:
    assert play.join(ada) == play.join(ada)


@pytest.mark.database
def test_joining_many_times_at_once_is_joining_once(play: Play, ada: User) -> None:
    results = at_once([lambda: play.join(ada)] * 8)
    assert errors(results) == []
    assert len(set(results)) == 1
    assert play.count(Participant) == 1


def test_a_competition_that_has_not_opened_can_be_joined(
    make: Factory, ada: User
) -> None:
    Play(make, make.competition(opens_at=NOW + DAY)).join(ada)


def test_an_ended_competition_cannot_be_joined(make: Factory, ada: User) -> None:
    play = Play(make, make.competition(closes_at=NOW - DAY))
    assert "has ended" in refused(lambda: play.join(ada))


def test_nobody_joins_after_the_entry_deadline(make: Factory, ada: User) -> None:
    play = Play(make, make.competition(entry_deadline=NOW))
    assert "deadline to enter" in refused(lambda: play.join(ada))
    just = Play(make, make.competition("b", entry_deadline=NOW + timedelta(seconds=1)))
    just.join(ada)


# Teams


def test_a_team_needs_its_rules_accepted(play: Play, ada: User) -> None:
    with pytest.raises(Refused) as caught:
        play.create(ada, "Stars")
    assert caught.value.kind == "rules_not_accepted"


def test_who_makes_a_team_leads_it(play: Play, ada: User) -> None:
    play.join(ada)
    team = play.create(ada, "  Falling \t Stars ")
    assert team.name == "Falling Stars"
    assert team.leader_id == ada.id
    assert play.members(team) == ["ada"]


def test_nobody_has_two_teams(play: Play, ada: User) -> None:
    play.join(ada)
    play.create(ada, "One")
    assert "in the team “One” already" in refused(lambda: play.create(ada, "Two"))


@pytest.mark.database
def test_making_many_teams_at_once_makes_one(play: Play, ada: User) -> None:
    play.join(ada)
    calls = [lambda n=n: play.create(ada, f"Team {n}") for n in range(8)]
    results = at_once(calls)
    assert len(answers(results)) == 1
    assert {type(each) for each in errors(results)} == {Refused}
    assert (play.count(Team), play.count(Membership)) == (1, 1)


@pytest.mark.parametrize("name", ["Café", "CAFÉ", "Cafe\u0301", " café "])
def test_names_that_look_the_same_are_taken(
    play: Play, ada: User, bob: User, name: str
) -> None:
    play.join(ada)
    play.join(bob)
    play.create(ada, "Café")
    assert "Another team is called" in refused(lambda: play.create(bob, name))
    assert play.team_of(bob) is None


def test_a_name_may_be_used_in_another_competition(play: Play, ada: User) -> None:
    other = Play(play.make, play.make.competition("other"))
    for each in (play, other):
        each.join(ada)
        each.create(ada, "Stars")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b", "a\u202eb", "ß" * 80])
def test_a_name_must_be_visible_and_fit(play: Play, ada: User, name: str) -> None:
    play.join(ada)
    with pytest.raises(Invalid) as caught:
        play.create(ada, name)
    assert set(caught.value.fields) == {"name"}


def test_any_member_renames_the_team(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada, bob)
    play.rename(team, bob, "New")
    team_now = play.team_of(ada)
    assert team_now is not None
    assert team_now.name == "New"
    play.rename(team, ada, "NEW")


def test_a_team_is_not_renamed_to_what_another_is_called(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada, name="One")
    play.make.team(play.competition, bob, name="Two")
    assert "Another team" in refused(lambda: play.rename(team, ada, "two"))


def test_a_stranger_renames_nothing(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    with pytest.raises(NotAllowed):
        play.rename(team, bob, "Mine")


# Invitations


def test_who_accepts_is_in_the_team(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    play.join(bob)
    invitation = play.invite(team, ada, "BOB")
    play.accept(invitation, bob)
    assert play.members(team) == ["ada", "bob"]
    assert play.state(invitation) is InvitationState.ACCEPTED


def test_who_has_not_joined_accepts_nothing(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    invitation = play.invite(team, ada, "bob")
    assert "Accept its rules first" in refused(lambda: play.accept(invitation, bob))
    assert play.state(invitation) is InvitationState.OPEN


def test_an_unanswered_team_of_one_is_given_up_for_another(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada)
    play.make.team(play.competition, bob)
    play.accept(play.invite(team, ada, "bob"), bob)
    assert play.members(team) == ["ada", "bob"]
    assert play.count(Team) == 1


def test_who_leaves_a_team_for_another_leaves_it_a_leader(
    play: Play, make: Factory, ada: User, bob: User
) -> None:
    cem = make.user("cem")
    team = make.team(play.competition, ada)
    left = make.team(play.competition, bob, cem)
    play.accept(play.invite(team, ada, "bob"), bob)
    assert play.members(left) == ["cem"]
    with make.session() as session:
        assert session.get_one(Team, left.id).leader_id == cem.id


def test_a_team_that_has_submitted_is_not_given_up(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada)
    own = play.make.team(play.competition, bob)
    play.make.submission(own, bob)
    invitation = play.invite(team, ada, "bob")
    assert "has submitted already" in refused(lambda: play.accept(invitation, bob))
    assert play.members(own) == ["bob"]
    assert play.state(invitation) is InvitationState.OPEN


def test_a_full_team_neither_invites_nor_takes(make: Factory, ada: User) -> None:
    play = Play(make, make.competition(team_max_size=2))
    bob, cem = make.user("bob"), make.user("cem")
    team = make.team(play.competition, ada)
    for user in (bob, cem):
        play.join(user)
    both = [play.invite(team, ada, name) for name in ("bob", "cem")]
    play.accept(both[0], bob)
    assert "is full" in refused(lambda: play.accept(both[1], cem))
    assert "is full" in refused(lambda: play.invite(team, ada, make.user().username))


@pytest.mark.database
def test_of_many_who_accept_the_last_seat_one_gets_it(make: Factory, ada: User) -> None:
    play = Play(make, make.competition(team_max_size=2))
    team = make.team(play.competition, ada)
    users = [make.user() for _ in range(6)]
    invitations = []
    for user in users:
        play.join(user)
        invitations.append(play.invite(team, ada, user.username))
    pairs = zip(invitations, users, strict=True)
    results = at_once([lambda i=i, u=u: play.accept(i, u) for i, u in pairs])
    assert len(answers(results)) == 1
    assert all("is full" in str(each) for each in errors(results))
    assert len(play.members(team)) == 2


@pytest.mark.database
def test_who_accepts_two_invitations_at_once_is_in_one_team(
    play: Play, make: Factory
) -> None:
    user = make.user()
    make.team(play.competition, user)  # a team of one, that only one of them may end
    leaders = [make.user() for _ in range(4)]
    teams = [make.team(play.competition, leader) for leader in leaders]
    invitations = [
        play.invite(team, leader, user.username)
        for team, leader in zip(teams, leaders, strict=True)
    ]
    results = at_once([lambda i=i: play.accept(i, user) for i in invitations])
    assert {type(each) for each in errors(results)} <= {Refused}
    assert sum(user.username in play.members(each) for each in teams) == 1


@pytest.mark.database
def test_two_teams_that_swap_members_do_not_wait_for_each_other(
    play: Play, make: Factory
) -> None:
    for _ in range(3):
        ada, bob, cem, dan = (make.user() for _ in range(4))
        one = make.team(play.competition, ada, bob)
        two = make.team(play.competition, cem, dan)
        to_two = play.invite(two, cem, bob.username)
        to_one = play.invite(one, ada, dan.username)
        calls = [lambda i=to_two, u=bob: play.accept(i, u)]
        calls += [lambda i=to_one, u=dan: play.accept(i, u)]
        assert errors(at_once(calls)) == []
        assert set(play.members(one)) == {ada.username, dan.username}


@pytest.mark.database
def test_an_invitation_is_answered_once(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    play.join(bob)
    for _ in range(3):
        invitation = play.invite(team, ada, "bob")
        results = at_once(
            [
                lambda i=invitation: play.accept(i, bob),
                lambda i=invitation: play.answer(service.decline, i, bob),
                lambda i=invitation: play.answer(service.cancel, i, ada),
            ]
        )
        assert len(answers(results)) == 1
        in_team = "bob" in play.members(team)
        assert in_team == (play.state(invitation) is InvitationState.ACCEPTED)
        if in_team:
            play.leave(bob)
            play.join(bob)


def test_a_declined_invitation_is_over(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    play.join(bob)
    invitation = play.invite(team, ada, "bob")
    play.answer(service.decline, invitation, bob)
    assert "no longer open" in refused(lambda: play.accept(invitation, bob))
    play.accept(play.invite(team, ada, "bob"), bob)


def test_a_cancelled_invitation_is_over(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    invitation = play.invite(team, ada, "bob")
    play.answer(service.cancel, invitation, ada)
    assert play.state(invitation) is InvitationState.CANCELLED
    with pytest.raises(Refused):
        play.answer(service.decline, invitation, bob)
    with pytest.raises(Refused):
        play.answer(service.cancel, invitation, ada)


def test_an_invitation_is_for_the_invited_only(play: Play, ada: User) -> None:
    team = play.make.team(play.competition, ada)
    play.make.user("bob")
    cem = play.make.user("cem")
    invitation = play.invite(team, ada, "bob")
    for how in (service.accept, service.decline, service.cancel):
        with pytest.raises(NotAllowed):
            play.answer(how, invitation, cem)
    with play.make.session() as session, pytest.raises(NotFound):
        queries.invitation_by_public_id(
            session, public_id=invitation.public_id, viewer=cem
        )


def test_invitations_that_make_no_sense_are_refused(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada, bob)
    assert "in your team already" in refused(lambda: play.invite(team, ada, "bob"))
    assert "in your team already" in refused(lambda: play.invite(team, ada, "ada"))
    play.make.user("cem")
    play.invite(team, ada, "cem")
    assert "invited already" in refused(lambda: play.invite(team, bob, "cem"))
    with pytest.raises(NotFound):
        play.invite(team, ada, "nobody")


def test_the_same_invitation_twice_at_once_is_one(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada)
    results = at_once([lambda: play.invite(team, ada, "bob")] * 4)
    assert len(answers(results)) == 1


def test_twenty_invitations_may_wait(make: Factory, ada: User) -> None:
    play = Play(make, make.competition(team_max_size=50))
    team = make.team(play.competition, ada)
    for _ in range(service.OPEN_INVITATIONS):
        play.invite(team, ada, make.user().username)
    last = make.user().username
    assert "Cancel one first" in refused(lambda: play.invite(team, ada, last))


def test_after_the_merger_deadline_teams_stay(
    make: Factory, ada: User, bob: User
) -> None:
    play = Play(make, make.competition())
    team = make.team(play.competition, ada)
    play.join(bob)
    invitation = play.invite(team, ada, "bob")
    with make.session() as session:
        session.get_one(Competition, play.competition.id).merger_deadline = NOW
    make.user("cem")
    for call in (
        lambda: play.accept(invitation, bob),
        lambda: play.invite(team, ada, "cem"),
    ):
        assert "deadline to change teams" in refused(call)


# Leaving


def test_who_leaves_is_out_of_competition_and_team(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada, bob)
    play.leave(ada)
    assert play.members(team) == ["bob"]
    assert play.team_of(ada) is None
    with play.make.session() as session:
        assert session.get_one(Team, team.id).leader_id == bob.id
    assert "not joined" in refused(lambda: play.leave(ada))


def test_the_last_one_dissolves_the_team(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada)
    play.invite(team, ada, "bob")
    play.leave(ada)
    assert play.count(Team) == 0
    with play.make.session() as session:
        assert queries.open_invitations_of_user(session, user=bob) == []
        with pytest.raises(NotFound):
            queries.team_by_public_id(session, team.public_id)


def test_nobody_leaves_after_a_submission(play: Play, ada: User, bob: User) -> None:
    team = play.make.team(play.competition, ada, bob)
    play.make.submission(team, ada)
    assert "has submitted already" in refused(lambda: play.leave(bob))
    assert play.members(team) == ["ada", "bob"]


@pytest.mark.database
def test_when_all_leave_at_once_nothing_is_left(play: Play, make: Factory) -> None:
    users = [make.user() for _ in range(3)]
    make.team(play.competition, *users)
    results = at_once([lambda u=user: play.leave(u) for user in users])
    assert errors(results) == []
    assert (play.count(Team), play.count(Membership)) == (0, 0)


@pytest.mark.database
def test_an_invitation_that_was_read_before_its_team_dissolved_is_refused(
    play: Play, ada: User, bob: User
) -> None:
    team = play.make.team(play.competition, ada)
    play.join(bob)
    invitation = play.invite(team, ada, "bob")
    with play.make.session() as session:
        held = session.get_one(Invitation, invitation.id)
        session.commit()  # lets others write
        play.leave(ada)
        with pytest.raises(Refused, match="dissolved meanwhile"):
            service.accept(
                session,
                invitation=held,
                user=session.get_one(User, bob.id),
                now=NOW,
            )


@pytest.mark.database
def test_who_is_invited_into_a_team_that_dissolves_is_told(
    play: Play, ada: User, bob: User
) -> None:
    for _ in range(4):
        team = play.make.team(play.competition, ada)
        play.join(bob)
        invitation = play.invite(team, ada, "bob")
        results = at_once(
            [lambda: play.leave(ada), lambda i=invitation: play.accept(i, bob)]
        )
        assert isinstance(results[0], type(None))
        joined = results[1] is None
        if not joined:  # refused, or gone before it was looked up
            assert isinstance(results[1], Refused | NoResultFound)
        assert (play.team_of(bob) is not None) == joined
        play.leave(bob)


# Reading


def test_a_team_is_found_by_the_start_of_its_name(play: Play, ada: User) -> None:
    team = play.make.team(play.competition, ada, name="Étoiles Filantes")
    with play.make.session() as session:
        for text in ("étoi", "E\u0301TOILES", "filan"):
            (found,) = queries.search(session, text=text, limit=5)
            assert found.id == team.id
        assert queries.search(session, text="%", limit=5) == []
        assert queries.search(session, text=" ", limit=5) == []
