"""What Podium mails for organizers."""

from __future__ import annotations

from podium.competitions.models import Announcement, Competition
from podium.notifications.models import SITE
from podium.notifications.service import Letter


def announced(announcement: Announcement, competition: Competition) -> Letter:
    """To everybody who takes part; the text as its author wrote it, in Markdown."""
    return Letter(
        kind="announcement",
        subject=f"{competition.title}: {announcement.title}",
        text=f"""{announcement.title}

{announcement.text}

{SITE}/c/{competition.slug}/announcements
""",
    )
