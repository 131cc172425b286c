"""Walking a competition's chain: whether what the database says is what was signed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, TypeAlias

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from podium.competitions.models import Competition, Revision
from podium.core import clock
from podium.core.db import Database
from podium.core.errors import NotFound
from podium.core.signing import signed
from podium.leaderboards import service as leaderboards
from podium.leaderboards.models import Board, Entry, Split
from podium.receipts import queries
from podium.receipts.models import Receipt, ReceiptChain
from podium.receipts.statements import scores_of
from podium.submissions.models import Score, Status, Submission
from podium.teams.models import Team
from podium_scorer import receipt as form

AT_ONCE = 500
NAMED = 20  # of scores and rows that should not be, so many are named
# By a submission's public id and the number of the revision that judged it.
Found: TypeAlias = dict[tuple[str, int], tuple[Score, Submission]]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at a competition's chain found; ``faults`` is empty for a sound one.

    ``before`` are scores from before there were receipts, ``gone`` receipts whose
    submission was deleted.
    """

    competition: str
    receipts: int
    sha256: str
    before: int
    gone: int
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = [
            f"The receipts of {self.competition} are sound: {self.receipts}, ending with "
            f"{self.sha256}",
            f"{self.before} scores are from before there were receipts.",
            f"Of {self.gone} receipts the submission was deleted.",
        ]
        wanted = (True, bool(self.before), bool(self.gone))
        return "\n".join(compress(said, wanted))


def verify(
    database: Database, *, slug: str, keys: Collection[str], noted: str = ""
) -> Verdict:
    """Look at a competition's whole chain as it is at one moment, and at the scores and
    boards beside it; raises NotFound.

    ``keys`` are the public keys that are believed; with ``noted``, whether the receipt with
    that hash, written down elsewhere before, still stands in the chain.
    """
    with Session(database.snapshot_engine) as session:
        competition = session.scalar(
            select(Competition).where(Competition.slug == slug)
        )
        if competition is None:
            raise NotFound(f"There is no competition “{slug}”.")
        return _verify(session, competition, keys, noted)


def _verify(
    session: Session, competition: Competition, keys: Collection[str], noted: str
) -> Verdict:
    chain, faults, gone, seen = form.Chain(competition.slug), [], 0, not noted
    revisions = queries.openings(session, competition=competition)
    for batch in _batches(session, competition):
        scores = _scores(session, competition, batch)
        for receipt in batch:
            faults += _faults(receipt, chain, revisions.get(receipt.revision), keys)
            found = scores.get((receipt.submission, receipt.revision))
            gone += found is None
            faults += [] if found is None else _differences(receipt, *found)
            seen = seen or receipt.sha256 == noted
            session.expunge(receipt)
    head = session.get(ReceiptChain, competition.id)
    if (
        (head.receipts, head.sha256) != (chain.number, chain.last)
        if head
        else (chain.number)
    ):
        faults.append(
            f"The chain ends with receipt {chain.number}, and should with receipt "
            f"{head.receipts if head else 0}."
        )
    faults += _broken_commitments(session, competition, revisions)
    faults += _without_receipt(session, competition, head)
    faults += _wrong_rows(session, competition)
    if not seen:
        faults.append(f"No receipt has the hash {noted}.")
    return Verdict(
        competition=competition.slug,
        receipts=chain.number,
        sha256=chain.last,
        before=_before(session, competition, head),
        gone=gone,
        faults=faults,
    )


def _batches(session: Session, competition: Competition) -> Iterator[list[Receipt]]:
    after = 0
    while batch := queries.links(
        session, competition=competition, after=after, limit=AT_ONCE
    ):
        after = batch[-1].number
        yield batch


def _scores(
    session: Session, competition: Competition, receipts: Sequence[Receipt]
) -> Found:
    rows = session.execute(
        select(Score, Submission, Revision.number)
        .join(Submission, Score.submission_id == Submission.id)
        .join(Revision, Score.revision_id == Revision.id)
        .where(
            Submission.public_id.in_([each.submission for each in receipts]),
            Score.competition_id == competition.id,
        )
    )
    return {
        (submission.public_id, number): (score, submission)
        for score, submission, number in rows
    }


def _faults(
    receipt: Receipt,
    chain: form.Chain,
    revision: dict[str, Any] | None,
    keys: Collection[str],
) -> list[str]:
    """What is wrong with a receipt itself and with its place."""
    try:
        document = form.read(queries.opened(receipt, revision))
    except ValueError as error:
        chain.add({"number": receipt.number}, receipt.sha256)
        return [f"Receipt {receipt.number} can't be read: {error}."]
    statement = document["statement"]
    found = form.faults(document, signed=signed)
    if receipt.key not in keys:
        found.append("It is signed with a key that is not this site's.")
    if (receipt.submission, receipt.revision) != (
        statement.get("submission"),
        statement.get("revision"),
    ):
        found.append("It is filed under another submission.")
    return [
        *chain.add(document["chain"], receipt.sha256),
        *(f"Receipt {receipt.number}: {fault}" for fault in found),
    ]


def _differences(
    receipt: Receipt, score: Score, submission: Submission
) -> Iterator[str]:
    """Where the score in the database is not the one of its receipt."""
    try:
        opening, statement = json.loads(receipt.opening), json.loads(receipt.statement)
    except ValueError:  # told already
        return
    if score.status is not Status.SCORED:
        yield f"Receipt {receipt.number}: its submission is {score.status} by now."
        return
    for name, value in scores_of(score).items():
        if opening.get(name) != value:
            yield (
                f"Receipt {receipt.number}: {name} of submission "
                f"{receipt.submission} is {value}, and was {opening.get(name)}."
            )
    was = statement.get("submission_sha256"), statement.get("received_at")
    if was != (submission.sha256, submission.created_at.isoformat()):
        yield f"Receipt {receipt.number}: submission {receipt.submission} was changed."


def _broken_commitments(
    session: Session, competition: Competition, openings: dict[int, Any]
) -> Iterator[str]:
    """Revisions that are no longer what was published of them."""
    now = clock.now()
    for each in queries.commitments(session, competition=competition, now=now):
        if form.digest(openings[each.revision]) != each.sha256:
            yield f"Revision {each.revision} is not the one that was committed to."


def _without_receipt(
    session: Session, competition: Competition, head: ReceiptChain | None
) -> Iterator[str]:
    """Scores that were never signed, though there were receipts."""
    if head is None:
        return
    rows = session.execute(
        select(Submission.public_id, Revision.number)
        .select_from(Score)
        .join(Submission, Score.submission_id == Submission.id)
        .join(Revision, Score.revision_id == Revision.id)
        .outerjoin(
            Receipt,
            and_(
                Receipt.submission == Submission.public_id,
                Receipt.competition_id == Score.competition_id,
                Receipt.revision == Revision.number,
            ),
        )
        .where(
            Score.competition_id == competition.id,
            Score.status == Status.SCORED,
            Score.finished_at >= head.began_at,
            Receipt.id.is_(None),
        )
        .limit(NAMED)
    )
    for submission, revision in rows:
        yield f"Submission {submission} has a score by revision {revision}, no receipt."


def _wrong_rows(session: Session, competition: Competition) -> Iterator[str]:
    """Teams whose rows on the boards are not what the scores make of them."""
    revision = competition.live_revision
    if revision is None:
        return
    for split in Split:
        right = leaderboards.definition(competition, revision, split).subquery()
        shown = (
            select(Entry)
            .join(Board, Entry.board_id == Board.id)
            .where(Board.competition_id == competition.id, Board.split == split)
            .subquery()
        )
        differs = [
            shown.c[name].is_distinct_from(right.c[name])
            for name in ("submission_id", "score", "sort_key", "at")
        ]
        rows = session.execute(
            select(Team.public_id, shown.c.score, right.c.score)
            .select_from(Team)
            .outerjoin(shown, shown.c.team_id == Team.id)
            .outerjoin(right, right.c.team_id == Team.id)
            .where(Team.competition_id == competition.id, or_(*differs))
            .order_by(Team.id)
            .limit(NAMED)
        )
        for team, there, wanted in rows:
            yield (
                f"The {split} board shows {_said(there)} for team {team}, and should "
                f"show {_said(wanted)}."
            )


def _said(score: float | None) -> str:
    return "nothing" if score is None else f"{score}"


def _before(
    session: Session, competition: Competition, head: ReceiptChain | None
) -> int:
    counted = (
        select(func.count())
        .select_from(Score)
        .where(Score.competition_id == competition.id, Score.status == Status.SCORED)
    )
    if head is not None:
        counted = counted.where(Score.finished_at < head.began_at)
    return session.scalar(counted) or 0
