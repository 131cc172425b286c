"""Team pages and user pages: what somebody can do, with proof."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from podium.accounts.service import by_username
from podium.competitions.models import Stage
from podium.core import clock, web
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.teams import queries as teams
from podium.teams.models import Team

bp = Blueprint("showcase", __name__, template_folder="templates")


@dataclass(frozen=True, kw_only=True)
class Result:
    """A team's place on the board that is open: the private one after the end."""

    team: Team
    stage: Stage
    row: boards.Row | None
    teams: int


@bp.get("/t/<public_id>")
def team(public_id: str) -> ResponseReturnValue:
    """Who are they, and how did they do?"""
    found = teams.team_by_public_id(web.session(), public_id)
    return render_template("showcase/team.html", team=found, result=_result(found))


@bp.get("/u/<username>")
def user(username: str) -> ResponseReturnValue:
    """What can this person do?"""
    found = by_username(web.session(), username)
    results = [_result(each) for each in teams.teams_of(web.session(), user=found)]
    return render_template("showcase/user.html", user=found, results=results)


def _result(team: Team) -> Result:
    stage = team.competition.stage(clock.now())
    split = Split.PRIVATE if stage is Stage.ENDED else Split.PUBLIC
    session, competition = web.session(), team.competition
    return Result(
        team=team,
        stage=stage,
        row=boards.row_of(session, competition=competition, split=split, team=team),
        teams=boards.team_count(session, competition=competition, split=split),
    )
