"""Asking a team to let one in. Its leader opens it to requests and answers them; what
accepting one moves lies with the scores (``podium.scoring.joining``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from podium.accounts import recovery
from podium.accounts.models import User
from podium.core.errors import Invalid, Refused
from podium.teams import leadership, letters, queries, service
from podium.teams.models import JoinRequest, Team

MESSAGE_CHARS = 300
OPEN_REQUESTS = 5


def set_open(
    session: Session, *, team: Team, by: User, is_open: bool, now: datetime
) -> None:
    """Let others ask to join, or no longer; requests that wait can still be answered."""
    service.lock(session, team)
    leadership.require_leader(team, by)
    if is_open:
        service.require_changeable(team.competition, now)
    team.open_to_requests = is_open


def ask(
    session: Session, *, team: Team, user: User, message: str, now: datetime
) -> JoinRequest:
    """Ask to join a team; raises Refused where it could not let the user in."""
    message = _checked(message)
    own = service.lock_with_own(session, team=team, user=user, now=now)
    service.require_changeable(team.competition, now)
    if own is team:
        raise Refused(f"You are in the team “{team.name}” already.")
    if not team.open_to_requests:
        raise Refused(
            f"The team “{team.name}” takes no requests to join. Ask one of its members "
            "to invite you.",
            kind="not_open_to_requests",
        )
    if own is not None and queries.size(session, team=own) > 1:
        raise Refused(
            f"You are in the team “{own.name}” with others. Ask its leader to merge."
        )
    service.require_seat(session, team)
    _require_room(session, team, user)
    request = _made(session, team, user, message, now)
    leader = session.get(User, team.leader_id) if team.leader_id else None
    if leader is not None:
        recovery.tell(session, user=leader, letter=letters.asked(request, leader))
    return request


def close(session: Session, *, request: JoinRequest, by: User) -> None:
    """Take one's own request back, or say no to one as the team's leader."""
    team = request.team
    service.lock(session, team)
    require_open(session, request)
    if by.id != request.user_id:
        leadership.require_leader(team, by)
        letter = letters.declined(request.user, team)
        recovery.tell(session, user=request.user, letter=letter)
    session.delete(request)


def require_open(session: Session, request: JoinRequest) -> None:
    """Raise Refused where a request was answered; its team is held, so that nobody else
    answers it meanwhile."""
    there = session.scalar(select(JoinRequest.id).where(JoinRequest.id == request.id))
    if there is None:
        raise Refused("This request has been answered or taken back already.")


def _require_room(session: Session, team: Team, user: User) -> None:
    invited = queries.open_invitations_of_user(
        session, user=user, competition=team.competition
    )
    if any(each.team_id == team.id for each in invited):
        raise Refused(f"“{team.name}” has invited you. Accept that invitation.")
    waiting = queries.join_requests_of(session, competition=team.competition, user=user)
    if len(waiting) >= OPEN_REQUESTS:
        raise Refused("Too many requests wait for an answer. Take one back first.")


def _made(
    session: Session, team: Team, user: User, message: str, now: datetime
) -> JoinRequest:
    request = JoinRequest(
        team_id=team.id, user_id=user.id, message=message, created_at=now
    )
    try:
        with session.begin_nested():
            session.add(request)
    except IntegrityError as error:
        raise Refused(
            f"You have asked “{team.name}” already, and it has not answered yet."
        ) from error
    return request


def _checked(message: str) -> str:
    message = " ".join(message.split())
    if len(message) > MESSAGE_CHARS or not message.isprintable():
        sentence = f"Write a message of at most {MESSAGE_CHARS} visible characters."
        raise Invalid(sentence, kind="invalid", fields={"message": sentence})
    return message
