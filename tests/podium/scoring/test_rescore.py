"""A revision's way: prepared, scored in the background, then on the boards at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from podium.accounts.models import User
from podium.competitions.models import Competition, Part, RevisionState
from podium.competitions.programs import Program
from podium.leaderboards.models import Split
from podium.scoring import rescore
from podium.scoring.sweep import sweep
from podium.submissions.models import Score, Status
from podium.teams.models import Team
from podium_scorer.contract import (
    CutOff,
    Job,
    Outcome,
    PrepareJob,
    Report,
    ScoreJob,
    Verdict,
)
from tests.podium import fakes
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Place, Works
from tests.podium.threads import at_once, errors

FAULT = "Line 7 of the solution has no label."


def scores_of(works: Works, revision_id: int) -> list[Score]:
    with works.session() as session:
        query = select(Score).where(Score.revision_id == revision_id)
        return list(session.scalars(query.order_by(Score.id)))


@pytest.fixture
def played(works: Works) -> tuple[Competition, list[tuple[Team, User]]]:
    """A competition with two teams that have a score."""
    competition = works.competition()
    teams = [works.team(competition) for _ in range(2)]
    for team, user in teams:
        works.submit(team, user)
    works.work_off()
    return competition, teams


def test_a_prepared_solution_is_ready_and_its_index_stored(works: Works) -> None:
    competition = works.competition(live=False)
    revision_id = works.revision(competition, 1)
    works.prepare(revision_id)
    revision = works.get_revision(revision_id)
    assert revision.state is RevisionState.READY
    assert (revision.public_rows, revision.private_rows) == (30, 70)
    assert revision.index_sha256 is not None
    with works.services.storage.open(revision.index_sha256) as file:
        assert file.read() == fakes.INDEX


def test_the_first_revision_goes_live_at_once(works: Works) -> None:
    competition = works.competition(live=False)
    revision_id = works.revision(competition, 1)
    works.prepare(revision_id)
    assert works.live(competition) == revision_id


def test_the_sandbox_gets_solution_and_sample(
    works: Works, sandbox: FakeSandbox
) -> None:
    works.prepare(works.revision(works.competition()))
    (job,) = sandbox.jobs
    assert isinstance(job, PrepareJob)
    assert (job.metric.name, job.id_column) == ("roc_auc", "id")
    assert [content[:2] for content in sandbox.contents[0]] == [b"id", b"id"]


@pytest.mark.database
def test_a_second_revision_is_scored_behind_the_boards_and_then_live(
    works: Works,
    sandbox: FakeSandbox,
    played: tuple[Competition, list[tuple[Team, User]]],
) -> None:
    competition, teams = played
    old = works.live(competition)
    revision_id = works.revision(competition)
    sandbox.verdict = fakes.scored(0.9, 0.8)
    works.prepare(revision_id)
    first, second = scores_of(works, revision_id)
    assert first.background
    assert (first.status, first.attempt, first.errors) == (Status.QUEUED, 0, [])
    works.work(first.id)
    assert works.live(competition) == old
    assert works.board(competition) == [Place(team.id, 0.5, 1) for team, _ in teams]
    works.work(second.id)
    assert works.live(competition) == revision_id
    assert works.board(competition) == [Place(team.id, 0.9, 1) for team, _ in teams]
    private = works.board(competition, Split.PRIVATE)
    assert private == [Place(team.id, 0.8, 1) for team, _ in teams]


def test_old_scores_stay_beside_the_new(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, _ = played
    old = works.live(competition)
    assert old is not None
    before = [(each.id, each.public) for each in scores_of(works, old)]
    works.prepare(works.revision(competition))
    works.work_off()
    assert [(each.id, each.public) for each in scores_of(works, old)] == before


def test_a_lower_is_better_revision_turns_the_board_around(
    works: Works,
    sandbox: FakeSandbox,
    played: tuple[Competition, list[tuple[Team, User]]],
) -> None:
    competition, teams = played
    revision_id = works.revision(competition, metric="rmse", higher_is_better=False)
    works.prepare(revision_id)
    first, second = scores_of(works, revision_id)
    sandbox.next.extend([fakes.scored(3.0), fakes.scored(2.0)])
    works.work(first.id)
    works.work(second.id)
    assert [place.score for place in works.board(competition)] == [2.0, 3.0]
    assert works.board(competition)[0].team_id == teams[1][0].id


def test_who_submits_meanwhile_is_scored_by_both(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, teams = played
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    works.submit(*teams[0])
    assert [each.background for each in scores_of(works, revision_id)] == [True] * 3
    works.work_off()
    assert works.live(competition) == revision_id
    assert sorted(place.submissions for place in works.board(competition)) == [1, 2]


@pytest.mark.database
def test_no_submission_slips_between_two_revisions(works: Works) -> None:
    competition = works.competition(submissions_per_day=100)
    teams = [works.team(competition) for _ in range(6)]
    revision_id = works.revision(competition)

    def prepare() -> list[int]:
        works.prepare(revision_id)
        return []

    submits = [lambda team=team: works.submit(*team, 3) for team in teams]
    assert errors(at_once([*submits[:3], prepare, *submits[3:]])) == []
    works.work_off()
    assert works.live(competition) == revision_id
    assert len(scores_of(works, revision_id)) == 18
    assert [place.submissions for place in works.board(competition)] == [3] * 6


PROGRAM = Program(
    image="python",
    entry="main.py",
    output="submission.csv",
    inputs=(),
    wall_s=60,
    memory_mb=512,
    shows_log=True,
).to_json()


def test_a_pinned_image_stays_pinned_when_the_revision_is_prepared(
    works: Works,
) -> None:
    competition = works.competition(live=False)
    pinned = works.revision(competition, 1, program=PROGRAM, image_id="sha256:abc")
    works.prepare(pinned)
    revision = works.get_revision(pinned)
    assert (revision.state, revision.image_id) == (RevisionState.READY, "sha256:abc")
    unpinned = works.revision(competition, 2, program=PROGRAM)
    works.prepare(unpinned)
    assert "no image 'python'" in works.get_revision(unpinned).fault


def test_the_run_after_the_end_keeps_the_image_of_the_public_one(
    works: Works,
) -> None:
    competition = works.competition(live=False)
    works.prepare(
        works.revision(
            competition,
            1,
            program=PROGRAM,
            image_id="sha256:abc",
            part=Part.PUBLIC,
        )
    )
    with works.session() as session:
        held = session.get_one(Competition, competition.id)
        private = rescore.begin_private_run(session, competition=held)
        assert private is not None
        assert (private.part, private.image_id) == (Part.PRIVATE, "sha256:abc")


def test_what_was_withdrawn_is_not_scored_anew(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, teams = played
    team, user = teams[0]
    (score_id,) = works.submit(team, user)
    works.withdraw(score_id, user)
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    assert len(scores_of(works, revision_id)) == 2


def test_withdrawing_the_last_one_that_waits_lets_the_revision_go_live(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, teams = played
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    first, second = scores_of(works, revision_id)
    works.work(first.id)
    works.withdraw(second.id, teams[1][1])
    assert works.live(competition) == revision_id
    assert [place.team_id for place in works.board(competition)] == [teams[0][0].id]


def test_the_newest_of_two_ready_revisions_wins(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, _ = played
    works.prepare(works.revision(competition, 2))
    third = works.revision(competition, 3)
    works.prepare(third)
    works.work_off()
    assert works.live(competition) == third


def test_an_older_revision_that_is_ready_late_changes_nothing(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, _ = played
    second, third = works.revision(competition, 2), works.revision(competition, 3)
    works.prepare(third)
    works.work_off()
    works.prepare(second)
    works.work_off()
    assert works.live(competition) == third


@pytest.mark.parametrize(
    "verdict",
    [
        fakes.host_error(FAULT),
        fakes.cut_off(CutOff.MEMORY),
        fakes.rejected(),
    ],
)
def test_a_faulty_revision_leaves_the_boards_to_the_old_one(
    works: Works,
    sandbox: FakeSandbox,
    played: tuple[Competition, list[tuple[Team, User]]],
    verdict: Verdict,
) -> None:
    competition, teams = played
    old = works.live(competition)
    before = works.board(competition)
    sandbox.prepared = verdict
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    revision = works.get_revision(revision_id)
    assert revision.state is RevisionState.FAULTY
    assert revision.fault
    assert works.live(competition) == old
    assert works.board(competition) == before
    works.submit(*teams[0])
    works.work_off()
    assert works.board(competition)[0].submissions == 2


def test_a_faulty_revision_keeps_what_is_wrong_for_the_host(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.prepared = fakes.host_error(FAULT)
    revision_id = works.revision(works.competition())
    works.prepare(revision_id)
    assert works.get_revision(revision_id).fault == FAULT


def test_preparing_is_tried_again_after_failures_of_ours(
    works: Works, sandbox: FakeSandbox
) -> None:
    works = works.with_settings(failures_most=3)
    revision_id = works.revision(works.competition())
    sandbox.next.extend([fakes.FAILED, fakes.UNREACHABLE, fakes.FAILED])
    for failures in (1, 1, 2):
        works.prepare(revision_id)
        revision = works.get_revision(revision_id)
        assert (revision.state, revision.failures) == (RevisionState.QUEUED, failures)
    works.prepare(revision_id)
    assert works.get_revision(revision_id).state is RevisionState.READY


def test_after_the_last_failure_the_revision_is_faulty(
    works: Works, sandbox: FakeSandbox
) -> None:
    works = works.with_settings(failures_most=2)
    sandbox.prepared = fakes.FAILED
    revision_id = works.revision(works.competition())
    works.prepare(revision_id)
    works.prepare(revision_id)
    revision = works.get_revision(revision_id)
    assert revision.state is RevisionState.FAULTY
    assert revision.fault == "it fell over"


def test_who_was_taken_over_while_preparing_writes_nothing(
    works: Works, sandbox: FakeSandbox
) -> None:
    competition = works.competition()
    old = works.live(competition)
    revision_id = works.revision(competition)

    def take_over(_job: Job) -> None:
        works.set_state(revision_id, RevisionState.RUNNING, attempt=9)

    sandbox.meanwhile = take_over
    works.prepare(revision_id)
    assert works.get_revision(revision_id).state is RevisionState.RUNNING
    assert works.live(competition) == old


def test_a_revision_whose_last_worker_died_is_put_live_by_the_sweeper(
    works: Works, played: tuple[Competition, list[tuple[Team, User]]]
) -> None:
    competition, _ = played
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    for score in scores_of(works, revision_id):
        works.change(score.id, status=Status.SCORED, public=0.7)
    sweep(works.services)
    assert works.live(competition) == revision_id
    assert [place.score for place in works.board(competition)] == [0.7, 0.7]


def test_a_new_verdict_gives_no_quota_back(
    works: Works,
    sandbox: FakeSandbox,
    played: tuple[Competition, list[tuple[Team, User]]],
) -> None:
    competition, teams = played
    revision_id = works.revision(competition)
    works.prepare(revision_id)
    sandbox.verdict = fakes.rejected()
    works.work_off()
    assert works.live(competition) == revision_id
    assert works.board(competition) == []
    with works.session() as session:
        assert session.get_one(Team, teams[0][0].id).submissions_made == 1


def test_a_score_job_names_the_metric_and_the_file(
    works: Works, sandbox: FakeSandbox
) -> None:
    works.work(works.submitted())
    (job,) = sandbox.jobs
    assert isinstance(job, ScoreJob)
    assert (job.metric.name, job.submission_name) == ("roc_auc", "predictions.csv")
    assert job.caps.formats == ("csv", "csv.gz", "zip", "parquet")


def test_a_report_without_rows_is_no_share(works: Works, sandbox: FakeSandbox) -> None:
    report = Report(status=Outcome.PREPARED)
    sandbox.prepared = Verdict(outcome=Outcome.PREPARED, report=report, sandbox="fake")
    revision_id = works.revision(works.competition())
    works.prepare(revision_id)
    assert works.get_revision(revision_id).public_rows == 0
