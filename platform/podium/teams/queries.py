"""Reading participants, teams and invitations."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core.errors import NotFound
from podium.core.text import name_key
from podium.teams.models import (
    Invitation,
    InvitationState,
    JoinRequest,
    Membership,
    MergeRequest,
    Participant,
    Team,
)


def participation(
    session: Session, *, competition: Competition, user: User | None
) -> Participant | None:
    """The user's acceptance of the competition's rules, if they gave it."""
    if user is None:
        return None
    return session.scalar(
        select(Participant).where(
            Participant.competition_id == competition.id,
            Participant.user_id == user.id,
        )
    )


def entered_competitions(session: Session, *, user: User) -> list[int]:
    """The ids of the competitions whose rules the user accepted."""
    found = select(Participant.competition_id).where(Participant.user_id == user.id)
    return list(session.scalars(found))


def team_of(
    session: Session, *, competition: Competition, user: User | None
) -> Team | None:
    """The user's team in a competition."""
    if user is None:
        return None
    return session.scalar(
        select(Team)
        .join(Membership)
        .where(
            Membership.competition_id == competition.id, Membership.user_id == user.id
        )
    )


def team_by_public_id(session: Session, public_id: str) -> Team:
    """The team at that address, with its members; raises NotFound."""
    return _team(session, Team.public_id == public_id)


def team_by_name(session: Session, *, competition: Competition, name: str) -> Team:
    """The team of a competition with that name, however it is written; raises NotFound."""
    wanted = name_key(" ".join(name.split()))
    found = session.scalar(
        select(Team).where(
            Team.competition_id == competition.id, Team.name_key == wanted
        )
    )
    if found is None:
        raise NotFound(
            f"{competition.title} has no team named “{name.strip()}”. Check the name on "
            "the board."
        )
    return found


def team_by_link(session: Session, *, secret: str) -> Team | None:
    """The team whose link has this secret."""
    return session.scalar(select(Team).where(Team.link_secret == secret))


def merge_requests(
    session: Session, *, team: Team
) -> tuple[list[MergeRequest], list[MergeRequest]]:
    """Requests to merge that wait for an answer: those to the team, and its own."""
    both = (
        select(MergeRequest)
        .where((MergeRequest.other_id == team.id) | (MergeRequest.team_id == team.id))
        .order_by(MergeRequest.id)
    )
    found = session.scalars(both).all()
    return (
        [each for each in found if each.other_id == team.id],
        [each for each in found if each.team_id == team.id],
    )


def merge_requests_for(session: Session, *, leader: User | None) -> list[MergeRequest]:
    """Requests to merge that wait for a user's answer, of all their teams."""
    if leader is None:
        return []
    return list(
        session.scalars(
            select(MergeRequest)
            .join(Team, MergeRequest.other_id == Team.id)
            .where(Team.leader_id == leader.id)
            .options(joinedload(MergeRequest.other).joinedload(Team.competition))
            .order_by(MergeRequest.id)
        )
    )


def merge_request_by_public_id(
    session: Session, *, public_id: str, viewer: User
) -> MergeRequest:
    """A request to merge, for the members of both teams; raises NotFound."""
    found = session.scalar(
        select(MergeRequest).where(MergeRequest.public_id == public_id)
    )
    if found is not None and viewer in (*found.team.members, *found.other.members):
        return found
    raise NotFound("There is no such request. It may have been answered already.")


def join_requests_to(session: Session, *, team: Team | None) -> list[JoinRequest]:
    """Who asks to join a team, first come first."""
    if team is None:
        return []
    asked = select(JoinRequest).where(JoinRequest.team_id == team.id)
    return list(session.scalars(asked.order_by(JoinRequest.id)))


def join_requests_of(
    session: Session, *, competition: Competition, user: User | None
) -> list[JoinRequest]:
    """The teams of a competition that a user asks to join, and has no answer of yet; none
    for a visitor."""
    if user is None:
        return []
    return list(
        session.scalars(
            select(JoinRequest)
            .join(Team, JoinRequest.team_id == Team.id)
            .where(
                Team.competition_id == competition.id, JoinRequest.user_id == user.id
            )
            .order_by(JoinRequest.id)
        )
    )


def join_requests_for(session: Session, *, leader: User | None) -> list[JoinRequest]:
    """Requests to join that wait for a user's answer, of all their teams."""
    if leader is None:
        return []
    return list(
        session.scalars(
            select(JoinRequest)
            .join(Team, JoinRequest.team_id == Team.id)
            .where(Team.leader_id == leader.id)
            .options(joinedload(JoinRequest.team).joinedload(Team.competition))
            .order_by(JoinRequest.id)
        )
    )


def join_request_by_public_id(
    session: Session, *, public_id: str, viewer: User
) -> JoinRequest:
    """A request to join, for who asks and for the team's members; raises NotFound."""
    found = session.scalar(
        select(JoinRequest).where(JoinRequest.public_id == public_id)
    )
    if found and (found.user_id == viewer.id or viewer in found.team.members):
        return found
    raise NotFound("There is no such request. It may have been answered already.")


def team_by_id(session: Session, team_id: int) -> Team:
    """The team with that number, with its members; raises NotFound."""
    return _team(session, Team.id == team_id)


def teams_of(session: Session, *, user: User) -> list[Team]:
    """Every team of a user, newest first."""
    return list(
        session.scalars(
            select(Team)
            .join(Membership)
            .where(Membership.user_id == user.id)
            .options(selectinload(Team.competition), selectinload(Team.memberships))
            .order_by(Team.id.desc())
        )
    )


def search(session: Session, *, text: str, limit: int) -> list[Team]:
    """Teams whose names hold ``text``, newest first."""
    wanted = name_key(text.strip())
    if not wanted:
        return []
    return list(
        session.scalars(
            select(Team)
            .where(Team.name_key.contains(wanted, autoescape=True))
            .options(selectinload(Team.competition))
            .order_by(Team.id.desc())
            .limit(limit)
        )
    )


def team_counts(session: Session, competition_ids: Iterable[int]) -> dict[int, int]:
    """How many teams each competition has."""
    rows = session.execute(
        select(Team.competition_id, func.count())
        .where(Team.competition_id.in_(list(competition_ids)))
        .group_by(Team.competition_id)
    )
    return {competition_id: count for competition_id, count in rows}


def size(session: Session, *, team: Team) -> int:
    """How many members a team has."""
    return (
        session.scalar(select(func.count()).where(Membership.team_id == team.id)) or 0
    )


def open_invitations_of_team(session: Session, *, team: Team) -> list[Invitation]:
    """A team's invitations that wait for an answer."""
    return list(
        session.scalars(
            select(Invitation)
            .where(
                Invitation.team_id == team.id, Invitation.state == InvitationState.OPEN
            )
            .order_by(Invitation.id)
        )
    )


def open_invitations_of_user(
    session: Session, *, user: User | None, competition: Competition | None = None
) -> list[Invitation]:
    """Invitations that wait for a user's answer, of one competition or of all."""
    if user is None:
        return []
    query = (
        select(Invitation)
        .join(Team)
        .where(Invitation.user_id == user.id, Invitation.state == InvitationState.OPEN)
        .options(joinedload(Invitation.team).joinedload(Team.competition))
        .order_by(Invitation.id)
    )
    if competition is not None:
        query = query.where(Team.competition_id == competition.id)
    return list(session.scalars(query))


def invitation_by_public_id(
    session: Session, *, public_id: str, viewer: User
) -> Invitation:
    """An invitation, for the invited and for the team's members; raises NotFound."""
    found = session.scalar(select(Invitation).where(Invitation.public_id == public_id))
    if found is not None and (
        found.user_id == viewer.id or viewer in found.team.members
    ):
        return found
    raise NotFound("There is no such invitation. It may have been withdrawn.")


def _team(session: Session, which: ColumnElement[bool]) -> Team:
    team = session.scalar(
        select(Team)
        .where(which)
        .options(selectinload(Team.memberships).joinedload(Membership.user))
    )
    if team is None:
        raise NotFound("There is no such team. It may have been dissolved.")
    return team
