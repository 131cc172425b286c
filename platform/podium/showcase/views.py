"""Team pages and user pages: what somebody can do, with proof."""

from __future__ import annotations

import math

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer
from podium.accounts.service import by_username
from podium.core import clock, web
from podium.core.errors import PodiumError
from podium.core.forms import show_faults, text
from podium.leaderboards import queries as boards
from podium.showcase import service
from podium.teams import asking
from podium.teams import queries as teams
from podium.teams.forms import AskForm
from podium.teams.models import Team

PAGE_ROWS = 100
bp = Blueprint("showcase", __name__, template_folder="templates")


@bp.get("/t/<public_id>")
def team(public_id: str) -> ResponseReturnValue:
    """Who are they, and how did they do?"""
    return _team_page(teams.team_by_public_id(web.session(), public_id), AskForm())


@bp.post("/t/<public_id>/ask")
def team_ask(public_id: str) -> ResponseReturnValue:
    """Ask to join the team."""
    user, session, form = require_viewer(), web.session(), AskForm()
    found = teams.team_by_public_id(session, public_id)
    try:
        asking.ask(
            session,
            team=found,
            user=user,
            message=text(form, "message"),
            now=clock.now(),
        )
    except PodiumError as error:
        session.rollback()
        error.fields = error.fields or {"message": error.sentence}
        show_faults(form, error)
        return _team_page(found, form), error.status
    session.commit()
    flash(f"“{found.name}” is asked; its leader can let you in.", "success")
    return redirect(url_for("teams.show", slug=found.competition.slug))


@bp.get("/u/<username>")
def user(username: str) -> ResponseReturnValue:
    """What can this person do?"""
    session, now = web.session(), clock.now()
    found = by_username(session, username)
    results = boards.results_of(session, user=found, now=now)
    reached = service.merit_of(session, user=found, now=now)
    return render_template(
        "showcase/user.html", user=found, results=results, merit=reached
    )


@bp.get("/rankings")
def rankings() -> ResponseReturnValue:
    """Who has reached most here?"""
    found = service.ranking(web.session(), now=clock.now())
    asked = request.args.get("page", "1")
    pages = max(math.ceil(len(found) / PAGE_ROWS), 1)
    page = min(max(int(asked), 1), pages) if asked.isdecimal() else 1
    return render_template(
        "showcase/rankings.html",
        ranked=found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS],
        people=len(found),
        page=page,
        pages=pages,
    )


def _team_page(team: Team, form: AskForm) -> str:
    competition, now = team.competition, clock.now()
    until = competition.merger_deadline or competition.closes_at
    return render_template(
        "showcase/team.html",
        team=team,
        result=boards.result_of(web.session(), team=team, now=now),
        takes_requests=team.open_to_requests
        and now < until
        and len(team.memberships) < competition.team_max_size,
        form=form,
    )
