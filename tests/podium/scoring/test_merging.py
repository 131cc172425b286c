"""Two teams become one: who may, when, and what goes along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import NotAllowed, NotFound, PodiumError, Refused
from podium.leaderboards.models import Board, Entry, Split
from podium.scoring import merging
from podium.submissions.models import Score, Status, Submission
from podium.teams import queries
from podium.teams.models import MergeRequest, Team
from tests.podium.factories import DAY, Factory
from tests.podium.scoring.works import Works
from tests.podium.threads import answers, at_once, errors

NOW = clock.now()


class Play:
    """Two teams, and what their leaders do, each in a session of its own."""

    def __init__(self, make: Factory, **values: Any) -> None:
        self.make = make
        defaults = {"team_max_size": 4, "opens_at": NOW - 2 * DAY}
        self.competition = make.competition("merge", **defaults | values)
        self.ada, self.bob, self.eve = (
            make.user(name) for name in ("ada", "bob", "eve")
        )
        self.comets = make.team(self.competition, self.ada, name="Comets")
        self.moons = make.team(self.competition, self.bob, self.eve, name="Moons")

    def ask(self, by: User | None = None, now: Any = NOW) -> MergeRequest:
        with self.make.session() as session:
            return merging.ask(
                session,
                team=session.get_one(Team, self.comets.id),
                other=session.get_one(Team, self.moons.id),
                by=session.get_one(User, (by or self.ada).id),
                now=now,
            )

    def accept(self, request: MergeRequest, by: User | None = None) -> str:
        with self.make.session() as session:
            return merging.accept(
                session,
                request=session.get_one(MergeRequest, request.id),
                by=session.get_one(User, (by or self.bob).id),
                now=NOW,
            ).name

    def close(self, request: MergeRequest, by: User) -> None:
        with self.make.session() as session:
            merging.close(
                session,
                request=session.get_one(MergeRequest, request.id),
                by=session.get_one(User, by.id),
            )

    def members(self) -> list[str]:
        with self.make.session() as session:
            team = session.get_one(Team, self.moons.id)
            return sorted(each.username for each in team.members)

    def board(self, split: Split = Split.PUBLIC) -> list[tuple[int, float, int]]:
        with self.make.session() as session:
            rows = session.scalars(
                select(Entry)
                .join(Board, Entry.board_id == Board.id)
                .where(
                    Board.competition_id == self.competition.id, Board.split == split
                )
            )
            return [(each.team_id, each.score, each.submissions) for each in rows]


@pytest.fixture
def play(make: Factory) -> Play:
    return Play(make)


def test_everything_of_a_team_goes_into_the_one_that_was_asked(play: Play) -> None:
    make = play.make
    make.submission(play.comets, play.ada, public=0.9, private=0.6)
    make.submission(play.moons, play.bob, public=0.8, private=0.7)
    assert play.accept(play.ask()) == "Moons"
    assert play.members() == ["ada", "bob", "eve"]
    assert play.board() == [(play.moons.id, 0.9, 2)]
    assert play.board(Split.PRIVATE) == [(play.moons.id, 0.7, 2)]
    with make.session() as session:
        moons = session.get_one(Team, play.moons.id)
        assert (moons.submissions_made, moons.leader_id) == (2, play.bob.id)
        assert session.get(Team, play.comets.id) is None
        for model in (Submission, Score):
            assert set(session.scalars(select(model.team_id))) == {play.moons.id}
        assert session.scalars(select(MergeRequest)).all() == []


def test_who_was_in_the_other_team_submits_with_the_one(play: Play) -> None:
    play.accept(play.ask())
    submission = play.make.submission(play.moons, play.ada)
    assert submission.team_id == play.moons.id


def test_leaders_ask_and_answer_and_nobody_else(play: Play) -> None:
    with pytest.raises(NotAllowed):
        play.ask(by=play.bob)
    request = play.ask()
    with pytest.raises(NotAllowed):
        play.accept(request, by=play.eve)
    with pytest.raises(NotAllowed):
        play.accept(request, by=play.ada)
    with pytest.raises(NotAllowed):
        play.close(request, by=play.eve)


def test_a_request_is_declined_or_taken_back(play: Play) -> None:
    for by in (play.ada, play.bob):
        play.close(play.ask(), by=by)
        with play.make.session() as session:
            assert session.scalars(select(MergeRequest)).all() == []
    assert play.members() == ["bob", "eve"]


def test_only_the_two_teams_see_a_request(play: Play) -> None:
    request, stranger = play.ask(), play.make.user()
    with play.make.session() as session:
        for user in (play.ada, play.eve):
            viewer = session.get_one(User, user.id)
            assert queries.merge_request_by_public_id(
                session, public_id=request.public_id, viewer=viewer
            )
        with pytest.raises(NotFound):
            queries.merge_request_by_public_id(
                session,
                public_id=request.public_id,
                viewer=session.get_one(User, stranger.id),
            )


def test_the_same_request_twice_or_back_is_refused(play: Play) -> None:
    play.ask()
    with pytest.raises(Refused, match="has not answered yet"):
        play.ask()
    play.comets, play.moons = play.moons, play.comets
    with pytest.raises(Refused, match="Accept that request"):
        play.ask(by=play.bob)


def test_a_team_does_not_merge_with_itself_or_across_competitions(play: Play) -> None:
    moons = play.moons
    play.moons = play.comets
    with pytest.raises(Refused, match="your own team"):
        play.ask()
    play.moons = play.make.team(play.make.competition("other"), play.make.user())
    with pytest.raises(Refused, match="another competition"):
        play.ask()
    assert moons.name == "Moons"


def test_all_that_keeps_them_apart_is_told_at_once(make: Factory) -> None:
    play = Play(make, team_max_size=2, submissions_per_day=1, opens_at=NOW)
    for team, user in ((play.comets, play.ada), (play.moons, play.bob)):
        make.submission(team, user, at=NOW)
    with pytest.raises(Refused) as refused:
        play.ask()
    assert "Together you are 3, and Merge allows 2 per team." in str(refused.value)
    assert "one team could have made 1 by now (1 a day)" in str(refused.value)


def test_after_the_merger_deadline_no_teams_merge(make: Factory) -> None:
    play = Play(make, merger_deadline=NOW + DAY)
    with pytest.raises(Refused, match="deadline to change teams has passed"):
        play.ask(now=NOW + DAY)
    request = play.ask()
    with make.session() as session:
        competition = session.get_one(Competition, play.competition.id)
        competition.merger_deadline = NOW
    with pytest.raises(Refused, match="deadline to change teams has passed"):
        play.accept(request)


OPENS = clock.day_start(NOW) - 2 * DAY + timedelta(hours=20)


@pytest.mark.parametrize(
    ("made", "total", "allowed"),
    [(6, None, True), (7, None, False), (6, 6, True), (6, 5, False), (0, 0, True)],
)
def test_two_teams_together_made_no_more_than_one_could_have(
    made: int, total: int | None, allowed: bool
) -> None:
    # It opened the day before yesterday, late: with today that is three days of two.
    competition = Competition(
        opens_at=OPENS, submissions_per_day=2, submissions_total=total
    )
    refusal = merging.quota_refusal(competition, made=made, now=NOW)
    assert (refusal is None) is allowed


def test_the_day_from_which_they_can_merge_is_told() -> None:
    competition = Competition(
        opens_at=OPENS, submissions_per_day=2, submissions_total=None
    )
    refusal = merging.quota_refusal(competition, made=8, now=NOW)
    tomorrow = NOW + DAY
    assert refusal is not None
    assert f"can merge from {tomorrow:%d %B %Y} on" in refusal
    assert merging.quota_refusal(competition, made=8, now=tomorrow) is None


def test_what_is_being_scored_is_recorded_for_the_merged_team(works: Works) -> None:
    competition = works.competition(team_max_size=4, opens_at=NOW - 2 * DAY)
    (comets, ada), (moons, bob) = works.team(competition), works.team(competition)
    (score_id,) = works.submit(comets, ada)

    def merge(_job: object) -> None:
        with works.make.session() as session:
            request = merging.ask(
                session,
                team=session.get_one(Team, comets.id),
                other=session.get_one(Team, moons.id),
                by=session.get_one(User, ada.id),
                now=NOW,
            )
            leader = session.get_one(User, bob.id)
            merging.accept(session, request=request, by=leader, now=NOW)

    works.services.sandbox.meanwhile = merge  # type: ignore[attr-defined]
    works.work(score_id)
    score = works.score(score_id)
    assert (score.status, score.team_id) == (Status.SCORED, moons.id)
    assert [place.team_id for place in works.board(competition)] == [moons.id]


@pytest.mark.database
def test_a_merge_and_submissions_at_once_lose_and_double_nothing(
    make: Factory,
) -> None:
    play = Play(make, submissions_per_day=50)
    request = play.ask()

    def send() -> int:
        with make.session() as session:
            user = session.get_one(User, play.ada.id)
            competition = session.get_one(Competition, play.competition.id)
            team = queries.team_of(session, competition=competition, user=user)
            assert team is not None
        return make.submission(team, play.ada).id

    results = at_once([lambda: play.accept(request), *[send] * 5])
    assert errors(results) == []
    with make.session() as session:
        assert set(session.scalars(select(Submission.team_id))) == {play.moons.id}
        assert set(session.scalars(select(Score.team_id))) == {play.moons.id}
        assert session.get_one(Team, play.moons.id).submissions_made == 5


@pytest.mark.database
def test_two_merges_at_once_do_not_make_a_team_too_large(make: Factory) -> None:
    play = Play(make, team_max_size=3)
    third = make.team(play.competition, make.user("kim"), name="Suns")
    first = play.ask()
    with make.session() as session:
        second = merging.ask(
            session,
            team=session.get_one(Team, third.id),
            other=session.get_one(Team, play.moons.id),
            by=session.get_one(User, third.leader_id),
            now=NOW,
        )
    results = at_once([lambda r=each: play.accept(r) for each in (first, second)])
    assert len(answers(results)) == 1
    (error,) = errors(results)
    assert isinstance(error, PodiumError)
    assert len(play.members()) == 3


@pytest.mark.database
def test_teams_that_accept_each_other_at_once_become_one(make: Factory) -> None:
    play = Play(make)
    request = play.ask()
    results = at_once([lambda: play.accept(request)] * 3)
    assert len(answers(results)) == 1
    assert play.members() == ["ada", "bob", "eve"]
