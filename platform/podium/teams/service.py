"""Joining a competition, making a team, inviting into it, leaving. Races end in the
database: the locked team row decides the last seat, unique constraints the rest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from podium.accounts import recovery
from podium.accounts import service as accounts
from podium.accounts.models import User
from podium.competitions.models import Competition, Stage
from podium.core.errors import Invalid, NotAllowed, Refused
from podium.core.text import name_key
from podium.teams import letters, queries
from podium.teams.models import (
    Invitation,
    InvitationState,
    JoinRequest,
    Membership,
    Participant,
    Team,
)

NAME_CHARS = 80
TRIES_FOR_A_NAME = 100
OPEN_INVITATIONS = 20


def join(
    session: Session, *, competition: Competition, user: User, now: datetime
) -> Participant:
    """Accept the rules. Doing so again changes nothing; raises Refused after the entry
    deadline."""
    joined = queries.participation(session, competition=competition, user=user)
    if joined is not None:
        return joined
    require_entry_open(competition, now)
    participant = Participant(
        competition_id=competition.id, user_id=user.id, rules_accepted_at=now
    )
    try:
        with session.begin_nested():
            session.add(participant)
    except IntegrityError:  # a second click was faster
        again = queries.participation(session, competition=competition, user=user)
        if again is None:
            raise
        return again
    return participant


def require_entry_open(competition: Competition, now: datetime) -> None:
    """Raise Refused where nobody can join any more."""
    if competition.stage(now) is Stage.ENDED:
        raise Refused(
            f"{competition.title} has ended, so it can't be joined. "
            "Its pages and boards stay open to read."
        )
    if competition.entry_deadline and now >= competition.entry_deadline:
        raise Refused(
            f"The deadline to enter {competition.title} has passed. "
            "Its pages and boards stay open to read."
        )


def require_joined(
    session: Session,
    *,
    competition: Competition,
    user: User,
    now: datetime,
    hold: bool = False,
) -> None:
    """Raise Refused where the user has not accepted the rules; it says how to, as long as
    one still can.

    With ``hold`` they can't leave until the transaction ends.
    """
    joined = select(Participant).where(
        Participant.competition_id == competition.id, Participant.user_id == user.id
    )
    if hold:
        joined = joined.with_for_update(read=True)
    if session.scalars(joined).one_or_none() is None:
        require_entry_open(competition, now)
        raise Refused(
            f"You have not joined {competition.title} yet. Accept its rules first: "
            "press Join on its page.",
            kind="rules_not_accepted",
        )


def leave(session: Session, *, competition: Competition, user: User) -> None:
    """Leave a competition, and the team; possible until the team's first submission."""
    joined = session.scalars(
        select(Participant)
        .where(
            Participant.competition_id == competition.id, Participant.user_id == user.id
        )
        .with_for_update()  # whoever hands in or joins a team holds it meanwhile
    ).one_or_none()
    if joined is None:
        raise Refused(
            f"You have not joined {competition.title}, so there is nothing to leave."
        )
    team = queries.team_of(session, competition=competition, user=user)
    if team is not None:
        lock(session, team)
        leave_team(session, team=team, user=user)
    _forget_requests(session, competition, [user.id])
    session.delete(joined)


def create_team(
    session: Session, *, competition: Competition, user: User, name: str, now: datetime
) -> Team:
    """Make a team of one; raises Refused where the user has one already."""
    require_joined(session, competition=competition, user=user, now=now, hold=True)
    name = checked_name(name)
    made = _new_team(session, competition, user, name, now)
    if made is not None:
        return made
    team = queries.team_of(session, competition=competition, user=user)
    if team is None:
        raise _name_taken(name)
    raise Refused(
        f"You are in the team “{team.name}” already. One team per person and "
        "competition: rename it, or leave it first."
    )


def team_or_new(
    session: Session, *, competition: Competition, user: User, now: datetime
) -> Team:
    """The user's team, or a new team of one under their own name."""
    require_joined(session, competition=competition, user=user, now=now, hold=True)
    wanted = _name_of_one(user)
    for number in range(1, TRIES_FOR_A_NAME):
        # Asked each time: another request of theirs may have made it meanwhile.
        team = queries.team_of(session, competition=competition, user=user)
        if team is not None:
            return team
        name = wanted if number == 1 else f"{wanted} {number}"
        made = _new_team(session, competition, user, name, now)
        if made is not None:
            return made
    raise Refused("Choose a name for your team on the Team page first.")


def rename(session: Session, *, team: Team, by: User, name: str) -> None:
    """Rename a team; any member may."""
    require_member(session, team=team, user=by)
    name = checked_name(name)
    try:
        with session.begin_nested():
            team.name, team.name_key = name, name_key(name)
            session.add(team)
    except IntegrityError as error:
        raise _name_taken(name) from error


def invite(
    session: Session, *, team: Team, by: User, username: str, now: datetime
) -> Invitation:
    """Invite a user by name; raises Refused where the team is full or it makes no sense."""
    require_member(session, team=team, user=by)
    user = accounts.by_username(session, username)
    lock(session, team)
    competition = team.competition
    waiting = queries.open_invitations_of_team(session, team=team)
    if any(invitation.user_id == user.id for invitation in waiting):
        raise Refused(f"{user.shown_name} is invited already and has not answered yet.")
    if queries.team_of(session, competition=competition, user=user) is team:
        raise Refused(f"{user.shown_name} is in your team already.")
    if len(waiting) >= OPEN_INVITATIONS:
        raise Refused("Too many invitations wait for an answer. Cancel one first.")
    require_seat(session, team)
    require_changeable(competition, now)
    invitation = Invitation(
        team_id=team.id, user_id=user.id, invited_by_id=by.id, created_at=now
    )
    session.add(invitation)
    session.flush()  # gives it its public id
    recovery.tell(session, user=user, letter=letters.invited(invitation))
    return invitation


def accept(
    session: Session, *, invitation: Invitation, user: User, now: datetime
) -> Team:
    """Join the inviting team. A team of one that has not submitted is given up for it."""
    _require_open(invitation, user)
    team = invitation.team
    own = lock_with_own(session, team=team, user=user, now=now)
    _hold(session, invitation)
    _require_open(invitation, user)
    enter(session, team=team, own=own, user=user, now=now)
    invitation.state, invitation.answered_at = InvitationState.ACCEPTED, now
    session.flush()  # the membership list is read again below
    session.refresh(team, ["memberships"])
    return team


def lock_with_own(
    session: Session, *, team: Team, user: User, now: datetime
) -> Team | None:
    """Hold a team that a user is about to enter, and the one that they are in, which is
    the answer; raises Refused where they have not joined the competition."""
    require_joined(session, competition=team.competition, user=user, now=now, hold=True)
    own = queries.team_of(session, competition=team.competition, user=user)
    lock_all(session, {each for each in (own, team) if each})
    return own


def enter(
    session: Session, *, team: Team, own: Team | None, user: User, now: datetime
) -> None:
    """Make a user a member; both teams are held. Their own is given up for it, or Refused
    says why not."""
    require_changeable(team.competition, now)
    if own is team:
        raise Refused(f"You are in the team “{team.name}” already.")
    require_seat(session, team)
    if own is not None:
        leave_team(session, team=own, user=user)
    try:
        with session.begin_nested():
            session.add(_membership(team, user, now))
    except IntegrityError as error:
        raise Refused(
            f"{user.shown_name} is in another team of this competition already."
        ) from error
    forget_requests(session, team)


def forget_requests(session: Session, team: Team) -> None:
    """Take back what a team's members ask of other teams: they are in one now."""
    in_it = select(Membership.user_id).where(Membership.team_id == team.id)
    members = list(session.scalars(in_it))
    _forget_requests(session, team.competition, members)


def decline(
    session: Session, *, invitation: Invitation, user: User, now: datetime
) -> None:
    """Say no to an invitation."""
    _hold(session, invitation)
    _require_open(invitation, user)
    invitation.state, invitation.answered_at = InvitationState.DECLINED, now
    session.add(invitation)


def cancel(
    session: Session, *, invitation: Invitation, by: User, now: datetime
) -> None:
    """Take an invitation back; any member of the team may."""
    require_member(session, team=invitation.team, user=by)
    _hold(session, invitation)
    if invitation.state is not InvitationState.OPEN:
        raise Refused("This invitation has been answered already.")
    invitation.state, invitation.answered_at = InvitationState.CANCELLED, now
    session.add(invitation)


def lock(session: Session, team: Team) -> None:
    """Hold the team's row until the transaction ends, and read it anew; raises Refused
    where it was dissolved meanwhile.

    On SQLite the transaction holds the whole database already.
    """
    held = session.scalars(
        select(Team)
        .where(Team.id == team.id)
        .with_for_update(key_share=True)  # rows that refer to it may still be added
        .execution_options(populate_existing=True)
    ).one_or_none()  # fetched: only so are its values read anew
    if held is None:
        raise Refused("The team was dissolved meanwhile. Load the page again.")


def lock_all(session: Session, teams: Collection[Team]) -> None:
    """Hold several teams, always in the order of their numbers: no deadlock."""
    for each in sorted(teams, key=lambda team: team.id):
        lock(session, each)


def checked_name(name: str) -> str:
    """A team's name without surplus blanks; raises Invalid where it can't be one."""
    name = " ".join(name.split())
    if not name.isprintable() or not _fits(name):
        sentence = f"Give the team a name of 1 to {NAME_CHARS} visible characters."
        raise Invalid(sentence, kind="invalid", fields={"name": sentence})
    return name


def require_member(session: Session, *, team: Team, user: User) -> None:
    """Raise NotAllowed where the user is not in the team."""
    found = session.scalar(
        select(Membership.id).where(
            Membership.team_id == team.id, Membership.user_id == user.id
        )
    )
    if found is None:
        raise NotAllowed("Only members of the team may do that.")


def _fits(name: str) -> bool:
    return 0 < len(name) <= NAME_CHARS and len(name_key(name)) <= NAME_CHARS


def _name_of_one(user: User) -> str:
    """A name for a user's team of one, with room for a number."""
    name = " ".join(user.shown_name.split())[: NAME_CHARS - 4].strip()
    if name and name.isprintable() and len(name_key(name)) <= NAME_CHARS - 4:
        return name
    return user.username


def _new_team(
    session: Session, competition: Competition, user: User, name: str, now: datetime
) -> Team | None:
    """A new team of one; None where its name or its user's seat is taken."""
    team = Team(
        competition_id=competition.id,
        name=name,
        name_key=name_key(name),
        leader_id=user.id,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(team)
            session.flush()  # gives the team its id
            session.add(_membership(team, user, now))
    except IntegrityError:
        return None
    return team


def _name_taken(name: str) -> Refused:
    return Refused(f"Another team is called “{name}”. Choose another name.")


def _hold(session: Session, invitation: Invitation) -> None:
    """Read an invitation anew, and let nobody else answer it meanwhile."""
    held = session.scalars(
        select(Invitation)
        .where(Invitation.id == invitation.id)
        .with_for_update(of=Invitation)  # not its team as well
        .execution_options(populate_existing=True)
    ).one_or_none()
    if held is None:
        raise Refused("The team of this invitation was dissolved meanwhile.")


def _forget_requests(
    session: Session, competition: Competition, user_ids: Collection[int]
) -> None:
    theirs = select(Team.id).where(Team.competition_id == competition.id)
    session.execute(
        delete(JoinRequest)
        .where(JoinRequest.user_id.in_(user_ids), JoinRequest.team_id.in_(theirs))
        .execution_options(synchronize_session="fetch")
    )


def _membership(team: Team, user: User, now: datetime) -> Membership:
    return Membership(
        team_id=team.id,
        competition_id=team.competition_id,
        user_id=user.id,
        joined_at=now,
    )


def leave_team(session: Session, *, team: Team, user: User) -> None:
    """Take a member out of a team that is held; the last one dissolves it. Raises Refused
    once the team has submitted."""
    if team.submissions_made:
        raise Refused(
            f"The team “{team.name}” has submitted already, so its members can't leave. "
            "Withdraw submissions that should not be on the board, or ask the host."
        )
    session.refresh(team, ["memberships"])
    rest = [member for member in team.members if member.id != user.id]
    if not rest:
        session.delete(team)
        session.flush()  # before the user's membership of another team
        return
    team.memberships = [m for m in team.memberships if m.user_id != user.id]
    if team.leader_id == user.id:
        team.leader_id = rest[0].id
    session.execute(
        update(Invitation)
        .where(
            Invitation.team_id == team.id,
            Invitation.user_id == user.id,
            Invitation.state == InvitationState.OPEN,
        )
        .values(state=InvitationState.CANCELLED)
    )
    session.flush()  # before the user's membership of another team


def require_seat(session: Session, team: Team) -> None:
    """Raise Refused where a team, which is held, is full."""
    most = team.competition.team_max_size
    if queries.size(session, team=team) >= most:
        raise Refused(
            f"The team “{team.name}” is full: {team.competition.title} allows "
            f"{most} {'member' if most == 1 else 'members'} per team."
        )


def require_changeable(competition: Competition, now: datetime) -> None:
    """Raise Refused after the merger deadline (without one: after the end)."""
    deadline = competition.merger_deadline or competition.closes_at
    if now >= deadline:
        raise Refused(
            "The deadline to change teams has passed. Teams stay as they are."
        )


def _require_open(invitation: Invitation, user: User) -> None:
    if invitation.user_id != user.id:
        raise NotAllowed("This invitation is for somebody else.")
    if invitation.state is not InvitationState.OPEN:
        raise Refused("This invitation is no longer open. Ask the team for a new one.")
