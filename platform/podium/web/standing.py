"""Where the viewer stands, for the header of every page of a competition.

The header needs teams, submissions and boards, which the competition's own views must not
know; so templates get it as functions, from above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, g

from podium.accounts.identity import viewer
from podium.competitions import queries as competitions
from podium.competitions.metrics import ShownMetric, shown_metric
from podium.competitions.models import Competition, Stage
from podium.competitions.programs import Program, program_of
from podium.core import clock, web
from podium.leaderboards import queries as boards
from podium.leaderboards.models import Split
from podium.scoring import service as scoring
from podium.submissions import queries as submissions
from podium.teams import queries as teams
from podium.teams.models import Invitation


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the viewer is in a competition, and what they can do next."""

    stage: Stage
    launched: bool  # everybody sees it
    hosts: bool  # the viewer runs it
    can_join: bool
    mine: scoring.Header
    ranked: int  # teams on the board on show


@dataclass(frozen=True)
class Figures:
    """How many take part in a competition."""

    teams: int
    submissions: int


def init(app: Flask) -> None:
    """Give templates the functions of this module."""
    app.jinja_env.globals.update(
        standing_in=standing_in,
        figures=figures,
        metric_of=metric_of,
        program_of=program_in,
        open_invitations=open_invitations,
        waiting_answers=waiting_answers,
    )


def standing_in(competition: Competition) -> Standing:
    """Where the viewer stands; worked out once a request."""
    known: dict[int, Standing] = g.setdefault("standings", {})
    if competition.id not in known:
        known[competition.id] = _standing(competition)
    return known[competition.id]


def _standing(competition: Competition) -> Standing:
    session, now = web.session(), clock.now()
    stage, deadline = competition.stage(now), competition.entry_deadline
    split = Split.PRIVATE if stage is Stage.ENDED else Split.PUBLIC
    return Standing(
        stage=stage,
        launched=competition.launched(now),
        hosts=competitions.hosts(competition, viewer()),
        can_join=stage is not Stage.ENDED
        and competition.launched(now)
        and (deadline is None or now < deadline),
        mine=scoring.header(session, competition=competition, viewer=viewer(), now=now),
        ranked=boards.team_count(session, competition=competition, split=split),
    )


def figures(competitions: Iterable[Competition]) -> dict[int, Figures]:
    """Teams and submissions of each competition, by its id."""
    ids = [competition.id for competition in competitions]
    found_teams = teams.team_counts(web.session(), ids)
    found_submissions = submissions.counts(web.session(), ids)
    return {
        each: Figures(found_teams.get(each, 0), found_submissions.get(each, 0))
        for each in ids
    }


def metric_of(competition: Competition) -> ShownMetric | None:
    """What is shown of the competition's metric; None before its first revision."""
    return shown_metric(competition.live_revision)


def program_in(competition: Competition) -> Program | None:
    """How the competition runs programs; None where predictions are sent."""
    return program_of(competition.live_revision)


def open_invitations(competition: Competition | None = None) -> list[Invitation]:
    """The viewer's invitations that wait for an answer."""
    return teams.open_invitations_of_user(
        web.session(), user=viewer(), competition=competition
    )


def waiting_answers() -> int:
    """How many invitations and requests wait for the viewer's answer."""
    session = web.session()
    merges = teams.merge_requests_for(session, leader=viewer())
    asking = teams.join_requests_for(session, leader=viewer())
    return len(open_invitations()) + len(merges) + len(asking)
