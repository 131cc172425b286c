"""Keeping the boards equal to their definition, in the transaction that changes a score."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from podium.competitions.models import Competition, Revision
from podium.leaderboards import ranking
from podium.leaderboards.models import Board, Entry, Split
from podium.submissions.models import Score, Status, Submission


@dataclass(frozen=True)
class _Best:
    standing: ranking.Standing
    score: float
    low: float | None
    high: float | None


def boards_of(session: Session, *, competition: Competition) -> dict[Split, Board]:
    """The competition's two boards, made where they are not there yet."""
    boards = {
        board.split: board
        for board in session.scalars(
            select(Board).where(Board.competition_id == competition.id)
        )
    }
    for split in Split:
        if split not in boards:
            boards[split] = Board(competition_id=competition.id, split=split, version=0)
            session.add(boards[split])
    session.flush()  # gives new boards their ids
    return boards


def refresh_team(session: Session, *, competition: Competition, team_id: int) -> None:
    """Make a team's rows on both boards anew from its scores.

    The caller holds the team's row, so that two scores of one team come one after the other.
    """
    revision = competition.live_revision
    if revision is None:
        return
    for split, board in boards_of(session, competition=competition).items():
        best = _best_of_team(session, revision, team_id, split)
        _write_entry(session, board, team_id, best)
        _bump(session, board)


def rebuild(session: Session, *, competition: Competition) -> None:
    """Make the boards anew from the live revision's scores."""
    boards = boards_of(session, competition=competition)
    teams = session.scalars(
        select(Score.team_id)
        .where(Score.competition_id == competition.id)
        .distinct()
        .order_by(Score.team_id)
    ).all()
    for split, board in boards.items():
        session.execute(delete(Entry).where(Entry.board_id == board.id))
        session.expire_all()
        if (revision := competition.live_revision) is not None:
            for team_id in teams:
                best = _best_of_team(session, revision, team_id, split)
                _write_entry(session, board, team_id, best)
        _bump(session, board)


def _best_of_team(
    session: Session, revision: Revision, team_id: int, split: Split
) -> _Best | None:
    value, low, high = (
        (Score.public, Score.public_low, Score.public_high)
        if split is Split.PUBLIC
        else (Score.private, Score.private_low, Score.private_high)
    )
    rows = session.execute(
        select(Submission.id, Submission.created_at, value, low, high)
        .join(Submission, Score.submission_id == Submission.id)
        .where(
            Score.revision_id == revision.id,
            Score.team_id == team_id,
            Score.status == Status.SCORED,
            value.is_not(None),
            Submission.withdrawn_at.is_(None),
        )
    ).all()
    details = {row[0]: (row[2], row[3], row[4]) for row in rows}
    standing = ranking.standing(
        [
            ranking.Scored(
                submission_id=row[0],
                team_id=team_id,
                at=row[1],
                sort_key=ranking.sort_key(
                    row[2], higher_is_better=revision.higher_is_better
                ),
            )
            for row in rows
        ]
    )
    if standing is None:
        return None
    return _Best(standing, *details[standing.best.submission_id])


def _write_entry(
    session: Session, board: Board, team_id: int, best: _Best | None
) -> None:
    entry = session.get(Entry, (board.id, team_id))
    if best is None:
        if entry is not None:
            session.delete(entry)
    else:
        session.merge(
            Entry(
                board_id=board.id,
                team_id=team_id,
                sort_key=best.standing.best.sort_key,
                score=best.score,
                low=best.low,
                high=best.high,
                at=best.standing.best.at,
                submission_id=best.standing.best.submission_id,
                submissions=best.standing.submissions,
                last_at=best.standing.last_at,
            )
        )
    session.flush()  # the entry stands before the version tells of it


def _bump(session: Session, board: Board) -> None:
    session.execute(
        update(Board)
        .where(Board.id == board.id)
        .values(version=Board.version + 1)
        .execution_options(synchronize_session=False)
    )
