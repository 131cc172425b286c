"""Joining a competition, teams and invitations."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer, viewer
from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.core import clock, web
from podium.core.errors import PodiumError, Refused
from podium.core.forms import show_faults, text
from podium.teams import queries, service
from podium.teams.forms import InviteForm, JoinForm, NameForm
from podium.teams.models import Team

bp = Blueprint("teams", __name__, template_folder="templates")


@bp.post("/c/<slug>/join")
def join(slug: str) -> ResponseReturnValue:
    """Accept the rules."""
    user, form = require_viewer(), JoinForm()
    competition = by_slug(web.session(), slug)
    if not form.accept.data:
        flash("To join, read the rules and tick the box below them.", "warning")
        return redirect(url_for("competitions.rules", slug=slug, _anchor="join"))
    service.join(web.session(), competition=competition, user=user, now=clock.now())
    web.session().commit()
    flash(
        f"You have joined {competition.title}. Next: get the data, train a model, and "
        "submit your predictions.",
        "success",
    )
    return redirect(url_for("competitions.data", slug=slug))


@bp.post("/c/<slug>/leave")
def leave(slug: str) -> ResponseReturnValue:
    """Leave the competition, and the team."""
    competition = by_slug(web.session(), slug)
    service.leave(web.session(), competition=competition, user=require_viewer())
    web.session().commit()
    flash(f"You have left {competition.title}.", "success")
    return redirect(url_for("competitions.overview", slug=slug))


@bp.get("/c/<slug>/team")
def show(slug: str) -> ResponseReturnValue:
    """Who are we?"""
    return _team_page(by_slug(web.session(), slug))


@bp.post("/c/<slug>/team")
def create(slug: str) -> ResponseReturnValue:
    """Make a team."""
    user, form = require_viewer(), NameForm()
    competition = by_slug(web.session(), slug)
    try:
        service.create_team(
            web.session(),
            competition=competition,
            user=user,
            name=text(form, "name"),
            now=clock.now(),
        )
    except PodiumError as error:
        return _again(competition, error, name_form=form)
    return _done(competition, "Your team stands. Invite others below, or submit alone.")


@bp.post("/c/<slug>/team/rename")
def rename(slug: str) -> ResponseReturnValue:
    """Rename my team."""
    user, form = require_viewer(), NameForm()
    competition = by_slug(web.session(), slug)
    try:
        team = _my_team(competition)
        service.rename(web.session(), team=team, by=user, name=text(form, "name"))
    except PodiumError as error:
        return _again(competition, error, name_form=form)
    return _done(competition, f"Your team is now called “{team.name}”.")


@bp.post("/c/<slug>/team/invite")
def invite(slug: str) -> ResponseReturnValue:
    """Invite somebody by user name."""
    user, form = require_viewer(), InviteForm()
    competition = by_slug(web.session(), slug)
    try:
        invitation = service.invite(
            web.session(),
            team=_my_team(competition),
            by=user,
            username=text(form, "username"),
            now=clock.now(),
        )
    except PodiumError as error:
        return _again(competition, error, invite_form=form)
    name = invitation.user.shown_name
    return _done(competition, f"{name} is invited and will see it when they log in.")


@bp.get("/invitations")
def invitations() -> ResponseReturnValue:
    """Which teams ask me to join them?"""
    found = queries.open_invitations_of_user(web.session(), user=require_viewer())
    return render_template("teams/invitations.html", invitations=found)


@bp.post("/invitations/<public_id>/<any(accept, decline, cancel):answer>")
def answer(public_id: str, answer: str) -> ResponseReturnValue:
    """Accept or decline an invitation, or take one of my team's back."""
    user, session = require_viewer(), web.session()
    invitation = queries.invitation_by_public_id(
        session, public_id=public_id, viewer=user
    )
    competition, now = invitation.team.competition, clock.now()
    if answer == "accept":
        team = service.accept(session, invitation=invitation, user=user, now=now)
        return _done(competition, f"You are now in the team “{team.name}”.")
    if answer == "decline":
        service.decline(session, invitation=invitation, user=user, now=now)
        return _done(competition, "The invitation is declined.", "teams.invitations")
    service.cancel(session, invitation=invitation, by=user, now=now)
    return _done(competition, "The invitation is taken back.")


def _my_team(competition: Competition) -> Team:
    team = queries.team_of(web.session(), competition=competition, user=viewer())
    if team is None:
        raise Refused("You have no team here yet. Give it a name first.")
    return team


def _team_page(
    competition: Competition,
    *,
    name_form: NameForm | None = None,
    invite_form: InviteForm | None = None,
) -> str:
    team = queries.team_of(web.session(), competition=competition, user=viewer())
    waiting = queries.open_invitations_of_team(web.session(), team=team) if team else []
    return render_template(
        "teams/show.html",
        competition=competition,
        team=team,
        waiting=waiting,
        name_form=name_form or NameForm(name=team.name if team else ""),
        invite_form=invite_form or InviteForm(),
        tab="team",
    )


def _again(
    competition: Competition,
    error: PodiumError,
    *,
    name_form: NameForm | None = None,
    invite_form: InviteForm | None = None,
) -> ResponseReturnValue:
    """The page once more, with what was entered and what was wrong with it."""
    form = name_form or invite_form
    if form is None or request.method != "POST":
        raise error
    web.session().rollback()
    field = "name" if name_form else "username"
    error.fields = error.fields or {field: error.sentence}
    show_faults(form, error)
    page = _team_page(competition, name_form=name_form, invite_form=invite_form)
    return page, error.status


def _done(
    competition: Competition, sentence: str, endpoint: str = "teams.show"
) -> ResponseReturnValue:
    web.session().commit()
    flash(sentence, "success")
    if endpoint == "teams.invitations":
        return redirect(url_for(endpoint))
    return redirect(url_for(endpoint, slug=competition.slug))
