"""The organizer's pages: my competitions, and one of mine from the inside."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer
from podium.competitions import queries
from podium.competitions.models import Competition
from podium.core import clock, web
from podium.core.errors import PodiumError
from podium.core.forms import show_faults, text
from podium.hosting import service
from podium.hosting.archive import bundle_answer
from podium.hosting.asking import hosted, missing
from podium.hosting.checklist import can_launch
from podium.hosting.figures import figures_of
from podium.hosting.forms import LaunchForm

bp = Blueprint("hosting", __name__, template_folder="templates")


@bp.get("/host")
def index() -> ResponseReturnValue:
    """What do I host, and what needs me?"""
    user = require_viewer()
    found = queries.hosted_by(web.session(), user=user)
    return render_template(
        "hosting/index.html",
        competitions=found,
        can_create=service.may_create(web.services().settings, user),
        now=clock.now(),
    )


@bp.get("/c/<slug>/host")
def show(slug: str) -> ResponseReturnValue:
    """What needs me now?"""
    return _show_page(hosted(slug), LaunchForm())


@bp.post("/c/<slug>/host/launch")
def launch(slug: str) -> ResponseReturnValue:
    """Show the draft to everybody, now or at a time."""
    competition, form = hosted(slug), LaunchForm()
    try:
        at = _moment(text(form, "at").strip())
        service.launch(web.session(), competition=competition, now=clock.now(), at=at)
        web.session().commit()
    except PodiumError as error:
        web.session().rollback()
        show_faults(form, error)
        return _show_page(hosted(slug), form, error.status)
    flash("It is launched." if at is None else "The launch is planned.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/call-off")
def call_off(slug: str) -> ResponseReturnValue:
    """Make a planned launch a draft again."""
    service.call_off(web.session(), competition=hosted(slug), now=clock.now())
    web.session().commit()
    flash("The launch is called off; it is a draft again.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/<any(count, uncount):what>")
def set_ranked(slug: str, what: str) -> ResponseReturnValue:
    """Let final ranks here count for medals and points, or not."""
    competition, user = hosted(slug), require_viewer()
    service.set_ranked(
        web.session(), competition=competition, by=user, ranked=what == "count"
    )
    web.session().commit()
    flash("Saved.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/delete")
def delete(slug: str) -> ResponseReturnValue:
    """Forget a draft."""
    competition = hosted(slug)
    service.delete_draft(web.session(), competition=competition, now=clock.now())
    web.session().commit()
    flash(f"The draft “{competition.title}” is deleted.", "success")
    return redirect(url_for("hosting.index"), 303)


@bp.get("/c/<slug>/host/bundle.zip")
def pull(slug: str) -> ResponseReturnValue:
    """The bundle as it was sent, solution included."""
    return bundle_answer(web.services().storage, hosted(slug))


def _moment(given: str) -> datetime | None:
    """A time in UTC from a form; None where the field is empty."""
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(tzinfo=UTC)
    except ValueError as error:
        raise missing(
            "at", "Write the time like 2026-12-24 18:00, in UTC, or leave it empty."
        ) from error


def _show_page(
    competition: Competition, form: LaunchForm, status: int = 200
) -> ResponseReturnValue:
    session, now = web.session(), clock.now()
    items = service.checklist_of(session, competition=competition, now=now)
    page = render_template(
        "hosting/show.html",
        competition=competition,
        form=form,
        items=items,
        can_launch=can_launch(items),
        launched=competition.launched(now),
        figures=figures_of(session, competition=competition, now=now),
        waiting=any(item.mark == "waiting" for item in items),
        tab="host",
    )
    return page, status
