"""What the API says of things that join several features."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from podium.competitions.schemas import (
    CompetitionItem,
    CompetitionRef,
    Licence,
    PageRef,
    ProgramRules,
    Rules,
    Source,
    Timeline,
)
from podium.core.shapes import Answer, Input, Query
from podium.leaderboards.merit import Tier
from podium.leaderboards.schemas import ResultAnswer
from podium.teams.schemas import Person, TeamRef


class MyStanding(Answer):
    """Where you stand in a competition."""

    joined: bool
    team: TeamRef | None
    rank: int | None
    submissions_left_today: int
    submissions_left_total: int | None = Field(description="Null: there is no total.")
    next_reset_at: datetime = Field(description="When the day's limit begins anew.")


class CompetitionAnswer(CompetitionItem):
    """A competition with its rules, and with a token where you stand in it."""

    timeline: Timeline
    limits: Rules
    program: ProgramRules | None = Field(description="In a code competition.")
    licence: Licence
    source: Source
    pages: list[PageRef]
    ready: bool = Field(description="Whether submissions can be scored.")
    me: MyStanding | None


class NewUser(Input):
    """A new account. What is left out counts as empty, so that the rules of sign-up
    answer every fault at once."""

    model_config = ConfigDict(
        json_schema_extra={"required": ["username", "email", "password"]}
    )

    username: str = Field(
        "", max_length=200, description="3 to 40 of a to z, 0 to 9, - and _."
    )
    email: str = Field("", max_length=400)
    password: str = Field("", max_length=1000, description="At least 10 characters.")
    display_name: str = Field("", max_length=400)


class Medals(Answer):
    """How many medals of each kind."""

    gold: int
    silver: int
    bronze: int


class Profile(Person):
    """A user, as everybody sees them."""

    about: str = Field(description="Markdown.")
    link: str
    joined_at: datetime
    tier: Tier = Field(description="What their medals add up to.")
    points: float = Field(description="From final ranks; they fade with time.")
    medals: Medals
    results: list[ResultAnswer]


class MyProfile(Profile):
    """You; the address is shown to nobody else."""

    email: str


class ProfileChange(Input):
    """What to change of your profile; what is left out stays as it is."""

    display_name: str | None = Field(None, max_length=400)
    about: str | None = Field(None, max_length=20_000)
    link: str | None = Field(None, max_length=1000)


class SearchQuery(Query):
    """What to look for."""

    q: str = Field(max_length=200, examples=["cancer"])


class FoundTeam(TeamRef):
    """A team that was found."""

    competition: CompetitionRef


class Found(Answer):
    """What was found: at most ten of each kind."""

    competitions: list[CompetitionRef]
    teams: list[FoundTeam]
    users: list[Person]


class Queue(Answer):
    """How much work there is."""

    waiting: int
    running: int


class ScoringMachine(Answer):
    """A machine that scores, and what its sandbox holds back."""

    name: str
    sandbox: str = Field(examples=["docker"])
    strength: list[str]
    code_images: dict[str, str] = Field(
        description="The images for participants' programs: digests by name.",
        examples=[{"python": "sha256:…"}],
    )
    refusals: dict[str, str] = Field(
        description="Why it runs no organizers' metrics (`custom`) or programs (`code`)."
    )
    seen_at: datetime


class Notice(Answer):
    """What the people who run the service say to everybody."""

    text: str
    since: datetime


class ServiceStatus(Answer):
    """How the service is. Degraded: nothing is lost, but scores may come late."""

    version: str
    state: Literal["ok", "degraded"]
    banner: Notice | None
    queue: Queue
    hosts: list[ScoringMachine]
