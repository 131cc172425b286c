"""Two teams become one. Here rather than with the teams, because their submissions, scores
and places on the boards go along."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions import service as competitions
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import Refused
from podium.leaderboards import service as leaderboards
from podium.submissions.models import Score, Submission
from podium.teams import leadership, queries
from podium.teams import service as teams
from podium.teams.models import Invitation, Membership, MergeRequest, Team

OPEN_REQUESTS = 5


def ask(
    session: Session, *, team: Team, other: Team, by: User, now: datetime
) -> MergeRequest:
    """Ask another team to become one with ours; raises Refused where it could not."""
    leadership.require_leader(team, by)
    if team.id == other.id:
        raise Refused("That is your own team. Choose another one to merge with.")
    if team.competition_id != other.competition_id:
        raise Refused(f"“{other.name}” takes part in another competition.")
    teams.lock_all(session, {team, other})
    to_us, ours = queries.merge_requests(session, team=team)
    if any(each.team_id == other.id for each in to_us):
        raise Refused(f"“{other.name}” has asked you already. Accept that request.")
    if any(each.other_id == other.id for each in ours):
        raise Refused(f"“{other.name}” has been asked and has not answered yet.")
    if len(ours) >= OPEN_REQUESTS:
        raise Refused("Too many requests wait for an answer. Take one back first.")
    require_fitting(session, team, other, now)
    request = MergeRequest(
        team_id=team.id, other_id=other.id, asked_by_id=by.id, created_at=now
    )
    session.add(request)
    session.flush()  # gives it its public id
    return request


def accept(session: Session, *, request: MergeRequest, by: User, now: datetime) -> Team:
    """Make one team of two; the one that was asked stays, with its name and leader.

    Members, submissions and scores of the other move into it, whose choice of finals ends.
    The caller commits.
    """
    team, other = request.team, request.other
    competition = competitions.lock(session, other.competition_id)
    teams.lock_all(session, {team, other})
    _require_open(session, request)
    leadership.require_leader(other, by)
    require_fitting(session, team, other, now)
    unite(session, competition=competition, team=team, other=other)
    return other


def unite(
    session: Session, *, competition: Competition, team: Team, other: Team
) -> None:
    """Move all that is a team's into the other; all three are held."""
    chosen = update(Submission).where(Submission.team_id == team.id)
    session.execute(
        chosen.values(selected_at=None).execution_options(synchronize_session=False)
    )
    for model in (Membership, Submission, Score):
        session.execute(
            update(model)
            .where(model.team_id == team.id)
            .values(team_id=other.id)
            .execution_options(synchronize_session=False)
        )
    other.submissions_made += team.submissions_made
    session.flush()
    session.execute(
        delete(Team)  # with its invitations, requests and rows on the boards
        .where(Team.id == team.id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    _withdraw_invitations(session, other)
    teams.forget_requests(session, other)
    leaderboards.refresh_team(session, competition=competition, team_id=other.id)


def close(session: Session, *, request: MergeRequest, by: User) -> None:
    """Say no to a request, or take one's own back."""
    team, other = request.team, request.other
    teams.lock_all(session, {team, other})
    _require_open(session, request)
    if by.id != team.leader_id:
        leadership.require_leader(other, by)
    session.delete(request)


def quota_refusal(competition: Competition, *, made: int, now: datetime) -> str | None:
    """Why two teams with so many submissions can't be one, or None: together they must
    not have made more than one team could have by now."""
    total, per_day = competition.submissions_total, competition.submissions_per_day
    if total is not None and made > total:
        return (
            f"Together the teams have made {made} submissions, and one team may make "
            f"{total} in this competition."
        )
    first = clock.day_start(competition.opens_at)
    days = (clock.day_start(now) - first).days + 1
    if made <= per_day * days:
        return None
    possible = first + timedelta(days=math.ceil(made / per_day) - 1)
    return (
        f"Together the teams have made {made} submissions; one team could have made "
        f"{per_day * days} by now ({per_day} a day). Without further submissions they "
        f"can merge from {possible:%d %B %Y} on, if the merger deadline allows it."
    )


def _require_open(session: Session, request: MergeRequest) -> None:
    """The teams are held, so that nobody else answers it meanwhile."""
    there = session.scalar(select(MergeRequest.id).where(MergeRequest.id == request.id))
    if there is None:
        raise Refused("This request has been answered or taken back already.")


def require_fitting(session: Session, team: Team, other: Team, now: datetime) -> None:
    """Raise Refused with all that keeps two held teams apart."""
    competition = other.competition
    teams.require_changeable(competition, now)
    faults = []
    size = sum(queries.size(session, team=each) for each in (team, other))
    if size > competition.team_max_size:
        faults.append(
            f"Together you are {size}, and {competition.title} allows "
            f"{competition.team_max_size} per team."
        )
    made = team.submissions_made + other.submissions_made
    if refusal := quota_refusal(competition, made=made, now=now):
        faults.append(refusal)
    if faults:
        raise Refused(" ".join(faults))


def _withdraw_invitations(session: Session, team: Team) -> None:
    """Take back what asks somebody in who is in now."""
    members = select(Membership.user_id).where(Membership.team_id == team.id)
    session.execute(
        delete(Invitation)
        .where(Invitation.team_id == team.id, Invitation.user_id.in_(members))
        .execution_options(synchronize_session=False)
    )
