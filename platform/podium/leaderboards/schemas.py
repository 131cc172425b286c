"""What the API says of boards and of what people reached on them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from podium.competitions.metrics import decimals_of
from podium.competitions.models import Competition, Stage
from podium.competitions.schemas import CompetitionRef, Metric
from podium.competitions.schemas import metric as metric_of
from podium.core.numbers import rounded_pair, score_text
from podium.core.paging import PageQuery
from podium.core.shapes import Answer
from podium.leaderboards.merit import Medal
from podium.leaderboards.models import Split
from podium.leaderboards.queries import BoardPage, Result, Row
from podium.teams.schemas import Person, TeamAnswer, TeamRef

Interval = tuple[float, float]


class BoardTeam(TeamRef):
    """A team with its members."""

    members: list[Person]


class BoardEntry(Answer):
    """A team's row on a board. Teams with equal scores share a rank."""

    rank: int
    team: BoardTeam
    score: float
    interval: Interval | None = Field(description="The score's 95 % interval.")
    rank_interval: tuple[int, int] | None = Field(
        description="The best and the worst rank that the 95 % intervals of all teams "
        "allow; null without an interval."
    )
    tied_with_next: bool = Field(
        description="Whether the interval overlaps that of the next row of the board, so "
        "that the two can't be told apart. False in a search and at a row on its own."
    )
    zone: Medal | None = Field(
        description="The medal whose places the rank is among, in a competition that "
        "counts; null on the public board after the end."
    )
    submissions: int = Field(description="How many were scored.")
    last_at: datetime = Field(description="When the last scored one was made.")


class Leaderboard(Answer):
    """A page of a board."""

    board: Split
    version: int = Field(description="Grows with every change of a score.")
    teams: int
    metric: Metric | None
    public_share: float = Field(
        description="The part of the solution's rows that the public board uses, 0 to 1."
    )
    items: list[BoardEntry]
    next: str | None
    me: BoardEntry | None = Field(description="Your team's row, with a token.")


class BoardQuery(PageQuery):
    """Which board, and which part of it."""

    board: Split = Field(
        Split.PUBLIC, description="The private board opens when the competition ends."
    )
    search: str = Field("", max_length=80, description="A part of the team's name.")


class TeamPage(TeamAnswer):
    """A team and its row on the board that is open."""

    entry: BoardEntry | None


class ResultAnswer(Answer):
    """What somebody reached in a competition."""

    competition: CompetitionRef
    team: TeamRef
    rank: int | None = Field(description="Null until a submission is scored.")
    teams: int = Field(description="How many teams are on that board.")
    stage: Stage
    medal: Medal | None = Field(
        description="Of a final rank in a competition that counts."
    )


def entry(row: Row, *, decimals: int) -> BoardEntry:
    """A row of a board, its scores with the metric's decimals."""
    return BoardEntry(
        rank=row.rank,
        team=BoardTeam(
            id=row.team_public_id,
            name=row.team_name,
            members=[
                Person(username=each.username, display_name=each.name)
                for each in row.members
            ],
        ),
        score=float(score_text(row.score, decimals)),
        interval=rounded_pair(row.low, row.high, decimals),
        rank_interval=row.ranks,
        tied_with_next=row.tied_with_next,
        zone=row.zone,
        submissions=row.submissions,
        last_at=row.last_at,
    )


def board(competition: Competition, page: BoardPage, cursor: str | None) -> Leaderboard:
    """A page of a board with what is said above it."""
    decimals = decimals_of(competition.live_revision)
    return Leaderboard(
        board=page.split,
        version=page.version,
        teams=page.teams,
        metric=metric_of(competition.live_revision),
        public_share=page.public_share,
        items=[entry(row, decimals=decimals) for row in page.rows],
        next=cursor,
        me=entry(page.me, decimals=decimals) if page.me else None,
    )


def result(found: Result) -> ResultAnswer:
    """A result on a profile."""
    return ResultAnswer(
        competition=CompetitionRef.model_validate(found.team.competition),
        team=TeamRef(id=found.team.public_id, name=found.team.name),
        rank=found.rank,
        teams=found.teams,
        stage=found.stage,
        medal=found.medal,
    )
