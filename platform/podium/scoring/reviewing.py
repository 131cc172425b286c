"""What a host does with a team's submission: take it off the boards, put it back, score it
again. Who may is looked at before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from podium.competitions.models import Competition
from podium.core import audit
from podium.core.errors import Invalid, Refused
from podium.core.models import Act
from podium.scoring.service import hold, hold_scores, show_change, take_back
from podium.submissions import queries
from podium.submissions import service as submissions
from podium.submissions.models import Score, Status, Submission

REASON_CHARS = 500
# Ends that may be different another time: the metric, a limit or the machine was mended.
AGAIN = (Status.HOST_ERROR, Status.FAILED, Status.CUT_OFF)


def remove(
    session: Session, *, submission: Submission, reason: str, now: datetime
) -> None:
    """Take a submission off the boards, also after the end, with a reason that its team
    reads; raises Invalid without one, Refused where it is off already. The caller
    commits."""
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= REASON_CHARS or not reason.isprintable():
        sentence = f"Say why, in 1 to {REASON_CHARS} characters: the team reads it."
        raise Invalid(sentence, kind="invalid", fields={"reason": sentence})
    competition = hold(session, submission)
    if submission.withdrawn_at is not None:
        raise Refused("This submission is off the boards already.")
    submission.withdrawn_at, submission.withdrawn_reason = now, reason
    submission.selected_at = None
    if take_back(session, submission, now):
        submissions.refund(session, submission=submission)
    show_change(session, competition, submission)
    _record(session, Act.SUBMISSION_REMOVED, competition, submission, reason)


def restore(session: Session, *, submission: Submission) -> None:
    """Put back what the host took off; raises Refused for what its team took back."""
    competition = hold(session, submission)
    if not submission.withdrawn_reason:
        raise Refused("Only what a host took off the boards can be put back.")
    submission.withdrawn_at, submission.withdrawn_reason = None, ""
    for score in hold_scores(session, submission):
        if score.status is Status.WITHDRAWN:
            _queue(score)
    show_change(session, competition, submission)
    _record(session, Act.SUBMISSION_RESTORED, competition, submission)


def score_again(session: Session, *, submission: Submission) -> None:
    """Have a submission scored once more that ended without a score through no fault of
    the file; raises Refused for any other. The caller commits, and then dispatches."""
    competition = hold(session, submission)
    shown = queries.shown_score(submission)
    if submission.withdrawn_at is not None or shown is None:
        raise Refused("This submission is off the boards. Put it back first.")
    (score,) = [
        each for each in hold_scores(session, submission) if each.id == shown.id
    ]
    if score.status not in AGAIN:
        raise Refused(
            f"This submission is {score.status}; only what the metric, a limit or the "
            "machine kept from a score is scored again. For a mended solution or metric "
            "push a new bundle: it scores everything anew."
        )
    _queue(score)
    _record(session, Act.SUBMISSION_SCORED_AGAIN, competition, submission)


def _record(
    session: Session,
    act: Act,
    competition: Competition,
    submission: Submission,
    reason: str = "",
) -> None:
    target = f"submission {submission.public_id} in {competition.slug}"
    audit.record(session, act, target, reason=reason)


def _queue(score: Score) -> None:
    score.status, score.failures = Status.QUEUED, 0
    score.sent_at = score.not_before = score.lease_until = None
    score.started_at = score.finished_at = score.reason = None
    score.errors, score.message, score.host_message, score.log = [], "", "", ""
