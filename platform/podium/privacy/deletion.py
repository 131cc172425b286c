"""Deleting an account: the person goes, what boards are made of stays."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import ADMIN, ApiToken, LogIn, Role, User, role_members
from podium.accounts.service import DELETED_PREFIX
from podium.competitions.models import Competition, Stage
from podium.competitions.queries import hosted_by
from podium.core.errors import Refused
from podium.core.ids import public_id
from podium.core.text import name_key
from podium.notifications.models import Mail
from podium.teams import queries as teams
from podium.teams import service as team_service
from podium.teams.models import Invitation, JoinRequest, Participant, Team

DELETED_NAME = "Deleted user"


def obstacles(session: Session, *, user: User, now: datetime) -> list[str]:
    """Everything that has to be settled before the account can go, a sentence each."""
    return list(_obstacles(session, user, now))


def delete_account(session: Session, *, user: User, now: datetime) -> None:
    """Delete an account; raises Refused with all that is in the way. The caller commits.

    Name, address, texts, roles, log-ins, tokens, mail, invitations and requests go at
    once. Submissions, their teams' places and announcements stay, as a deleted user's.
    """
    # Two administrators can't leave at the same time: who comes second is the last one.
    session.execute(select(Role.id).where(Role.name == ADMIN).with_for_update())
    session.refresh(user, with_for_update=True)
    if found := obstacles(session, user=user, now=now):
        raise Refused(" ".join(found), kind="account_in_use")
    _leave_teams(session, user, now)
    _forget(session, user)
    user.username = f"{DELETED_PREFIX}{public_id()}"
    user.email = f"{user.username}@deleted.invalid"
    user.display_name, user.about, user.link = DELETED_NAME, "", ""
    user.password, user.confirmed_at, user.mail_off = None, None, []
    user.fs_uniquifier = uuid.uuid4().hex
    user.active, user.deleted_at = False, now
    session.flush()


def _obstacles(session: Session, user: User, now: datetime) -> Iterator[str]:
    if user.is_admin and not _other_admins(session, user):
        yield (
            "You are the only administrator: make somebody else one first, on the pages "
            "of the operation or with podium-server user role."
        )
    for competition in hosted_by(session, user=user):
        if competition.launched_at is None:
            yield f"Delete your draft “{competition.title}” first."
        elif competition.stage(now) is not Stage.ENDED:
            yield (
                f"You host “{competition.title}”, and it has not ended: people rely on "
                f"its host until {competition.closes_at:%d %b %Y}."
            )


def _other_admins(session: Session, user: User) -> bool:
    found = session.scalar(
        select(User.id)
        .where(User.roles.any(Role.name == ADMIN), User.active, User.id != user.id)
        .limit(1)
    )
    return found is not None


def _leave_teams(session: Session, user: User, now: datetime) -> None:
    """Leave what has no submission yet; elsewhere the team stays and gets a leader."""
    entered = session.scalars(
        select(Competition)
        .join(Participant, Participant.competition_id == Competition.id)
        .where(Participant.user_id == user.id)
        .order_by(Competition.id)
    )
    for competition in entered.all():
        team = teams.team_of(session, competition=competition, user=user)
        ended = competition.stage(now) is Stage.ENDED
        if not ended and (team is None or not team.submissions_made):
            team_service.leave(session, competition=competition, user=user)
            continue
        if team is None:
            continue
        team_service.lock(session, team)
        session.refresh(team, ["memberships"])
        _hand_over(session, team, user)


def _hand_over(session: Session, team: Team, user: User) -> None:
    """Give a team another leader, and a name that is not the person's."""
    others = [member for member in team.members if member.active and member is not user]
    if team.leader_id == user.id and others:
        team.leader_id = others[0].id
    if not others:
        if re.fullmatch(rf"{re.escape(user.shown_name)}( \d+)?", team.name):
            team.name = f"{DELETED_NAME} {team.public_id}"
            team.name_key = name_key(team.name)
        # Nobody is left who could let anybody in.
        team.link_secret, team.link_until, team.open_to_requests = None, None, False
        session.execute(delete(JoinRequest).where(JoinRequest.team_id == team.id))


def _forget(session: Session, user: User) -> None:
    for table in (ApiToken, LogIn, JoinRequest, Invitation):
        session.execute(delete(table).where(table.user_id == user.id))
    session.execute(delete(role_members).where(role_members.c.user_id == user.id))
    session.execute(delete(Mail).where(Mail.address == user.email))
    session.execute(
        update(Invitation)
        .where(Invitation.invited_by_id == user.id)
        .values(invited_by_id=None)
    )
    session.expire(user, ["roles"])
