"""Letting in who asked to join a team. Here rather than with the teams, because what the
asker submitted alone, its scores and places on the boards go along."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from podium.accounts import recovery
from podium.accounts.models import User
from podium.competitions import service as competitions
from podium.core.errors import Refused
from podium.scoring import merging
from podium.teams import asking, leadership, letters, queries
from podium.teams import service as teams
from podium.teams.models import JoinRequest, Team


def let_in(session: Session, *, request: JoinRequest, by: User, now: datetime) -> Team:
    """Make the asker a member. Their team of one is given up for it; if it has submitted,
    it merges into the team, under the rule for mergers. The caller commits."""
    team, user = request.team, request.user
    competition = competitions.lock(session, team.competition_id)
    own = _held(session, team, user, now)
    asking.require_open(session, request)
    leadership.require_leader(team, by)
    if own is not None and own is not team and queries.size(session, team=own) > 1:
        raise Refused(f"{user.shown_name} is in a team with others meanwhile.")
    if own is None or own is team or not own.submissions_made:
        teams.enter(session, team=team, own=own, user=user, now=now)
    else:
        merging.require_fitting(session, own, team, now)
        merging.unite(session, competition=competition, team=own, other=team)
    recovery.tell(session, user=user, letter=letters.let_in(user, team))
    session.flush()  # the membership list is read again below
    session.refresh(team, ["memberships"])
    return team


def _held(session: Session, team: Team, user: User, now: datetime) -> Team | None:
    try:
        return teams.lock_with_own(session, team=team, user=user, now=now)
    except Refused as error:  # its sentence would be the asker's
        raise Refused(
            f"{user.shown_name} has left the competition, or a team was dissolved "
            "meanwhile. Load the page again."
        ) from error
