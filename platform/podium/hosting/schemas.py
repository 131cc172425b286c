"""What the API says to organizers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from podium.competitions.importer import ImportResult
from podium.competitions.models import Competition, RevisionState
from podium.competitions.schemas import EXAMPLE_SLUG
from podium.core.shapes import Answer, Input
from podium.hosting.checklist import Item, Mark, can_launch


class ChecklistItem(Answer):
    """A line of the checklist."""

    name: str = Field(examples=["Solution and metric"])
    mark: Mark
    sentence: str
    faults: list[dict[str, Any]] = Field(
        description="What the scorer found in solution, sample submission or metric."
    )
    findings: list[dict[str, Any]] = Field(
        description="What the linter found: severity, code, message (the evidence), "
        "advice, and the file where it is in one."
    )


class Hosted(Answer):
    """A competition as its host sees it."""

    slug: str = Field(examples=[EXAMPLE_SLUG])
    title: str
    launched: bool = Field(description="Whether everybody sees it.")
    launched_at: datetime | None = Field(
        description="Since when, or from when on, everybody sees it. Null for a draft."
    )
    revision: int | None = Field(description="The number of the newest revision.")
    revision_state: RevisionState | None
    can_launch: bool
    checklist: list[ChecklistItem]


class HostedItem(Answer):
    """A competition in the list of those that a user hosts."""

    slug: str = Field(examples=[EXAMPLE_SLUG])
    title: str
    launched: bool
    launched_at: datetime | None


class HostedList(Answer):
    """What a user hosts, newest first."""

    items: list[HostedItem]
    next: str | None


class Pushed(Hosted):
    """What became of a bundle that was sent."""

    created: bool
    changes: list[str] = Field(
        description="What differs from before.", examples=[["title", "page rules"]]
    )


class NewAnnouncement(Input):
    """Something to tell everybody who takes part."""

    title: str
    text: str = Field(description="Markdown.")


class Launch(Input):
    """When everybody shall see a competition."""

    at: AwareDatetime | None = Field(
        None, strict=False, description="A time within a year; null or left out: now."
    )


def hosted_item(competition: Competition, now: datetime) -> HostedItem:
    """A competition in its host's list."""
    return HostedItem(
        slug=competition.slug,
        title=competition.title,
        launched=competition.launched(now),
        launched_at=competition.launched_at,
    )


def hosted(
    competition: Competition,
    items: list[Item],
    revision: tuple[int, RevisionState] | None,
    now: datetime,
) -> Hosted:
    """A competition with its checklist and its newest revision."""
    return Hosted(**_parts(competition, items, revision, now))


def pushed(
    result: ImportResult,
    items: list[Item],
    revision: tuple[int, RevisionState] | None,
    now: datetime,
) -> Pushed:
    """The same after a bundle was sent."""
    return Pushed(
        **_parts(result.competition, items, revision, now),
        created=result.created,
        changes=list(result.changes),
    )


def _parts(
    competition: Competition,
    items: list[Item],
    revision: tuple[int, RevisionState] | None,
    now: datetime,
) -> dict[str, Any]:
    number, state = revision or (None, None)
    return {
        "slug": competition.slug,
        "title": competition.title,
        "launched": competition.launched(now),
        "launched_at": competition.launched_at,
        "revision": number,
        "revision_state": state,
        "can_launch": not competition.launched(now) and can_launch(items),
        "checklist": [
            ChecklistItem(
                name=item.name,
                mark=item.mark,
                sentence=item.sentence,
                faults=list(item.faults),
                findings=list(item.findings),
            )
            for item in items
        ],
    }
