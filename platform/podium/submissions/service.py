"""Handing in: the rules under the team's row lock, then a submission and its score row."""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions import queries as competition_queries
from podium.competitions import service as competitions
from podium.competitions.models import Competition
from podium.core.errors import Invalid, Refused, TooMany
from podium.core.storage import Blob
from podium.submissions import intake, queries
from podium.submissions.models import Score, Submission
from podium.teams import queries as team_queries
from podium.teams import service as teams
from podium.teams.models import Team


def allowance(
    session: Session, *, team: Team | None, competition: Competition, now: datetime
) -> intake.Allowance:
    """What a team (or, with None, a new team) may still hand in.

    Late submissions have each day's limit for themselves, and no total.
    """
    late = competition.takes_late(now)
    used_today = 0
    if team is not None:
        used_today = queries.used_today(session, team=team, now=now, late=late)
    return intake.allowance(
        per_day=competition.submissions_per_day,
        total=None if late else competition.submissions_total,
        used_today=used_today,
        used=team.submissions_made if team else 0,
        now=now,
    )


def check_open(
    session: Session,
    *,
    competition: Competition,
    user: User,
    now: datetime,
    rejections_per_hour: int,
) -> None:
    """Raise Refused (or TooMany) with the reason, before a byte of the file is read."""
    teams.require_joined(session, competition=competition, user=user, now=now)
    refusal = intake.timeline_refusal(
        title=competition.title,
        opens_at=competition.opens_at,
        closes_at=competition.closes_at,
        now=now,
        late=competition.takes_late(now),
    )
    if refusal is None and competition.live_revision_id is None:
        refusal = (
            f"{competition.title} is still being set up, so nothing can be scored yet. "
            "Try again in a minute."
        )
    if refusal is not None:
        raise Refused(refusal, kind="closed")
    team = team_queries.team_of(session, competition=competition, user=user)
    if team is not None:
        _check_quota(session, competition, team, now, rejections_per_hour)


def check_file(
    *, competition: Competition, file_name: str, size: int | None, description: str
) -> None:
    """Raise Invalid with everything that is wrong with a file before it is read."""
    faults = intake.file_refusal(
        file_name=file_name,
        size=size,
        most_bytes=competition.submission_max_bytes,
        formats=competition.submission_formats,
        description=description,
    )
    if faults:
        raise Invalid(" ".join(faults.values()), kind="invalid", fields=faults)


def submit(
    session: Session,
    *,
    competition: Competition,
    user: User,
    blob: Blob,
    file_name: str,
    description: str,
    now: datetime,
    rejections_per_hour: int,
    request_key: str = "",
) -> Submission:
    """Record a stored file as the team's submission, with a waiting score for every
    revision that judges; raises Refused, Invalid or TooMany.

    With a ``request_key`` that the user has sent a file with before, the answer is that
    submission. The caller commits, and then dispatches.
    """
    teams.require_joined(
        session, competition=competition, user=user, now=now, hold=True
    )
    # Read anew: the bytes may have taken hours. No revision goes live meanwhile.
    competition = competitions.lock(session, competition.id, shared=True)
    if earlier := _sent_before(session, competition, user, request_key, blob):
        return earlier
    check_open(
        session,
        competition=competition,
        user=user,
        now=now,
        rejections_per_hour=rejections_per_hour,
    )
    check_file(
        competition=competition,
        file_name=file_name,
        size=blob.size,
        description=description,
    )
    team = teams.team_or_new(session, competition=competition, user=user, now=now)
    teams.lock(session, team)
    teams.require_member(session, team=team, user=user)
    # Its twin may have come in while this one waited for the team's row.
    if earlier := _sent_before(session, competition, user, request_key, blob):
        return earlier
    _check_quota(session, competition, team, now, rejections_per_hour)
    late = competition.takes_late(now)
    if not late:
        team.submissions_made += 1
    submission = Submission(
        competition_id=competition.id,
        team_id=team.id,
        user_id=user.id,
        sha256=blob.sha256,
        size=blob.size,
        file_name=file_name.strip(),
        description=description.strip(),
        created_at=now,
        late=late,
        request_key=request_key or None,
    )
    session.add(submission)
    session.flush()  # gives the submission its id
    _let_wait(session, submission, competition.live_revision_id, background=False)
    pending = competition_queries.pending_revision(session, competition=competition)
    if pending is not None:  # about to follow the live one
        _let_wait(session, submission, pending.id, background=True)
    session.flush()  # gives the scores their ids
    return submission


def _sent_before(
    session: Session, competition: Competition, user: User, key: str, blob: Blob
) -> Submission | None:
    """What the user sent with this key before; raises Refused for another file."""
    earlier = queries.by_request_key(
        session, competition=competition, user=user, key=key
    )
    if earlier is not None and earlier.sha256 != blob.sha256:
        raise Refused(
            "This Idempotency-Key came with another file before. Take a new key for "
            "each submission."
        )
    return earlier


def refund(session: Session, *, submission: Submission) -> None:
    """Give the quota of a submission back, once."""
    team = session.get_one(Team, submission.team_id)
    teams.lock(session, team)
    session.refresh(submission, ["counted"])
    if submission.counted:
        submission.counted = False
        if not submission.late:
            team.submissions_made -= 1


def _let_wait(
    session: Session,
    submission: Submission,
    revision_id: int | None,
    *,
    background: bool,
) -> None:
    if revision_id is None:
        raise LookupError("nothing judges this competition yet")
    score = Score(
        submission_id=submission.id,
        revision_id=revision_id,
        competition_id=submission.competition_id,
        team_id=submission.team_id,
        background=background,
        queued_at=submission.created_at,
    )
    session.add(score)


def _check_quota(
    session: Session,
    competition: Competition,
    team: Team,
    now: datetime,
    rejections_per_hour: int,
) -> None:
    left = allowance(session, team=team, competition=competition, now=now)
    refusal = intake.quota_refusal(left)
    if refusal is not None:
        raise Refused(refusal, kind="quota")
    free_at = queries.free_again_at(
        session, team=team, now=now, most=rejections_per_hour
    )
    if free_at is not None:
        raise TooMany(
            f"Your team has sent {rejections_per_hour} files within an hour that did not "
            f"count against its limit. Wait until {free_at:%H:%M} UTC; meanwhile check "
            "your file against the sample submission.",
            retry_after_s=math.ceil((free_at - now).total_seconds()),
        )
