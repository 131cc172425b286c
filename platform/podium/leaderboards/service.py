"""Keeping the boards equal to their definition, in the transaction that changes a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from podium.competitions.models import Competition, Revision
from podium.leaderboards import ranking
from podium.leaderboards.models import Board, Entry, Split
from podium.submissions.models import Score, Status, Submission


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
        rows = session.execute(
            _scored(revision, split).where(Score.team_id == team_id)
        ).all()
        _clear(session, board, Entry.team_id == team_id)
        if rows:
            most = _most_finals(competition, split)
            session.execute(insert(Entry), [_entry(board, revision, rows, most)])
        _bump(session, board)


def rebuild(session: Session, *, competition: Competition) -> None:
    """Make the boards anew from the live revision's scores.

    One statement a board, in the database: a million scores take it seconds, in which
    SQLite lets nobody else write.
    """
    revision = competition.live_revision
    for split, board in boards_of(session, competition=competition).items():
        _clear(session, board)
        if revision is not None:
            best = definition(competition, revision, split)
            columns = ["board_id", *best.selected_columns.keys()]
            rows = select(literal(board.id), *best.subquery().columns)
            session.execute(insert(Entry).from_select(columns, rows))
        _bump(session, board)


def definition(
    competition: Competition, revision: Revision, split: Split
) -> Select[*tuple[Any, ...]]:
    """The rows that a board has to have by its definition, with the columns of an Entry but
    for its board."""
    return _best_of_all(revision, split, _most_finals(competition, split))


def finals_of_all(revision: Revision, *, most: int) -> Select[tuple[int]]:
    """The numbers of every team's finals, as ``ranking.finals`` defines them, in SQL."""
    ordered = _scored(revision, Split.PUBLIC).subquery()
    wanted = select(ordered.c.id)
    return wanted.where(ordered.c.chance <= most) if most else wanted


def finals_of(
    session: Session, *, competition: Competition, team_id: int
) -> frozenset[int]:
    """The numbers of a team's submissions that count for the private board by now."""
    revision = competition.live_revision
    if revision is None:
        return frozenset()
    rows = session.execute(
        _scored(revision, Split.PUBLIC).where(Score.team_id == team_id)
    )
    most = competition.final_selections
    return frozenset(row.id for row in rows if not most or row.chance <= most)


def _most_finals(competition: Competition, split: Split) -> int:
    """How many of a team's submissions a board takes into account; 0 for all."""
    return competition.final_selections if split is Split.PRIVATE else 0


def _best_of_all(
    revision: Revision, split: Split, most: int
) -> Select[*tuple[Any, ...]]:
    """Every team's standing, as ``ranking.standing`` defines it, in SQL."""
    scored = _scored(revision, split).subquery()
    team = scored.c.team_id
    counts = (scored.c.chance > most) if most else literal(False)
    key = (-scored.c.score if revision.higher_is_better else scored.c.score) + 0.0
    best_key, worst_key = _ends(revision, scored, key)
    numbered = select(
        team,
        key.label("sort_key"),
        scored.c.score,
        scored.c.low,
        scored.c.high,
        best_key.label("best_key"),
        worst_key.label("worst_key"),
        scored.c.created_at.label("at"),
        scored.c.id.label("submission_id"),
        func.count().over(partition_by=team).label("submissions"),
        func.max(scored.c.created_at).over(partition_by=team).label("last_at"),
        func.row_number()
        .over(
            partition_by=team,
            order_by=(counts, key, scored.c.created_at, scored.c.id),
        )
        .label("place"),
    ).subquery()
    wanted = [column for column in numbered.c if column.key != "place"]
    return select(*wanted).where(numbered.c.place == 1)


def _ends(
    revision: Revision,
    scored: Subquery,
    key: ColumnElement[float],
) -> tuple[ColumnElement[float], ColumnElement[float]]:
    """A score's ``ranking.ends``, in SQL."""
    low, high = scored.c.low, scored.c.high
    better, worse = (-high, -low) if revision.higher_is_better else (low, high)
    whole = low.is_not(None) & high.is_not(None)
    return (
        case((whole & (better < key), better), else_=key),
        case((whole & (worse > key), worse), else_=key),
    )


def _scored(revision: Revision, split: Split) -> Select[*tuple[Any, ...]]:
    """What a board is made of: the scores that one revision gave on one split, without
    those of late submissions.

    ``chance`` numbers each team's from 1: first those it selected, then by public score.
    """
    value, low, high = (
        (Score.public, Score.public_low, Score.public_high)
        if split is Split.PUBLIC
        else (Score.private, Score.private_low, Score.private_high)
    )
    return (
        select(
            Score.team_id,
            Submission.id,
            Submission.created_at,
            value.label("score"),
            low.label("low"),
            high.label("high"),
            func.row_number()
            .over(
                partition_by=Score.team_id,
                order_by=(
                    Submission.selected_at.is_(None),
                    -Score.public if revision.higher_is_better else Score.public,
                    Submission.created_at,
                    Submission.id,
                ),
            )
            .label("chance"),
        )
        .join(Submission, Score.submission_id == Submission.id)
        .where(
            Score.revision_id == revision.id,
            Score.status == Status.SCORED,
            value.is_not(None),
            Submission.withdrawn_at.is_(None),
            Submission.late.is_(False),
        )
    )


def _entry(
    board: Board, revision: Revision, rows: Sequence[Any], most: int
) -> dict[str, Any]:
    """A team's row on a board, from its scores; there is at least one."""
    details = {row.id: row for row in rows}
    standing = ranking.standing(
        [
            ranking.Scored(
                submission_id=row.id,
                team_id=row.team_id,
                at=row.created_at,
                sort_key=ranking.sort_key(
                    row.score, higher_is_better=revision.higher_is_better
                ),
            )
            for row in rows
        ],
        final={row.id for row in rows if not most or row.chance <= most},
    )
    best = standing.best
    shown = details[best.submission_id]
    best_key, worst_key = ranking.ends(
        shown.score,
        shown.low,
        shown.high,
        higher_is_better=revision.higher_is_better,
    )
    return {
        "board_id": board.id,
        "team_id": best.team_id,
        "sort_key": best.sort_key,
        "score": shown.score,
        "low": shown.low,
        "high": shown.high,
        "best_key": best_key,
        "worst_key": worst_key,
        "at": best.at,
        "submission_id": best.submission_id,
        "submissions": standing.submissions,
        "last_at": standing.last_at,
    }


def _clear(session: Session, board: Board, *conditions: ColumnElement[bool]) -> None:
    session.execute(
        delete(Entry)
        .where(Entry.board_id == board.id, *conditions)
        .execution_options(synchronize_session="fetch")
    )


def _bump(session: Session, board: Board) -> None:
    session.execute(
        update(Board)
        .where(Board.id == board.id)
        .values(version=Board.version + 1)
        .execution_options(synchronize_session=False)
    )
