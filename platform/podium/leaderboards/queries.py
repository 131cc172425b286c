"""Reading boards: a page is a range of the entries' index, a rank one count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition, Stage
from podium.core.errors import NotAllowed
from podium.core.text import name_key
from podium.leaderboards.intervals import rank_intervals
from podium.leaderboards.merit import Medal, medal
from podium.leaderboards.models import Board, Entry, Split
from podium.teams import queries as teams
from podium.teams.models import Membership, Team


@dataclass(frozen=True)
class Member:
    """A team's member as a board shows them; who was ``deleted`` has no page."""

    username: str
    name: str
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A team's row on a board.

    ``ranks`` are the best and the worst rank that the scores' intervals allow, None for a
    score without one. ``tied_with_next``: the row below can't be told apart from this one.
    ``zone`` is the medal whose places the rank is among: see ``zone``.
    """

    rank: int
    team_id: int
    team_public_id: str
    team_name: str
    members: tuple[Member, ...]
    score: float
    low: float | None
    high: float | None
    submissions: int
    at: datetime
    last_at: datetime
    sort_key: float
    best_key: float
    worst_key: float
    ranks: tuple[int, int] | None = None
    tied_with_next: bool = False
    zone: Medal | None = None


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """A part of a board, with what is said above it.

    ``next`` is the key of the last row where more follow; ``public_share`` is the part of
    the solution's rows that the public board uses, from 0 to 1.
    """

    split: Split
    version: int
    teams: int
    rows: Sequence[Row]
    next: tuple[float, datetime, int] | None
    me: Row | None
    public_share: float

    @cached_property
    def scale(self) -> tuple[float, float]:
        """The lowest and highest end of the rows' intervals: what their bars are drawn to."""
        ends = [
            end
            for row in self.rows
            for end in (row.low, row.high, row.score)
            if end is not None
        ]
        return (min(ends), max(ends)) if ends else (0.0, 1.0)


def require_visible(*, competition: Competition, split: Split, now: datetime) -> None:
    """Raise NotAllowed for the private board of a competition that has not ended."""
    if split is Split.PRIVATE and competition.stage(now) is not Stage.ENDED:
        raise NotAllowed(
            "The private board opens when the competition ends, on "
            f"{competition.closes_at:%d %B %Y at %H:%M} UTC. Until then see the public one.",
            kind="withheld",
        )


def version(session: Session, *, competition: Competition, split: Split) -> int:
    """The board's version: it grows with every change."""
    found = session.scalar(
        select(Board.version).where(
            Board.competition_id == competition.id, Board.split == split
        )
    )
    return found or 0


def board_page(
    session: Session,
    *,
    competition: Competition,
    split: Split,
    now: datetime,
    viewer: User | None = None,
    limit: int = 50,
    after: tuple[float, datetime, int] | None = None,
    search: str = "",
) -> BoardPage:
    """A page of a board: rows after the key ``after``, or those whose team's name holds
    ``search``. Raises NotAllowed while the private board is closed."""
    require_visible(competition=competition, split=split, now=now)
    board = _board(session, competition, split)
    if board is None:
        return BoardPage(
            split=split,
            version=0,
            teams=0,
            rows=(),
            next=None,
            me=None,
            public_share=_public_share(competition),
        )
    query = _entries(board).limit(limit + 1)
    if after is not None:
        query = query.where(_key() > after)
    if wanted := name_key(search.strip()):
        query = query.where(Team.name_key.contains(wanted, autoescape=True))
    found = session.execute(query).all()
    before = None if wanted else 0
    if found and after is not None and not wanted:
        before = _before(session, board, found[0])
    rows = _with_ranks(session, board, found[:limit], before=before)
    rows = _with_intervals(session, board, with_members(session, rows))
    if not wanted:
        rows = _with_ties(rows, found)
    mine = teams.team_of(session, competition=competition, user=viewer)
    me = next((row for row in rows if mine and row.team_id == mine.id), None) or row_of(
        session, competition=competition, split=split, team=mine
    )
    field = count(session, board=board)
    zoned = partial(_with_zone, competition, split=split, now=now, teams=field)
    last = rows[-1] if len(found) > limit else None
    return BoardPage(
        split=split,
        version=board.version,
        teams=field,
        rows=[zoned(row) for row in rows],
        next=(last.sort_key, last.at, last.team_id) if last else None,
        me=zoned(me) if me else None,
        public_share=_public_share(competition),
    )


def row_of(
    session: Session, *, competition: Competition, split: Split, team: Team | None
) -> Row | None:
    """A team's row with its exact rank, or None where it has no score yet.

    Does not ask whether the board may be seen: see ``require_visible``.
    """
    board = _board(session, competition, split)
    if board is None or team is None:
        return None
    found = session.execute(_entries(board).where(Entry.team_id == team.id)).all()
    rows = with_members(session, _with_ranks(session, board, found))
    rows = _with_intervals(session, board, rows)
    return rows[0] if rows else None


@dataclass(frozen=True, kw_only=True)
class Result:
    """A team's place on the board that is open: the private one after the end."""

    team: Team
    stage: Stage
    row: Row | None
    teams: int

    @property
    def rank(self) -> int | None:
        """The rank; None without a score."""
        return self.row.rank if self.row else None

    @property
    def top_percent(self) -> int | None:
        """In which percent of the field the team is, rounded up; None without a rank."""
        return math.ceil(100 * self.row.rank / self.teams) if self.row else None

    @property
    def medal(self) -> Medal | None:
        """The medal of a final rank in a competition that counts."""
        final = self.stage is Stage.ENDED and self.team.competition.ranked
        if self.rank is None or not final:
            return None
        return medal(rank=self.rank, teams=self.teams)


def open_split(competition: Competition, *, now: datetime) -> Split:
    """The board that tells most without telling too much: the private one after the end."""
    ended = competition.stage(now) is Stage.ENDED
    return Split.PRIVATE if ended else Split.PUBLIC


def placed(
    session: Session,
    *,
    competition: Competition,
    split: Split,
    team: Team,
    now: datetime,
) -> Row | None:
    """``row_of``, with the zone that the row is in."""
    row = row_of(session, competition=competition, split=split, team=team)
    field = team_count(session, competition=competition, split=split)
    if row is None:
        return None
    return _with_zone(competition, row, split=split, now=now, teams=field)


def zone(
    competition: Competition, *, split: Split, now: datetime, rank: int, teams: int
) -> Medal | None:
    """The medal whose places a rank is among, in a competition that counts: what the rank
    has won after the end, and what it would win before. None on the board that decides
    nothing any more."""
    if not competition.ranked or split is not open_split(competition, now=now):
        return None
    return medal(rank=rank, teams=teams)


def result_of(session: Session, *, team: Team, now: datetime) -> Result:
    """A team's place by now."""
    competition = team.competition
    split = open_split(competition, now=now)
    return Result(
        team=team,
        stage=competition.stage(now),
        row=row_of(session, competition=competition, split=split, team=team),
        teams=team_count(session, competition=competition, split=split),
    )


def results_of(session: Session, *, user: User, now: datetime) -> list[Result]:
    """Every team of a user with its place, newest first."""
    found = teams.teams_of(session, user=user)
    return [result_of(session, team=team, now=now) for team in found]


def best_submission(
    session: Session, *, competition: Competition, split: Split, team_id: int
) -> tuple[int, int] | None:
    """The id of the submission that a team stands on a board with, and the team's rank."""
    found = session.execute(
        select(Entry, Board)
        .join(Board, Entry.board_id == Board.id)
        .where(
            Board.competition_id == competition.id,
            Board.split == split,
            Entry.team_id == team_id,
        )
    ).first()
    if found is None:
        return None
    entry, board = found
    return entry.submission_id, _better(session, board, entry.sort_key) + 1


def count(session: Session, *, board: Board) -> int:
    """How many teams are on a board."""
    found = session.scalar(
        select(func.count()).select_from(Entry).where(Entry.board_id == board.id)
    )
    return found or 0


def team_count(session: Session, *, competition: Competition, split: Split) -> int:
    """How many teams are on a competition's board."""
    board = _board(session, competition, split)
    return count(session, board=board) if board else 0


def with_members(session: Session, rows: Iterable[Row]) -> list[Row]:
    """The rows with their teams' members, by one query."""
    rows = list(rows)
    members: dict[int, list[Member]] = {}
    found = session.execute(
        select(Membership.team_id, User.username, User.display_name, User.deleted_at)
        .join(User, Membership.user_id == User.id)
        .where(Membership.team_id.in_([row.team_id for row in rows]))
        .order_by(Membership.id)
    )
    for team_id, username, display_name, deleted_at in found:
        members.setdefault(team_id, []).append(
            Member(username, display_name or username, deleted_at is not None)
        )
    return [replace(row, members=tuple(members.get(row.team_id, ()))) for row in rows]


def _board(session: Session, competition: Competition, split: Split) -> Board | None:
    return session.scalar(
        select(Board).where(
            Board.competition_id == competition.id, Board.split == split
        )
    )


def _key() -> Any:
    return tuple_(Entry.sort_key, Entry.at, Entry.team_id)


def _entries(board: Board) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Entry.team_id,
            Team.public_id,
            Team.name,
            Entry.score,
            Entry.low,
            Entry.high,
            Entry.submissions,
            Entry.at,
            Entry.last_at,
            Entry.sort_key,
            Entry.best_key,
            Entry.worst_key,
        )
        .join(Team, Entry.team_id == Team.id)
        .where(Entry.board_id == board.id)
        .order_by(Entry.sort_key, Entry.at, Entry.team_id)
    )


def _with_ranks(
    session: Session, board: Board, found: Sequence[Any], *, before: int | None = None
) -> list[Row]:
    """Rows with ranks: 1 + the number of teams with a better score.

    ``before`` says of rows without gaps how many stand above the first; that spares
    counting for each.
    """
    rows: list[Row] = []
    for position, each in enumerate(found):
        if rows and rows[-1].sort_key == each.sort_key:
            rank = rows[-1].rank
        elif before is not None and (rows or before == 0):
            rank = before + position + 1
        else:
            rank = _better(session, board, each.sort_key) + 1
        rows.append(
            Row(
                rank=rank,
                team_id=each.team_id,
                team_public_id=each.public_id,
                team_name=each.name,
                members=(),
                score=each.score,
                low=each.low,
                high=each.high,
                submissions=each.submissions,
                at=each.at,
                last_at=each.last_at,
                sort_key=each.sort_key,
                best_key=each.best_key,
                worst_key=each.worst_key,
            )
        )
    return rows


def _with_zone(
    competition: Competition, row: Row, *, split: Split, now: datetime, teams: int
) -> Row:
    """The row with the medal whose places it is among."""
    found = zone(competition, split=split, now=now, rank=row.rank, teams=teams)
    return replace(row, zone=found)


def _with_intervals(session: Session, board: Board, rows: Sequence[Row]) -> list[Row]:
    """The rows with the ranks that their scores' intervals allow."""
    known = {row.team_id for row in rows if row.low is not None}
    found = rank_intervals(session, board=board, team_ids=known)
    return [replace(row, ranks=found.get(row.team_id)) for row in rows]


def _with_ties(rows: Sequence[Row], found: Sequence[Any]) -> list[Row]:
    """Neighbouring rows, each with whether the one below can be told apart; ``found`` may
    have one row more."""
    below = [*found[1 : len(rows) + 1], None][: len(rows)]
    return [
        replace(row, tied_with_next=_tied(row, other))
        for row, other in zip(rows, below, strict=True)
    ]


def _tied(row: Row, below: Any) -> bool:
    if below is None or row.low is None or below.low is None:
        return False
    return bool(below.best_key <= row.worst_key)


def _better(session: Session, board: Board, sort_key: float) -> int:
    found = session.scalar(
        select(func.count())
        .select_from(Entry)
        .where(Entry.board_id == board.id, Entry.sort_key < sort_key)
    )
    return found or 0


def _before(session: Session, board: Board, row: Any) -> int:
    found = session.scalar(
        select(func.count())
        .select_from(Entry)
        .where(
            Entry.board_id == board.id,
            _key() < (row.sort_key, row.at, row.team_id),
        )
    )
    return found or 0


def _public_share(competition: Competition) -> float:
    revision = competition.live_revision
    if revision is None or not revision.public_rows:
        return 0.0
    return revision.public_rows / (revision.public_rows + revision.private_rows)
