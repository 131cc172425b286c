"""Late submissions are scored, and change nothing that is ranked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import Refused
from podium.kaggle import wire
from podium.leaderboards import service as leaderboards
from podium.leaderboards.export import board_csv
from podium.leaderboards.models import Board, Entry, Split
from podium.scoring import reviewing, service
from podium.showcase.service import merit_of, ranking
from podium.submissions import service as submissions
from podium.submissions.models import Submission
from podium.teams.models import Team
from tests.podium import fakes
from tests.podium.factories import DAY
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works

SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.9999, 1.0])
LATE = st.tuples(st.integers(0, 2), SCORES, SCORES, st.booleans())


class After:
    """An ended competition: two teams are on its boards, one has only joined."""

    def __init__(self, works: Works, sandbox: FakeSandbox, **values: Any) -> None:
        self.works, self.sandbox = works, sandbox
        values = {"final_selections": 1, "submissions_per_day": 500} | values
        self.competition = works.competition(f"late-{clock.now():%H%M%S%f}", **values)
        self.teams = [works.team(self.competition) for _ in range(3)]
        for team, user in self.teams[:2]:
            for public, private in ((0.5, 0.75), (0.75, 0.5)):
                sandbox.next.append(fakes.scored(public, private))
                works.work(works.submit(team, user)[0])
        with works.session() as session:
            long_ago = clock.now() - 2 * DAY
            session.execute(
                update(Submission)
                .where(Submission.competition_id == self.competition.id)
                .values(created_at=long_ago)
            )
            for team, _ in self.teams:
                leaderboards.refresh_team(
                    session, competition=self.held(session), team_id=team.id
                )
        self.move_end(clock.now() - DAY)

    def held(self, session: Any) -> Competition:
        found: Competition = session.get_one(Competition, self.competition.id)
        return found

    def move_end(self, to: Any) -> None:
        with self.works.session() as session:
            self.held(session).closes_at = to

    def send(self, number: int, public: float = 1.0, private: float = 1.0) -> int:
        """A late submission that was scored; the score's id."""
        (score_id,) = self.works.submit(*self.teams[number])
        self.sandbox.next.append(fakes.scored(public, private))
        self.works.work(score_id)
        return score_id

    def boards(self) -> list[Any]:
        """Every entry in full, by board."""
        with self.works.session() as session:
            found = session.execute(
                select(*Entry.__table__.columns)
                .join(Board, Entry.board_id == Board.id)
                .where(Board.competition_id == self.competition.id)
                .order_by(Entry.board_id, Entry.team_id)
            )
            return [tuple(row) for row in found]

    def ranked(self) -> dict[str, Any]:
        """All that ranks decide, and what decides them."""
        now, entries = clock.now(), self.boards()
        with self.works.session() as session:
            competition = self.held(session)
            users = [session.get_one(User, user.id) for _, user in self.teams]
            numbers = [team.id for team, _ in self.teams]
            return {
                "boards": entries,
                "versions": list(
                    session.scalars(
                        select(Board.version)
                        .where(Board.competition_id == competition.id)
                        .order_by(Board.id)
                    )
                ),
                "csv": [
                    board_csv(session, competition=competition, split=split, now=now)
                    for split in Split
                ],
                "finals": [
                    service.finals_of(session, team=session.get_one(Team, number))
                    for number in numbers
                ],
                "made": [
                    session.get_one(Team, number).submissions_made for number in numbers
                ],
                # Points fade by the second: the moment is the end's.
                "merit": [
                    merit_of(session, user=user, now=competition.closes_at)
                    for user in users
                ],
                "ranking": [
                    (each.rank, each.user.id, each.merit.points)
                    for each in ranking(session, now=competition.closes_at)
                ],
            }


@pytest.mark.database
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sent=st.lists(LATE, min_size=1, max_size=5))
def test_nothing_that_is_ranked_changes(
    works: Works, sandbox: FakeSandbox, sent: list[tuple[int, float, float, bool]]
) -> None:
    after = After(works, sandbox)
    before = after.ranked()
    assert len(before["boards"]) == 4
    assert any(each.points for each in before["merit"])
    for number, public, private, off in sent:
        score_id = after.send(number, public, private)
        if off:  # the host's doing changes nothing, either
            late = works.submission_of(score_id)
            with works.session() as session:
                reviewing.remove(
                    session,
                    submission=session.get_one(Submission, late.id),
                    reason="A copy.",
                    now=clock.now(),
                )
    assert after.ranked() == before
    with works.session() as session:  # nor does making the boards anew
        leaderboards.rebuild(session, competition=after.held(session))
    assert after.boards() == before["boards"]
    with works.session() as session:
        for team, _ in after.teams:
            leaderboards.refresh_team(
                session, competition=after.held(session), team_id=team.id
            )
    assert after.boards() == before["boards"]


def test_a_late_submission_shows_both_scores(
    works: Works, sandbox: FakeSandbox
) -> None:
    after = After(works, sandbox)
    late = works.submission_of(after.send(2, 0.9, 0.8))
    assert late.late
    with works.session() as session:
        found = service.standing(
            session,
            submission=session.get_one(Submission, late.id),
            settings=works.services.settings,
            now=clock.now(),
        )
        shape = wire.submission(found, site_url="")
    assert (found.public, found.private, found.final) == (0.9, 0.8, None)
    assert shape["description"] == "Late, unranked."


def test_late_ones_have_a_limit_of_their_own(
    works: Works, sandbox: FakeSandbox
) -> None:
    after = After(works, sandbox, submissions_per_day=2, submissions_total=2)
    after.send(0)
    after.send(0)
    with pytest.raises(Refused, match="used its 2 submissions for today"):
        works.submit(*after.teams[0])
    after.send(1)  # the limit is the team's
    after.move_end(clock.now() + DAY)
    with works.session() as session:  # and takes nothing from those in time
        left = submissions.allowance(
            session,
            team=session.get_one(Team, after.teams[0][0].id),
            competition=after.held(session),
            now=clock.now(),
        )
    assert (left.left_today, left.left_total) == (2, 0)


def test_a_late_fault_gives_only_the_late_limit_back(
    works: Works, sandbox: FakeSandbox
) -> None:
    after = After(works, sandbox)
    (score_id,) = works.submit(*after.teams[0])
    sandbox.next.append(fakes.rejected())
    works.work(score_id)
    assert not works.submission_of(score_id).counted
    assert works.team_of(score_id).submissions_made == 2


def test_an_end_that_is_moved_ranks_no_late_submission(
    works: Works, sandbox: FakeSandbox
) -> None:
    after = After(works, sandbox)
    before = after.boards()
    score_id = after.send(0)
    after.move_end(clock.now() + DAY)
    late = works.submission_of(score_id)
    team, user = after.teams[0]
    with works.session() as session, pytest.raises(Refused, match="after an end"):
        service.choose(
            session,
            submission=session.get_one(Submission, late.id),
            user=session.get_one(User, user.id),
            now=clock.now(),
        )
    with works.session() as session:
        leaderboards.rebuild(session, competition=after.held(session))
    assert after.boards() == before
    sandbox.next.append(fakes.scored(1.0, 1.0))
    works.work(works.submit(team, user)[0])  # in time again
    assert after.boards() != before


def test_the_host_can_close_at_the_end(works: Works, sandbox: FakeSandbox) -> None:
    after = After(works, sandbox, late_submissions=False)
    with pytest.raises(Refused, match="submissions are closed"):
        works.submit(*after.teams[0])
    with works.session() as session:
        assert not session.scalars(select(Submission).where(Submission.late)).all()
