"""Where the viewer stands, for the header of every page of a competition.

The header needs teams, submissions and boards, which the competition's own views must not
know; so templates get it as functions, from above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, g

from podium.accounts.identity import viewer
from podium.competitions.models import Competition, Stage
from podium.core import clock, web
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.scoring import dispatch
from podium.submissions import queries as submission_queries
from podium.submissions import service as submissions
from podium.submissions.intake import Allowance
from podium.submissions.models import Score
from podium.teams import queries as teams
from podium.teams.models import Invitation, Team
from podium_scorer.catalogue import MetricInfo, find_metric


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the viewer is in a competition; ``rank`` is that of the board on show."""

    stage: Stage
    joined: bool
    can_join: bool
    team: Team | None
    allowance: Allowance | None
    rank: int | None
    ranked: int  # teams on that board


@dataclass(frozen=True)
class Figures:
    """How many take part in a competition."""

    teams: int
    submissions: int


def init(app: Flask) -> None:
    """Give templates the functions of this module."""
    app.jinja_env.globals.update(
        standing=standing,
        figures=figures,
        metric_of=metric_of,
        queue_position=queue_position,
        open_invitations=open_invitations,
    )


def standing(competition: Competition) -> Standing:
    """Where the viewer stands; worked out once a request."""
    known: dict[int, Standing] = g.setdefault("standings", {})
    if competition.id not in known:
        known[competition.id] = _standing(competition)
    return known[competition.id]


def _standing(competition: Competition) -> Standing:
    session, user, now = web.session(), viewer(), clock.now()
    stage = competition.stage(now)
    joined = teams.participation(session, competition=competition, user=user)
    team = teams.team_of(session, competition=competition, user=user)
    split = Split.PRIVATE if stage is Stage.ENDED else Split.PUBLIC
    row = boards.row_of(session, competition=competition, split=split, team=team)
    deadline = competition.entry_deadline
    return Standing(
        stage=stage,
        joined=joined is not None,
        can_join=stage is not Stage.ENDED and (deadline is None or now < deadline),
        team=team,
        allowance=submissions.allowance(
            session, team=team, competition=competition, now=now
        )
        if joined and stage is Stage.OPEN
        else None,
        rank=row.rank if row else None,
        ranked=boards.team_count(session, competition=competition, split=split),
    )


def figures(competitions: Iterable[Competition]) -> dict[int, Figures]:
    """Teams and submissions of each competition, by its id."""
    ids = [competition.id for competition in competitions]
    found_teams = teams.team_counts(web.session(), ids)
    found_submissions = submission_queries.counts(web.session(), ids)
    return {
        each: Figures(found_teams.get(each, 0), found_submissions.get(each, 0))
        for each in ids
    }


def metric_of(competition: Competition) -> MetricInfo | None:
    """What is known of the competition's metric; None before its first revision."""
    revision = competition.live_revision
    try:
        return find_metric(revision.metric) if revision else None
    except KeyError:
        return None


def queue_position(score: Score) -> dispatch.Position | None:
    """Where a waiting score stands in the queue."""
    return dispatch.position(
        web.session(), score=score, settings=web.services().settings
    )


def open_invitations(competition: Competition | None = None) -> list[Invitation]:
    """The viewer's invitations that wait for an answer."""
    return teams.open_invitations_of_user(
        web.session(), user=viewer(), competition=competition
    )
