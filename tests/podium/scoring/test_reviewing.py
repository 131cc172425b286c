"""What a host does with a submission: off the boards, back again, scored once more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import clock
from podium.core.errors import Invalid, Refused
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.scoring import reviewing
from podium.scoring import service as scoring
from podium.submissions.models import Status, Submission
from tests.podium.factories import DAY, Factory


class Scene:
    """Two teams with scores; the first has two submissions."""

    def __init__(self, make: Factory) -> None:
        self.make = make
        self.stars = make.competition("stars")
        self.ada, self.bob = make.user("ada"), make.user("bob")
        self.comets = make.team(self.stars, self.ada, name="Comets")
        self.moons = make.team(self.stars, self.bob, name="Moons")
        self.best = make.submission(self.comets, self.ada, public=0.9, private=0.8)
        self.other = make.submission(self.comets, self.ada, public=0.5, private=0.4)
        self.rival = make.submission(self.moons, self.bob, public=0.7, private=0.6)

    def remove(self, submission: Submission, reason: str = "Copied.") -> None:
        with self.make.session() as session:
            reviewing.remove(
                session,
                submission=session.get_one(Submission, submission.id),
                reason=reason,
                now=clock.now(),
            )

    def restore(self, submission: Submission) -> None:
        with self.make.session() as session:
            reviewing.restore(
                session, submission=session.get_one(Submission, submission.id)
            )

    def again(self, submission: Submission) -> None:
        with self.make.session() as session:
            reviewing.score_again(
                session, submission=session.get_one(Submission, submission.id)
            )

    def board(self, split: Split = Split.PUBLIC) -> list[tuple[str, float]]:
        with self.make.session() as session:
            page = boards.board_page(
                session,
                competition=session.get_one(Competition, self.stars.id),
                split=split,
                now=clock.now() + 100 * DAY,
            )
            return [(row.team_name, row.score) for row in page.rows]

    def status(self, submission: Submission) -> Status:
        with self.make.session() as session:
            return session.get_one(Submission, submission.id).scores[-1].status


@pytest.fixture
def scene(make: Factory) -> Scene:
    return Scene(make)


@pytest.mark.database
def test_what_is_off_the_boards_counts_on_neither_and_comes_back(scene: Scene) -> None:
    before = scene.board(), scene.board(Split.PRIVATE)
    assert before[0] == [("Comets", 0.9), ("Moons", 0.7)]
    scene.remove(scene.best)
    assert scene.board() == [("Moons", 0.7), ("Comets", 0.5)]
    assert scene.board(Split.PRIVATE) == [("Moons", 0.6), ("Comets", 0.4)]
    scene.restore(scene.best)
    assert (scene.board(), scene.board(Split.PRIVATE)) == before


@pytest.mark.database
def test_it_is_possible_after_the_end(scene: Scene) -> None:
    with scene.make.session() as session:
        session.get_one(Competition, scene.stars.id).closes_at = clock.now()
    scene.remove(scene.best)
    assert scene.board(Split.PRIVATE) == [("Moons", 0.6), ("Comets", 0.4)]


def test_what_waits_is_not_scored_meanwhile_and_waits_again_after(
    scene: Scene,
) -> None:
    waiting = scene.make.submission(scene.comets, scene.ada, status=Status.QUEUED)
    scene.remove(waiting)
    assert scene.status(waiting) is Status.WITHDRAWN
    scene.restore(waiting)
    assert scene.status(waiting) is Status.QUEUED


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed(scene: Scene, reason: str) -> None:
    with pytest.raises(Invalid, match="the team reads it"):
        scene.remove(scene.best, reason)
    assert scene.board()[0] == ("Comets", 0.9)


def test_it_is_taken_off_once_and_only_a_hosts_removal_is_undone(scene: Scene) -> None:
    scene.remove(scene.best)
    with pytest.raises(Refused, match="off the boards already"):
        scene.remove(scene.best)
    with scene.make.session() as session:
        scoring.withdraw(
            session,
            submission=session.get_one(Submission, scene.other.id),
            user=session.get_one(User, scene.ada.id),
            now=clock.now(),
        )
    with pytest.raises(Refused, match="Only what a host took off"):
        scene.restore(scene.other)
    with pytest.raises(Refused, match="Only what a host took off"):
        scene.restore(scene.rival)


def test_a_team_does_not_bring_it_back_by_withdrawing(scene: Scene) -> None:
    scene.remove(scene.best)
    with pytest.raises(Refused, match="withdrawn already"), scene.make.session() as s:
        scoring.withdraw(
            s,
            submission=s.get_one(Submission, scene.best.id),
            user=s.get_one(User, scene.ada.id),
            now=clock.now() + timedelta(seconds=1),
        )


@pytest.mark.parametrize("status", [Status.HOST_ERROR, Status.FAILED, Status.CUT_OFF])
def test_what_the_file_is_not_to_blame_for_is_scored_again(
    scene: Scene, status: Status
) -> None:
    ended = scene.make.submission(scene.comets, scene.ada, status=status)
    with scene.make.session() as session:
        score = session.get_one(Submission, ended.id).scores[-1]
        score.message, score.host_message, score.failures = "no", "why", 5
        score.reason = "time"
    scene.again(ended)
    with scene.make.session() as session:
        score = session.get_one(Submission, ended.id).scores[-1]
        assert score.status is Status.QUEUED
        assert (score.message, score.host_message, score.failures) == ("", "", 0)
        assert (score.reason, score.sent_at, score.finished_at) == (None, None, None)


@pytest.mark.parametrize(
    "status", [Status.SCORED, Status.REJECTED, Status.QUEUED, Status.RUNNING]
)
def test_what_has_its_verdict_or_waits_is_not(scene: Scene, status: Status) -> None:
    values = {"public": 0.5, "private": 0.5} if status is Status.SCORED else {}
    other = scene.make.submission(scene.comets, scene.ada, status=status, **values)
    with pytest.raises(Refused, match="scores everything anew"):
        scene.again(other)


def test_nor_what_is_off_the_boards(scene: Scene) -> None:
    scene.remove(scene.best)
    with pytest.raises(Refused, match="Put it back first"):
        scene.again(scene.best)
