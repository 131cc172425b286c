"""What the API says of submissions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from podium.competitions.schemas import CompetitionRef
from podium.core.shapes import Answer, Query
from podium.submissions.models import Status
from podium.teams.schemas import Person, TeamRef

Interval = tuple[float, float]


class UploadQuery(Query):
    """What is said of a file beside its bytes."""

    file_name: str = Field(
        min_length=1, max_length=255, examples=["predictions.csv.gz"]
    )
    description: str = Field("", max_length=500, description="For your team only.")


class Example(Answer):
    """Where a fault stands in the file; line 1 is the header."""

    line: int | None = None
    value: str | None = None


class Fault(Answer):
    """One kind of fault in a file: how often, where first, and what to do."""

    kind: str
    message: str
    advice: str
    count: int
    column: str | None = None
    examples: list[Example] = Field(default_factory=list)


class Waiting(Answer):
    """A place in the queue, from 1, and an estimate in seconds where there is one."""

    position: int
    estimate_s: float | None


class Run(Answer):
    """How a program ran, in a code competition."""

    wall_s: float
    cpu_s: float | None
    memory_peak_mb: float | None
    exit_code: int | None = Field(description="Null where a limit ended it.")
    reason: str | None = Field(description="The limit that ended it.")


class SubmissionAnswer(Answer):
    """A submission of your team."""

    id: str = Field(examples=["7k3mqx9dtz"])
    competition: CompetitionRef
    team: TeamRef
    submitted_by: Person | None
    file_name: str
    size: int = Field(description="Bytes.")
    sha256: str
    description: str
    created_at: datetime
    status: Status
    waiting: Waiting | None = Field(description="While it is queued.")
    public_score: float | None
    public_interval: Interval | None = Field(description="95 % interval.")
    private_score: float | None = Field(description="Null until the competition ends.")
    private_interval: Interval | None
    rank: int | None = Field(
        description="The team's rank, where this is the submission it stands there with."
    )
    final: Literal["chosen", "automatic"] | None = Field(
        description="Whether it counts for the private board: by your team's choice, or "
        "for its public score where the team left a place free."
    )
    late: bool = Field(
        description="Whether it was sent after the end: scored, and ranked nowhere."
    )
    errors: list[Fault] = Field(description="Every fault of a rejected file.")
    message: str = Field(description="A sentence on how it ended, where there is one.")
    run: Run | None = Field(description="In a code competition, once it ran.")
    log: str | None = Field(
        description="What the program printed; null where the host keeps it."
    )
    counted: bool = Field(description="Whether it uses up a submission of the day.")
    url: str = Field(description="Where its bytes are.")
    receipt: str | None = Field(
        description="Where the signed receipt of its score is; null without a score."
    )


class SubmissionList(Answer):
    """A page of my team's submissions, newest first."""

    items: list[SubmissionAnswer]
    next: str | None
