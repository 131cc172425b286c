"""Boards, and teams as everybody sees them."""

from __future__ import annotations

from datetime import datetime

from flask import Response, jsonify, request

from podium.accounts.api import viewer
from podium.competitions.metrics import decimals_of
from podium.competitions.queries import by_slug
from podium.core import clock, openapi
from podium.core.api import Access, ApiBlueprint
from podium.core.paging import cursor_of, key_of
from podium.core.web import session
from podium.leaderboards import queries, schemas
from podium.teams import queries as team_queries
from podium.teams import schemas as team_schemas

bp = ApiBlueprint("leaderboards", __name__, tag="Leaderboards")


@bp.operation(
    "GET",
    "/competitions/<slug>/leaderboard",
    access=Access.BETTER_SIGNED_IN,
    query=schemas.BoardQuery,
    answer=schemas.Leaderboard,
    answers=openapi.UNCHANGED,
    errors=(403,),
)
def get_leaderboard(slug: str, query: schemas.BoardQuery) -> Response:
    """A page of a leaderboard

    Ask again with `If-None-Match` and the `ETag` you got: 304 says that nothing changed.
    """
    competition = by_slug(session(), slug)
    list_name = f"board-{competition.id}-{query.board}"
    page = queries.board_page(
        session(),
        competition=competition,
        split=query.board,
        now=clock.now(),
        viewer=viewer(),
        limit=query.limit,
        after=_after(list_name, query.cursor),
        search=query.search,
    )
    cursor = cursor_of(list_name, *page.next) if page.next else None
    response = jsonify(schemas.board(competition, page, cursor).model_dump(mode="json"))
    response.add_etag()  # of the answer: teams rename themselves, members come and go
    response.make_conditional(request)
    return response


@bp.operation(
    "GET",
    "/teams/<team_id>",
    access=Access.BETTER_SIGNED_IN,
    answer=schemas.TeamPage,
)
def get_team(team_id: str) -> schemas.TeamPage:
    """A team and its place

    Its open invitations are shown to its members only.
    """
    team = team_queries.team_by_public_id(session(), team_id)
    split = queries.open_split(team.competition, now=clock.now())
    row = queries.placed(
        session(), competition=team.competition, split=split, team=team, now=clock.now()
    )
    waiting = (
        team_queries.open_invitations_of_team(session(), team=team)
        if viewer() in team.members
        else []
    )
    shown = team_schemas.team(team, waiting)
    decimals = decimals_of(team.competition.live_revision)
    entry = schemas.entry(row, decimals=decimals) if row else None
    return schemas.TeamPage(**dict(shown), entry=entry)


def _after(list_name: str, cursor: str) -> tuple[float, datetime, int] | None:
    key = key_of(list_name, cursor)
    if key is None:
        return None
    sort_key, at, team_id = key
    return float(sort_key), datetime.fromisoformat(at), int(team_id)
