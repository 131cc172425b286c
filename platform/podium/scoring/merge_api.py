"""Merging teams. Here rather than with the teams, because submissions and boards go along."""

from __future__ import annotations

from flask import Response

from podium.accounts.api import me
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.core.api import Access, ApiBlueprint, no_content
from podium.core.web import session
from podium.scoring import merging
from podium.teams import queries, schemas
from podium.teams.api import my_team, shown
from podium.teams.models import MergeRequest

bp = ApiBlueprint("merging", __name__, tag="Teams")
SIGNED_IN = Access.SIGNED_IN


@bp.operation(
    "GET",
    "/competitions/<slug>/team/merge-requests",
    access=SIGNED_IN,
    answer=schemas.MergeRequestList,
)
def list_merge_requests(slug: str) -> schemas.MergeRequestList:
    """Requests to merge, to my team and of my team"""
    to_us, ours = queries.merge_requests(session(), team=my_team(slug))
    items = [schemas.merge_request(each) for each in (*to_us, *ours)]
    return schemas.MergeRequestList(items=items, next=None)


@bp.operation(
    "POST",
    "/competitions/<slug>/team/merge-requests",
    access=SIGNED_IN,
    body=schemas.OtherTeam,
    example={"name": "The Kernels"},
    answer=schemas.MergeRequestAnswer,
    status=201,
    errors=(403, 409),
)
def ask_to_merge(slug: str, body: schemas.OtherTeam) -> schemas.MergeRequestAnswer:
    """Ask another team to merge

    Only the leader may. Together the teams must keep to the size limit, and must not
    have made more submissions than one team could have by now. The team that is asked
    keeps its name and leader.
    """
    competition = by_slug(session(), slug)
    request = merging.ask(
        session(),
        team=my_team(slug),
        other=queries.team_by_name(session(), competition=competition, name=body.name),
        by=me(),
        now=clock.now(),
    )
    session().commit()
    return schemas.merge_request(request)


@bp.operation(
    "POST",
    "/merge-requests/<request_id>/accept",
    access=SIGNED_IN,
    answer=schemas.TeamAnswer,
    errors=(403, 409),
)
def accept_merge(request_id: str) -> schemas.TeamAnswer:
    """Merge with the team that asked mine

    Its members, submissions and scores move into your team. Only your leader may.
    """
    team = merging.accept(
        session(), request=_request(request_id), by=me(), now=clock.now()
    )
    session().commit()
    return shown(session(), team)


@bp.operation(
    "DELETE",
    "/merge-requests/<request_id>",
    access=SIGNED_IN,
    answers={204: {"description": "It is closed."}},
    errors=(403, 409),
)
def close_merge_request(request_id: str) -> Response:
    """Decline a request to merge, or take my team's own back"""
    merging.close(session(), request=_request(request_id), by=me())
    session().commit()
    return no_content()


def _request(public_id: str) -> MergeRequest:
    return queries.merge_request_by_public_id(
        session(), public_id=public_id, viewer=me()
    )
