"""Joining a competition, teams and invitations."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer, viewer
from podium.accounts.service import require_confirmed
from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.core import clock, web
from podium.core.errors import PodiumError, Refused
from podium.core.forms import show_faults, text
from podium.teams import asking, leadership, queries, service
from podium.teams.forms import InviteForm, JoinForm, MergeForm, NameForm
from podium.teams.models import Team

bp = Blueprint("teams", __name__, template_folder="templates")


@bp.post("/c/<slug>/join")
def join(slug: str) -> ResponseReturnValue:
    """Accept the rules."""
    user, form = require_viewer(), JoinForm()
    competition = by_slug(web.session(), slug)
    require_confirmed(web.services().settings, user)
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
    return team_page(by_slug(web.session(), slug))


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
        return again(competition, error, name_form=form)
    return done(competition, "Your team stands. Invite others below, or submit alone.")


@bp.post("/c/<slug>/team/rename")
def rename(slug: str) -> ResponseReturnValue:
    """Rename my team."""
    user, form = require_viewer(), NameForm()
    competition = by_slug(web.session(), slug)
    try:
        team = my_team(competition)
        service.rename(web.session(), team=team, by=user, name=text(form, "name"))
    except PodiumError as error:
        return again(competition, error, name_form=form)
    return done(competition, f"Your team is now called “{team.name}”.")


@bp.post("/c/<slug>/team/invite")
def invite(slug: str) -> ResponseReturnValue:
    """Invite somebody by user name."""
    user, form = require_viewer(), InviteForm()
    competition = by_slug(web.session(), slug)
    try:
        invitation = service.invite(
            web.session(),
            team=my_team(competition),
            by=user,
            username=text(form, "username"),
            now=clock.now(),
        )
    except PodiumError as error:
        return again(competition, error, invite_form=form)
    name = invitation.user.shown_name
    return done(competition, f"{name} is invited and will see it when they log in.")


@bp.post("/c/<slug>/team/<any(lead, remove):what>")
def lead(slug: str, what: str) -> ResponseReturnValue:
    """Hand the team over to a member, or take one out of it."""
    user, session = require_viewer(), web.session()
    competition = by_slug(session, slug)
    team, username = my_team(competition), request.form.get("username", "")
    if what == "lead":
        leader = leadership.hand_over(session, team=team, by=user, username=username)
        return done(competition, f"{leader.shown_name} leads the team now.")
    member = leadership.remove(session, team=team, by=user, username=username)
    return done(competition, f"{member.shown_name} is no longer in the team.")


@bp.post("/c/<slug>/team/link/<any(make, close):what>")
def change_link(slug: str, what: str) -> ResponseReturnValue:
    """Make a link by which others join, or let nobody in by it any more."""
    user, session = require_viewer(), web.session()
    competition = by_slug(session, slug)
    team = my_team(competition)
    if what == "make":
        leadership.make_link(session, team=team, by=user, now=clock.now())
        return done(competition, "Here is the link. Send it to whom you want to join.")
    leadership.close_link(session, team=team, by=user)
    return done(competition, "The link is closed: nobody joins by it any more.")


@bp.post("/c/<slug>/team/requests/<any(open, close):switch>")
def set_open(slug: str, switch: str) -> ResponseReturnValue:
    """Let others ask to join my team, or no longer."""
    user, session, is_open = require_viewer(), web.session(), switch == "open"
    competition = by_slug(session, slug)
    asking.set_open(
        session,
        team=my_team(competition),
        by=user,
        is_open=is_open,
        now=clock.now(),
    )
    said = "Others can ask to join now." if is_open else "Nobody can ask to join now."
    return done(competition, said)


@bp.get("/join-team/<secret>")
def link(secret: str) -> ResponseReturnValue:
    """Which team does this link lead into?"""
    team = leadership.team_of_link(web.session(), secret=secret, now=clock.now())
    joined = queries.participation(
        web.session(), competition=team.competition, user=viewer()
    )
    page = render_template(
        "teams/link.html", team=team, secret=secret, joined=joined is not None
    )
    return page, {"Referrer-Policy": "no-referrer"}  # the address is the secret


@bp.post("/join-team/<secret>")
def follow_link(secret: str) -> ResponseReturnValue:
    """Join the team."""
    team = leadership.enter_by_link(
        web.session(), secret=secret, user=require_viewer(), now=clock.now()
    )
    return done(team.competition, f"You are now in the team “{team.name}”.")


@bp.get("/invitations")
def invitations() -> ResponseReturnValue:
    """Which teams ask me to join them?"""
    user = require_viewer()
    return render_template(
        "teams/invitations.html",
        invitations=queries.open_invitations_of_user(web.session(), user=user),
        merges=queries.merge_requests_for(web.session(), leader=user),
        asking=queries.join_requests_for(web.session(), leader=user),
    )


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
        return done(competition, f"You are now in the team “{team.name}”.")
    if answer == "decline":
        service.decline(session, invitation=invitation, user=user, now=now)
        return done(competition, "The invitation is declined.", "teams.invitations")
    service.cancel(session, invitation=invitation, by=user, now=now)
    return done(competition, "The invitation is taken back.")


def my_team(competition: Competition) -> Team:
    """The viewer's team; raises Refused where they have none."""
    team = queries.team_of(web.session(), competition=competition, user=viewer())
    if team is None:
        raise Refused("You have no team here yet. Give it a name first.")
    return team


def team_page(
    competition: Competition,
    *,
    name_form: NameForm | None = None,
    invite_form: InviteForm | None = None,
    merge_form: MergeForm | None = None,
) -> str:
    """The page of the viewer's team, with what was entered into one of its forms."""
    session, user, now = web.session(), viewer(), clock.now()
    team = queries.team_of(session, competition=competition, user=user)
    to_us, ours = queries.merge_requests(session, team=team) if team else ([], [])
    waiting = queries.open_invitations_of_team(session, team=team) if team else []
    return render_template(
        "teams/show.html",
        competition=competition,
        team=team,
        waiting=waiting,
        merges=to_us,
        own_merges=ours,
        asking=queries.join_requests_to(session, team=team),
        own_asking=queries.join_requests_of(
            session, competition=competition, user=user
        ),
        leads=team is not None and user is not None and team.leader_id == user.id,
        link_is_open=team is not None and leadership.link_is_open(team, now),
        changeable=now < (competition.merger_deadline or competition.closes_at),
        name_form=name_form or NameForm(name=team.name if team else ""),
        invite_form=invite_form or InviteForm(),
        merge_form=merge_form or MergeForm(),
        tab="team",
    )


def again(
    competition: Competition,
    error: PodiumError,
    *,
    name_form: NameForm | None = None,
    invite_form: InviteForm | None = None,
    merge_form: MergeForm | None = None,
) -> ResponseReturnValue:
    """The page once more, with what was entered and what was wrong with it."""
    fields = {"name": name_form, "username": invite_form, "other": merge_form}
    field, form = next(pair for pair in fields.items() if pair[1] is not None)
    web.session().rollback()
    error.fields = error.fields or {field: error.sentence}
    show_faults(form, error)
    page = team_page(
        competition,
        name_form=name_form,
        invite_form=invite_form,
        merge_form=merge_form,
    )
    return page, error.status


def done(
    competition: Competition, sentence: str, endpoint: str = "teams.show"
) -> ResponseReturnValue:
    """Commit, and say what was done on the page that follows."""
    web.session().commit()
    flash(sentence, "success")
    if endpoint == "teams.invitations":
        return redirect(url_for(endpoint))
    return redirect(url_for(endpoint, slug=competition.slug))
