"""Everything that is kept of one user, as that user may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from podium.accounts.models import ApiToken, LogIn, User
from podium.competitions.models import Announcement, Competition
from podium.core.models import AuditEntry
from podium.notifications.models import Mail
from podium.scoring.service import standing
from podium.settings import Settings
from podium.submissions.models import Submission
from podium.teams.models import Invitation, JoinRequest, Membership, Participant, Team

Facts = dict[str, Any]


def everything(
    session: Session, *, user: User, settings: Settings, now: datetime
) -> Facts:
    """What is kept of a user, JSON-ready but for its datetimes.

    Scores are those that the user's team may see by now. Passwords, secrets of tokens and
    addresses of other people are nowhere in it.
    """
    return {
        "profile": _profile(user),
        "log_ins": _log_ins(session, user),
        "tokens": _tokens(session, user),
        "competitions": _competitions(session, user),
        "teams": _teams(session, user),
        "invitations": _invitations(session, user),
        "join_requests": _join_requests(session, user),
        "submissions": _submissions(session, user, settings, now),
        "hosted": _hosted(session, user),
        "announcements": _announcements(session, user),
        "mails": _mails(session, user),
        "acts": _acts(session, user),
    }


def _profile(user: User) -> Facts:
    return {
        "username": user.username,
        "email": user.email,
        "email_confirmed_at": user.confirmed_at,
        "display_name": user.display_name,
        "about": user.about,
        "link": user.link,
        "mail_off": list(user.mail_off),
        "roles": sorted(role.name for role in user.roles),
        "created_at": user.create_datetime,
    }


def _log_ins(session: Session, user: User) -> list[Facts]:
    found = session.scalars(select(LogIn).where(LogIn.user_id == user.id))
    return [
        {
            "device": each.device,
            "network": each.network,
            "created_at": each.created_at,
            "seen_at": each.seen_at,
        }
        for each in found
    ]


def _tokens(session: Session, user: User) -> list[Facts]:
    found = session.scalars(select(ApiToken).where(ApiToken.user_id == user.id))
    return [
        {
            "label": each.label,
            "created_at": each.created_at,
            "expires_at": each.expires_at,
            "last_used_at": each.last_used_at,
            "revoked_at": each.revoked_at,
        }
        for each in found
    ]


def _competitions(session: Session, user: User) -> list[Facts]:
    found = session.execute(
        select(Competition.slug, Competition.title, Participant.rules_accepted_at)
        .join(Participant, Participant.competition_id == Competition.id)
        .where(Participant.user_id == user.id)
        .order_by(Participant.id)
    )
    return [
        {"competition": slug, "title": title, "rules_accepted_at": accepted}
        for slug, title, accepted in found
    ]


def _teams(session: Session, user: User) -> list[Facts]:
    found = session.scalars(
        select(Membership)
        .where(Membership.user_id == user.id)
        .options(
            joinedload(Membership.team).joinedload(Team.competition),
            joinedload(Membership.team)
            .selectinload(Team.memberships)
            .joinedload(Membership.user),
        )
        .order_by(Membership.id)
    )
    return [
        {
            "id": each.team.public_id,
            "name": each.team.name,
            "competition": each.team.competition.slug,
            "joined_at": each.joined_at,
            "leader": each.team.leader_id == user.id,
            "members": [member.username for member in each.team.members],
        }
        for each in found
    ]


def _invitations(session: Session, user: User) -> list[Facts]:
    """Those to the user, and those that the user wrote."""
    mine = (Invitation.user_id == user.id) | (Invitation.invited_by_id == user.id)
    found = session.scalars(
        select(Invitation)
        .where(mine)
        .options(joinedload(Invitation.user), joinedload(Invitation.invited_by))
        .order_by(Invitation.id)
    )
    return [
        {
            "team": each.team.name,
            "user": each.user.username,
            "invited_by": each.invited_by.username if each.invited_by else None,
            "state": str(each.state),
            "created_at": each.created_at,
            "answered_at": each.answered_at,
        }
        for each in found
    ]


def _join_requests(session: Session, user: User) -> list[Facts]:
    found = session.scalars(select(JoinRequest).where(JoinRequest.user_id == user.id))
    return [
        {
            "team": each.team.name,
            "message": each.message,
            "created_at": each.created_at,
        }
        for each in found
    ]


def _submissions(
    session: Session, user: User, settings: Settings, now: datetime
) -> list[Facts]:
    found = session.scalars(
        select(Submission)
        .where(Submission.user_id == user.id)
        .options(
            joinedload(Submission.competition),
            joinedload(Submission.team),
            selectinload(Submission.scores),
        )
        .order_by(Submission.id)
    )
    return [_submission(session, each, settings, now) for each in found]


def _submission(
    session: Session, sent: Submission, settings: Settings, now: datetime
) -> Facts:
    """One submission; its file is at ``/api/v1/submissions/ID/file``."""
    shown = standing(session, submission=sent, settings=settings, now=now, finals={})
    return {
        "id": sent.public_id,
        "competition": sent.competition.slug,
        "team": sent.team.name,
        "file_name": sent.file_name,
        "description": sent.description,
        "bytes": sent.size,
        "created_at": sent.created_at,
        "status": str(shown.status),
        "public_score": shown.public,
        "private_score": shown.private,
        "message": shown.message,
    }


def _hosted(session: Session, user: User) -> list[Facts]:
    found = session.execute(
        select(Competition.slug, Competition.title)
        .where(Competition.host_id == user.id)
        .order_by(Competition.id)
    )
    return [{"competition": slug, "title": title} for slug, title in found]


def _announcements(session: Session, user: User) -> list[Facts]:
    found = session.scalars(
        select(Announcement)
        .where(Announcement.author_id == user.id)
        .options(joinedload(Announcement.competition))
        .order_by(Announcement.id)
    )
    return [
        {
            "competition": each.competition.slug,
            "title": each.title,
            "text": each.text,
            "created_at": each.created_at,
        }
        for each in found
    ]


def _mails(session: Session, user: User) -> list[Facts]:
    """Without their texts: those that wait may hold a secret link."""
    found = session.scalars(
        select(Mail).where(Mail.address == user.email).order_by(Mail.id)
    )
    return [
        {
            "kind": each.kind,
            "subject": each.subject,
            "created_at": each.created_at,
            "sent_at": each.sent_at,
        }
        for each in found
    ]


def _acts(session: Session, user: User) -> list[Facts]:
    """What the user did with a privilege, as the audit log has it. Somebody else may have
    had the name before."""
    found = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.who == user.username, AuditEntry.at >= user.create_datetime)
        .order_by(AuditEntry.number)
    )
    return [
        {
            "at": each.at,
            "act": each.act,
            "target": each.target,
            "reason": each.reason,
            "from": each.source,
        }
        for each in found
    ]
