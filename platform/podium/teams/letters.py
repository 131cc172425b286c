"""What Podium mails about teams."""

from __future__ import annotations

from podium.accounts.models import User
from podium.notifications.models import SITE
from podium.notifications.service import Letter
from podium.teams.models import Invitation, JoinRequest, Team


def invited(invitation: Invitation) -> Letter:
    """To somebody who is invited into a team."""
    team, by = invitation.team, invitation.invited_by
    who = f"{by.shown_name} (@{by.username})" if by else "Somebody"
    return Letter(
        kind="invitation",
        subject=f"You are invited into the team {team.name}",
        text=f"""Hello {invitation.user.shown_name},

{who} invites you into the team {team.name} of the competition {team.competition.title}. Accept or
decline here:

{SITE}/invitations
""",
    )


def asked(request: JoinRequest, leader: User) -> Letter:
    """To a team's leader: somebody asks to be let in."""
    team, user = request.team, request.user
    said = f"They say: {request.message}\n\n" if request.message else ""
    return Letter(
        kind="request",
        subject=f"{user.shown_name} asks to join {team.name}",
        text=f"""Hello {leader.shown_name},

{user.shown_name} (@{user.username}) asks to join your team {team.name} in the competition
{team.competition.title}. {said}Let them in or decline here:

{SITE}/c/{team.competition.slug}/team
""",
    )


def let_in(user: User, team: Team) -> Letter:
    """To who asked: they are in."""
    return Letter(
        kind="request",
        subject=f"You are in the team {team.name}",
        text=f"""Hello {user.shown_name},

the leader of {team.name} has let you in. Your team in the competition {team.competition.title}:

{SITE}/c/{team.competition.slug}/team
""",
    )


def declined(user: User, team: Team) -> Letter:
    """To who asked: the team would rather not."""
    return Letter(
        kind="request",
        subject=f"{team.name} has declined your request",
        text=f"""Hello {user.shown_name},

the leader of {team.name} has declined your request to join. Other teams of the competition
{team.competition.title}:

{SITE}/c/{team.competition.slug}/leaderboard
""",
    )
