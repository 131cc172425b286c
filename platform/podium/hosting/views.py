"""The organizer's pages: my competitions, a new one, and one of mine from the inside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from podium.accounts.identity import require_viewer
from podium.accounts.models import User
from podium.competitions import queries
from podium.competitions.models import Competition
from podium.core import clock, web
from podium.core.downloads import file_answer
from podium.core.errors import Invalid, NotFound, PodiumError, Refused
from podium.core.forms import show_faults, text
from podium.core.paging import cursor_of, id_of
from podium.core.security import csrf
from podium.core.storage import Blob
from podium.hosting import answers, manifest, service, starter
from podium.hosting.archive import bundle_answer
from podium.hosting.checklist import can_launch
from podium.hosting.figures import figures_of
from podium.hosting.forms import (
    AnnouncementForm,
    BundleForm,
    FileForm,
    LaunchForm,
    NewForm,
    ReasonForm,
    TextForm,
)
from podium.scoring import reviewing
from podium.scoring import service as scoring
from podium.scoring.dispatch import wake
from podium.submissions import queries as submission_queries
from podium.submissions.models import Status, Submission
from podium_scorer.bundle import MANIFEST, Bundle

bp = Blueprint("hosting", __name__, template_folder="templates")

PAGE_ROWS = 50
_DONE = {
    "remove": "The submission is off the boards; its team reads why.",
    "restore": "The submission is back.",
    "again": "The submission is scored again.",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. +=@-]{0,99}", re.ASCII)


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


@bp.get("/host/new")
def new() -> ResponseReturnValue:
    """A new competition, from a form or from a bundle."""
    user = require_viewer()
    service.require_may_create(web.services().settings, user)
    return _new_page(NewForm(host=user.shown_name))


@bp.post("/host/new")
@csrf.exempt  # it takes files: the token is checked once their size is allowed
def make() -> ResponseReturnValue:
    """Make a draft from the form's answers; whatever is refused, nothing is lost."""
    user = _who_may_send()
    form, kept = NewForm(), _keep_files(user)
    try:
        with _started(form, kept) as bundle:
            competition = _take(bundle, user)
    except PodiumError as error:
        return _new_page(form, error, kept)
    flash("Your draft is here. Only you see it until you launch it.", "success")
    return redirect(url_for("hosting.show", slug=competition.slug), 303)


@bp.post("/host/bundle")
@csrf.exempt  # as above
def push() -> ResponseReturnValue:
    """Make or change a competition from a ZIP of its bundle."""
    user, form = _who_may_send(), BundleForm()
    sent = request.files.get("bundle")
    try:
        if sent is None or not sent.filename:
            raise _missing("bundle", "Choose the ZIP of your bundle.")
        with service.unpacked(web.services().settings, sent.stream) as bundle:
            competition = _take(bundle, user)
    except PodiumError as error:
        return _new_page(NewForm(host=user.shown_name), None, {}, form, error)
    flash("The bundle is taken over.", "success")
    return redirect(url_for("hosting.show", slug=competition.slug), 303)


@bp.get("/c/<slug>/host")
def show(slug: str) -> ResponseReturnValue:
    """What needs me now?"""
    return _show_page(_hosted(slug), LaunchForm())


@bp.post("/c/<slug>/host/launch")
def launch(slug: str) -> ResponseReturnValue:
    """Show the draft to everybody, now or at a time."""
    competition, form = _hosted(slug), LaunchForm()
    try:
        at = _moment(text(form, "at").strip())
        service.launch(web.session(), competition=competition, now=clock.now(), at=at)
        web.session().commit()
    except PodiumError as error:
        web.session().rollback()
        show_faults(form, error)
        return _show_page(_hosted(slug), form, error.status)
    flash("It is launched." if at is None else "The launch is planned.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/call-off")
def call_off(slug: str) -> ResponseReturnValue:
    """Make a planned launch a draft again."""
    service.call_off(web.session(), competition=_hosted(slug), now=clock.now())
    web.session().commit()
    flash("The launch is called off; it is a draft again.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/<any(count, uncount):what>")
def rank(slug: str, what: str) -> ResponseReturnValue:
    """Let final ranks here count for medals and points, or not."""
    competition, user = _hosted(slug), require_viewer()
    service.set_ranked(
        web.session(), competition=competition, by=user, ranked=what == "count"
    )
    web.session().commit()
    flash("Saved.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.post("/c/<slug>/host/delete")
def delete(slug: str) -> ResponseReturnValue:
    """Forget a draft."""
    competition = _hosted(slug)
    service.delete_draft(web.session(), competition=competition, now=clock.now())
    web.session().commit()
    flash(f"The draft “{competition.title}” is deleted.", "success")
    return redirect(url_for("hosting.index"), 303)


@bp.get("/c/<slug>/host/submissions")
def submissions(slug: str) -> ResponseReturnValue:
    """What came in, and what became of it?"""
    competition = _hosted(slug)
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
    competition = _hosted(slug)
    return _submission_page(competition, _theirs(competition, public_id), ReasonForm())


@bp.get("/c/<slug>/host/submissions/<public_id>/file")
def submission_file(slug: str, public_id: str) -> ResponseReturnValue:
    """The file that a team sent."""
    found = _theirs(_hosted(slug), public_id)
    return file_answer(
        web.services().storage,
        sha256=found.sha256,
        size=found.size,
        name=found.file_name,
    )


@bp.post("/c/<slug>/host/submissions/<public_id>/<any(remove, restore, again):what>")
def review(slug: str, public_id: str, what: str) -> ResponseReturnValue:
    """Take a submission off the boards, put it back, or score it again."""
    competition, form = _hosted(slug), ReasonForm()
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
        competition = _hosted(slug)
        found = _theirs(competition, public_id)
        return _submission_page(competition, found, form, error.status)
    wake(web.services())
    flash(_DONE[what], "success")
    return redirect(url_for("hosting.submission", slug=slug, public_id=public_id), 303)


@bp.get("/c/<slug>/host/announcements")
def announcements(slug: str) -> ResponseReturnValue:
    """What have I announced?"""
    return _announcements_page(_hosted(slug), AnnouncementForm())


@bp.post("/c/<slug>/host/announcements")
def announce(slug: str) -> ResponseReturnValue:
    """Tell everybody who takes part."""
    competition, form = _hosted(slug), AnnouncementForm()
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
    return redirect(url_for("hosting.announcements", slug=slug), 303)


@bp.post("/c/<slug>/host/announcements/<public_id>/delete")
def unsay(slug: str, public_id: str) -> ResponseReturnValue:
    """Delete an announcement."""
    found = queries.announcement(
        web.session(), competition=_hosted(slug), public_id=public_id
    )
    web.session().delete(found)
    web.session().commit()
    flash("The announcement is deleted.", "success")
    return redirect(url_for("hosting.announcements", slug=slug), 303)


@bp.get("/c/<slug>/host/bundle.zip")
def pull(slug: str) -> ResponseReturnValue:
    """The bundle as it was sent, solution included."""
    return bundle_answer(web.services().storage, _hosted(slug))


@bp.get("/c/<slug>/host/edit/<path:path>")
def edit(slug: str, path: str) -> ResponseReturnValue:
    """A text of the bundle: a page, or competition.yaml."""
    competition = _hosted(slug)
    old = service.bundle_text(
        web.services().storage, competition, _editable(competition, path)
    )
    return _edit_page(competition, path, TextForm(text=old))


@bp.post("/c/<slug>/host/edit/<path:path>")
def save(slug: str, path: str) -> ResponseReturnValue:
    """Save a text of the bundle, or show how a page would look."""
    competition, form, user = _hosted(slug), TextForm(), require_viewer()
    _editable(competition, path)
    content = text(form, "text").replace("\r\n", "\n")
    if "preview" in request.form:
        return _edit_page(competition, path, form, preview=content)
    try:
        _change(competition, {path: content.encode()}, user)
    except PodiumError as error:
        return _edit_page(_hosted(slug), path, form, error=error)
    flash("Saved.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.get("/c/<slug>/host/files")
def files(slug: str) -> ResponseReturnValue:
    """What is in the bundle?"""
    return _files_page(_hosted(slug), FileForm())


@bp.post("/c/<slug>/host/files")
@csrf.exempt  # it takes a file: the token is checked once its size is allowed
def send_file(slug: str) -> ResponseReturnValue:
    """Replace a file of the bundle, or add one for participants."""
    require_viewer()
    competition = _hosted(slug)
    user, form = _who_may_send(create=False), FileForm()
    try:
        _change(competition, _sent_file(competition, form), user)
    except PodiumError as error:
        return _files_page(_hosted(slug), form, error)
    flash("The file is taken over.", "success")
    return redirect(url_for("hosting.files", slug=slug), 303)


def _hosted(slug: str) -> Competition:
    return service.hosted(web.session(), slug=slug, user=require_viewer())


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


def _who_may_send(*, create: bool = True) -> User:
    """Who asks, once it is clear that they may send files here and mean to."""
    user, settings = require_viewer(), web.services().settings
    if create:
        service.require_may_create(settings, user)
    web.release()  # a body may take long to come
    request.max_content_length = settings.bundle_max_bytes
    web.require_token(request.form.get("csrf_token", ""))
    return user


def _take(bundle: Bundle, user: User) -> Competition:
    web.session().expire_all()  # reading the bundle may have taken long
    result = service.keep(web.session(), web.services(), bundle=bundle, by=user)
    web.session().commit()
    wake(web.services())
    return result.competition


def _change(competition: Competition, new: service.NewFiles, user: User) -> None:
    """Put files into the competition's bundle and take it over; raises PodiumError."""
    services = web.services()
    slug = competition.slug
    web.release()
    with service.changed(
        services.settings, services.storage, competition, new
    ) as bundle:
        web.session().expire_all()
        service.keep(web.session(), services, bundle=bundle, by=user, slug=slug)
        web.session().commit()
    wake(services)


def _sent_file(competition: Competition, form: FlaskForm) -> service.NewFiles:
    """What a sent file changes in the bundle."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise _missing("file", "Choose a file.")
    path = request.form.get("path", "")
    if path:
        if path not in competition.bundle or path == MANIFEST:
            raise Refused("There is no such file in the bundle. Load the page again.")
        return {path: sent.stream}
    name = _plain_name(sent.filename, "file")
    path = f"data/{name}"
    if path in competition.bundle:
        return {path: sent.stream}
    described = text(form, "description").strip() or name
    old = service.manifest_text(web.services().storage, competition)
    new = manifest.with_data(old, path, described)
    return {MANIFEST: new.encode(), path: sent.stream}


def _editable(competition: Competition, path: str) -> str:
    """The path of a text that can be edited; raises NotFound for any other."""
    if path == MANIFEST or (
        path in competition.bundle and path.endswith((".md", ".py"))
    ):
        return path
    service.require_bundle(competition)
    raise NotFound("There is no such text in this competition's bundle.")


def _moment(given: str) -> datetime | None:
    """A time in UTC from a form; None where the field is empty."""
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(tzinfo=UTC)
    except ValueError as error:
        raise _missing(
            "at", "Write the time like 2026-12-24 18:00, in UTC, or leave it empty."
        ) from error


# Files that were sent with a form that had faults elsewhere: kept, so that nobody has to
# choose them again. What the page holds of them is signed, and good for their sender.


def _keep_files(user: User) -> dict[str, list[dict[str, Any]]]:
    """The files that came with the form, or with an earlier try: name, sha256, size."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for name in ("solution", "sample", "data"):
        sent = [each for each in request.files.getlist(name) if each.filename]
        kept[name] = [_stored(each) for each in sent] or _kept_before(name, user)
    return kept


def _stored(sent: FileStorage) -> dict[str, Any]:
    most = web.services().settings.bundle_max_bytes
    blob: Blob = web.services().storage.put(sent.stream, most_bytes=most)
    name = Path((sent.filename or "").replace("\\", "/")).name
    return {"name": name, "sha256": blob.sha256, "size": blob.size}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="hosting-files")


def _kept_before(name: str, user: User) -> list[dict[str, Any]]:
    try:
        owner, files = _signer().loads(request.form.get(f"kept_{name}", ""))
    except (BadSignature, ValueError):
        return []
    return list(files) if owner == user.id else []


@contextmanager
def _started(
    form: FlaskForm, kept: Mapping[str, list[dict[str, Any]]]
) -> Iterator[Bundle]:
    """The bundle that a form and its files make; raises PodiumError with all faults."""
    given, faults = answers.read(form, [each["name"] for each in kept["data"]])
    for name, sentence in (
        ("solution", "Choose the file with the right answers."),
        ("sample", "Choose a file in the form that submissions have."),
    ):
        if not kept[name]:
            faults[name] = sentence
    for each in kept["data"]:
        if not _NAME.fullmatch(each["name"]):
            faults["data"] = _odd_name(each["name"])
    if faults or given is None:
        raise Invalid(
            "Some fields need another look; each says what to change.",
            kind="invalid",
            fields=faults,
        )
    settings, storage = web.services().settings, web.services().storage
    with service.scratch(settings) as folder:
        (folder / "data").mkdir()
        storage.lay_out(kept["solution"][0]["sha256"], folder / "solution.csv")
        storage.lay_out(kept["sample"][0]["sha256"], folder / "sample_submission.csv")
        for each in kept["data"]:
            storage.lay_out(each["sha256"], folder / "data" / each["name"])
        starter.write(folder, given)
        yield service.read(folder)


def _plain_name(name: str, field: str) -> str:
    plain = Path(name.replace("\\", "/")).name
    if not _NAME.fullmatch(plain):
        raise _missing(field, _odd_name(plain))
    return plain


def _odd_name(name: str) -> str:
    return (
        f"The name “{name[:80]}” can't be used for a file: take letters, digits, dots and "
        "hyphens."
    )


def _missing(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, kind="invalid", fields={field: sentence})


def _new_page(
    form: NewForm,
    error: PodiumError | None = None,
    kept: Mapping[str, list[dict[str, Any]]] | None = None,
    bundle_form: BundleForm | None = None,
    bundle_error: PodiumError | None = None,
) -> ResponseReturnValue:
    kept = kept or {}
    user = require_viewer()
    if error is not None:
        web.session().rollback()
        answers.show_faults(form, error)
    bundle_form = bundle_form or BundleForm()
    if bundle_error is not None:
        web.session().rollback()
        show_faults(bundle_form, bundle_error)
    raised = error or bundle_error
    page = render_template(
        "hosting/new.html",
        form=form,
        kept=kept,
        signed={
            name: _signer().dumps([user.id, files]) for name, files in kept.items()
        },
        bundle_form=bundle_form,
        faults=getattr(raised, "faults", ()),
    )
    return page, raised.status if raised else 200


def _show_page(
    competition: Competition, form: LaunchForm, status: int = 200
) -> ResponseReturnValue:
    session, now = web.session(), clock.now()
    items = service.looked_over(session, competition=competition, now=now)
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


def _edit_page(
    competition: Competition,
    path: str,
    form: TextForm,
    *,
    preview: str | None = None,
    error: PodiumError | None = None,
) -> ResponseReturnValue:
    if error is not None:
        web.session().rollback()
        show_faults(form, error)
    page = render_template(
        "hosting/edit.html",
        competition=competition,
        path=path,
        form=form,
        preview=preview,
        is_page=path.endswith(".md"),
        faults=getattr(error, "faults", ()),
        tab="host",
    )
    return page, error.status if error else 200


def _files_page(
    competition: Competition, form: FileForm, error: PodiumError | None = None
) -> ResponseReturnValue:
    if error is not None:
        web.session().rollback()
        show_faults(form, error)
    page = render_template(
        "hosting/files.html",
        competition=competition,
        form=form,
        files=sorted(competition.bundle.items()),
        faults=getattr(error, "faults", ()),
        tab="host",
    )
    return page, error.status if error else 200
