"""Competitions with their figures, and where the viewer stands in one."""

from __future__ import annotations

from podium.accounts.api import viewer
from podium.accounts.models import User
from podium.api import schemas
from podium.competitions import queries
from podium.competitions import schemas as shapes
from podium.competitions.models import Competition, Stage
from podium.core import clock
from podium.core.api import Access, ApiBlueprint
from podium.core.paging import cursor_of, id_of
from podium.core.web import session
from podium.scoring.service import header
from podium.submissions import queries as submissions
from podium.submissions.service import allowance
from podium.teams import queries as teams
from podium.teams.schemas import reference as team_reference

bp = ApiBlueprint("overview", __name__, tag="Competitions")
LIST = "competitions"


@bp.operation(
    "GET",
    "/competitions",
    query=shapes.CompetitionQuery,
    answer=shapes.CompetitionList,
)
def list_competitions(query: shapes.CompetitionQuery) -> shapes.CompetitionList:
    """The competitions, newest first"""
    found = queries.page_of(
        session(),
        now=clock.now(),
        stage=Stage(query.stage) if query.stage else None,
        tag=query.tag,
        search=query.search,
        limit=query.limit + 1,
        after_id=id_of(LIST, query.cursor),
    )
    shown = found[: query.limit]
    more = len(found) > query.limit
    return shapes.CompetitionList(
        items=_items(shown), next=cursor_of(LIST, shown[-1].id) if more else None
    )


@bp.operation(
    "GET",
    "/competitions/<slug>",
    access=Access.BETTER_SIGNED_IN,
    answer=schemas.CompetitionAnswer,
)
def get_competition(slug: str) -> schemas.CompetitionAnswer:
    """A competition: timeline, limits, pages

    With a token, `me` tells your team, rank and what you may still send.
    """
    competition, user = queries.by_slug(session(), slug), viewer()
    return schemas.CompetitionAnswer(
        **dict(_items([competition])[0]),
        timeline=shapes.Timeline.model_validate(competition),
        limits=shapes.Rules.model_validate(competition),
        program=shapes.program(competition.live_revision),
        licence=shapes.Licence(
            name=competition.licence_name, url=competition.licence_url
        ),
        source=shapes.Source(
            name=competition.source_name,
            url=competition.source_url,
            citation=competition.citation,
        ),
        pages=[shapes.PageRef.model_validate(page) for page in competition.pages],
        ready=competition.live_revision_id is not None,
        me=_standing(competition, user) if user else None,
    )


def _items(competitions: list[Competition]) -> list[shapes.CompetitionItem]:
    ids, now = [competition.id for competition in competitions], clock.now()
    team_counts = teams.team_counts(session(), ids)
    submission_counts = submissions.counts(session(), ids)
    return [
        shapes.item(
            competition,
            now=now,
            teams=team_counts.get(competition.id, 0),
            submissions=submission_counts.get(competition.id, 0),
        )
        for competition in competitions
    ]


def _standing(competition: Competition, user: User) -> schemas.MyStanding:
    now = clock.now()
    found = header(session(), competition=competition, viewer=user, now=now)
    left = found.allowance or allowance(
        session(), team=None, competition=competition, now=now
    )
    return schemas.MyStanding(
        joined=found.joined,
        team=team_reference(found.team) if found.team else None,
        rank=found.row.rank if found.row else None,
        submissions_left_today=left.left_now,
        submissions_left_total=left.left_total,
        next_reset_at=left.next_reset_at,
    )
