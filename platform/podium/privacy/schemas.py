"""What the API says of everything that is kept of a user."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from podium.core.shapes import Answer

Facts = dict[str, Any]


class Export(Answer):
    """All that is kept of you. Secrets and other people's addresses are not in it."""

    profile: Facts
    log_ins: list[Facts] = Field(description="Browsers that you are logged in with.")
    tokens: list[Facts] = Field(description="API tokens, without their secrets.")
    competitions: list[Facts] = Field(description="Whose rules you accepted.")
    teams: list[Facts]
    invitations: list[Facts] = Field(description="To you, and those that you wrote.")
    join_requests: list[Facts]
    submissions: list[Facts] = Field(
        description="Those that you sent, with the scores that you may see; the file is "
        "at /submissions/{id}/file."
    )
    hosted: list[Facts] = Field(description="Competitions that you host.")
    announcements: list[Facts]
    mails: list[Facts] = Field(description="Without their texts.")
    acts: list[Facts] = Field(description="What you did with a privilege.")
