"""Changes of a competition's bundle: its texts, and its files."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from podium.accounts.identity import require_viewer
from podium.accounts.models import User
from podium.competitions.models import Competition
from podium.core import web
from podium.core.errors import NotFound, PodiumError, Refused
from podium.core.forms import show_faults, text
from podium.core.security import csrf
from podium.hosting import manifest, service
from podium.hosting.asking import hosted, missing, plain_name, sender
from podium.hosting.forms import FileForm, TextForm
from podium.scoring.dispatch import wake
from podium_scorer.bundle import MANIFEST

bp = Blueprint("editing", __name__, template_folder="templates")


@bp.get("/c/<slug>/host/edit/<path:path>")
def edit(slug: str, path: str) -> ResponseReturnValue:
    """A text of the bundle: a page, or competition.yaml."""
    competition = hosted(slug)
    old = service.bundle_text(
        web.services().storage, competition, _editable(competition, path)
    )
    return _edit_page(competition, path, TextForm(text=old))


@bp.post("/c/<slug>/host/edit/<path:path>")
def save(slug: str, path: str) -> ResponseReturnValue:
    """Save a text of the bundle, or show how a page would look."""
    competition, form, user = hosted(slug), TextForm(), require_viewer()
    _editable(competition, path)
    content = text(form, "text").replace("\r\n", "\n")
    if "preview" in request.form:
        return _edit_page(competition, path, form, preview=content)
    try:
        _change(competition, {path: content.encode()}, user)
    except PodiumError as error:
        return _edit_page(hosted(slug), path, form, error=error)
    flash("Saved.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)


@bp.get("/c/<slug>/host/files")
def files(slug: str) -> ResponseReturnValue:
    """What is in the bundle?"""
    return _files_page(hosted(slug), FileForm())


@bp.post("/c/<slug>/host/files")
@csrf.exempt  # it takes a file: the token is checked once its size is allowed
def send_file(slug: str) -> ResponseReturnValue:
    """Replace a file of the bundle, or add one for participants."""
    require_viewer()
    competition = hosted(slug)
    user, form = sender(create=False), FileForm()
    try:
        _change(competition, _sent_file(competition, form), user)
    except PodiumError as error:
        return _files_page(hosted(slug), form, error)
    flash("The file is taken over.", "success")
    return redirect(url_for("editing.files", slug=slug), 303)


def _change(competition: Competition, new: service.NewFiles, user: User) -> None:
    """Put files into the competition's bundle and take it over; raises PodiumError."""
    services = web.services()
    slug = competition.slug
    web.release()
    with service.with_changes(
        services.settings, services.storage, competition, new
    ) as bundle:
        web.session().expire_all()
        service.save_bundle(web.session(), services, bundle=bundle, by=user, slug=slug)
        web.session().commit()
    wake(services)


def _sent_file(competition: Competition, form: FlaskForm) -> service.NewFiles:
    """What a sent file changes in the bundle."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise missing("file", "Choose a file.")
    path = request.form.get("path", "")
    if path:
        if path not in competition.bundle or path == MANIFEST:
            raise Refused("There is no such file in the bundle. Load the page again.")
        return {path: sent.stream}
    name = plain_name(sent.filename, "file")
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
