"""Taking a row, keeping it, and who may write to it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from podium.competitions.models import Revision, RevisionState
from podium.core import clock
from podium.scoring.claim import Claim, claim, give_back, kept
from podium.submissions.models import Score, Status
from tests.podium.scoring.works import Works
from tests.podium.threads import answers, at_once

LEASE_S = 60.0


def take(works: Works, score_id: int, lease_s: float = LEASE_S) -> Claim | None:
    with works.session() as session:
        return claim(session, Score, score_id, lease_s)


def taken(works: Works, score_id: int, lease_s: float = LEASE_S) -> Claim:
    found = take(works, score_id, lease_s)
    assert found is not None
    return found


def test_a_waiting_row_is_taken_with_a_lease(works: Works) -> None:
    score_id = works.submitted()
    before = clock.now()
    assert taken(works, score_id) == Claim(Score, score_id, attempt=1, failures=0)
    score = works.score(score_id)
    assert score.status is Status.RUNNING
    assert score.lease_until is not None
    assert score.lease_until >= before + timedelta(seconds=LEASE_S)
    assert score.started_at is not None


def test_a_row_that_runs_is_not_taken(works: Works) -> None:
    score_id = works.submitted()
    taken(works, score_id)
    assert take(works, score_id) is None


@pytest.mark.parametrize(
    "status", [each for each in Status if each not in {Status.QUEUED, Status.RUNNING}]
)
def test_a_row_that_is_over_is_not_taken(works: Works, status: Status) -> None:
    score_id = works.submitted()
    past = clock.now() - timedelta(hours=1)
    works.change(score_id, status=status, lease_until=past)
    assert take(works, score_id) is None


def test_a_lapsed_lease_is_taken_as_a_failure_of_ours(works: Works) -> None:
    score_id = works.submitted()
    taken(works, score_id)
    works.later()
    assert taken(works, score_id) == Claim(Score, score_id, attempt=2, failures=1)


def test_a_revision_is_taken_the_same_way(works: Works) -> None:
    revision_id = works.revision(works.competition())
    with works.session() as session:
        first = claim(session, Revision, revision_id, LEASE_S)
        assert first == Claim(Revision, revision_id, attempt=1, failures=0)
        assert claim(session, Revision, revision_id, LEASE_S) is None
    assert works.get_revision(revision_id).state is RevisionState.RUNNING


@pytest.mark.database
def test_of_many_who_take_a_row_one_gets_it(works: Works) -> None:
    score_id = works.submitted()
    results = answers(at_once([lambda: take(works, score_id)] * 10))
    assert len(results) == 10
    assert sum(each is not None for each in results) == 1
    works.later()
    results = answers(at_once([lambda: take(works, score_id)] * 10))
    (second,) = [each for each in results if each is not None]
    assert second.attempt == 2


def test_who_was_taken_over_gives_nothing_back(works: Works) -> None:
    score_id = works.submitted()
    first = taken(works, score_id)
    works.later()
    taken(works, score_id)
    with works.session() as session:
        give_back(session, first, settings=works.services.settings, failed=True)
    score = works.score(score_id)
    assert (score.status, score.attempt, score.failures) == (Status.RUNNING, 2, 1)


def test_the_lease_is_renewed_while_the_work_lasts(works: Works) -> None:
    works = works.with_settings(lease_renew_s=0.01)
    score_id = works.submitted()
    claimed = taken(works, score_id, lease_s=1.0)
    lease = works.score(score_id).lease_until
    assert lease is not None
    with kept(works.services, claimed):
        while works.score(score_id).lease_until == lease:
            pass  # the test's own time limit ends it
    renewed = works.score(score_id).lease_until
    assert renewed is not None
    assert renewed > lease


def test_a_row_that_was_taken_over_is_not_renewed(works: Works) -> None:
    works = works.with_settings(lease_renew_s=0.01)
    score_id = works.submitted()
    first = taken(works, score_id)
    works.later()
    taken(works, score_id)
    lease = works.score(score_id).lease_until
    renewals = threading.Semaphore(0)
    session = works.services.database.session

    def counted() -> object:
        renewals.release()
        return session()

    works.services.database.session = counted  # type: ignore[method-assign]
    with kept(works.services, first):
        assert all(renewals.acquire(timeout=60) for _ in range(3))
    del works.services.database.session  # type: ignore[attr-defined]
    assert works.score(score_id).lease_until == lease


def test_a_renewal_that_fails_is_tried_again(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    works = works.with_settings(lease_renew_s=0.01)
    score_id = works.submitted()
    claimed = taken(works, score_id, lease_s=1.0)
    with works.session() as session:
        session.connection().exec_driver_sql("ALTER TABLE scores RENAME TO away")
    with kept(works.services, claimed):
        while "could not be renewed" not in caplog.text:
            pass
        with works.session() as session:
            session.connection().exec_driver_sql("ALTER TABLE away RENAME TO scores")
        lease = works.score(score_id).lease_until
        while works.score(score_id).lease_until == lease:
            pass
