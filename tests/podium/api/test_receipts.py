"""The chain is everybody's, a receipt its team's until the end."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from podium.core import keys
from podium.core.signing import signed
from podium.receipts.models import Receipt
from podium.submissions.models import Submission
from podium_scorer import receipt as form
from tests.podium.api.world import Caller, World


@pytest.fixture
def receipt(world: World) -> Receipt:
    """Ada's receipt; Grace leads."""
    world.competition("stars")
    ada, _ = world.participant("stars", "ada")
    grace, _ = world.participant("stars", "grace")
    world.receipt(world.sent("stars", grace, public=0.8, private=0.7))
    return world.receipt(world.sent("stars", ada, public=0.712345678, private=0.654321))


@pytest.fixture
def ada(world: World, receipt: Receipt) -> Caller:
    return world.caller(_sent(world, receipt).user)


def _sent(world: World, receipt: Receipt) -> Submission:
    """The submission of a receipt, with its team and its sender."""
    with world.session() as session:
        return session.scalars(
            select(Submission)
            .where(Submission.public_id == receipt.submission)
            .options(joinedload(Submission.user), joinedload(Submission.team))
        ).one()


def test_a_team_gets_its_receipt_sealed(
    world: World, receipt: Receipt, ada: Caller
) -> None:
    answer = ada("get", f"/receipts/{receipt.public_id}")
    assert answer.status_code == 200
    assert answer.json["opening"] is None
    assert answer.json["statement"]["public"] == 0.71235
    assert "0.65" not in answer.text
    assert form.faults(form.read(answer.json), signed=signed) == []


def test_nobody_else_gets_it_before_the_end(world: World, receipt: Receipt) -> None:
    for who in (world.anonymous, world.caller()):
        answer = who("get", f"/receipts/{receipt.public_id}")
        assert answer.status_code == 404
        assert receipt.sha256 not in answer.text


def test_after_the_end_everybody_gets_it_opened(world: World, receipt: Receipt) -> None:
    world.end("stars")
    answer = world.anonymous("get", f"/receipts/{receipt.public_id}")
    assert answer.status_code == 200
    assert answer.json["opening"]["scores"]["private"] == 0.654321
    assert form.faults(form.read(answer.json), signed=signed) == []


def test_what_is_not_on_the_final_board_stays_its_teams(
    world: World, receipt: Receipt, ada: Caller
) -> None:
    sent = _sent(world, receipt)
    assert sent.user is not None
    second = world.receipt(
        world.submission(sent.team, sent.user, public=0.6, private=0.5)
    )
    world.end("stars")
    assert world.anonymous("get", f"/receipts/{second.public_id}").status_code == 404
    assert ada("get", f"/receipts/{second.public_id}").status_code == 200


def test_a_submission_names_its_receipt(
    world: World, receipt: Receipt, ada: Caller
) -> None:
    answer = ada("get", f"/submissions/{receipt.submission}")
    assert answer.json["receipt"] == f"/api/v1/receipts/{receipt.public_id}"


def test_the_chain_is_everybodys_and_tells_no_score(
    world: World, receipt: Receipt
) -> None:
    answer = world.anonymous("get", "/competitions/stars/receipts?limit=1")
    first = answer.json
    rest = world.anonymous(
        "get", f"/competitions/stars/receipts?limit=1&cursor={first['next']}"
    ).json
    assert rest["next"] is None
    links = [*first["items"], *rest["items"]]
    walk = form.Chain("stars")
    assert [
        fault for each in links for fault in walk.add(each["chain"], each["sha256"])
    ] == []
    assert all(
        signed(each["key"], form.canonical(each["chain"]), each["signature"])
        for each in links
    )
    assert (first["receipts"], first["sha256"]) == (2, walk.last)
    assert first["key"] == keys.receipt_key(world.services.settings).public
    assert receipt.submission not in answer.text
    assert "0.7" not in answer.text


def test_the_commitment_is_opened_at_the_end(world: World, receipt: Receipt) -> None:
    path = "/competitions/stars/receipts"
    (before,) = world.anonymous("get", path).json["commitments"]
    world.end("stars")
    (after,) = world.anonymous("get", path).json["commitments"]
    assert before["opening"] is None
    assert after["opening"]["solution_sha256"] == "2" * 64
    assert form.digest(after["opening"]) == before["sha256"]


def test_a_draft_tells_nothing(world: World) -> None:
    world.competition("stars", launched_at=None)
    assert world.anonymous("get", "/competitions/stars/receipts").status_code == 404
