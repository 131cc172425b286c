"""What a team's leader does: hand the lead over, take members out, let others in by a link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.core.errors import NotAllowed, Refused
from podium.teams import queries, service
from podium.teams.models import Team

LINK_LASTS = timedelta(days=7)
LINK_BYTES = 16
_LINK_IS_OVER = (
    "This link no longer leads into a team: it is too old, or was closed. Ask the team "
    "for a new one."
)


@dataclass(frozen=True)
class Link:
    """The secret part of a link that lets others in, and until when it does."""

    secret: str
    until: datetime


def hand_over(session: Session, *, team: Team, by: User, username: str) -> User:
    """Make another member the leader; they are the answer."""
    service.lock(session, team)
    require_leader(team, by)
    member = _member(session, team, username)
    if member.id == by.id:
        raise Refused(f"You lead the team “{team.name}” already.")
    team.leader_id = member.id
    return member


def remove(session: Session, *, team: Team, by: User, username: str) -> User:
    """Take a member out, who is the answer; possible until the team's first submission."""
    service.lock(session, team)
    require_leader(team, by)
    member = _member(session, team, username)
    if member.id == by.id:
        raise Refused("You can't take yourself out. Leave the competition instead.")
    if team.submissions_made:
        raise Refused(
            f"The team “{team.name}” has submitted already, so its members stay. "
            "Ask the host where somebody has to leave."
        )
    service.leave_team(session, team=team, user=member)
    return member


def make_link(session: Session, *, team: Team, by: User, now: datetime) -> Link:
    """Make a secret that lets others in for a week, in place of the one before."""
    service.lock(session, team)
    require_leader(team, by)
    service.require_changeable(team.competition, now)
    link = Link(secrets.token_urlsafe(LINK_BYTES), now + LINK_LASTS)
    team.link_secret, team.link_until = link.secret, link.until
    return link


def close_link(session: Session, *, team: Team, by: User) -> None:
    """Let nobody in by the link any more; quiet where there is none."""
    service.lock(session, team)
    require_leader(team, by)
    team.link_secret = team.link_until = None


def team_of_link(session: Session, *, secret: str, now: datetime) -> Team:
    """The team that a link leads into; raises Refused where it leads into none."""
    team = queries.team_by_link(session, secret=secret)
    if team is None or not link_is_open(team, now):
        raise Refused(_LINK_IS_OVER, kind="link_closed")
    return team


def link_is_open(team: Team, now: datetime) -> bool:
    """Whether a team's link lets somebody in."""
    return team.link_until is not None and now < team.link_until


def enter_by_link(session: Session, *, secret: str, user: User, now: datetime) -> Team:
    """Join the team of a link, as if it had invited the user."""
    team = team_of_link(session, secret=secret, now=now)
    own = service.lock_with_own(session, team=team, user=user, now=now)
    if team.link_secret != secret:  # read anew: closed meanwhile
        raise Refused(_LINK_IS_OVER, kind="link_closed")
    service.enter(session, team=team, own=own, user=user, now=now)
    session.flush()  # the membership list is read again below
    session.refresh(team, ["memberships"])
    return team


def require_leader(team: Team, user: User) -> None:
    """Raise NotAllowed where the user does not lead the team."""
    if team.leader_id != user.id:
        raise NotAllowed("Only the team's leader may do that.")


def _member(session: Session, team: Team, username: str) -> User:
    session.refresh(team, ["memberships"])
    wanted = username.strip().lower()
    for member in team.members:
        if member.username.lower() == wanted:
            return member
    raise Refused(f"{username.strip()} is not in the team “{team.name}”.")
