"""One search over competitions, teams and users."""

from __future__ import annotations

from podium.accounts import queries as accounts
from podium.api import schemas
from podium.competitions import queries as competitions
from podium.competitions.schemas import reference
from podium.core import clock
from podium.core.api import ApiBlueprint
from podium.core.web import session
from podium.teams import queries as teams
from podium.teams.schemas import person

bp = ApiBlueprint("search", __name__, tag="Search")
MOST = 10


@bp.operation("GET", "/search", query=schemas.SearchQuery, answer=schemas.Found)
def search(query: schemas.SearchQuery) -> schemas.Found:
    """Find competitions, teams and users by a part of their names"""
    if not query.q.strip():
        return schemas.Found(competitions=[], teams=[], users=[])
    found = competitions.page_of(session(), now=clock.now(), search=query.q, limit=MOST)
    return schemas.Found(
        competitions=[reference(competition) for competition in found],
        teams=[
            schemas.FoundTeam(
                id=team.public_id,
                name=team.name,
                competition=reference(team.competition),
            )
            for team in teams.search(session(), text=query.q, limit=MOST)
        ],
        users=[
            person(user)
            for user in accounts.search(session(), text=query.q, limit=MOST)
        ],
    )
