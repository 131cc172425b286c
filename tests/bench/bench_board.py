"""A board's pages with 1,000 and with 1,000,000 submissions, in SQLite.

The rows go straight into the database; before anything is timed, the first page is
compared with the definition of a board, worked out over all submissions.
"""

from __future__ import annotations

import http.client
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from sqlalchemy import event, func, insert, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core.db import Base, Database
from podium.leaderboards import queries
from podium.leaderboards import service as leaderboards
from podium.leaderboards.models import Board, Entry, Split
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Membership, Team
from tests.bench.bench_score import import_competition
from tests.bench.tables import Table, p50, p95
from tests.live import LivePodium, running

SLUG = "bench-board"
SEED = 20260101
SIZES = {"1,000": (1_000, 50), "1,000,000": (1_000_000, 50_000)}
QUICK_SIZES = {"1,000": (1_000, 50), "10,000": (10_000, 500)}
ROUNDS, QUICK_ROUNDS = 200, 10
PAGE = 50
PRIVATE_LESS = 0.01
BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
FIRST_PAGE, PAGE_AROUND = "page 1", "a page three quarters down"
RANK = "the rank of one team"
QUERIES = (FIRST_PAGE, PAGE_AROUND, RANK)
PAGES = {
    "site, page 1": f"/c/{SLUG}/leaderboard",
    "API, page 1": f"/api/v1/competitions/{SLUG}/leaderboard",
}
DEFINITION = """
SELECT name, score FROM (
  SELECT t.name, s.public AS score, u.created_at AS at, t.id AS team, row_number() OVER (
    PARTITION BY s.team_id ORDER BY s.public DESC, u.created_at, u.id) AS place
  FROM scores s JOIN submissions u ON u.id = s.submission_id JOIN teams t ON t.id = s.team_id
  WHERE s.status = 'scored') WHERE place = 1 ORDER BY score DESC, at, team LIMIT :most
"""


class Scored(NamedTuple):
    """A submission with a score."""

    number: int
    team: int
    score: float


def run(*, quick: bool) -> Iterator[Table]:
    """The time in the database and the time of whole pages, at both sizes."""
    sizes = QUICK_SIZES if quick else SIZES
    rounds = QUICK_ROUNDS if quick else ROUNDS
    queried = Table(
        "Board queries in SQLite, through the application",
        (
            "query",
            *(f"{size}, p50 ms" for size in sizes),
            "p95 ms",
            "of it in SQL",
            "ratio",
        ),
    )
    served = Table(
        "Board pages over HTTP, gunicorn, one client",
        ("page", *(f"{size}, p50 ms" for size in sizes), "p95 ms", "ratio"),
    )
    with ExitStack() as stack:
        filled = [stack.enter_context(_filled(*size)) for size in sizes.values()]
        _compare_queries(queried, filled, rounds)
        _compare_pages(served, filled, rounds)
    queried.notes.append(
        f"{rounds} rounds, sizes interleaved. The last columns are the larger board's; "
        "ratio = larger / smaller."
    )
    yield queried
    yield served


def _compare_queries(table: Table, filled: list[LivePodium], rounds: int) -> None:
    with ExitStack() as stack:
        boards = [stack.enter_context(_Board(live)) for live in filled]
        for board in boards:
            board.check()
        for name in QUERIES:
            runs = [board.query(name) for board in boards]
            times: list[list[float]] = [[] for _ in boards]
            in_sql = []
            for _ in range(rounds):
                for place, (board, once) in enumerate(zip(boards, runs, strict=True)):
                    board.sql_s = 0.0
                    times[place].append(_timed(once))
                in_sql.append(1000 * boards[-1].sql_s)
            _add(table, name, times, p50(in_sql))


def _compare_pages(table: Table, filled: list[LivePodium], rounds: int) -> None:
    links = [http.client.HTTPConnection("127.0.0.1", live.port) for live in filled]
    for name, path in PAGES.items():
        times: list[list[float]] = [[] for _ in links]
        for _ in range(rounds):
            for place, link in enumerate(links):
                times[place].append(_timed(partial(_get, link, path)))
        _add(table, name, times)
    for link in links:
        link.close()


def _add(table: Table, name: str, times: list[list[float]], *more: float) -> None:
    medians = [p50(each) for each in times]
    ratio = medians[-1] / medians[0]
    table.add(name, *medians, p95(times[-1]), *more, ratio)


def _timed(once: Callable[[], object]) -> float:
    begun = time.perf_counter()
    once()
    return 1000 * (time.perf_counter() - begun)


def _get(link: http.client.HTTPConnection, path: str) -> None:
    link.request("GET", path)
    answer = link.getresponse()
    content = answer.read()
    if answer.status != HTTPStatus.OK or b"Team " not in content:
        raise RuntimeError(f"GET {path}: {answer.status}")


class _Board:
    """The larger or smaller board, as the application's queries see it."""

    def __init__(self, live: LivePodium) -> None:
        self.sql_s = 0.0
        self._database = Database(f"sqlite:///{live.data_dir}/podium.db")
        self._listen(self._database.engine)
        engine = self._database.engine.execution_options(podium_read=True)
        self._session = Session(engine)

    def __enter__(self) -> _Board:
        found = select(Competition).where(Competition.slug == SLUG)
        self._competition = self._session.scalars(found).one()
        count = self._session.scalar(select(func.count()).select_from(Team)) or 0
        page = self._page()
        around = select(Entry).join(Board).where(Board.split == Split.PUBLIC)
        place = around.order_by(Entry.sort_key, Entry.at, Entry.team_id)
        middle = self._session.scalars(place.offset(count * 3 // 4)).first()
        assert middle is not None
        self._middle, self._first = middle, page
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._database.dispose()

    def check(self) -> None:
        """The first page is the definition's; raises RuntimeError."""
        wanted = self._session.execute(text(DEFINITION), {"most": PAGE}).all()
        found = [(row.team_name, row.score) for row in self._first.rows]
        if found != [tuple(row) for row in wanted]:
            raise RuntimeError("the board is not what its definition says")

    def query(self, name: str) -> Callable[[], object]:
        """One of QUERIES, ready to be called."""
        team = self._session.get_one(Team, self._middle.team_id)
        key = (self._middle.sort_key, self._middle.at, self._middle.team_id)
        return {
            FIRST_PAGE: self._page,
            PAGE_AROUND: lambda: self._page(after=key),
            RANK: lambda: queries.row_of(
                self._session,
                competition=self._competition,
                split=Split.PUBLIC,
                team=team,
            ),
        }[name]

    def _page(
        self, after: tuple[float, datetime, int] | None = None
    ) -> queries.BoardPage:
        return queries.board_page(
            self._session,
            competition=self._competition,
            split=Split.PUBLIC,
            now=NOW,
            limit=PAGE,
            after=after,
        )

    def _listen(self, engine: Engine) -> None:
        """Add up how long statements take, until their rows are there."""

        @event.listens_for(engine, "before_cursor_execute")
        def begin(connection: Any, *_: object) -> None:
            connection.info["begun"] = time.perf_counter()

        @event.listens_for(engine, "after_cursor_execute")
        def end(connection: Any, *_: object) -> None:
            self.sql_s += time.perf_counter() - connection.info["begun"]


@contextmanager
def _filled(submissions: int, teams: int) -> Iterator[LivePodium]:
    """A running Podium with that many rows in its database."""
    with running(sandbox="process") as live:
        import_competition(live, SLUG, rows=100)
        live.stop()  # nobody shall wait for the large transaction
        database = Database(f"sqlite:///{live.data_dir}/podium.db")
        with database.session() as session:
            fill(session, submissions=submissions, teams=teams)
            session.commit()
            session.execute(text("ANALYZE"))
        database.dispose()
        live.start()
        yield live


def fill(session: Session, *, submissions: int, teams: int) -> None:
    """Write users, teams, scored submissions and the entries that follow from them."""
    dice = random.Random(SEED)
    competition = session.scalars(select(Competition)).one()
    scored = [
        Scored(number, dice.randrange(1, teams + 1), round(dice.gauss(0.7, 0.1), 6))
        for number in range(1, submissions + 1)
    ]
    numbers = range(1, teams + 1)
    _insert(session, User, (_user(number) for number in numbers))
    _insert(session, Team, (_team(number, competition.id) for number in numbers))
    _insert(
        session, Membership, (_member(number, competition.id) for number in numbers)
    )
    _insert(session, Submission, (_submission(each, competition.id) for each in scored))
    _insert(session, Score, (_score(each, competition) for each in scored))
    boards = leaderboards.boards_of(session, competition=competition)
    best: dict[int, Scored] = {}
    sent = Counter(each.team for each in scored)
    last = {each.team: each.number for each in scored}
    for each in scored:
        if each.team not in best or each.score > best[each.team].score:
            best[each.team] = each
    for split, board in boards.items():
        shift = 0.0 if split is Split.PUBLIC else PRIVATE_LESS
        _insert(
            session,
            Entry,
            (
                {
                    "board_id": board.id,
                    "team_id": each.team,
                    "sort_key": shift - each.score,
                    "score": each.score - shift,
                    "low": each.score - shift - 0.02,
                    "high": each.score - shift + 0.02,
                    "best_key": shift - each.score - 0.02,
                    "worst_key": shift - each.score + 0.02,
                    "at": _moment(each.number),
                    "submission_id": each.number,
                    "submissions": sent[each.team],
                    "last_at": _moment(last[each.team]),
                }
                for each in best.values()
            ),
        )


def _insert(
    session: Session, model: type[Base], rows: Iterable[dict[str, Any]]
) -> None:
    """Insert in pieces, with the model's own defaults."""
    iterator = iter(rows)
    while piece := list(itertools.islice(iterator, 10_000)):
        session.execute(insert(model.__table__), piece)  # type: ignore[arg-type]


def _user(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "username": f"bench{number}",
        "email": f"bench{number}@example.org",
        "fs_uniquifier": f"bench{number}",
        "display_name": f"Person {number}",
    }


def _team(number: int, competition: int) -> dict[str, Any]:
    return {
        "id": number,
        "competition_id": competition,
        "name": f"Team {number}",
        "name_key": f"team {number}",
        "leader_id": number,
    }


def _member(number: int, competition: int) -> dict[str, Any]:
    return {"team_id": number, "user_id": number, "competition_id": competition}


def _submission(scored: Scored, competition: int) -> dict[str, Any]:
    return {
        "id": scored.number,
        "competition_id": competition,
        "team_id": scored.team,
        "user_id": scored.team,
        "sha256": "0" * 64,
        "size": 1,
        "file_name": "predictions.csv",
        "created_at": _moment(scored.number),
    }


def _score(scored: Scored, competition: Competition) -> dict[str, Any]:
    at = _moment(scored.number)
    return {
        "submission_id": scored.number,
        "revision_id": competition.live_revision_id,
        "competition_id": competition.id,
        "team_id": scored.team,
        "status": Status.SCORED,
        "queued_at": at,
        "started_at": at,
        "finished_at": at,
        "public": scored.score,
        "private": scored.score - PRIVATE_LESS,
        "attempt": 1,
    }


def _moment(number: int) -> datetime:
    return BEGIN + timedelta(seconds=number)
