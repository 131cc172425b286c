"""A new competition: from a form or from a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

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
from podium.competitions.models import Competition
from podium.core import web
from podium.core.errors import PodiumError
from podium.core.forms import show_faults
from podium.core.security import csrf
from podium.core.storage import Blob
from podium.hosting import answers, service, starter
from podium.hosting.asking import FILE_NAME, missing, odd_name, sender
from podium.hosting.forms import BundleForm, NewForm
from podium.scoring.dispatch import wake
from podium_scorer.bundle import Bundle

bp = Blueprint("making", __name__, template_folder="templates")

# Files that were sent, by field: name, sha256 and size of each.
Kept: TypeAlias = Mapping[str, list[dict[str, Any]]]
_NO_FILE = "id,value\n1,0\n2,1\n"


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
    user = sender()
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
    user, form = sender(), BundleForm()
    sent = request.files.get("bundle")
    try:
        if sent is None or not sent.filename:
            raise missing("bundle", "Choose the ZIP of your bundle.")
        with service.unpacked(web.services().settings, sent.stream) as bundle:
            competition = _take(bundle, user)
    except PodiumError as error:
        return _new_page(NewForm(host=user.shown_name), None, {}, form, error)
    flash("The bundle is taken over.", "success")
    return redirect(url_for("hosting.show", slug=competition.slug), 303)


def _take(bundle: Bundle, user: User) -> Competition:
    web.session().expire_all()  # reading the bundle may have taken long
    result = service.save_bundle(web.session(), web.services(), bundle=bundle, by=user)
    web.session().commit()
    wake(web.services())
    return result.competition


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
def _started(form: FlaskForm, kept: Kept) -> Iterator[Bundle]:
    """The bundle that a form and its files make; raises PodiumError with all faults."""
    sound = [each for each in kept["data"] if FILE_NAME.fullmatch(each["name"])]
    given, faults = answers.read(form, [each["name"] for each in sound])
    for each in kept["data"]:
        if each not in sound:
            faults["data"] = odd_name(each["name"])
    try:
        service.require_free(web.session(), slug=given.slug)
    except PodiumError as error:
        faults |= error.fields
    with service.scratch(web.services().settings) as folder:
        faults |= _lay_out(folder, kept, sound)
        faults |= starter.write(folder, given)
        try:
            bundle = service.read(folder)
        except service.Faulty as error:
            raise answers.gathered(faults, error.faults) from error
        if faults:
            raise answers.gathered(faults)
        yield bundle


def _lay_out(folder: Path, kept: Kept, data: list[dict[str, Any]]) -> dict[str, str]:
    """Put the chosen files into a folder; a sentence for each that is missing, in whose
    place a small table stands, so that the rest can be looked at."""
    storage, faults = web.services().storage, {}
    for field, name, sentence in (
        ("solution", "solution.csv", "Choose the file with the right answers."),
        (
            "sample",
            "sample_submission.csv",
            "Choose a file in the form that submissions have.",
        ),
    ):
        if kept[field]:
            storage.lay_out(kept[field][0]["sha256"], folder / name)
        else:
            faults[field] = sentence
            (folder / name).write_text(_NO_FILE)
    (folder / "data").mkdir()
    for each in data:
        storage.lay_out(each["sha256"], folder / "data" / each["name"])
    return faults


def _new_page(
    form: NewForm,
    error: PodiumError | None = None,
    kept: Kept | None = None,
    bundle_form: BundleForm | None = None,
    bundle_error: PodiumError | None = None,
) -> ResponseReturnValue:
    kept = kept or {}
    user = require_viewer()
    if error is not None:
        web.session().rollback()
        show_faults(form, error)
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
