"""Reading receipts: who may see which, and what of them is still sealed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, joinedload

from podium.accounts.models import User
from podium.competitions import queries as competitions
from podium.competitions.models import Competition, Revision, Stage
from podium.core.errors import NotFound
from podium.core.ids import fingerprint
from podium.leaderboards.models import Board, Entry, Split
from podium.receipts.models import Commitment, Receipt, ReceiptChain
from podium.receipts.statements import revision_opening
from podium.submissions.models import Submission
from podium.teams.models import Membership
from podium_scorer import receipt as form


@dataclass(frozen=True, kw_only=True)
class Committed:
    """What a competition has said of a solution before anybody saw it."""

    revision: int
    sha256: str
    made_at: datetime
    live: bool
    opening: dict[str, Any] | None  # once the competition has ended


def head(session: Session, *, competition: Competition) -> tuple[int, str]:
    """How many receipts the competition's chain has, and the hash that it ends with."""
    found = session.get(ReceiptChain, competition.id)
    return (found.receipts, found.sha256) if found else (0, form.START)


def commitments(
    session: Session, *, competition: Competition, now: datetime
) -> list[Committed]:
    """The commitments of a competition, one for each revision that could judge."""
    ended = competition.stage(now) is Stage.ENDED
    found = session.scalars(
        select(Commitment)
        .join(Revision, Commitment.revision_id == Revision.id)
        .where(Revision.competition_id == competition.id)
        .order_by(Revision.number)
        .options(joinedload(Commitment.revision))
    )
    return [
        Committed(
            revision=each.revision.number,
            sha256=each.sha256,
            made_at=each.made_at,
            live=each.revision_id == competition.live_revision_id,
            opening=revision_opening(each.revision, each.salt) if ended else None,
        )
        for each in found
    ]


def openings(session: Session, *, competition: Competition) -> dict[int, Any]:
    """What opens a competition's commitments, by the numbers of the revisions. Secret until
    its end."""
    rows = session.execute(
        select(Revision, Commitment.salt)
        .join(Commitment, Commitment.revision_id == Revision.id)
        .where(Revision.competition_id == competition.id)
    )
    return {each.number: revision_opening(each, secret) for each, secret in rows}


def links(
    session: Session, *, competition: Competition, after: int = 0, limit: int = 50
) -> list[Receipt]:
    """The receipts of a competition's chain after a number, in their order."""
    found = (
        select(Receipt)
        .where(Receipt.competition_id == competition.id, Receipt.number > after)
        .order_by(Receipt.number)
        .limit(limit)
    )
    return list(session.scalars(found))


def by_public_id(
    session: Session, *, public_id: str, viewer: User | None, now: datetime
) -> Receipt:
    """A receipt: for its team and the competition's hosts always, for everybody once the
    competition has ended and the score stands on its final board; raises NotFound."""
    found = session.scalar(select(Receipt).where(Receipt.public_id == public_id))
    if found is not None and (
        competitions.hosts(found.competition, viewer)
        or _is_of(session, found, viewer)
        or _is_public(session, found, now)
    ):
        return found
    raise NotFound(
        "There is no such receipt, or it is its team's alone until the competition ends. "
        "Check the address."
    )


def newest_of(
    session: Session, *, submissions: Iterable[Submission]
) -> dict[str, Receipt]:
    """The receipts of submissions by the revisions that are live, by their public ids."""
    wanted = [each.public_id for each in submissions]
    if not wanted:
        return {}
    rows = session.scalars(
        select(Receipt)
        .join(Competition, Receipt.competition_id == Competition.id)
        .join(Revision, Revision.id == Competition.live_revision_id)
        .where(Receipt.submission.in_(wanted), Receipt.revision == Revision.number)
        .order_by(Receipt.number)
    )
    return {each.submission: each for each in rows}


def of_final_board(
    session: Session, *, competition: Competition, team_ids: Iterable[int]
) -> dict[int, Receipt]:
    """The receipts of the scores that teams have on the private board, by the teams' ids;
    the caller sees to it that the board is open."""
    entries = session.scalars(
        select(Entry)
        .join(Board, Entry.board_id == Board.id)
        .where(_final(competition.id), Entry.team_id.in_(list(team_ids)))
        .options(joinedload(Entry.submission))
    ).all()
    found = newest_of(session, submissions=[each.submission for each in entries])
    return {
        each.team_id: found[each.submission.public_id]
        for each in entries
        if each.submission.public_id in found
    }


def document(session: Session, receipt: Receipt, *, now: datetime) -> dict[str, Any]:
    """A receipt as it is handed out; what it seals is opened once the competition ended."""
    if receipt.competition.stage(now) is not Stage.ENDED:
        return sealed(receipt)
    known = openings(session, competition=receipt.competition)
    return opened(receipt, known.get(receipt.revision))


def opened(receipt: Receipt, revision: dict[str, Any] | None) -> dict[str, Any]:
    """A receipt with what opens its seals: it tells the private score."""
    opening = {"scores": json.loads(receipt.opening), "revision": revision}
    return sealed(receipt) | {"opening": opening}


def sealed(receipt: Receipt) -> dict[str, Any]:
    """A receipt without what opens its seals."""
    statement = json.loads(receipt.statement)
    return {
        "statement": statement,
        "chain": chain_of(receipt, str(statement["competition"])),
        "sha256": receipt.sha256,
        "key": receipt.key,
        "signature": receipt.signature,
        "opening": None,
    }


def chain_of(receipt: Receipt, competition: str) -> dict[str, Any]:
    """A receipt's place in the chain of a competition, by its slug."""
    return form.link(
        competition=competition,
        number=receipt.number,
        previous=receipt.previous,
        statement=fingerprint(receipt.statement),
    )


def _is_of(session: Session, receipt: Receipt, viewer: User | None) -> bool:
    if viewer is None:
        return False
    member = exists().where(
        Submission.public_id == receipt.submission,
        Membership.team_id == Submission.team_id,
        Membership.user_id == viewer.id,
    )
    return bool(session.scalar(select(member)))


def _is_public(session: Session, receipt: Receipt, now: datetime) -> bool:
    competition = receipt.competition
    if not competition.launched(now) or competition.stage(now) is not Stage.ENDED:
        return False
    placed = exists().where(
        Submission.public_id == receipt.submission,
        Entry.submission_id == Submission.id,
        Board.id == Entry.board_id,
        _final(competition.id),
    )
    return bool(session.scalar(select(placed)))


def _final(competition_id: int) -> ColumnElement[bool]:
    return and_(Board.competition_id == competition_id, Board.split == Split.PRIVATE)
