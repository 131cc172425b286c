"""Who leads, by how much, and where am I?"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from podium.accounts.identity import viewer
from podium.competitions.models import Competition, Stage
from podium.competitions.queries import by_slug
from podium.core import clock, web
from podium.core.downloads import attachment
from podium.core.paging import cursor_of, key_of
from podium.leaderboards import queries
from podium.leaderboards.export import board_csv
from podium.leaderboards.models import Split
from podium.leaderboards.reveal import shake_up

bp = Blueprint("leaderboards", __name__, template_folder="templates")


@bp.get("/c/<slug>/leaderboard")
def show(slug: str) -> ResponseReturnValue:
    """A page of the public board, or of the private one after the end."""
    competition, now = by_slug(web.session(), slug), clock.now()
    board = queries.board_page(
        web.session(),
        competition=competition,
        split=_asked(competition, now),
        now=now,
        viewer=viewer(),
        after=_after(request.args.get("cursor", "")),
        search=request.args.get("search", ""),
    )
    return render_template(
        "leaderboards/show.html",
        competition=competition,
        board=board,
        next=cursor_of("board", *board.next) if board.next else None,
        search=request.args.get("search", "").strip(),
        tab="leaderboard",
    )


@bp.get("/c/<slug>/leaderboard/reveal")
def reveal(slug: str) -> ResponseReturnValue:
    """How did the final board differ from the public one?"""
    competition = by_slug(web.session(), slug)
    found = shake_up(
        web.session(), competition=competition, now=clock.now(), viewer=viewer()
    )
    return render_template(
        "leaderboards/reveal.html",
        competition=competition,
        shake_up=found,
        tab="leaderboard",
    )


@bp.get("/c/<slug>/leaderboard.csv")
def download(slug: str) -> ResponseReturnValue:
    """The whole board, for a spreadsheet or a program."""
    competition, now = by_slug(web.session(), slug), clock.now()
    split = _asked(competition, now)
    text = board_csv(web.session(), competition=competition, split=split, now=now)
    answer = Response(text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = attachment(f"{slug}-{split}.csv")
    return answer


def _asked(competition: Competition, now: datetime) -> Split:
    """The board that was asked for; without a wish, the one that counts."""
    wish = request.args.get("board", "")
    if wish in set(Split):
        return Split(wish)
    return Split.PRIVATE if competition.stage(now) is Stage.ENDED else Split.PUBLIC


def _after(cursor: str) -> tuple[float, datetime, int] | None:
    key = key_of("board", cursor)
    if key is None:
        return None
    sort_key, at, team_id = key
    return float(sort_key), datetime.fromisoformat(at), int(team_id)
