"""Uploads in three steps, as Kaggle's clients make them: announce, send, hand in."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core.errors import NotFound, Refused
from podium.core.ids import fingerprint, secret
from podium.core.storage import Blob
from podium.kaggle.models import KaggleUpload
from podium.settings import Settings
from podium.submissions import service as submissions
from podium.submissions.models import Submission

TOKEN_PREFIX = "up"  # noqa: S105 - how a secret begins, not one
USABLE_FOR = timedelta(hours=6)
KEPT_FOR = timedelta(days=2)
GONE = (
    "This upload address is not valid: it has expired or was used already. "
    "Submit the file again."
)


def announce(
    session: Session,
    *,
    user: User,
    competition: Competition,
    file_name: str,
    size: int,
    settings: Settings,
    now: datetime,
) -> str:
    """Make an address for one file and return its secret; refuses early what the
    submission itself would refuse."""
    submissions.check_open(
        session,
        competition=competition,
        user=user,
        now=now,
        rejections_per_hour=settings.rejections_per_hour,
    )
    submissions.check_file(
        competition=competition, file_name=file_name, size=size, description=""
    )
    session.execute(
        delete(KaggleUpload).where(KaggleUpload.expires_at < now - KEPT_FOR)
    )
    text = secret(TOKEN_PREFIX)
    upload = KaggleUpload(
        token_sha256=fingerprint(text),
        user_id=user.id,
        competition_id=competition.id,
        file_name=file_name.strip(),
        announced_size=size,
        created_at=now,
        expires_at=now + USABLE_FOR,
    )
    session.add(upload)
    return text


def waiting(session: Session, *, token: str, now: datetime) -> KaggleUpload:
    """The announced upload whose file has not come yet; raises NotFound."""
    found = _of_token(session, token, now)
    if found.sha256 is not None:
        raise NotFound(GONE, kind="gone")
    return found


def received(session: Session, *, token: str, blob: Blob, now: datetime) -> None:
    """Note the file of an upload; raises NotFound where another one came first."""
    hit = session.execute(
        update(KaggleUpload)
        .where(
            KaggleUpload.token_sha256 == fingerprint(token),
            KaggleUpload.sha256.is_(None),
            KaggleUpload.expires_at > now,
        )
        .values(sha256=blob.sha256, size=blob.size)
        .returning(KaggleUpload.id)
    ).first()
    if hit is None:
        raise NotFound(GONE, kind="gone")


def hand_in(
    session: Session,
    *,
    user: User,
    competition: Competition,
    token: str,
    description: str,
    settings: Settings,
    now: datetime,
) -> Submission:
    """Make a submission of an upload, once; raises what handing in raises.

    A refusal leaves the upload as it was, so that it can be handed in later. The caller
    commits, and then dispatches.
    """
    upload = _of_token(session, token, now)
    if (upload.user_id, upload.competition_id) != (user.id, competition.id):
        raise NotFound(GONE, kind="gone")
    if upload.sha256 is None or upload.size is None:
        raise Refused(
            "The file of this submission has not arrived. Submit it again.",
            kind="not_received",
        )
    _use(session, upload, now)
    return submissions.submit(
        session,
        competition=competition,
        user=user,
        blob=Blob(upload.sha256, upload.size),
        file_name=upload.file_name,
        description=description,
        now=now,
        rejections_per_hour=settings.rejections_per_hour,
    )


def _use(session: Session, upload: KaggleUpload, now: datetime) -> None:
    hit = session.execute(
        update(KaggleUpload)
        .where(KaggleUpload.id == upload.id, KaggleUpload.used_at.is_(None))
        .values(used_at=now)
        .returning(KaggleUpload.id)
    ).first()
    if hit is None:
        raise NotFound(GONE, kind="gone")


def _of_token(session: Session, token: str, now: datetime) -> KaggleUpload:
    found = session.scalar(
        select(KaggleUpload).where(KaggleUpload.token_sha256 == fingerprint(token))
    )
    if found is None or found.expires_at <= now:
        raise NotFound(GONE, kind="gone")
    return found
