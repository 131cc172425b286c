"""Handing waiting rows over: few at a time, in fair order, once, and never lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from podium.bootstrap import Services
from podium.core import clock
from podium.core.queue import Job
from podium.scoring import dispatch as dispatching
from podium.scoring.dispatch import dispatch, position, queue_counts
from podium.submissions.models import Score, Status
from tests.podium.factories import FakeJobs
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works
from tests.podium.threads import answers, at_once


def rows(jobs: FakeJobs) -> list[int]:
    """The rows that were handed over, in order."""
    return [job.row_id for job in jobs.sent]


def test_a_waiting_row_is_handed_over_by_its_id(works: Works, jobs: FakeJobs) -> None:
    score_id = works.submitted()
    assert dispatch(works.services) == 1
    settings = works.services.settings
    assert jobs.sent == [
        Job(
            id=f"score-{score_id}-0",
            function="podium.scoring.jobs.score",
            row_id=score_id,
            timeout_s=settings.score_wall_s + dispatching.JOB_SLACK_S,
        )
    ]
    assert works.score(score_id).sent_at is not None


def test_no_more_are_handed_over_than_the_workers_can_soon_start(
    works: Works, jobs: FakeJobs
) -> None:
    team, user = works.team(works.competition(submissions_per_day=100))
    works.submit(team, user, 10)
    works = works.with_settings(workers=3, queue_ahead_per_worker=2)
    assert dispatch(works.services) == 6
    assert dispatch(works.services) == 0
    jobs.sent.pop(0)
    works.change(min(rows(jobs)) - 1, status=Status.SCORED)
    assert dispatch(works.services) == 1


def test_the_workers_that_redis_knows_count_too(works: Works, jobs: FakeJobs) -> None:
    team, user = works.team(works.competition(submissions_per_day=100))
    works.submit(team, user, 30)
    jobs.known_workers = 7
    assert dispatch(works.services) == 14


def test_teams_are_served_in_turn(works: Works, sandbox: FakeSandbox) -> None:
    competition = works.competition(submissions_per_day=100)
    greedy = works.submit(*works.team(competition), 20)
    modest = works.submit(*works.team(competition), 3)
    order = [int(job.split("-")[1]) for job in works.work_off()]
    assert sorted(order) == sorted(greedy + modest)
    assert all(order.index(each) <= 2 * nth for nth, each in enumerate(modest, 1))
    assert [each for each in order if each in greedy] == greedy


def test_a_thousand_rows_of_one_competition_do_not_starve_another(
    works: Works, jobs: FakeJobs
) -> None:
    crowded = works.competition("crowded", submissions_per_day=2000)
    team, user = works.team(crowded)
    (pattern,) = works.submit(team, user)
    with works.session() as session:
        copy_score(session, pattern, 999)
    dispatch(works.services)
    late = works.submitted(slug="quiet")
    order = [int(job.split("-")[1]) for job in works.work_off(most=20)]
    assert order.index(late) <= works.services.settings.queue_ahead_per_worker + 1


def copy_score(session: Session, score_id: int, count: int) -> None:
    """More waiting rows like that one."""
    pattern = session.get_one(Score, score_id)
    submission = pattern.submission
    for number in range(count):
        values = {
            column.key: getattr(submission, column.key)
            for column in type(submission).__table__.columns
            if column.key not in {"id", "public_id"}
        }
        copy = type(submission)(**values, public_id=f"copy{number}")
        copy.scores = [
            Score(
                revision_id=pattern.revision_id,
                competition_id=pattern.competition_id,
                team_id=pattern.team_id,
                queued_at=pattern.queued_at,
            )
        ]
        session.add(copy)


def test_with_redis_away_the_row_waits_and_is_sent_when_it_is_back(
    works: Works, jobs: FakeJobs
) -> None:
    jobs.away = True
    score_id = works.submitted()
    assert dispatch(works.services) == 0
    assert works.score(score_id).sent_at is None
    jobs.away = False
    assert dispatch(works.services) == 1


def test_if_redis_goes_away_meanwhile_the_rest_is_sent_at_once_later(
    works: Works, jobs: FakeJobs
) -> None:
    team, user = works.team(works.competition())
    works.submit(team, user, 2)
    jobs.breaks_after = 1
    assert dispatch(works.services) == 1
    jobs.breaks_after = None
    assert dispatch(works.services) == 1
    assert len(set(rows(jobs))) == 2


def test_if_the_queue_was_wiped_rows_are_sent_again_once_stale(
    works: Works, jobs: FakeJobs
) -> None:
    score_id = works.submitted()
    dispatch(works.services)
    jobs.sent.clear()
    assert dispatch(works.services) == 0
    past = clock.now() - timedelta(seconds=works.services.settings.queue_stale_s + 1)
    works.change(score_id, sent_at=past)
    assert dispatch(works.services) == 1


def test_what_still_waits_in_the_queue_is_not_sent_again(
    works: Works, jobs: FakeJobs
) -> None:
    works.submitted()
    dispatch(works.services)
    works.later()
    assert dispatch(works.services) == 0
    assert len(jobs.sent) == 1


def test_what_waits_in_the_queue_takes_nobodys_turn(
    works: Works, jobs: FakeJobs
) -> None:
    competition = works.competition()
    first = works.submit(*works.team(competition))
    dispatch(works.services)
    works.later()  # stale, but it waits in the queue all the same
    second = works.submit(*works.team(competition))
    assert dispatch(works.services) == 1
    assert rows(jobs) == first + second


def test_a_row_whose_worker_died_is_sent_again_once_its_lease_lapsed(
    works: Works, jobs: FakeJobs
) -> None:
    score_id = works.submitted()
    now = clock.now()
    running: dict[str, Any] = {
        "status": Status.RUNNING,
        "attempt": 1,
        "sent_at": now - timedelta(seconds=2),
    }
    works.change(score_id, **running, lease_until=now + timedelta(minutes=1))
    assert dispatch(works.services) == 0
    works.change(score_id, lease_until=now - timedelta(seconds=1))
    assert dispatch(works.services) == 1
    assert jobs.sent[-1].id == f"score-{score_id}-1"
    jobs.sent.clear()
    assert dispatch(works.services) == 0


def test_a_resting_row_is_not_sent(works: Works) -> None:
    score_id = works.submitted()
    works.change(score_id, not_before=clock.now() + timedelta(minutes=1))
    assert dispatch(works.services) == 0


@pytest.mark.parametrize(
    "status", [each for each in Status if each not in {Status.QUEUED, Status.RUNNING}]
)
def test_what_is_over_is_not_sent(works: Works, status: Status) -> None:
    works.change(works.submitted(), status=status)
    assert dispatch(works.services) == 0


def test_a_solution_is_prepared_before_anything_is_scored(
    works: Works, jobs: FakeJobs
) -> None:
    score_id = works.submitted()
    competition = works.competition("other", live=False)
    revision_id = works.revision(competition, 1)
    assert dispatch(works.services) == 2
    ids = [job.id for job in jobs.sent]
    assert ids == [f"prepare-{revision_id}-0", f"score-{score_id}-0"]
    assert jobs.sent[0].function == "podium.scoring.jobs.prepare"


def test_scores_made_anew_come_after_all_others(works: Works, jobs: FakeJobs) -> None:
    team, user = works.team(works.competition())
    anew, usual = works.submit(team, user, 2)
    works.change(anew, background=True)
    dispatch(works.services)
    assert rows(jobs) == [usual, anew]


def test_a_busy_database_is_no_error(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise OperationalError("BEGIN", {}, Exception("database is locked"))

    works.submitted()
    monkeypatch.setattr(dispatching, "hold", locked)
    assert dispatch(works.services) == 0


@pytest.mark.database
def test_many_dispatchers_hand_a_row_over_once_and_keep_the_room(
    works: Works, jobs: FakeJobs
) -> None:
    competition = works.competition(submissions_per_day=100)
    for _ in range(4):
        works.submit(*works.team(competition), 5)
    jobs.forgets = True  # each of them sees an empty queue
    results = at_once([lambda: dispatch(works.services)] * 8)
    assert len(answers(results)) == 8
    assert max(Counter(rows(jobs)).values()) == 1
    assert len(jobs.sent) == works.services.settings.queue_ahead_per_worker


@pytest.mark.database
def test_the_place_counts_what_is_sent_then_the_fair_order(works: Works) -> None:
    competition = works.competition(submissions_per_day=100)
    first = works.submit(*works.team(competition), 4)
    dispatch(works.services)  # two of the first team
    second = works.submit(*works.team(competition), 2)
    assert places(works, first + second) == [1, 2, 4, 6, 3, 5]
    order = [int(job.split("-")[1]) for job in works.work_off()]
    assert [order.index(each) + 1 for each in first + second] == [1, 2, 4, 6, 3, 5]


def test_scores_made_anew_stand_behind_all_others(works: Works) -> None:
    team, user = works.team(works.competition())
    anew, usual = works.submit(team, user, 2)
    works.change(anew, background=True)
    assert places(works, [anew, usual]) == [2, 1]


def places(works: Works, score_ids: list[int]) -> list[int]:
    found = []
    with works.session() as session:
        for score_id in score_ids:
            score = session.get_one(Score, score_id)
            where = position(session, score=score, settings=works.services.settings)
            assert where is not None
            found.append(where.place)
    return found


def test_the_estimate_is_how_long_the_last_ones_took(works: Works) -> None:
    works = works.with_settings(workers=2)
    team, user = works.team(works.competition())
    done, _, waiting = works.submit(team, user, 3)
    with works.session() as session:
        score = session.get_one(Score, waiting)
        before = position(session, score=score, settings=works.services.settings)
    assert before is not None
    assert before.estimate_s is None
    now = clock.now()
    times = {"started_at": now - timedelta(seconds=6), "finished_at": now}
    works.change(done, status=Status.SCORED, **times)
    with works.session() as session:
        score = session.get_one(Score, waiting)
        after = position(session, score=score, settings=works.services.settings)
    assert after is not None
    assert (after.place, after.estimate_s) == (2, 6.0)


def test_what_is_taken_has_no_place(works: Works) -> None:
    score_id = works.submitted()
    works.change(score_id, status=Status.RUNNING)
    with works.session() as session:
        score = session.get_one(Score, score_id)
        assert position(session, score=score, settings=works.services.settings) is None


def test_the_counts_are_of_what_waits_and_runs(works: Works) -> None:
    team, user = works.team(works.competition())
    first, _, last = works.submit(team, user, 3)
    works.change(first, status=Status.RUNNING)
    works.change(last, status=Status.SCORED)
    with works.session() as session:
        assert queue_counts(session) == {Status.QUEUED: 1, Status.RUNNING: 1}


def test_turns_are_remembered_between_calls(services: Services, works: Works) -> None:
    competition = works.competition(submissions_per_day=100)
    first = works.submit(*works.team(competition), 4)
    second = works.submit(*works.team(competition), 4)
    served = []
    for _ in range(4):
        one = works.with_settings(queue_ahead_per_worker=1)
        works.jobs.sent.clear()
        with works.session() as session:
            sent = select(Score.id).where(Score.sent_at.is_not(None))
            session.execute(
                update(Score)
                .where(Score.id.in_(session.scalars(sent).all()))
                .values(status=Status.SCORED)
            )
        dispatch(one.services)
        served += rows(works.jobs)
    assert served == [first[0], second[0], first[1], second[1]]
