"""Whatever is done to a competition's receipts, scores or boards in the database shows."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition, Revision
from podium.core import clock, keys
from podium.core.errors import NotFound
from podium.core.signing import SigningKey
from podium.leaderboards.models import Entry
from podium.receipts import verification
from podium.receipts.models import Commitment, Receipt, ReceiptChain
from podium.submissions.models import Score, Submission
from podium_scorer import receipt as form
from tests.podium import fakes
from tests.podium.fakes import FakeSandbox
from tests.podium.scoring.works import Works

Tampering = Callable[[Session], object]
SECOND = Receipt.number == 2


@pytest.fixture
def scored(works: Works, sandbox: FakeSandbox) -> Works:
    """Three teams on the board, each with a receipt."""
    competition = works.competition()
    for public in (0.9, 0.8, 0.7):
        sandbox.verdict = fakes.scored(public, public / 2, interval=(0.1, 0.95))
        works.work(works.submit(*works.team(competition))[0])
    return works


def verify(works: Works, noted: str = "") -> verification.Verdict:
    key = keys.receipt_key(works.services.settings).public
    return verification.verify(
        works.services.database, slug="stars", keys={key}, noted=noted
    )


def set_receipt(**values: object) -> Tampering:
    return lambda session: session.execute(
        update(Receipt).where(SECOND).values(**values)
    )


def set_score(**values: object) -> Tampering:
    return lambda session: session.execute(
        update(Score).where(Score.public == 0.8).values(**values)
    )


def in_text(column: str, old: str, new: str) -> Tampering:
    """Change a piece of a text that was signed."""

    def tamper(session: Session) -> None:
        receipt = session.scalars(select(Receipt).where(SECOND)).one()
        before = getattr(receipt, column)
        assert old in before
        setattr(receipt, column, before.replace(old, new))

    return tamper


def swap(session: Session) -> None:
    """Let the second and third receipt change places."""
    for old, new in ((2, 9), (3, 2), (9, 3)):
        session.execute(update(Receipt).where(Receipt.number == old).values(number=new))


def write_anew(session: Session) -> None:
    """A receipt with another score and everything that goes with it but the key."""
    receipt = session.scalars(select(Receipt).where(SECOND)).one()
    said, opening = json.loads(receipt.statement), json.loads(receipt.opening)
    said["public"] = opening["public"] = 0.95
    said["sealed"]["scores"] = form.digest(opening)
    link = form.link(
        competition="stars",
        number=2,
        previous=receipt.previous,
        statement=form.digest(said),
    )
    forger = SigningKey(b"\7" * 32)
    receipt.statement = form.canonical(said).decode()
    receipt.opening = form.canonical(opening).decode()
    receipt.sha256, receipt.key = form.digest(link), forger.public
    receipt.signature = forger.sign(form.canonical(link))
    session.execute(update(Score).where(Score.public == 0.8).values(public=0.95))


def cut_the_end(session: Session) -> None:
    session.execute(delete(Receipt).where(Receipt.number == 3))


def cut_the_end_and_the_head(session: Session) -> None:
    cut_the_end(session)
    last = session.scalars(select(Receipt).where(SECOND)).one()
    session.execute(update(ReceiptChain).values(receipts=2, sha256=last.sha256))


def other_submission(session: Session) -> None:
    session.execute(
        update(Receipt).where(SECOND).values(submission=_of_the_first(session))
    )


def _of_the_first(session: Session) -> str:
    return session.scalars(select(Receipt.submission).where(Receipt.number == 1)).one()


TAMPERINGS: dict[str, Tampering] = {
    "public score in the statement": in_text("statement", '"public":0.8', '"public":1'),
    "time in the statement": in_text("statement", "+00:00", "+01:00"),
    "private score in the opening": in_text("opening", '"private":0.4', '"private":1'),
    "statement that is no JSON": set_receipt(statement="{"),
    "opening that is no JSON": set_receipt(opening="nothing"),
    "salt": in_text("opening", '"salt":"', '"salt":"0'),
    "previous": set_receipt(previous="0" * 64),
    "sha256": set_receipt(sha256="0" * 64),
    "signature": set_receipt(signature="0" * 128),
    "key": set_receipt(key=SigningKey(b"\7" * 32).public),
    "number": set_receipt(number=7),
    "revision": set_receipt(revision=2),
    "submission": other_submission,
    "order": swap,
    "a receipt lost": lambda session: session.execute(delete(Receipt).where(SECOND)),
    "the end lost": cut_the_end,
    "the end and the head lost": cut_the_end_and_the_head,
    "the head": lambda session: session.execute(
        update(ReceiptChain).values(receipts=9)
    ),
    "all receipts lost": lambda session: session.execute(delete(Receipt)),
    "all written anew with another key": write_anew,
    "public score": set_score(public=0.99),
    "private score": set_score(private=0.99),
    "interval": set_score(private_low=None, public_high=0.951),
    "status": set_score(status="failed"),
    "submission's file": lambda session: session.execute(
        update(Submission)
        .where(Submission.public_id == _of_the_first(session))
        .values(sha256="0" * 64)
    ),
    "solution": lambda session: session.execute(
        update(Revision).values(solution_sha256="0" * 64)
    ),
    "commitment": lambda session: session.execute(
        update(Commitment).values(sha256="0" * 64)
    ),
    "a row of the board": lambda session: session.execute(
        update(Entry).where(Entry.score == 0.4).values(score=0.99)
    ),
    "the order of the board": lambda session: session.execute(
        update(Entry).where(Entry.score == 0.4).values(sort_key=-0.99)
    ),
    "a row of the board lost": lambda session: session.execute(
        delete(Entry).where(Entry.score == 0.4)
    ),
}


@pytest.mark.database
def test_a_chain_that_nobody_touched_is_sound(scored: Works) -> None:
    found = verify(scored)
    assert (found.receipts, found.before, found.gone, found.faults) == (3, 0, 0, [])


def test_a_late_score_has_a_receipt_and_the_boards_stay_sound(
    scored: Works, sandbox: FakeSandbox
) -> None:
    with scored.session() as session:
        session.scalars(select(Competition)).one().closes_at = clock.now()
        sent = session.scalars(select(Submission)).all()[0]
        team, user = sent.team, session.get_one(User, sent.user_id)
    sandbox.verdict = fakes.scored(1.0, 1.0)
    (late,) = scored.submit(team, user)
    scored.work(late)
    assert scored.submission_of(late).late
    found = verify(scored)
    assert (found.receipts, found.faults) == (4, [])


@pytest.mark.database
@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(scored: Works, name: str) -> None:
    with scored.session() as session:
        TAMPERINGS[name](session)
    assert verify(scored).faults != []


def test_a_score_that_was_slipped_in_is_found(scored: Works) -> None:
    with scored.session() as session:
        competition = session.scalars(select(Revision)).one().competition
    team, user = scored.team(competition)
    sent = scored.make.submission(team, user, public=0.99, private=0.99)
    assert verify(scored).faults == [
        f"Submission {sent.public_id} has a score by revision 1, no receipt."
    ]


def test_a_hash_that_was_noted_stands_in_the_chain_or_does_not(scored: Works) -> None:
    with scored.session() as session:
        noted = session.scalars(select(Receipt.sha256).where(SECOND)).one()
    assert verify(scored, noted=noted).faults == []
    assert verify(scored, noted="0" * 64).faults == [
        f"No receipt has the hash {'0' * 64}."
    ]


def test_receipts_of_an_earlier_key_are_sound_where_it_is_named(scored: Works) -> None:
    settings = scored.services.settings
    earlier = keys.receipt_key(settings).public
    (settings.data_dir / keys.RECEIPT_KEY).unlink()
    assert len(verify(scored).faults) == 3
    now = keys.receipt_key(settings).public
    both = verification.verify(
        scored.services.database, slug="stars", keys={now, earlier}
    )
    assert both.faults == []


def test_of_a_competition_that_is_not_there_it_says_so(scored: Works) -> None:
    with pytest.raises(NotFound, match="moons"):
        verification.verify(scored.services.database, slug="moons", keys=set())
