"""While a competition runs: its submissions, and what its host announces."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer
from podium.competitions import queries
from podium.competitions.models import Competition
from podium.core import clock, web
from podium.core.downloads import file_answer
from podium.core.errors import PodiumError
from podium.core.forms import show_faults, text
from podium.core.paging import cursor_of, id_of
from podium.hosting import service
from podium.hosting.asking import hosted
from podium.hosting.forms import AnnouncementForm, ReasonForm
from podium.scoring import reviewing
from podium.scoring import service as scoring
from podium.scoring.dispatch import wake
from podium.submissions import queries as submission_queries
from podium.submissions.models import Status, Submission

bp = Blueprint("running", __name__, template_folder="templates")

PAGE_ROWS = 50
_DONE = {
    "remove": "The submission is off the boards; its team reads why.",
    "restore": "The submission is back.",
    "again": "The submission is scored again.",
}


@bp.get("/c/<slug>/host/submissions")
def submissions(slug: str) -> ResponseReturnValue:
    """What came in, and what became of it?"""
    competition = hosted(slug)
    asked = request.args.get("status", "")
    search = request.args.get("q", "").strip()
    found = submission_queries.of_competition(
        web.session(),
        competition=competition,
        status=Status(asked) if asked in set(Status) else None,
        search=search,
        limit=PAGE_ROWS + 1,
        before_id=id_of("hosted-submissions", request.args.get("cursor", "")),
    )
    more = None
    if len(found) > PAGE_ROWS:
        more = cursor_of("hosted-submissions", found[-2].id)
    return render_template(
        "hosting/submissions.html",
        competition=competition,
        standings=[_standing(each) for each in found[:PAGE_ROWS]],
        statuses=list(Status),
        filters={"status": asked, "q": search},
        next=more,
        tab="host",
    )


@bp.get("/c/<slug>/host/submissions/<public_id>")
def submission(slug: str, public_id: str) -> ResponseReturnValue:
    """One submission with all that a host may know."""
    competition = hosted(slug)
    return _submission_page(competition, _theirs(competition, public_id), ReasonForm())


@bp.get("/c/<slug>/host/submissions/<public_id>/file")
def submission_file(slug: str, public_id: str) -> ResponseReturnValue:
    """The file that a team sent."""
    found = _theirs(hosted(slug), public_id)
    return file_answer(
        web.services().storage,
        sha256=found.sha256,
        size=found.size,
        name=found.file_name,
    )


@bp.post("/c/<slug>/host/submissions/<public_id>/<any(remove, restore, again):what>")
def review(slug: str, public_id: str, what: str) -> ResponseReturnValue:
    """Take a submission off the boards, put it back, or score it again."""
    competition, form = hosted(slug), ReasonForm()
    found, session = _theirs(competition, public_id), web.session()
    try:
        match what:
            case "remove":
                reason = text(form, "reason")
                reviewing.remove(
                    session, submission=found, reason=reason, now=clock.now()
                )
            case "restore":
                reviewing.restore(session, submission=found)
            case "again":
                reviewing.score_again(session, submission=found)
        session.commit()
    except PodiumError as error:
        session.rollback()
        show_faults(form, error)
        competition = hosted(slug)
        found = _theirs(competition, public_id)
        return _submission_page(competition, found, form, error.status)
    wake(web.services())
    flash(_DONE[what], "success")
    return redirect(url_for("running.submission", slug=slug, public_id=public_id), 303)


@bp.get("/c/<slug>/host/announcements")
def announcements(slug: str) -> ResponseReturnValue:
    """What have I announced?"""
    return _announcements_page(hosted(slug), AnnouncementForm())


@bp.post("/c/<slug>/host/announcements")
def announce(slug: str) -> ResponseReturnValue:
    """Tell everybody who takes part."""
    competition, form = hosted(slug), AnnouncementForm()
    try:
        service.announce(
            web.session(),
            competition=competition,
            by=require_viewer(),
            title=text(form, "title"),
            text=text(form, "text").replace("\r\n", "\n"),
        )
        web.session().commit()
    except PodiumError as error:
        show_faults(form, error)
        return _announcements_page(competition, form, error.status)
    flash("It is announced.", "success")
    return redirect(url_for("running.announcements", slug=slug), 303)


@bp.post("/c/<slug>/host/announcements/<public_id>/delete")
def delete_announcement(slug: str, public_id: str) -> ResponseReturnValue:
    """Delete an announcement."""
    found = queries.announcement(
        web.session(), competition=hosted(slug), public_id=public_id
    )
    service.delete_announcement(web.session(), announcement=found)
    web.session().commit()
    flash("The announcement is deleted.", "success")
    return redirect(url_for("running.announcements", slug=slug), 303)


def _theirs(competition: Competition, public_id: str) -> Submission:
    return submission_queries.of_competition_by_public_id(
        web.session(), competition=competition, public_id=public_id
    )


def _standing(found: Submission) -> scoring.Standing:
    return scoring.standing(
        web.session(),
        submission=found,
        settings=web.services().settings,
        now=clock.now(),
        finals={},
    )


def _submission_page(
    competition: Competition, found: Submission, form: ReasonForm, status: int = 200
) -> ResponseReturnValue:
    standing = _standing(found)
    page = render_template(
        "hosting/submission.html",
        competition=competition,
        standing=standing,
        again=standing.status in reviewing.AGAIN,
        form=form,
        tab="host",
    )
    return page, status


def _announcements_page(
    competition: Competition, form: AnnouncementForm, status: int = 200
) -> ResponseReturnValue:
    page = render_template(
        "hosting/announcements.html",
        competition=competition,
        form=form,
        announcements=queries.announcements(
            web.session(), competition_ids=[competition.id]
        ),
        tab="host",
    )
    return page, status
