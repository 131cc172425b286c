"""A whole board as a CSV that spreadsheets can open without running anything."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from podium.competitions.metrics import decimals_of
from podium.competitions.models import Competition
from podium.core.numbers import rounded
from podium.leaderboards import queries
from podium.leaderboards.models import Split
from podium.leaderboards.queries import Row

HEADER = (
    "Rank", "TeamId", "TeamName", "LastSubmissionDate", "Score", "Low95", "High95",
    "BestRank", "WorstRank", "SubmissionCount", "TeamMemberUserNames", "Zone",
)  # fmt: skip
BATCH_ROWS = 2000
# What makes a spreadsheet take a cell for a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def board_csv(
    session: Session, *, competition: Competition, split: Split, now: datetime
) -> str:
    """Every row of a board, best first, with the metric's decimals. Raises NotAllowed while the
    private board is closed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    decimals = decimals_of(competition.live_revision)
    for row in _rows(session, competition, split, now):
        writer.writerow(_cells(row, decimals))
    return text.getvalue()


def zipped_board(session: Session, *, competition: Competition, now: datetime) -> bytes:
    """The board that is open as a ZIP of one CSV, as Kaggle gives it out."""
    split = queries.open_split(competition, now=now)
    text = board_csv(session, competition=competition, split=split, now=now)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{competition.slug}-{split}leaderboard.csv", text)
    return held.getvalue()


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe in front where
    it would."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _rows(
    session: Session, competition: Competition, split: Split, now: datetime
) -> Iterator[Row]:
    after = None
    while True:
        page = queries.board_page(
            session,
            competition=competition,
            split=split,
            now=now,
            limit=BATCH_ROWS,
            after=after,
        )
        yield from page.rows
        after = page.next
        if after is None:
            return


def _cells(row: Row, decimals: int) -> tuple[object, ...]:
    members = ",".join(member.username for member in row.members)
    return (
        row.rank,
        row.team_id,
        safe_cell(row.team_name),
        row.at.strftime("%Y-%m-%d %H:%M:%S"),
        rounded(row.score, decimals),
        rounded(row.low, decimals),
        rounded(row.high, decimals),
        *(row.ranks or (None, None)),
        row.submissions,
        safe_cell(members),
        row.zone or "",
    )
