"""What Podium mails about teams."""

from __future__ import annotations

from podium.notifications.service import Letter
from podium.teams.models import Invitation


def invited(invitation: Invitation, *, site: str) -> Letter:
    """To somebody who is invited into a team."""
    team, by = invitation.team, invitation.invited_by
    who = f"{by.shown_name} (@{by.username})" if by else "Somebody"
    return Letter(
        kind="invitation",
        subject=f"You are invited into the team {team.name}",
        text=f"""Hello {invitation.user.shown_name},

{who} invites you into the team {team.name} of the competition {team.competition.title}. Accept or
decline here:

{site}/invitations
""",
    )
