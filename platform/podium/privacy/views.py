"""The settings' page of one's own data: take it along, or have the account deleted."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import logout_user

from podium.accounts import service as accounts
from podium.accounts.identity import require_viewer
from podium.accounts.models import User
from podium.core import clock, limits, web
from podium.core.errors import Invalid, NotAllowed, Refused
from podium.core.forms import show_faults, text
from podium.privacy import deletion, export
from podium.privacy.forms import DeleteForm

bp = Blueprint("privacy", __name__, template_folder="templates")


@bp.get("/settings/data")
def data() -> ResponseReturnValue:
    """What is kept of me, and what I can do about it."""
    return _page(require_viewer(), DeleteForm())


@bp.get("/settings/data/export")
def download() -> ResponseReturnValue:
    """Everything that is kept of me, as a JSON file."""
    user = require_viewer()
    found = export.everything(
        web.session(), user=user, settings=web.services().settings, now=clock.now()
    )
    answer = Response(
        json.dumps(found, indent=2, default=lambda moment: moment.isoformat()),
        mimetype="application/json",
    )
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"podium-{user.username}.json"
    )
    return answer


@bp.post("/settings/data/delete")
def delete() -> ResponseReturnValue:
    """Delete my account."""
    user, form = require_viewer(), DeleteForm()
    limits.count_try("delete_account", user.username)
    try:
        _require_meant(user, form)
        deletion.delete_account(web.session(), user=user, now=clock.now())
    except Invalid as faults:
        web.session().rollback()
        show_faults(form, faults)
        return _page(user, form), 422
    except Refused as refusal:
        web.session().rollback()
        return _page(user, form), refusal.status
    web.session().commit()
    logout_user()
    flash("Your account is deleted. Thank you for having been here.", "success")
    return redirect(url_for("web.home"), 303)


def _require_meant(user: User, form: DeleteForm) -> None:
    """Raise Invalid with what is wrong with user name and password."""
    faults = {}
    if text(form, "username").strip().lower() != user.username:
        faults["username"] = f"Type your user name, {user.username}, to go on."
    with web.services().database.reading() as reading:  # hashing takes its time
        try:
            accounts.check_password(
                reading, login=user.username, password=text(form, "password")
            )
        except NotAllowed:
            faults["password"] = "This is not your password."  # noqa: S105
    if faults:
        raise Invalid(" ".join(faults.values()), kind="invalid", fields=faults)


def _page(user: User, form: DeleteForm) -> str:
    found = deletion.obstacles(web.session(), user=user, now=clock.now())
    return render_template("privacy/data.html", form=form, obstacles=found)
