"""Joining competitions, teams and invitations."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import Session

from podium.accounts.api import me
from podium.accounts.service import require_confirmed
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.core.api import Access, ApiBlueprint, no_content
from podium.core.errors import NotFound
from podium.core.web import services, session
from podium.teams import leadership, queries, schemas, service
from podium.teams.models import Invitation, Team

bp = ApiBlueprint("teams", __name__, tag="Teams")
SIGNED_IN = Access.SIGNED_IN


@bp.operation(
    "PUT",
    "/competitions/<slug>/participation",
    access=SIGNED_IN,
    body=schemas.JoinRules,
    example={"accept_rules": True},
    answer=schemas.Joined,
    errors=(409,),
)
def join_competition(slug: str, body: schemas.JoinRules) -> schemas.Joined:
    """Accept the rules and join

    Doing so again changes nothing.
    """
    competition = by_slug(session(), slug)
    require_confirmed(services().settings, me())
    service.join(session(), competition=competition, user=me(), now=clock.now())
    session().commit()
    return schemas.Joined(joined=body.accept_rules)


@bp.operation(
    "DELETE",
    "/competitions/<slug>/participation",
    access=SIGNED_IN,
    answers={204: {"description": "You have left."}},
    errors=(409,),
)
def leave_competition(slug: str) -> Response:
    """Leave a competition

    Possible until your team's first submission.
    """
    competition = by_slug(session(), slug)
    service.leave(session(), competition=competition, user=me())
    session().commit()
    return no_content()


@bp.operation(
    "GET", "/competitions/<slug>/team", access=SIGNED_IN, answer=schemas.TeamAnswer
)
def getmy_team(slug: str) -> schemas.TeamAnswer:
    """My team in a competition"""
    return shown(session(), my_team(slug))


@bp.operation(
    "POST",
    "/competitions/<slug>/team",
    access=SIGNED_IN,
    body=schemas.TeamName,
    example={"name": "The Splines"},
    answer=schemas.TeamAnswer,
    status=201,
    errors=(409,),
)
def make_team(slug: str, body: schemas.TeamName) -> schemas.TeamAnswer:
    """Make a team

    Whoever submits without a team gets one of their own name.
    """
    competition = by_slug(session(), slug)
    team = service.create_team(
        session(), competition=competition, user=me(), name=body.name, now=clock.now()
    )
    session().commit()
    return shown(session(), team)


@bp.operation(
    "PATCH",
    "/competitions/<slug>/team",
    access=SIGNED_IN,
    body=schemas.TeamName,
    example={"name": "The Cubic Splines"},
    answer=schemas.TeamAnswer,
    errors=(409,),
)
def rename_team(slug: str, body: schemas.TeamName) -> schemas.TeamAnswer:
    """Rename my team"""
    team = my_team(slug)
    service.rename(session(), team=team, by=me(), name=body.name)
    session().commit()
    return shown(session(), team)


@bp.operation(
    "PUT",
    "/competitions/<slug>/team/leader",
    access=SIGNED_IN,
    body=schemas.MemberName,
    example={"username": "ada"},
    answer=schemas.TeamAnswer,
    errors=(403, 409),
)
def hand_over_team(slug: str, body: schemas.MemberName) -> schemas.TeamAnswer:
    """Make another member the leader

    Only the leader may.
    """
    team = my_team(slug)
    leadership.hand_over(session(), team=team, by=me(), username=body.username)
    session().commit()
    return shown(session(), team)


@bp.operation(
    "DELETE",
    "/competitions/<slug>/team/members/<username>",
    access=SIGNED_IN,
    answers={204: {"description": "They are no longer in the team."}},
    errors=(403, 409),
)
def remove_member(slug: str, username: str) -> Response:
    """Take a member out of my team

    Only the leader may, until the team's first submission.
    """
    leadership.remove(session(), team=my_team(slug), by=me(), username=username)
    session().commit()
    return no_content()


@bp.operation(
    "POST",
    "/competitions/<slug>/team/link",
    access=SIGNED_IN,
    answer=schemas.LinkAnswer,
    status=201,
    errors=(403, 409),
)
def make_team_link(slug: str) -> schemas.LinkAnswer:
    """Make a link by which others join my team

    Only the leader may. It lasts a week and takes the place of the one before.
    """
    team = my_team(slug)
    link = leadership.make_link(session(), team=team, by=me(), now=clock.now())
    session().commit()
    address = url_for("teams.link", secret=link.secret, _external=True)
    return schemas.link(link, address)


@bp.operation(
    "DELETE",
    "/competitions/<slug>/team/link",
    access=SIGNED_IN,
    answers={204: {"description": "Nobody joins by it any more."}},
    errors=(403, 409),
)
def close_team_link(slug: str) -> Response:
    """Close my team's link"""
    leadership.close_link(session(), team=my_team(slug), by=me())
    session().commit()
    return no_content()


@bp.operation(
    "POST",
    "/team-links/<secret>",
    access=SIGNED_IN,
    answer=schemas.TeamAnswer,
    errors=(409,),
)
def join_by_link(secret: str) -> schemas.TeamAnswer:
    """Join a team by its link

    A team of one that has not submitted is given up for it.
    """
    team = leadership.enter_by_link(
        session(), secret=secret, user=me(), now=clock.now()
    )
    session().commit()
    return shown(session(), team)


@bp.operation(
    "POST",
    "/competitions/<slug>/team/invitations",
    access=SIGNED_IN,
    body=schemas.Invitee,
    example={"username": "ada"},
    answer=schemas.InvitationAnswer,
    status=201,
    errors=(409,),
)
def invite(slug: str, body: schemas.Invitee) -> schemas.InvitationAnswer:
    """Invite a user into my team"""
    invitation = service.invite(
        session(),
        team=my_team(slug),
        by=me(),
        username=body.username,
        now=clock.now(),
    )
    session().commit()
    return schemas.invitation(invitation)


@bp.operation("GET", "/invitations", access=SIGNED_IN, answer=schemas.InvitationList)
def list_invitations() -> schemas.InvitationList:
    """Invitations that wait for my answer"""
    found = queries.open_invitations_of_user(session(), user=me())
    return schemas.InvitationList(
        items=[schemas.invitation(each) for each in found], next=None
    )


@bp.operation(
    "POST",
    "/invitations/<invitation_id>/accept",
    access=SIGNED_IN,
    answer=schemas.TeamAnswer,
    errors=(403, 409),
)
def accept_invitation(invitation_id: str) -> schemas.TeamAnswer:
    """Accept an invitation

    A team of one that has not submitted is given up for it.
    """
    team = service.accept(
        session(), invitation=_invitation(invitation_id), user=me(), now=clock.now()
    )
    session().commit()
    return shown(session(), team)


@bp.operation(
    "POST",
    "/invitations/<invitation_id>/decline",
    access=SIGNED_IN,
    answer=schemas.InvitationAnswer,
    errors=(403, 409),
)
def decline_invitation(invitation_id: str) -> schemas.InvitationAnswer:
    """Decline an invitation"""
    invitation = _invitation(invitation_id)
    service.decline(session(), invitation=invitation, user=me(), now=clock.now())
    session().commit()
    return schemas.invitation(invitation)


@bp.operation(
    "DELETE",
    "/invitations/<invitation_id>",
    access=SIGNED_IN,
    answers={204: {"description": "It is cancelled."}},
    errors=(403, 409),
)
def cancel_invitation(invitation_id: str) -> Response:
    """Cancel an invitation of my team"""
    invitation = _invitation(invitation_id)
    service.cancel(session(), invitation=invitation, by=me(), now=clock.now())
    session().commit()
    return no_content()


def _invitation(public_id: str) -> Invitation:
    return queries.invitation_by_public_id(session(), public_id=public_id, viewer=me())


def my_team(slug: str) -> Team:
    """The asking user's team; raises NotFound where they have none."""
    competition = by_slug(session(), slug)
    team = queries.team_of(session(), competition=competition, user=me())
    if team is None:
        raise NotFound(
            f"You are in no team of {competition.title} yet. Make one with POST, or "
            "just submit: then you get a team of your own name.",
            kind="no_team",
        )
    return team


def shown(session: Session, team: Team) -> schemas.TeamAnswer:
    """A team as its members see it."""
    waiting = queries.open_invitations_of_team(session, team=team)
    return schemas.team(team, waiting)
