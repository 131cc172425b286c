"""Handing a team over, taking members out, and the link that lets others in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotAllowed, PodiumError, Refused
from podium.teams import leadership, queries
from podium.teams.models import Team
from tests.podium.factories import DAY, Factory
from tests.podium.threads import answers, at_once, errors

NOW = clock.now()


class Lead:
    """What leaders do, each in a session of its own."""

    def __init__(self, make: Factory) -> None:
        self.make = make

    def hand_over(self, team: Team, by: User, username: str) -> None:
        with self.make.session() as session:
            leadership.hand_over(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                username=username,
            )

    def remove(self, team: Team, by: User, username: str) -> None:
        with self.make.session() as session:
            leadership.remove(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                username=username,
            )

    def link(self, team: Team, by: User) -> str:
        with self.make.session() as session:
            return leadership.make_link(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
                now=NOW,
            ).secret

    def close(self, team: Team, by: User) -> None:
        with self.make.session() as session:
            leadership.close_link(
                session,
                team=session.get_one(Team, team.id),
                by=session.get_one(User, by.id),
            )

    def enter(self, secret: str, user: User, after: timedelta = timedelta()) -> str:
        with self.make.session() as session:
            return leadership.enter_by_link(
                session,
                secret=secret,
                user=session.get_one(User, user.id),
                now=NOW + after,
            ).name

    def leader(self, team: Team) -> int | None:
        with self.make.session() as session:
            return session.get_one(Team, team.id).leader_id

    def members(self, team: Team) -> set[str]:
        with self.make.session() as session:
            return {each.username for each in session.get_one(Team, team.id).members}


@pytest.fixture
def lead(make: Factory) -> Lead:
    return Lead(make)


@pytest.fixture
def ada(make: Factory) -> User:
    return make.user("ada")


@pytest.fixture
def bob(make: Factory) -> User:
    return make.user("bob")


@pytest.fixture
def team(make: Factory, ada: User, bob: User) -> Team:
    return make.team(make.competition(), ada, bob, name="Comets")


def test_the_lead_goes_to_another_member(
    lead: Lead, team: Team, ada: User, bob: User
) -> None:
    lead.hand_over(team, ada, " Bob ")
    assert lead.leader(team) == bob.id
    with pytest.raises(NotAllowed, match="Only the team's leader"):
        lead.hand_over(team, ada, "ada")


@pytest.mark.parametrize(
    ("username", "sentence"),
    [("ada", "You lead the team “Comets” already"), ("eve", "eve is not in the team")],
)
def test_the_lead_goes_to_nobody_else(
    lead: Lead, team: Team, ada: User, username: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        lead.hand_over(team, ada, username)


def test_a_member_is_taken_out_and_keeps_taking_part(
    lead: Lead, make: Factory, team: Team, ada: User, bob: User
) -> None:
    lead.remove(team, ada, "bob")
    assert lead.members(team) == {"ada"}
    with make.session() as session:
        competition = session.get_one(Competition, team.competition_id)
        user = session.get_one(User, bob.id)
        assert queries.participation(session, competition=competition, user=user)


def test_nobody_is_taken_out_once_the_team_has_submitted(
    lead: Lead, make: Factory, team: Team, ada: User
) -> None:
    make.submission(team, ada)
    with pytest.raises(Refused, match="has submitted already, so its members stay"):
        lead.remove(team, ada, "bob")


def test_only_the_leader_takes_others_out_and_never_themselves(
    lead: Lead, team: Team, ada: User, bob: User
) -> None:
    with pytest.raises(NotAllowed):
        lead.remove(team, bob, "ada")
    with pytest.raises(Refused, match="Leave the competition instead"):
        lead.remove(team, ada, "ada")


def test_a_link_lets_others_in(
    lead: Lead, make: Factory, team: Team, ada: User
) -> None:
    secret, eve = lead.link(team, ada), make.user("eve")
    with pytest.raises(Refused, match="Accept its rules first"):
        lead.enter(secret, eve)
    with make.session() as session:
        competition = session.get_one(Competition, team.competition_id)
    make.join(competition, eve)
    assert lead.enter(secret, eve) == "Comets"
    assert lead.members(team) == {"ada", "bob", "eve"}
    with pytest.raises(Refused, match="already"):
        lead.enter(secret, eve)


def test_a_link_is_over_after_a_week_or_when_it_is_closed_or_made_anew(
    lead: Lead, make: Factory, team: Team, ada: User, bob: User
) -> None:
    over = re.escape("no longer leads into a team")
    first = lead.link(team, ada)
    with pytest.raises(Refused, match=over):
        lead.enter(first, bob, after=timedelta(days=7))
    second = lead.link(team, ada)
    assert second != first
    with pytest.raises(Refused, match=over):
        lead.enter(first, bob)
    lead.close(team, ada)
    for secret in (second, "", "None"):
        with pytest.raises(Refused, match=over):
            lead.enter(secret, bob)


def test_only_the_leader_makes_and_closes_links(
    lead: Lead, team: Team, bob: User
) -> None:
    with pytest.raises(NotAllowed):
        lead.link(team, bob)
    with pytest.raises(NotAllowed):
        lead.close(team, bob)


def test_no_link_leads_in_after_the_merger_deadline(
    lead: Lead, make: Factory, ada: User
) -> None:
    competition = make.competition("late", merger_deadline=NOW + DAY)
    team, eve = make.team(competition, ada), make.user("eve")
    make.join(competition, eve)
    secret = lead.link(team, ada)
    with pytest.raises(Refused, match="deadline to change teams has passed"):
        lead.enter(secret, eve, after=DAY)


@pytest.mark.database
def test_of_many_who_follow_a_link_as_many_get_in_as_there_are_seats(
    lead: Lead, make: Factory, ada: User
) -> None:
    competition = make.competition("crowd", team_max_size=3)
    team = make.team(competition, ada)
    many = [make.user() for _ in range(6)]
    make.join(competition, *many)
    secret = lead.link(team, ada)
    results = at_once([lambda u=each: lead.enter(secret, u) for each in many])
    assert len(answers(results)) == 2
    assert all(isinstance(each, PodiumError) for each in errors(results))
    assert all("is full" in str(each) for each in errors(results))
    assert len(lead.members(team)) == 3
