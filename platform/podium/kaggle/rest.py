"""The layout of Kaggle's clients up to 1.6.17: addresses, forms and bare arrays."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import jsonify, redirect, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from podium.core.api import PREFIX
from podium.core.errors import Invalid, PodiumError
from podium.core.text import storable
from podium.core.web import only_read
from podium.kaggle import access, operations
from podium.kaggle.views import board_download

FORM_BYTES = 64 * 1024
bp = APIBlueprint(
    "kaggle_rest",
    __name__,
    url_prefix=f"{PREFIX}/competitions",
    enable_openapi=False,
)
bp.before_request(access.identify)
bp.register_error_handler(PodiumError, access.error_answer)
bp.register_error_handler(HTTPException, access.error_answer)


@bp.get("/list")
def list_competitions() -> Response:
    """Competitions, as an array."""
    found = operations.list_competitions(
        search=_argument("search"),
        group=_argument("group"),
        page=_page(),
        page_token="",
        page_size=0,
    )
    return jsonify(found["competitions"])


@bp.get("/data/list/<slug>")
def list_files(slug: str) -> Response:
    """A competition's data files."""
    return jsonify(operations.list_files(slug=slug))


@bp.get("/data/download/<slug>/<path:name>")
def download_file(slug: str, name: str) -> Response:
    """The way to a data file."""
    return redirect(operations.file_link(slug=slug, name=name))


@bp.get("/data/download-all/<slug>")
def download_files(slug: str) -> Response:
    """The way to all data files."""
    return redirect(operations.archive_link(slug=slug))


@bp.post("/<slug>/submissions/url/<int:size>/<int:changed_at>")
def announce(slug: str, size: int, changed_at: int) -> Response:  # noqa: ARG001
    """The first step of a submission; when the file changed makes no difference."""
    name = _field("fileName")
    return jsonify(operations.announce(slug=slug, file_name=name, size=size))


@bp.post("/submissions/submit/<slug>")
def hand_in(slug: str) -> Response:
    """The last step of a submission."""
    answer = operations.hand_in(
        slug=slug,
        token=_field("blobFileTokens"),
        description=_field("submissionDescription"),
        sandbox=False,
    )
    return jsonify(answer)


@bp.get("/submissions/list/<slug>")
def list_submissions(slug: str) -> Response:
    """The submissions of the user's team, as an array with words for their states."""
    found = operations.list_submissions(
        slug=slug, group="", page=_page(), page_token="", page_size=0
    )
    items = [each | {"status": each["status"].lower()} for each in found["submissions"]]
    return jsonify(items)


@bp.get("/<slug>/leaderboard/view")
def leaderboard(slug: str) -> Response:
    """The first rows of the open board."""
    found = operations.leaderboard(slug=slug, page_token="", page_size=50)
    return jsonify({"submissions": found["submissions"]})


@bp.get("/<slug>/leaderboard/download")
def download_leaderboard(slug: str) -> Response:
    """The open board as a CSV in a ZIP."""
    only_read()
    return board_download(slug)


def _argument(name: str) -> str:
    text = request.args.get(name, "")
    if not storable(text):
        raise Invalid(f"{name} must be a text.", kind="invalid")
    return text


def _page() -> int:
    text = _argument("page")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _field(name: str) -> str:
    request.max_content_length = FORM_BYTES
    text = request.form.get(name, "")
    if not storable(text):
        raise Invalid(f"{name} must be a text.", kind="invalid")
    return text
