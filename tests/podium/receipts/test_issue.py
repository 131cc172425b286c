"""Receipts are written with the scores, tell nothing private, and bind the solution."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from podium.competitions.models import Competition, Revision
from podium.core import clock, keys
from podium.core.signing import SigningKey, signed
from podium.receipts import queries, verification
from podium.receipts.models import Commitment, Receipt
from podium.submissions.models import Score, Status, Submission
from podium_scorer import receipt as form
from tests.podium import fakes
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works
from tests.podium.threads import at_once

TEAMS = 5


def receipts(works: Works) -> list[Receipt]:
    with works.session() as session:
        return list(session.scalars(select(Receipt).order_by(Receipt.id)))


def document(works: Works, number: int = 0, *, ended: bool = False) -> dict[str, Any]:
    """A receipt as its team gets it, as if the competition had ended."""
    with works.session() as session:
        receipt = session.scalars(select(Receipt).order_by(Receipt.id)).all()[number]
        later = timedelta(days=100 if ended else 0)
        return queries.document(session, receipt, now=clock.now() + later)


def key_of(works: Works) -> str:
    return keys.receipt_key(works.services.settings).public


def verdict(works: Works, slug: str = "stars") -> verification.Verdict:
    return verification.verify(works.services.database, slug=slug, keys={key_of(works)})


@pytest.mark.database
def test_a_score_has_a_receipt_that_says_what_judged_what(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.scored(0.912345678, 0.8, interval=(0.85, 0.95))
    score_id = works.submitted()
    works.work(score_id)
    said = document(works)["statement"]
    submission, team = works.submission_of(score_id), works.team_of(score_id)
    assert said["competition"] == "stars"
    assert said["team"] == team.public_id
    assert said["submission"] == submission.public_id
    assert said["submission_sha256"] == submission.sha256
    assert said["received_at"] == submission.created_at.isoformat()
    assert said["scored_at"] is not None
    assert said["metric"]["name"] == "roc_auc"
    assert (said["scorer"], said["sandbox"], said["image"]) == ("1.0", "fake", None)
    assert said["public"] == 0.91235  # as boards show it
    assert said["public_interval"] == [0.85, 0.95]


@pytest.mark.parametrize(
    "outcome",
    [fakes.rejected(), fakes.host_error(), fakes.cut_off(), fakes.FAILED],
    ids=lambda verdict: str(verdict.outcome),
)
def test_what_is_no_score_has_no_receipt(
    works: Works, sandbox: FakeSandbox, outcome: Any
) -> None:
    sandbox.verdict = outcome
    works.work(works.submitted())
    assert receipts(works) == []


@pytest.mark.database
def test_the_exact_scores_are_sealed_until_the_end(
    works: Works, sandbox: FakeSandbox
) -> None:
    sandbox.verdict = fakes.scored(0.912345678, 0.823456789)
    works.work(works.submitted())
    before, after = document(works), document(works, ended=True)
    assert before["opening"] is None
    for digits in ("0.8234", "0.9123456"):
        assert digits not in json.dumps(before)
    assert after["opening"]["scores"]["private"] == 0.823456789
    assert after["opening"]["scores"]["public"] == 0.912345678
    assert before == after | {"opening": None}
    for each in (before, after):
        assert form.faults(form.read(each), signed=signed) == []


def test_equal_scores_are_sealed_by_salts_of_their_own(works: Works) -> None:
    competition = works.competition()
    team, user = works.team(competition)
    for score_id in works.submit(team, user, 2):
        works.work(score_id)
    seals = {json.loads(each.statement)["sealed"]["scores"] for each in receipts(works)}
    assert len(seals) == 2


@pytest.mark.database
def test_receipts_of_a_competition_follow_each_other(works: Works) -> None:
    stars, moons = works.competition("stars"), works.competition("moons")
    for competition in (stars, moons, stars):
        team, user = works.team(competition)
        works.work(works.submit(team, user)[0])
    first, other, second = receipts(works)
    assert (first.number, second.number, other.number) == (1, 2, 1)
    assert (first.previous, other.previous) == (form.START, form.START)
    assert second.previous == first.sha256
    with works.session() as session:
        found = session.get_one(Competition, stars.id)
        assert queries.head(session, competition=found) == (2, second.sha256)


@pytest.mark.database
def test_workers_at_once_make_one_chain(works: Works) -> None:
    competition = works.competition()
    waiting = [works.submit(*works.team(competition), 2) for _ in range(TEAMS)]

    def work(score_ids: list[int]) -> None:
        for score_id in score_ids:
            works.work(score_id)

    done = at_once([lambda ids=ids: work(ids) for ids in waiting])
    assert done == [None] * TEAMS
    found = verdict(works)
    assert (found.receipts, found.faults) == (2 * TEAMS, [])


@pytest.mark.database
def test_a_new_revision_writes_new_receipts_and_keeps_the_old(works: Works) -> None:
    competition = works.competition()
    team, user = works.team(competition)
    works.work(works.submit(team, user)[0])
    works.revision(competition, metric_params={"average": "macro"})
    works.work_off()
    first, second = receipts(works)
    assert (first.revision, second.revision) == (1, 2)
    assert first.submission == second.submission
    assert verdict(works).faults == []
    with works.session() as session:
        submission = session.scalars(select(Submission)).one()
        shown = queries.newest_of(session, submissions=[submission])
        assert shown[submission.public_id].id == second.id


def test_a_result_that_comes_too_late_writes_no_receipt(
    works: Works, sandbox: FakeSandbox
) -> None:
    score_id = works.submitted()

    def taken_over(_job: object) -> None:
        works.change(score_id, attempt=9)

    sandbox.meanwhile = taken_over
    works.work(score_id)
    assert receipts(works) == []


@pytest.mark.database
def test_a_prepared_solution_is_committed_to_at_once(works: Works) -> None:
    competition = works.competition(live=False)
    works.prepare(works.revision(competition, number=1))
    with works.session() as session:
        held = session.get_one(Competition, competition.id)
        now = clock.now()
        (open_,) = queries.commitments(session, competition=held, now=now)
        later = now + timedelta(days=100)
        (ended,) = queries.commitments(session, competition=held, now=later)
        solution = session.scalars(select(Revision.solution_sha256)).one()
    assert (open_.live, open_.opening) == (True, None)
    assert ended.opening is not None
    assert ended.opening["solution_sha256"] == solution
    assert form.digest(ended.opening) == open_.sha256 == ended.sha256


def test_the_same_solution_in_two_revisions_has_two_commitments(works: Works) -> None:
    competition = works.competition(live=False)
    for number in (1, 2):
        works.prepare(works.revision(competition, number=number))
    with works.session() as session:
        found = session.scalars(select(Commitment.sha256)).all()
    assert len(set(found)) == 2


def test_a_revision_of_an_older_release_is_committed_to_with_its_first_score(
    works: Works,
) -> None:
    works.work(works.submitted())
    said = document(works)["statement"]
    with works.session() as session:
        assert (
            session.scalars(select(Commitment.sha256)).one()
            == (said["sealed"]["revision"])
        )


def test_parameters_of_an_organizers_own_metric_stay_with_its_host(
    works: Works,
) -> None:
    score_id = works.submitted()
    with works.session() as session:
        session.execute(
            update(Revision).values(
                metric_sha256=works.store(b"def score(): ..."),
                metric_params={"secret_weight": 0.123456},
            )
        )
    works.work(score_id)
    said = document(works)["statement"]["metric"]
    assert (said["own"], said["params"]) == (True, None)
    assert said["source_sha256"] == works.store(b"def score(): ...")


def test_the_key_is_made_once_and_its_owners_alone(works: Works) -> None:
    works.work(works.submitted())
    path = works.services.settings.data_dir / keys.RECEIPT_KEY
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text()
    works.work(works.submitted(slug="moons"))
    assert path.read_text() == before
    assert {each.key for each in receipts(works)} == {key_of(works)}


def test_a_key_of_the_settings_comes_first(works: Works) -> None:
    works = works.with_settings(receipt_key="05" * 32)
    works.work(works.submitted())
    assert {each.key for each in receipts(works)} == {SigningKey(b"\5" * 32).public}
    assert not (works.services.settings.data_dir / keys.RECEIPT_KEY).exists()


@pytest.mark.parametrize("content", ["", "not a key", "ab" * 31])
def test_a_damaged_key_is_told_and_not_replaced(works: Works, content: str) -> None:
    path = Path(works.services.settings.data_dir) / keys.RECEIPT_KEY
    path.write_text(content)
    with pytest.raises(keys.Damaged, match="Bring it back from a backup"):
        key_of(works)
    assert path.read_text() == content


def test_a_signature_is_by_its_key_alone() -> None:
    key, other = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
    signature = key.sign(b"a message")
    assert signed(key.public, b"a message", signature)
    assert not signed(other.public, b"a message", signature)
    assert not signed(key.public, b"another", signature)
    assert not signed(key.public, b"a message", signature[:-2])
    for nonsense in ("", "zz", "ab", "é"):
        assert not signed(nonsense, b"a message", signature)
        assert not signed(key.public, b"a message", nonsense)


def test_a_key_signs_as_the_standard_says() -> None:
    # Test 2 of RFC 8032, section 7.1.
    key = SigningKey(
        bytes.fromhex(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
        )
    )
    assert key.public == (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    assert key.sign(b"\x72") == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@pytest.mark.database
def test_a_team_that_is_deleted_leaves_the_chain_whole(works: Works) -> None:
    competition = works.competition()
    (gone, user), other = works.team(competition), works.team(competition)
    for team, sender in ((gone, user), other):
        works.work(works.submit(team, sender)[0])
    with works.session() as session:
        session.delete(session.get_one(type(gone), gone.id))
    found = verdict(works)
    assert (found.receipts, found.gone, found.faults) == (2, 1, [])


def test_scores_from_before_are_counted_and_no_fault(works: Works) -> None:
    competition = works.competition()
    team, user = works.team(competition)
    works.make.submission(
        team, user, public=0.5, private=0.5, at=clock.now() - timedelta(days=2)
    )
    works.work(works.submit(team, user)[0])
    found = verdict(works)
    assert (found.receipts, found.before, found.faults) == (1, 1, [])
    with works.session() as session:
        scored = session.scalars(select(Score).where(Score.status == Status.SCORED))
        assert len(scored.all()) == 2
