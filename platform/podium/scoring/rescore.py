"""A new revision: prepared, its scores made in the background, then put on the boards.

Until every submission has its score by the new revision the boards show the old one's.
"""

from __future__ import annotations

from sqlalchemy import exists, insert, literal, select
from sqlalchemy.orm import Session

from podium.competitions import queries as competitions
from podium.competitions.models import Competition, Revision
from podium.leaderboards import service as leaderboards
from podium.submissions.models import WAITING, Score, Submission


def begin(session: Session, *, revision: Revision) -> None:
    """Let every submission of the competition be scored by a prepared revision.

    The caller holds the competition's row. The first revision goes live at once.
    """
    missing = select(
        Submission.id,
        literal(revision.id),
        Submission.competition_id,
        Submission.team_id,
        literal(True),
    ).where(
        Submission.competition_id == revision.competition_id,
        Submission.withdrawn_at.is_(None),
        ~exists().where(
            Score.submission_id == Submission.id, Score.revision_id == revision.id
        ),
    )
    columns = (
        "submission_id",
        "revision_id",
        "competition_id",
        "team_id",
        "background",
    )
    session.execute(insert(Score).from_select(columns, missing))
    go_live_if_done(session, competition=revision.competition)


def go_live_if_done(session: Session, *, competition: Competition) -> bool:
    """Put the pending revision on the boards once nothing waits for it any more."""
    pending = competitions.pending_revision(session, competition=competition)
    if pending is None or session.scalar(
        select(
            exists().where(Score.revision_id == pending.id, Score.status.in_(WAITING))
        )
    ):
        return False
    competition.live_revision_id = pending.id
    session.flush()  # the boards are made from the live revision
    session.refresh(competition, ["live_revision"])
    leaderboards.rebuild(session, competition=competition)
    return True
