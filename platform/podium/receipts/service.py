"""Writing commitments and receipts, each in the transaction of what it is about."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from podium.competitions.models import Competition, Revision
from podium.core import clock
from podium.core.ids import salt
from podium.core.keys import receipt_key
from podium.receipts import statements
from podium.receipts.models import Commitment, Receipt, ReceiptChain
from podium.settings import Settings
from podium.submissions.models import Score, Submission
from podium.teams.models import Team
from podium_scorer import receipt as form
from podium_scorer.contract import Report


def commit_to(session: Session, *, revision: Revision) -> Commitment:
    """The commitment to a revision, made where there is none yet: when it is prepared, or
    with its first score where an older release prepared it. The caller holds the
    competition's row, and commits."""
    found = session.get(Commitment, revision.id)
    if found is None:
        secret = salt()
        found = Commitment(
            revision_id=revision.id,
            salt=secret,
            sha256=form.digest(statements.revision_opening(revision, secret)),
            made_at=clock.now(),
        )
        session.add(found)
    return found


def issue(
    session: Session,
    *,
    competition: Competition,
    score: Score,
    report: Report,
    settings: Settings,
) -> Receipt:
    """Write the receipt of a score that was just made, as the next of its competition's
    chain. The caller holds the competition's row, so that the chain can't fork, and
    commits. Raises keys.Damaged where the key is lost."""
    key = receipt_key(settings)
    revision = session.get_one(Revision, score.revision_id)
    opening = statements.scores_opening(score)
    submission = session.get_one(Submission, score.submission_id)
    statement = statements.statement(
        site=settings.site_url,
        competition=competition,
        revision=revision,
        submission=submission,
        team=session.get_one(Team, score.team_id),
        score=score,
        report=report,
        opening=opening,
        commitment=commit_to(session, revision=revision).sha256,
    )
    chain = _chain(session, competition, began_at=score.finished_at or clock.now())
    link = form.link(
        competition=competition.slug,
        number=chain.receipts + 1,
        previous=chain.sha256,
        statement=form.digest(statement),
    )
    made = Receipt(
        competition_id=competition.id,
        number=link["number"],
        submission=submission.public_id,
        revision=revision.number,
        statement=form.canonical(statement).decode(),
        opening=form.canonical(opening).decode(),
        previous=chain.sha256,
        sha256=form.digest(link),
        key=key.public,
        signature=key.sign(form.canonical(link)),
    )
    session.add(made)
    chain.receipts, chain.sha256 = made.number, made.sha256
    session.flush()  # so that two scores of one transaction follow each other
    return made


def _chain(
    session: Session, competition: Competition, *, began_at: datetime
) -> ReceiptChain:
    """The competition's chain as it is now, whatever was read before."""
    found = session.get(ReceiptChain, competition.id, populate_existing=True)
    if found is None:
        found = ReceiptChain(
            competition_id=competition.id,
            receipts=0,
            sha256=form.START,
            began_at=began_at,
        )
        session.add(found)
    return found
