"""The linter's button on the host's checklist."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from podium.core import web
from podium.core.errors import Refused
from podium.hosting import service
from podium.hosting.asking import hosted

bp = Blueprint("linting", __name__, template_folder="templates")


@bp.post("/c/<slug>/host/lint")
def lint(slug: str) -> ResponseReturnValue:
    """Have the linter look at the files again."""
    competition = hosted(slug)
    try:
        service.ask_for_lint(web.session(), web.services(), competition=competition)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("The linter looks at the files; reload the page in a moment.", "success")
    return redirect(url_for("hosting.show", slug=slug), 303)
