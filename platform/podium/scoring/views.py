"""Handing in, and what became of it: the pages of submissions.

They stand here and not with the submissions, because they show scores, queue and ranks.
"""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from podium.accounts.identity import require_viewer, viewer
from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.core import clock, uploads, web
from podium.core.downloads import file_answer
from podium.core.errors import Invalid, NotFound, PodiumError
from podium.core.forms import show_faults, text
from podium.core.paging import cursor_of, id_of
from podium.core.security import csrf
from podium.receipts import queries as receipts
from podium.receipts.models import Receipt
from podium.scoring import joining, merging
from podium.scoring import service as scoring
from podium.scoring.dispatch import wake
from podium.scoring.forms import SubmitForm
from podium.submissions import queries, service
from podium.submissions.intake import endings, formats_in_words
from podium.submissions.models import Submission
from podium.teams import asking
from podium.teams import queries as teams
from podium.teams import views as team_views
from podium.teams.forms import MergeForm
from podium.teams.models import Team

bp = Blueprint("submissions", __name__, template_folder="templates")

PAGE_ROWS = 50


@bp.get("/c/<slug>/submissions")
def index(slug: str) -> ResponseReturnValue:
    """What did we send, and what became of it?"""
    competition = by_slug(web.session(), slug)
    team = teams.team_of(web.session(), competition=competition, user=viewer())
    before = id_of("submissions", request.args.get("cursor", ""))
    found: list[Submission] = []
    if team is not None:
        found = queries.of_team(
            web.session(), team=team, limit=PAGE_ROWS + 1, before_id=before
        )
    more = cursor_of("submissions", found[-2].id) if len(found) > PAGE_ROWS else None
    return render_template(
        "submissions/index.html",
        competition=competition,
        team=team,
        standings=[_standing(each) for each in found[:PAGE_ROWS]],
        chosen=_chosen(team),
        next=more,
        tab="submissions",
    )


@bp.get("/c/<slug>/submit")
def submit_page(slug: str) -> ResponseReturnValue:
    """The form, or why nothing can be sent right now."""
    user = require_viewer()
    return _submit_page(by_slug(web.session(), slug), user, SubmitForm())


@bp.post("/c/<slug>/submit")
@csrf.exempt  # the token is in the form before the file, or in a header: checked below
def submit(slug: str) -> ResponseReturnValue:
    """Take a file: a form's, or the request's whole body."""
    user = require_viewer()
    competition = by_slug(web.session(), slug)
    try:
        submission = _take_file(competition, user)
    except PodiumError as error:
        uploads.drain(request)
        return _refused(competition, user, error)
    wake(web.services())
    address = url_for("submissions.show", slug=slug, public_id=submission.public_id)
    if _sent_by_script():
        return {"url": address}, 201
    return redirect(address, 303)


@bp.get("/c/<slug>/submissions/<public_id>")
def show(slug: str, public_id: str) -> ResponseReturnValue:
    """One submission: its score, or the reason of the refusal."""
    competition = by_slug(web.session(), slug)
    submission = _mine(public_id, competition)
    return render_template(
        "submissions/show.html",
        competition=competition,
        standing=_standing(submission),
        receipt=_receipt(submission),
        tab="submissions",
    )


@bp.get("/c/<slug>/submissions/<public_id>/row")
def row(slug: str, public_id: str) -> ResponseReturnValue:
    """The part of a page that changes while a submission waits."""
    competition = by_slug(web.session(), slug)
    submission = _mine(public_id, competition)
    name = "outcome" if request.args.get("view") == "outcome" else "row"
    return render_template(
        f"submissions/_{name}.html",
        competition=competition,
        standing=_standing(submission),
        receipt=_receipt(submission) if name == "outcome" else None,
    )


@bp.post("/submissions/<public_id>/withdraw")
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a submission back."""
    user, session, submission = require_viewer(), web.session(), _mine(public_id)
    scoring.withdraw(session, submission=submission, user=user, now=clock.now())
    session.commit()
    flash("The submission is withdrawn and no longer on the board.", "success")
    slug = submission.competition.slug
    return redirect(url_for("submissions.show", slug=slug, public_id=public_id))


@bp.post("/submissions/<public_id>/<any(choose, unchoose):what>")
def choose(public_id: str, what: str) -> ResponseReturnValue:
    """Make a submission one of my team's finals, or no longer one."""
    user, session, submission = require_viewer(), web.session(), _mine(public_id)
    final = what == "choose"
    scoring.choose(
        session, submission=submission, user=user, now=clock.now(), final=final
    )
    session.commit()
    name = submission.file_name
    flash(
        f"“{name}” is one of your finals."
        if final
        else f"“{name}” is no longer one of your chosen finals.",
        "success",
    )
    slug = submission.competition.slug
    return redirect(url_for("submissions.index", slug=slug, _anchor=f"s-{public_id}"))


@bp.get("/submissions/<public_id>/file")
def file(public_id: str) -> ResponseReturnValue:
    """The file that we sent."""
    submission = _mine(public_id)
    return file_answer(
        web.services().storage,
        sha256=submission.sha256,
        size=submission.size,
        name=submission.file_name,
    )


@bp.post("/c/<slug>/team/merge")
def ask_to_merge(slug: str) -> ResponseReturnValue:
    """Ask another team to become one with mine."""
    user, session, form = require_viewer(), web.session(), MergeForm()
    competition = by_slug(session, slug)
    try:
        request = merging.ask(
            session,
            team=team_views.my_team(competition),
            other=teams.team_by_name(
                session, competition=competition, name=text(form, "other")
            ),
            by=user,
            now=clock.now(),
        )
    except PodiumError as error:
        return team_views.again(competition, error, merge_form=form)
    name = request.other.name
    return team_views.done(competition, f"“{name}” is asked; its leader can accept.")


@bp.post("/merges/<public_id>/<any(accept, close):answer>")
def answer_merge(public_id: str, answer: str) -> ResponseReturnValue:
    """Become one team with those who asked; or say no, or take my team's request back."""
    user, session = require_viewer(), web.session()
    found = teams.merge_request_by_public_id(session, public_id=public_id, viewer=user)
    competition = found.other.competition
    if answer == "accept":
        name = found.team.name
        merging.accept(session, request=found, by=user, now=clock.now())
        return team_views.done(competition, f"“{name}” is now part of your team.")
    merging.close(session, request=found, by=user)
    return team_views.done(competition, "The request to merge is closed.")


@bp.post("/join-requests/<public_id>/<any(accept, close):answer>")
def answer_join(public_id: str, answer: str) -> ResponseReturnValue:
    """Let in who asks to join; or say no, or take my own request back."""
    user, session = require_viewer(), web.session()
    found = teams.join_request_by_public_id(session, public_id=public_id, viewer=user)
    competition, name = found.team.competition, found.user.shown_name
    if answer == "accept":
        joining.let_in(session, request=found, by=user, now=clock.now())
        return team_views.done(competition, f"{name} is now in your team.")
    asking.close(session, request=found, by=user)
    return team_views.done(competition, "The request to join is closed.")


def _mine(public_id: str, competition: Competition | None = None) -> Submission:
    """The viewer's submission; with a competition, only one of that."""
    found = queries.by_public_id(
        web.session(), public_id=public_id, viewer=require_viewer()
    )
    if competition is not None and found.competition_id != competition.id:
        raise NotFound("You have no such submission here. Check the address.")
    return found


def _standing(submission: Submission) -> scoring.Standing:
    return scoring.standing(
        web.session(),
        submission=submission,
        settings=web.services().settings,
        now=clock.now(),
        finals=_finals(submission.team),
    )


def _receipt(submission: Submission) -> Receipt | None:
    """The receipt of the score that is shown."""
    found = receipts.newest_of(web.session(), submissions=[submission])
    return found.get(submission.public_id)


def _chosen(team: Team | None) -> int:
    """How many finals a team has chosen."""
    finals = {} if team is None else _finals(team)
    return sum(each is scoring.Final.CHOSEN for each in finals.values())


def _finals(team: Team) -> dict[int, scoring.Final]:
    """A team's finals, looked up once a request."""
    known: dict[int, dict[int, scoring.Final]] = g.setdefault("finals", {})
    if team.id not in known:
        known[team.id] = scoring.finals_of(web.session(), team=team)
    return known[team.id]


def _take_file(competition: Competition, user: User) -> Submission:
    """Check early, stream the bytes with no transaction open, then record them."""
    by_script = _sent_by_script()
    if by_script:
        web.require_token(request.headers.get("X-CSRFToken", ""))
    _check_open(competition, user)
    web.release()
    most = competition.submission_max_bytes
    upload = uploads.open_upload(request, most_bytes=most)
    if not by_script:
        web.require_token(upload.fields.get("csrf_token", ""))
    description = upload.fields.get("description", "")
    service.check_file(
        competition=competition,
        file_name=upload.file_name,
        size=request.content_length if by_script else None,
        description=description,
    )
    blob = web.services().storage.put(upload.stream, most_bytes=most)
    web.session().expire_all()  # the upload may have taken long
    submission = service.submit(
        web.session(),
        competition=competition,
        user=user,
        blob=blob,
        file_name=upload.file_name,
        description=description,
        now=clock.now(),
        rejections_per_hour=web.services().settings.rejections_per_hour,
    )
    web.session().commit()
    return submission


def _check_open(competition: Competition, user: User) -> None:
    service.check_open(
        web.session(),
        competition=competition,
        user=user,
        now=clock.now(),
        rejections_per_hour=web.services().settings.rejections_per_hour,
    )


def _sent_by_script() -> bool:
    return request.mimetype == "application/octet-stream"


def _submit_page(
    competition: Competition, user: User, form: SubmitForm, status: int = 200
) -> ResponseReturnValue:
    refusal = ""
    try:
        _check_open(competition, user)
    except PodiumError as error:
        refusal = error.sentence
    return render_template(
        "submissions/submit.html",
        competition=competition,
        form=form,
        refusal=refusal,
        formats=formats_in_words(competition.submission_formats),
        endings=endings(competition.submission_formats),
        tab="submissions",
    ), status


def _refused(
    competition: Competition, user: User, error: PodiumError
) -> ResponseReturnValue:
    web.session().rollback()
    if _sent_by_script():
        return {"sentence": error.sentence, "fields": error.fields}, error.status
    form = SubmitForm(formdata=None)
    if not isinstance(error, Invalid):
        error.fields = {}
    show_faults(form, error)
    return _submit_page(competition, user, form, error.status)
