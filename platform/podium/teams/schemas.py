"""What the API says of teams and invitations."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, field_validator

from podium.accounts.models import User
from podium.competitions.schemas import CompetitionRef
from podium.competitions.schemas import reference as competition_reference
from podium.core.shapes import Answer, Input
from podium.teams.leadership import Link
from podium.teams.models import (
    Invitation,
    InvitationState,
    JoinRequest,
    MergeRequest,
    Team,
)


class Person(Answer):
    """A user, where another thing names them."""

    username: str = Field(examples=["ada"])
    display_name: str = Field(examples=["Ada Lovelace"])


class TeamRef(Answer):
    """A team, where another thing names it."""

    id: str = Field(examples=["7k3mqx9dtz"])
    name: str


class Member(Person):
    """A member of a team."""

    leader: bool


class InvitationAnswer(Answer):
    """A team asks somebody to join it."""

    id: str
    team: TeamRef
    competition: CompetitionRef
    user: Person
    invited_by: Person | None
    state: InvitationState
    created_at: datetime


class TeamAnswer(TeamRef):
    """A team. `invitations`, those that wait for an answer, are for its members only."""

    competition: CompetitionRef
    members: list[Member]
    created_at: datetime
    open_to_requests: bool = Field(description="Whether others may ask to join.")
    invitations: list[InvitationAnswer]


class LinkAnswer(Answer):
    """A link by which others join your team."""

    secret: str = Field(description="The last part of the link's address.")
    url: str
    until: datetime


class JoinRequestAnswer(Answer):
    """Somebody asks to become a member of a team."""

    id: str
    team: TeamRef
    competition: CompetitionRef
    user: Person
    message: str
    created_at: datetime


class JoinRequestList(Answer):
    """Requests to join that wait for an answer, to your team and of yours."""

    items: list[JoinRequestAnswer]
    next: str | None


class MergeRequestAnswer(Answer):
    """A team asks another to become one with it; the other's name and leader stay."""

    id: str
    team: TeamRef
    other: TeamRef = Field(description="The team that was asked.")
    asked_by: Person | None
    created_at: datetime


class MergeRequestList(Answer):
    """Requests to merge that wait for an answer, of your team and to it."""

    items: list[MergeRequestAnswer]
    next: str | None


class InvitationList(Answer):
    """Invitations that wait for your answer."""

    items: list[InvitationAnswer]
    next: str | None


class JoinRules(Input):
    """Saying yes to the rules of a competition."""

    accept_rules: bool = Field(
        description="True: you have read the competition's rules and accept them.",
        json_schema_extra={"const": True},
    )

    @field_validator("accept_rules")
    @classmethod
    def _said_yes(cls, value: bool) -> bool:
        if not value:
            raise ValueError("Read the competition's rules, and write true if you do")
        return value


class Joined(Answer):
    """You take part in the competition."""

    joined: bool


class TeamName(Input):
    """A team's name."""

    name: str = Field(min_length=1, max_length=80, examples=["The Splines"])


class Invitee(Input):
    """Whom to invite."""

    username: str = Field(min_length=1, max_length=40, examples=["ada"])


class MemberName(Input):
    """A member of your team."""

    username: str = Field(min_length=1, max_length=40, examples=["ada"])


class Openness(Input):
    """Whether others may ask to join your team."""

    open_to_requests: bool


class Asking(Input):
    """Which team to join, and what to tell its leader."""

    name: str = Field(min_length=1, max_length=80, examples=["The Kernels"])
    message: str = Field(default="", max_length=300, examples=["I know splines."])


class OtherTeam(Input):
    """Which team to merge with."""

    name: str = Field(min_length=1, max_length=80, examples=["The Kernels"])


def person(user: User) -> Person:
    """A user by their names; never their address."""
    return Person(username=user.username, display_name=user.shown_name)


def reference(team: Team) -> TeamRef:
    """A team by its name."""
    return TeamRef(id=team.public_id, name=team.name)


def members(team: Team) -> list[Member]:
    """A team's members in the order they joined."""
    return [
        Member(
            username=user.username,
            display_name=user.shown_name,
            leader=user.id == team.leader_id,
        )
        for user in team.members
    ]


def invitation(found: Invitation) -> InvitationAnswer:
    """An invitation as both sides see it."""
    return InvitationAnswer(
        id=found.public_id,
        team=reference(found.team),
        competition=competition_reference(found.team.competition),
        user=person(found.user),
        invited_by=person(found.invited_by) if found.invited_by else None,
        state=found.state,
        created_at=found.created_at,
    )


def join_request(found: JoinRequest) -> JoinRequestAnswer:
    """A request to join as both sides see it."""
    return JoinRequestAnswer(
        id=found.public_id,
        team=reference(found.team),
        competition=competition_reference(found.team.competition),
        user=person(found.user),
        message=found.message,
        created_at=found.created_at,
    )


def team(found: Team, invitations: list[Invitation]) -> TeamAnswer:
    """A team as its members see it."""
    return TeamAnswer(
        id=found.public_id,
        name=found.name,
        competition=competition_reference(found.competition),
        members=members(found),
        created_at=found.created_at,
        open_to_requests=found.open_to_requests,
        invitations=[invitation(each) for each in invitations],
    )


def link(found: Link, address: str) -> LinkAnswer:
    """A team's link, at this address."""
    return LinkAnswer(secret=found.secret, url=address, until=found.until)


def merge_request(found: MergeRequest) -> MergeRequestAnswer:
    """A request to merge as both sides see it."""
    return MergeRequestAnswer(
        id=found.public_id,
        team=reference(found.team),
        other=reference(found.other),
        asked_by=person(found.asked_by) if found.asked_by else None,
        created_at=found.created_at,
    )
