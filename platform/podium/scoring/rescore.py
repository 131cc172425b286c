"""A new revision: prepared, its scores made in the background, then put on the boards.

Until every submission has its score by the new revision the boards show the old one's.
"""

from __future__ import annotations

from sqlalchemy import exists, insert, literal, select
from sqlalchemy.orm import Session

from podium.competitions import queries as competitions
from podium.competitions.models import Competition, Part, Revision
from podium.leaderboards import service as leaderboards
from podium.submissions.models import WAITING, Score, Submission


def begin(session: Session, *, revision: Revision) -> None:
    """Let every submission of the competition be scored by a prepared revision.

    The run after a code competition's end is for those that count: each team's finals. The
    caller holds
    the competition's row. The first revision goes live at once.
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
    competition = revision.competition
    if revision.part is Part.PRIVATE and competition.live_revision is not None:
        finals = leaderboards.finals_of_all(
            competition.live_revision, most=competition.final_selections
        )
        missing = missing.where(Submission.id.in_(finals))
    columns = (
        "submission_id",
        "revision_id",
        "competition_id",
        "team_id",
        "background",
    )
    session.execute(insert(Score).from_select(columns, missing))
    go_live_if_done(session, competition=revision.competition)


def begin_private_run(session: Session, *, competition: Competition) -> Revision | None:
    """Make the revision that runs an ended code competition's programs on the private
    inputs, once nothing waits any more; None where there is no need.

    The caller holds the competition's row.
    """
    live = competition.live_revision
    newest = competitions.newest_revision(session, competition=competition)
    if live is None or newest is not live or live.part is not Part.PUBLIC:
        return None
    waits = exists().where(Score.revision_id == live.id, Score.status.in_(WAITING))
    if session.scalar(select(waits)):
        return None
    kept = {
        name: getattr(live, name)
        for name in (
            "competition_id",
            "judges_sha256",
            "solution_sha256",
            "sample_sha256",
            "id_column",
            "metric",
            "metric_params",
            "higher_is_better",
            "metric_sha256",
            "metric_title",
            "metric_decimals",
            "metric_shows_errors",
            "program",
            "image_id",  # what ran in public runs again
        )
    }
    revision = Revision(number=live.number + 1, part=Part.PRIVATE, **kept)
    session.add(revision)
    session.flush()  # the dispatcher looks for it
    return revision


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
