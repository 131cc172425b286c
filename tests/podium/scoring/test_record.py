"""What every outcome of a job leads to: status, words, quota and boards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from podium.core import clock
from podium.leaderboards.models import Split
from podium.scoring import run
from podium.scoring.claim import claim
from podium.scoring.record import Judged, record
from podium.submissions.models import Score, Status
from podium_scorer.contract import CutOff, Outcome, Report, Verdict
from tests.podium import fakes
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Place, Works

NOT_COUNTED = [
    (fakes.rejected(counts=False), Status.REJECTED),
    (fakes.host_error(), Status.HOST_ERROR),
]
COUNTED = [
    (fakes.scored(), Status.SCORED),
    (fakes.rejected(counts=True), Status.REJECTED),
    (fakes.cut_off(), Status.CUT_OFF),
]


def test_a_score_stands_in_the_row_with_its_intervals(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.scored(0.9, 0.8, interval=(0.85, 0.95))
    score_id = works.submitted()
    works.work(score_id)
    score = works.score(score_id)
    assert score.status is Status.SCORED
    assert (score.public, score.private) == (0.9, 0.8)
    assert (score.public_low, score.public_high) == (0.85, 0.95)
    assert (score.private_low, score.private_high) == (None, None)
    assert (score.scorer, score.sandbox, score.wall_s) == ("1.0", "fake", 0.2)
    assert score.finished_at is not None
    assert score.lease_until is None


@pytest.mark.database
def test_a_score_puts_the_team_on_both_boards(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.scored(0.9, 0.8)
    competition = works.competition()
    team, user = works.team(competition)
    works.work(works.submit(team, user)[0])
    assert works.board(competition) == [Place(team.id, 0.9, 1)]
    assert works.board(competition, Split.PRIVATE) == [Place(team.id, 0.8, 1)]
    assert works.version(competition) == 1


def test_without_private_rows_the_private_board_stays_empty(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.scored(0.9, None)
    competition = works.competition()
    works.work(works.submit(*works.team(competition))[0])
    assert len(works.board(competition)) == 1
    assert works.board(competition, Split.PRIVATE) == []


@pytest.mark.parametrize(("verdict", "status"), NOT_COUNTED)
def test_these_outcomes_do_not_use_up_quota(
    works: Works, sandbox: FakeSandbox, verdict: Verdict, status: Status
) -> None:
    sandbox.verdict = verdict
    score_id = works.submitted()
    works.work(score_id)
    assert works.score(score_id).status is status
    assert not works.submission_of(score_id).counted
    assert works.team_of(score_id).submissions_made == 0


@pytest.mark.parametrize(("verdict", "status"), COUNTED)
def test_these_outcomes_use_up_quota(
    works: Works, sandbox: FakeSandbox, verdict: Verdict, status: Status
) -> None:
    sandbox.verdict = verdict
    score_id = works.submitted()
    works.work(score_id)
    assert works.score(score_id).status is status
    assert works.submission_of(score_id).counted
    assert works.team_of(score_id).submissions_made == 1


def test_a_rejection_keeps_all_faults(works: Works, sandbox: FakeSandbox) -> None:
    sandbox.verdict = fakes.rejected()
    score_id = works.submitted()
    works.work(score_id)
    (fault,) = works.score(score_id).errors
    assert fault == {
        "kind": "missing_rows",
        "message": "2 rows miss.",
        "advice": "Add them.",
        "count": 1,
    }


def test_only_the_host_reads_what_is_wrong_with_the_solution(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.host_error("Row 7 of the solution has no label.")
    score_id = works.submitted()
    works.work(score_id)
    score = works.score(score_id)
    assert score.host_message == "Row 7 of the solution has no label."
    assert "Row 7" not in score.message
    assert "did not count" in score.message


LABELS = "labels 0 1 1 0"  # what a hostile metric would like to tell a participant


@pytest.mark.parametrize(
    "verdict",
    [
        fakes.scored(),
        fakes.rejected(counts=True),
        fakes.host_error(LABELS),
        fakes.cut_off(),
        fakes.FAILED,
    ],
    ids=lambda verdict: str(verdict.outcome),
)
def test_log_and_detail_of_a_verdict_are_not_among_what_participants_read(
    works: Works, sandbox: FakeSandbox, verdict: Verdict
) -> None:
    sandbox.verdict = replace(verdict, log=LABELS, detail=LABELS)
    works = works.with_settings(failures_most=1)
    score_id = works.submitted()
    works.work(score_id)
    score = works.score(score_id)
    assert score.finished_at is not None
    assert LABELS not in f"{score.message} {score.errors} {score.reason}"


@pytest.mark.parametrize("reason", list(CutOff))
def test_what_was_cut_off_says_why(
    works: Works, sandbox: FakeSandbox, reason: CutOff
) -> None:
    sandbox.verdict = fakes.cut_off(reason)
    score_id = works.submitted()
    works.work(score_id)
    score = works.score(score_id)
    assert score.reason == reason
    assert score.message.startswith("Scoring was stopped because")
    assert score.host_message == "the end"


def test_a_failure_of_ours_is_tried_again_until_it_works(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.next.extend([fakes.FAILED, fakes.FAILED])
    score_id = works.submitted()
    for failures in (1, 2):
        works.jobs.sent.clear()
        works.work(score_id)
        score = works.score(score_id)
        assert (score.status, score.failures) == (Status.QUEUED, failures)
        assert works.jobs.sent[-1].id == f"score-{score_id}-{failures}"
    works.work(score_id)
    assert works.score(score_id).status is Status.SCORED
    assert works.score(score_id).attempt == 3


@pytest.mark.database
def test_after_the_last_failure_it_is_failed_and_not_charged(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.FAILED
    works = works.with_settings(failures_most=3)
    score_id = works.submitted()
    for _ in range(3):
        works.work(score_id)
    score = works.score(score_id)
    assert score.status is Status.FAILED
    assert "did not count" in score.message
    assert score.host_message == "it fell over"
    assert not works.submission_of(score_id).counted
    works.work(score_id)
    assert len(sandbox.jobs) == 3


def test_each_failure_rests_twice_as_long_up_to_a_minute(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.FAILED
    works = works.with_settings(failure_rest_s=2.0, failures_most=100)
    score_id = works.submitted()
    rests = []
    for _ in range(7):
        began = clock.now()
        works.work(score_id)
        not_before = works.score(score_id).not_before
        assert not_before is not None
        rests.append(round((not_before - began).total_seconds()))
        works.change(score_id, not_before=None)
    assert rests == [2, 4, 8, 16, 32, 60, 60]


def test_a_resting_row_is_not_taken(works: Works, sandbox: FakeSandbox) -> None:
    score_id = works.submitted()
    works.change(score_id, not_before=clock.now() + timedelta(minutes=1))
    works.work(score_id)
    assert sandbox.jobs == []
    works.later()
    works.work(score_id)
    assert works.score(score_id).status is Status.SCORED


def test_a_sandbox_out_of_reach_does_not_use_up_failures(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.UNREACHABLE
    works = works.with_settings(failures_most=2)
    score_id = works.submitted()
    for _ in range(6):
        works.work(score_id)
    score = works.score(score_id)
    assert (score.status, score.failures) == (Status.QUEUED, 0)
    sandbox.verdict = fakes.scored()
    works.work(score_id)
    assert works.score(score_id).status is Status.SCORED


def test_a_file_that_kills_its_worker_each_time_comes_to_an_end(
    works: Works, sandbox: FakeSandbox
) -> None:
    works = works.with_settings(failures_most=3)
    score_id = works.submitted()
    for _ in range(4):  # taken, and never heard of again
        with works.session() as session:
            assert claim(session, Score, score_id, lease_s=0.0) is not None
        works.later()
    works.work(score_id)
    assert works.score(score_id).status is Status.FAILED
    assert not works.submission_of(score_id).counted
    assert sandbox.jobs == []


def test_a_file_that_is_gone_from_storage_ends_as_a_failure_of_ours(
    works: Works, sandbox: FakeSandbox
) -> None:
    works = works.with_settings(failures_most=2)
    score_id = works.submitted()
    works.services.storage.delete(works.submission_of(score_id).sha256)
    works.work(score_id)
    works.work(score_id)
    score = works.score(score_id)
    assert score.status is Status.FAILED
    assert "storage" in score.host_message
    assert sandbox.jobs == []


@pytest.mark.parametrize(
    "outcome", [each for each in Outcome if each is not Outcome.FAILED]
)
def test_a_verdict_without_its_report_is_a_failure_of_ours(
    works: Works, sandbox: FakeSandbox, outcome: Outcome
) -> None:
    sandbox.verdict = Verdict(outcome=outcome, sandbox="fake")
    score_id = works.submitted()
    works.work(score_id)
    score = works.score(score_id)
    assert (score.status, score.failures) == (Status.QUEUED, 1)


def test_an_index_where_a_score_belongs_is_a_failure_of_ours(
    works: Works, sandbox: FakeSandbox
) -> None:
    report = Report(status=Outcome.PREPARED)
    sandbox.verdict = Verdict(outcome=Outcome.PREPARED, report=report, sandbox="fake")
    score_id = works.submitted()
    works.work(score_id)
    assert works.score(score_id).status is Status.QUEUED


@pytest.mark.database
def test_who_was_taken_over_writes_nothing(works: Works) -> None:
    competition = works.competition()
    team, user = works.team(competition)
    (score_id,) = works.submit(team, user)
    with works.session() as session:
        first = claim(session, Score, score_id, lease_s=0.0)
    works.later()
    with works.session() as session:
        second = claim(session, Score, score_id, lease_s=60.0)
    assert first is not None
    assert second is not None
    settings = works.services.settings
    with works.session() as session:
        assert not record(session, first, Judged(fakes.scored(0.1)), settings=settings)
    assert works.score(score_id).status is Status.RUNNING
    assert works.board(competition) == []
    with works.session() as session:
        assert record(session, second, Judged(fakes.scored(0.7)), settings=settings)
    with works.session() as session:
        assert not record(session, first, Judged(fakes.scored(0.1)), settings=settings)
    assert works.board(competition) == [Place(team.id, 0.7, 1)]
    assert works.version(competition) == 1


def test_a_score_delivered_twice_is_made_once(
    works: Works, sandbox: FakeSandbox
) -> None:
    score_id = works.submitted()
    works.work(score_id)
    works.work(score_id)
    assert len(sandbox.jobs) == 1
    assert works.score(score_id).attempt == 1


def test_a_row_that_is_gone_is_no_error(works: Works, sandbox: FakeSandbox) -> None:
    run.score(works.services, 12345)
    run.prepare(works.services, 12345)
    assert sandbox.jobs == []


@pytest.mark.database
def test_what_is_withdrawn_while_it_is_scored_stays_off_the_boards(
    works: Works, sandbox: FakeSandbox
) -> None:
    competition = works.competition()
    team, user = works.team(competition)
    (score_id,) = works.submit(team, user)
    sandbox.meanwhile = lambda job: works.withdraw(score_id, user)
    works.work(score_id)
    assert works.score(score_id).status is Status.SCORED
    assert works.board(competition) == []
    assert works.submission_of(score_id).counted


@pytest.mark.database
def test_no_transaction_is_open_while_the_sandbox_works(
    works: Works, sandbox: FakeSandbox
) -> None:
    score_id = works.submitted()
    sandbox.meanwhile = lambda job: works.change(score_id, host_message="written")
    works.work(score_id)
    assert works.score(score_id).status is Status.SCORED
    assert works.score(score_id).host_message == "written"


def test_the_sandbox_gets_index_and_file(works: Works, sandbox: FakeSandbox) -> None:
    works.work(works.submitted())
    assert sandbox.contents == [[b"an index", b"id,y\n1,0.25\n2,0.75\n"]]
