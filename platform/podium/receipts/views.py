"""Is this score genuine, and has nobody changed the board or the solution since?"""

from __future__ import annotations

import json
from datetime import datetime

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from podium.accounts.identity import viewer
from podium.competitions.models import Stage
from podium.competitions.queries import by_slug
from podium.core import clock, web
from podium.core.downloads import attachment
from podium.core.keys import receipt_key
from podium.core.paging import cursor_of, key_of
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.receipts import queries
from podium.receipts.models import Receipt
from podium_scorer.receipt import FORMAT

bp = Blueprint("receipts", __name__, template_folder="templates")


@bp.get("/c/<slug>/receipts")
def index(slug: str) -> ResponseReturnValue:
    """What binds the competition to its solution and its scores?"""
    session, now = web.session(), clock.now()
    competition = by_slug(session, slug)
    board, found = None, {}
    if competition.stage(now) is Stage.ENDED:
        board = boards.board_page(
            session,
            competition=competition,
            split=Split.PRIVATE,
            now=now,
            after=_after(request.args.get("cursor", "")),
        )
        found = queries.of_final_board(
            session,
            competition=competition,
            team_ids=[row.team_id for row in board.rows],
        )
    receipts, sha256 = queries.head(session, competition=competition)
    return render_template(
        "receipts/index.html",
        competition=competition,
        commitments=queries.commitments(session, competition=competition, now=now),
        count=receipts,
        sha256=sha256,
        key=receipt_key(web.services().settings).public,
        board=board,
        receipts=found,
        next=cursor_of("receipts", *board.next) if board and board.next else None,
        tab="leaderboard",
    )


@bp.get("/receipts/<receipt_id>")
def show(receipt_id: str) -> ResponseReturnValue:
    """A receipt for people."""
    found = _receipt(receipt_id)
    return render_template(
        "receipts/show.html",
        competition=found.competition,
        receipt=found,
        document=queries.document(web.session(), found, now=clock.now()),
        own_key=found.key == receipt_key(web.services().settings).public,
        tab="leaderboard",
    )


@bp.get("/receipts/<receipt_id>/file")
def file(receipt_id: str) -> ResponseReturnValue:
    """A receipt to keep, as `podium verify` takes it."""
    found = _receipt(receipt_id)
    document = queries.document(web.session(), found, now=clock.now())
    answer = Response(
        json.dumps(document, indent=2) + "\n", content_type="application/json"
    )
    answer.headers["Content-Disposition"] = attachment(f"receipt-{receipt_id}.json")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@bp.get("/.well-known/podium-receipts")
def key() -> ResponseReturnValue:
    """The public key by which others know this site's receipts."""
    settings = web.services().settings
    return jsonify(
        format=FORMAT,
        site=settings.site_url,
        algorithm="Ed25519",
        key=receipt_key(settings).public,
    )


def _receipt(receipt_id: str) -> Receipt:
    return queries.by_public_id(
        web.session(), public_id=receipt_id, viewer=viewer(), now=clock.now()
    )


def _after(cursor: str) -> tuple[float, datetime, int] | None:
    key = key_of("receipts", cursor)
    if key is None:
        return None
    sort_key, at, team_id = key
    return float(sort_key), datetime.fromisoformat(at), int(team_id)
