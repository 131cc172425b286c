"""The boards are what their definition says, whatever happened, and pages and ranks of
them are what a full recomputation says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition, Revision, RevisionState
from podium.core import clock
from podium.core.db import Base, Database
from podium.core.errors import NotAllowed
from podium.leaderboards import queries, ranking, service
from podium.leaderboards.models import Board, Entry, Split
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Team
from tests.podium.factories import DAY, Factory

START = clock.now().replace(microsecond=0) - 2 * DAY
TEAMS = 5
SCORES = st.sampled_from([0.0, -0.0, 0.25, 0.5, 0.5000000001, 1.0, -3.5, 1e300])
CHECKED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass
class Naive:
    """A competition's scores, kept in the plainest way."""

    higher: bool = True
    # Of each submission: team, time, and its scores by revision, if it was scored.
    submissions: dict[int, tuple[int, int]] = field(default_factory=dict)
    scores: dict[tuple[int, int], tuple[float, float | None]] = field(
        default_factory=dict
    )
    withdrawn: set[int] = field(default_factory=set)
    selected: set[int] = field(default_factory=set)
    most_finals: int = 2
    revision: int = 0

    def board(self, split: Split) -> list[tuple[int, int, float, int, int]]:
        """Rank, team, score, best submission, number of scored ones; best first."""
        by_team: dict[int, list[tuple[ranking.Scored, ranking.Scored]]] = {}
        values = {}
        for (submission_id, revision), (public, private) in self.scores.items():
            value = public if split is Split.PUBLIC else private
            if revision != self.revision or submission_id in self.withdrawn:
                continue
            if value is None:
                continue
            values[submission_id] = value
            team, _ = self.submissions[submission_id]
            by_team.setdefault(team, []).append(
                (
                    self._scored(submission_id, value),
                    self._scored(submission_id, public),
                )
            )
        rows = ranking.ranked(
            ranking.standing(
                [shown for shown, _ in each],
                None
                if split is Split.PUBLIC
                else ranking.finals(
                    [public for _, public in each],
                    selected=self.selected,
                    most=self.most_finals,
                ),
            )
            for each in by_team.values()
        )
        return [
            (
                rank,
                each.best.team_id,
                values[each.best.submission_id],
                each.best.submission_id,
                each.submissions,
            )
            for rank, each in rows
        ]

    def _scored(self, submission_id: int, value: float) -> ranking.Scored:
        team, second = self.submissions[submission_id]
        key = ranking.sort_key(value, higher_is_better=self.higher)
        at = START + timedelta(seconds=second)
        return ranking.Scored(submission_id, team, key, at)


class Arena:
    """One competition in the database, and its naive double beside it."""

    def __init__(
        self, session: Session, competition: Competition, higher: bool
    ) -> None:
        self.session = session
        self.competition = competition
        self.naive = Naive(higher=higher)
        self.number = 0
        self.teams = [self.add_team(number) for number in range(TEAMS)]
        self.revise(higher)

    def add_team(self, number: int) -> int:
        team = Team(
            competition_id=self.competition.id,
            name=f"Team {number}",
            name_key=f"team {number}",
        )
        self.session.add(team)
        self.session.flush()
        return team.id

    def revise(self, higher: bool) -> None:
        """A new live revision, by which nothing is scored yet."""
        self.number += 1
        revision = Revision(
            competition_id=self.competition.id,
            number=self.number,
            judges_sha256="1" * 64,
            solution_sha256="2" * 64,
            sample_sha256="3" * 64,
            id_column="id",
            metric="m",
            higher_is_better=higher,
            state=RevisionState.READY,
        )
        self.session.add(revision)
        self.session.flush()
        self.competition.live_revision_id = revision.id
        self.session.flush()
        self.session.refresh(self.competition, ["live_revision"])
        self.naive.revision, self.naive.higher = revision.id, higher
        service.rebuild(self.session, competition=self.competition)

    def submit(self, team: int, second: int) -> int:
        """A submission, unscored."""
        submission = Submission(
            competition_id=self.competition.id,
            team_id=self.teams[team],
            sha256="a" * 64,
            size=1,
            file_name="x.csv",
            created_at=START + timedelta(seconds=second),
        )
        self.session.add(submission)
        self.session.flush()
        self.naive.submissions[submission.id] = (self.teams[team], second)
        return submission.id

    def score(
        self,
        submission_id: int,
        public: float,
        private: float | None,
        *,
        interval: Sequence[float] | None = None,
    ) -> None:
        """The live revision's verdict on a submission."""
        if (submission_id, self.naive.revision) in self.naive.scores:
            return
        team, _ = self.naive.submissions[submission_id]
        score = Score(
            submission_id=submission_id,
            revision_id=self.naive.revision,
            competition_id=self.competition.id,
            team_id=team,
            status=Status.SCORED,
            public=public,
            private=private,
        )
        if interval:
            score.public_low, score.public_high = interval
        self.session.add(score)
        self.naive.scores[submission_id, self.naive.revision] = (public, private)
        self._refresh(team)

    def withdraw(self, submission_id: int) -> None:
        """Off the boards."""
        self.session.execute(
            update(Submission)
            .where(Submission.id == submission_id)
            .values(withdrawn_at=START)
        )
        self.naive.withdrawn.add(submission_id)
        self._refresh(self.naive.submissions[submission_id][0])

    def select(self, submission_id: int) -> None:
        """A final of its team's choice, if there is room; else no longer one."""
        team, _ = self.naive.submissions[submission_id]
        of_team = {
            each
            for each in self.naive.selected
            if self.naive.submissions[each][0] == team
        }
        chosen = submission_id not in of_team
        if chosen and len(of_team) >= self.naive.most_finals:
            return
        self.naive.selected ^= {submission_id}
        self.session.execute(
            update(Submission)
            .where(Submission.id == submission_id)
            .values(selected_at=START if chosen else None)
        )
        self._refresh(team)

    def _refresh(self, team_id: int) -> None:
        self.session.flush()
        service.refresh_team(
            self.session, competition=self.competition, team_id=team_id
        )

    def entries(self, split: Split) -> list[tuple[int, int, float, int, int]]:
        """The board as the table has it, with ranks."""
        found = self.session.scalars(
            select(Entry)
            .join(Board, Entry.board_id == Board.id)
            .where(Board.split == split)
            .order_by(Entry.sort_key, Entry.at, Entry.team_id)
        ).all()
        rows = []
        for number, each in enumerate(found):
            tied = number and found[number - 1].sort_key == each.sort_key
            rank = rows[-1][0] if tied else number + 1
            rows.append(
                (rank, each.team_id, each.score, each.submission_id, each.submissions)
            )
        return rows


@contextmanager
def arena(database: Database, make: Factory, higher: bool) -> Iterator[Arena]:
    """An arena in an empty database."""
    with database.session() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
        session.commit()
    competition = make.competition(live=False)
    with database.session() as session:
        yield Arena(session, session.get_one(Competition, competition.id), higher)


SUBMIT = st.tuples(
    st.just("submit"),
    st.integers(0, TEAMS - 1),
    st.integers(0, 3),
    SCORES,
    st.none() | SCORES,
)
ACTS = st.lists(
    st.one_of(
        *[SUBMIT] * 6,  # most of what happens
        st.tuples(st.just("withdraw"), st.integers(0, 30)),
        *[st.tuples(st.just("select"), st.integers(0, 30))] * 2,
        st.tuples(st.just("revise"), st.booleans()),
        st.tuples(st.just("rescore"), st.integers(0, 30), SCORES, st.none() | SCORES),
        st.tuples(st.just("rebuild")),
    ),
    min_size=4,
    max_size=25,
)


def act(arena: Arena, what: tuple[object, ...]) -> None:
    """Do one thing of a history."""
    known = list(arena.naive.submissions)
    match what:
        case ("submit", int(team), int(second), float(public), private):
            arena.score(arena.submit(team, second), public, private)  # type: ignore[arg-type]
        case ("withdraw", int(number)) if known:
            arena.withdraw(known[number % len(known)])
        case ("select", int(number)) if known:
            arena.select(known[number % len(known)])
        case ("revise", bool(higher)):
            arena.revise(higher)
        case ("rescore", int(number), float(public), private) if known:
            arena.score(known[number % len(known)], public, private)  # type: ignore[arg-type]
        case ("rebuild",):
            service.rebuild(arena.session, competition=arena.competition)


@CHECKED
@given(st.booleans(), ACTS)
def test_after_any_history_the_boards_are_their_definition(
    database: Database, make: Factory, higher: bool, acts: list[tuple[object, ...]]
) -> None:
    with arena(database, make, higher) as here:
        for each in acts:
            act(here, each)
        for split in Split:
            assert here.entries(split) == here.naive.board(split)


@CHECKED
@given(st.booleans(), ACTS, st.integers(1, 4))
def test_pages_and_ranks_are_those_of_the_whole_board(
    database: Database,
    make: Factory,
    higher: bool,
    acts: list[tuple[object, ...]],
    limit: int,
) -> None:
    with arena(database, make, higher) as here:
        for each in acts:
            act(here, each)
        expected = here.naive.board(Split.PUBLIC)
        found, after = [], None
        while True:
            page = queries.board_page(
                here.session,
                competition=here.competition,
                split=Split.PUBLIC,
                now=clock.now(),
                limit=limit,
                after=after,
            )
            found += [(row.rank, row.team_id, row.score) for row in page.rows]
            assert page.teams == len(expected)
            if page.next is None:
                break
            assert len(page.rows) == limit
            after = page.next
        assert found == [row[:3] for row in expected]
        for rank, team_id, *_ in expected:
            row = queries.row_of(
                here.session,
                competition=here.competition,
                split=Split.PUBLIC,
                team=here.session.get_one(Team, team_id),
            )
            assert row is not None
            assert row.rank == rank


@pytest.mark.database
def test_a_history_on_both_databases(database: Database, make: Factory) -> None:
    with arena(database, make, True) as here:
        first = here.submit(0, 2)
        here.score(first, 0.5, 0.1)
        here.score(here.submit(1, 1), 0.5, None)
        here.score(here.submit(2, 0), 0.25, 0.9)
        here.score(here.submit(0, 3), 0.75, 0.2)
        here.withdraw(first)
        for split in Split:
            assert here.entries(split) == here.naive.board(split)
        assert [row[0] for row in here.entries(Split.PUBLIC)] == [1, 2, 3]
        page = queries.board_page(
            here.session,
            competition=here.competition,
            split=Split.PUBLIC,
            now=clock.now(),
            limit=1,
        )
        assert page.next is not None
        rest = queries.board_page(
            here.session,
            competition=here.competition,
            split=Split.PUBLIC,
            now=clock.now(),
            after=page.next,
        )
        assert [row.rank for row in rest.rows] == [2, 3]
        here.revise(False)
        assert here.entries(Split.PUBLIC) == []
        here.score(first, 1.0, 1.0)
        assert here.entries(Split.PUBLIC) == []


# The definition itself


def scored(team: int, key: float, second: int = 0) -> ranking.Standing:
    at = START + timedelta(seconds=second)
    return ranking.standing([ranking.Scored(team, team, key, at)])


def test_equal_scores_share_a_rank_and_stand_by_time() -> None:
    rows = ranking.ranked([scored(1, 0.5, 9), scored(2, 0.5, 3), scored(3, 0.7)])
    assert [(rank, row.best.team_id) for rank, row in rows] == [(1, 2), (1, 1), (3, 3)]


def test_of_equal_scores_a_teams_earliest_counts() -> None:
    late, early = (
        ranking.Scored(number, 1, 0.5, START - timedelta(seconds=number))
        for number in (1, 2)
    )
    standing = ranking.standing([late, early])
    assert standing.best is early
    assert (standing.submissions, standing.last_at) == (2, late.at)


def public(*scores: float) -> list[ranking.Scored]:
    """One team's submissions, numbered from 1, with these public scores."""
    return [
        ranking.Scored(number, 1, -score, START)
        for number, score in enumerate(scores, 1)
    ]


@pytest.mark.parametrize(
    ("selected", "most", "expected"),
    [
        ((), 2, {2, 3}),  # nobody chose: the best public ones
        ((1,), 2, {1, 3}),  # one is chosen, the best of the rest fills up
        ((1, 4), 2, {1, 4}),
        ((1, 4), 1, {4}),  # the limit was lowered: of those chosen the best
        ((), 0, {1, 2, 3, 4}),  # all count
        ((), 9, {1, 2, 3, 4}),
    ],
)
def test_finals_are_those_chosen_and_the_best_of_the_rest(
    selected: tuple[int, ...], most: int, expected: set[int]
) -> None:
    found = ranking.finals(public(0.1, 0.8, 0.9, 0.2), selected=selected, most=most)
    assert found == expected


def test_only_a_final_is_the_best_and_all_are_counted() -> None:
    standing = ranking.standing(public(0.1, 0.8, 0.9), final={1, 2})
    assert (standing.best.submission_id, standing.submissions) == (2, 3)


@pytest.mark.parametrize("higher", [True, False])
def test_there_is_one_zero(higher: bool) -> None:
    for zero in (0.0, -0.0):
        key = ranking.sort_key(zero, higher_is_better=higher)
        assert math.copysign(1.0, key) == 1.0


# Reading


def board(
    make: Factory, split: Split = Split.PUBLIC, viewer: User | None = None, **more: str
) -> queries.BoardPage:
    with make.session() as session:
        return queries.board_page(
            session,
            competition=session.scalars(select(Competition)).one(),
            split=split,
            now=clock.now(),
            viewer=viewer,
            **more,
        )


def test_a_competition_without_scores_has_an_empty_board(make: Factory) -> None:
    make.competition()
    page = board(make)
    assert (page.rows, page.teams, page.version, page.me) == ((), 0, 0, None)
    assert page.public_share == pytest.approx(0.3)


def test_a_board_shows_members_intervals_and_my_row(make: Factory) -> None:
    competition = make.competition()
    ada, bob = make.user("ada", display_name="Ada L."), make.user("bob")
    team = make.team(competition, ada, bob, name="Stars")
    make.submission(team, bob, public=0.75, private=0.5)
    page = board(make, viewer=bob)
    (row,) = page.rows
    assert [(member.username, member.name) for member in row.members] == [
        ("ada", "Ada L."),
        ("bob", "bob"),
    ]
    assert (row.low, row.high) == (0.73, 0.77)
    assert page.me == row
    assert board(make, viewer=make.user()).me is None


def test_a_search_keeps_the_ranks_of_the_whole_board(make: Factory) -> None:
    competition = make.competition()
    for name, score in (("Étoile", 0.9), ("Bears", 0.8), ("Petite étoile", 0.7)):
        user = make.user()
        make.submission(make.team(competition, user, name=name), user, public=score)
    rows = board(make, search=" E\u0301TOILE").rows
    assert [(row.rank, row.team_name) for row in rows] == [
        (1, "Étoile"),
        (3, "Petite étoile"),
    ]
    assert board(make, search="%").rows == []


@pytest.mark.parametrize(
    ("ranked", "ended", "split", "expected"),
    [
        (True, False, Split.PUBLIC, ["gold", "silver", *["bronze"] * 2]),
        (False, False, Split.PUBLIC, []),
        (True, True, Split.PRIVATE, ["gold", "silver", *["bronze"] * 2]),
        (True, True, Split.PUBLIC, []),
    ],
)
def test_the_board_that_counts_has_medal_places(
    make: Factory, ranked: bool, ended: bool, split: Split, expected: list[str]
) -> None:
    competition = make.competition()
    users = [make.user() for _ in range(10)]
    for number, user in enumerate(users):
        team = make.team(competition, user)
        make.submission(team, user, public=1 - number / 100, private=1 - number / 100)
    with make.session() as session:
        held = session.get_one(Competition, competition.id)
        held.ranked = ranked
        if ended:
            held.closes_at = clock.now()
    page = board(make, split, viewer=users[1])
    assert [row.zone for row in page.rows if row.zone] == expected
    assert page.me is not None
    assert page.me.zone == (expected[1] if expected else None)


def test_the_private_board_is_closed_until_the_end(make: Factory) -> None:
    competition = make.competition()
    user = make.user()
    make.submission(make.team(competition, user), user, public=0.5, private=0.4)
    with pytest.raises(NotAllowed, match="opens when the competition ends") as caught:
        board(make, Split.PRIVATE, viewer=user)
    assert caught.value.kind == "withheld"
    with make.session() as session:
        session.get_one(Competition, competition.id).closes_at = clock.now()
    assert [row.score for row in board(make, Split.PRIVATE).rows] == [0.4]


def test_the_private_board_is_closed_before_the_opening(make: Factory) -> None:
    make.competition(opens_at=clock.now() + DAY)
    with pytest.raises(NotAllowed):
        board(make, Split.PRIVATE)


def test_every_change_to_a_board_gives_it_a_new_version(make: Factory) -> None:
    competition = make.competition()
    user = make.user()
    team = make.team(competition, user)
    versions = [board(make).version]
    for score in (0.5, 0.6, 0.4):
        make.submission(team, user, public=score)
        versions.append(board(make).version)
    assert versions == sorted(set(versions))
