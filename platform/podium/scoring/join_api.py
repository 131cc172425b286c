"""Requests to join a team. Here rather than with the teams, because what the asker has
submitted alone goes along."""

from __future__ import annotations

from flask import Response

from podium.accounts.api import me
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.core.api import Access, ApiBlueprint, no_content
from podium.core.web import session
from podium.scoring import joining
from podium.teams import asking, queries, schemas
from podium.teams.api import my_team, shown
from podium.teams.models import JoinRequest

bp = ApiBlueprint("joining", __name__, tag="Teams")
SIGNED_IN = Access.SIGNED_IN


@bp.operation(
    "PUT",
    "/competitions/<slug>/team/openness",
    access=SIGNED_IN,
    body=schemas.Openness,
    example={"open_to_requests": True},
    answer=schemas.TeamAnswer,
    errors=(403, 409),
)
def open_team_to_requests(slug: str, body: schemas.Openness) -> schemas.TeamAnswer:
    """Let others ask to join my team, or no longer

    Only the leader may.
    """
    team, is_open = my_team(slug), body.open_to_requests
    asking.set_open(session(), team=team, by=me(), is_open=is_open, now=clock.now())
    session().commit()
    return shown(session(), team)


@bp.operation(
    "GET",
    "/competitions/<slug>/join-requests",
    access=SIGNED_IN,
    answer=schemas.JoinRequestList,
)
def list_join_requests(slug: str) -> schemas.JoinRequestList:
    """Requests to join, to my team and of mine"""
    competition = by_slug(session(), slug)
    team = queries.team_of(session(), competition=competition, user=me())
    to_us = queries.join_requests_to(session(), team=team)
    mine = queries.join_requests_of(session(), competition=competition, user=me())
    items = [schemas.join_request(each) for each in (*to_us, *mine)]
    return schemas.JoinRequestList(items=items, next=None)


@bp.operation(
    "POST",
    "/competitions/<slug>/join-requests",
    access=SIGNED_IN,
    body=schemas.Asking,
    example={"name": "The Kernels", "message": "I know splines."},
    answer=schemas.JoinRequestAnswer,
    status=201,
    errors=(409,),
)
def ask_to_join(slug: str, body: schemas.Asking) -> schemas.JoinRequestAnswer:
    """Ask to join a team

    Possible where its leader has opened it to requests. A team of one that has not
    submitted is given up when you are let in; one that has merges into the team, under
    the rule for mergers.
    """
    competition = by_slug(session(), slug)
    request = asking.ask(
        session(),
        team=queries.team_by_name(session(), competition=competition, name=body.name),
        user=me(),
        message=body.message,
        now=clock.now(),
    )
    session().commit()
    return schemas.join_request(request)


@bp.operation(
    "POST",
    "/join-requests/<join_id>/accept",
    access=SIGNED_IN,
    answer=schemas.TeamAnswer,
    errors=(403, 409),
)
def accept_join_request(join_id: str) -> schemas.TeamAnswer:
    """Let in who asked to join my team

    Only the leader may.
    """
    found = _request(join_id)
    team = joining.let_in(session(), request=found, by=me(), now=clock.now())
    session().commit()
    return shown(session(), team)


@bp.operation(
    "DELETE",
    "/join-requests/<join_id>",
    access=SIGNED_IN,
    answers={204: {"description": "It is closed."}},
    errors=(403, 409),
)
def close_join_request(join_id: str) -> Response:
    """Decline a request to join my team, or take my own back"""
    asking.close(session(), request=_request(join_id), by=me())
    session().commit()
    return no_content()


def _request(public_id: str) -> JoinRequest:
    return queries.join_request_by_public_id(
        session(), public_id=public_id, viewer=me()
    )
