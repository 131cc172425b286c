"""What the API says of competitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from podium.competitions.metrics import shown_metric
from podium.competitions.models import (
    Announcement,
    Competition,
    DataFile,
    Kind,
    Page,
    Revision,
    Stage,
)
from podium.competitions.programs import program_of
from podium.core.api import PREFIX
from podium.core.markdown import render
from podium.core.paging import PageQuery
from podium.core.shapes import Answer

EXAMPLE_SLUG = "breast-cancer"


class CompetitionRef(Answer):
    """A competition, where another thing names it."""

    slug: str = Field(examples=[EXAMPLE_SLUG])
    title: str


class Metric(Answer):
    """What scores a submission."""

    name: str = Field(examples=["roc_auc"])
    title: str = Field(examples=["ROC AUC"])
    higher_is_better: bool
    own: bool = Field(description="Whether the organizer wrote it.")
    params: dict[str, Any] = Field(
        description="Its parameters; empty where the organizer wrote it."
    )


class CompetitionItem(CompetitionRef):
    """A competition in a list."""

    subtitle: str
    kind: Kind
    stage: Stage
    tags: list[str]
    host: str = Field(description="Who organizes it.")
    opens_at: datetime
    closes_at: datetime
    metric: Metric | None = Field(description="Null until the solution is prepared.")
    teams: int
    submissions: int


class CompetitionList(Answer):
    """A page of competitions, newest first."""

    items: list[CompetitionItem]
    next: str | None


class CompetitionQuery(PageQuery):
    """Which competitions to list."""

    stage: Literal["upcoming", "open", "ended", ""] = Field(
        "", description="Where it stands in its timeline; empty for all."
    )
    tag: str = Field("", max_length=80)
    search: str = Field("", max_length=200, description="A part of title or tags.")


class Timeline(Answer):
    """The dates of a competition; `time_zone` is the organizer's."""

    opens_at: datetime
    closes_at: datetime
    entry_deadline: datetime | None
    merger_deadline: datetime | None
    time_zone: str = Field(examples=["Europe/Berlin"])


class Rules(Answer):
    """What a team may hand in, and how large it may be. Null is no limit."""

    submissions_per_day: int
    submissions_total: int | None
    submission_max_bytes: int
    submission_formats: list[str] = Field(examples=[["csv", "csv.gz", "zip"]])
    team_max_size: int
    final_selections: int = Field(
        description="How many submissions a team chooses for the private board; 0 where "
        "all count."
    )
    late_submissions: bool = Field(
        description="Whether submissions are taken after the end: scored, never ranked."
    )


class ProgramInput(Answer):
    """A file that programs see."""

    name: str
    size: int = Field(description="Bytes.")


class ProgramRules(Answer):
    """How programs are run, in a code competition: seconds, megabytes."""

    image: str = Field(examples=["python"])
    image_id: str = Field(description="The digest that the competition is pinned to.")
    entry: str = Field(examples=["main.py"])
    output: str = Field(examples=["submission.csv"])
    inputs: list[ProgramInput]
    wall_s: int
    memory_mb: int
    train: str = Field(description="The training stage's entry point, or empty.")
    train_inputs: list[ProgramInput]
    train_wall_s: int
    shows_log: bool = Field(description="Whether teams read what programs print.")
    private_inputs: list[ProgramInput] = Field(
        description="What takes the place of inputs of the same names after the end."
    )


class Licence(Answer):
    """The licence of the data."""

    name: str
    url: str


class Source(Answer):
    """Where the data comes from."""

    name: str
    url: str
    citation: str


class PageRef(Answer):
    """A page of a competition."""

    name: str = Field(examples=["overview"])
    title: str


class PageText(PageRef):
    """A page with its text."""

    text: str = Field(description="Markdown.")
    html: str = Field(description="The same, rendered and cleaned.")


class DataItem(Answer):
    """A file to download."""

    name: str = Field(examples=["train.csv"])
    description: str
    size: int = Field(description="Bytes.")
    sha256: str
    url: str = Field(description="Where its bytes are.")
    sample: bool = Field(description="Whether it is the sample submission.")


class DataList(Answer):
    """Every data file of a competition."""

    items: list[DataItem]
    next: str | None


def reference(competition: Competition) -> CompetitionRef:
    """A competition by its name."""
    return CompetitionRef(slug=competition.slug, title=competition.title)


def metric(revision: Revision | None) -> Metric | None:
    """The metric of a revision."""
    shown = shown_metric(revision)
    if shown is None:
        return None
    return Metric(
        name=shown.name,
        title=shown.title,
        higher_is_better=shown.higher_is_better,
        own=not shown.has_page,
        params=dict(shown.params),
    )


def program(revision: Revision | None) -> ProgramRules | None:
    """How a revision runs programs; None where it takes predictions."""
    found = program_of(revision)
    if found is None or revision is None:
        return None
    stored = found.to_json() | {"image_id": revision.image_id}
    return ProgramRules.model_validate(stored)


def item(
    competition: Competition, *, now: datetime, teams: int, submissions: int
) -> CompetitionItem:
    """A competition with the figures of a list."""
    return CompetitionItem(
        slug=competition.slug,
        title=competition.title,
        subtitle=competition.subtitle,
        kind=competition.kind,
        stage=competition.stage(now),
        tags=competition.tags,
        host=competition.host_name,
        opens_at=competition.opens_at,
        closes_at=competition.closes_at,
        metric=metric(competition.live_revision),
        teams=teams,
        submissions=submissions,
    )


def page_text(page: Page) -> PageText:
    """A page as Markdown and as HTML."""
    return PageText(
        name=page.name, title=page.title, text=page.text, html=str(render(page.text))
    )


def data_item(competition: Competition, file: DataFile) -> DataItem:
    """A data file and where its bytes are."""
    revision = competition.live_revision
    return DataItem(
        name=file.name,
        description=file.description,
        size=file.size,
        sha256=file.sha256,
        url=f"{PREFIX}/competitions/{competition.slug}/data/{file.name}",
        sample=revision is not None and file.sha256 == revision.sample_sha256,
    )


class AnnouncementItem(Answer):
    """What a host told everybody."""

    id: str
    title: str
    text: str = Field(description="Markdown.")
    html: str = Field(description="The same as safe HTML.")
    created_at: datetime


class AnnouncementList(Answer):
    """A competition's announcements, newest first."""

    items: list[AnnouncementItem]
    next: str | None


def announced(announcement: Announcement) -> AnnouncementItem:
    """An announcement."""
    return AnnouncementItem(
        id=announcement.public_id,
        title=announcement.title,
        text=announcement.text,
        html=str(render(announcement.text)),
        created_at=announcement.created_at,
    )
