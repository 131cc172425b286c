"""The layout of Kaggle's clients from 1.8 on: every call is a POST with JSON both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, redirect, request
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from podium.competitions import queries as competitions
from podium.competitions.downloads import data_archive
from podium.core import clock
from podium.core.api import JSON_BYTES, LARGEST_ID, PREFIX
from podium.core.downloads import file_answer
from podium.core.errors import Invalid, NotFound, PodiumError
from podium.core.storage import Blob
from podium.core.text import storable
from podium.core.uploads import body_of
from podium.core.web import only_read, release, services, session
from podium.kaggle import access, links, operations, service
from podium.leaderboards.export import zipped_board
from podium.submissions.models import Submission

COMPETITIONS = "competitions.CompetitionApiService"
SECURITY = "security.OAuthService"
bp = APIBlueprint("kaggle", __name__, url_prefix=PREFIX, enable_openapi=False)
bp.before_request(access.identify)
bp.register_error_handler(PodiumError, access.error_answer)
bp.register_error_handler(HTTPException, access.error_answer)


@dataclass(frozen=True)
class Asked:
    """The fields of a request; one that is absent has its type's default."""

    body: dict[str, Any]

    def text(self, name: str) -> str:
        """A text, empty where there is none; raises Invalid for any other value."""
        value = self.body.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or not storable(value):
            raise Invalid(f"{name} must be a text.", kind="invalid")
        return value

    def whole(self, name: str) -> int:
        """A whole number, 0 where there is none; raises Invalid for any other value."""
        value = self.body.get(name)
        if value is None:
            return 0
        if isinstance(value, str) and value.lstrip("-").isdecimal():
            value = int(value)  # large numbers come as texts
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid(f"{name} must be a whole number.", kind="invalid")
        return min(max(value, -1), 2**62)

    def number_of(self, name: str) -> int:
        """The number of something that is looked up: 0, which nothing has, if too large."""
        value = self.whole(name)
        return value if 0 < value <= LARGEST_ID else 0

    def flag(self, name: str) -> bool:
        """True or false, false where there is none."""
        return self.body.get(name) is True

    @property
    def slug(self) -> str:
        """The competition; Kaggle's clients pass on what the user typed."""
        return self.text("competitionName").rstrip("/").rpartition("/")[2]


Method = Callable[[Asked], "dict[str, Any] | Response"]


def introspect(asked: Asked) -> dict[str, Any]:
    """Whether a token is valid, and whose it is."""
    user = access.is_valid(asked.text("token"))
    return (
        {"active": False}
        if user is None
        else {
            "active": True,
            "username": user.username,
            "userId": user.id,
        }
    )


def _paged(asked: Asked) -> dict[str, Any]:
    return {"page_token": asked.text("pageToken"), "page_size": asked.whole("pageSize")}


def _list_competitions(asked: Asked) -> dict[str, Any]:
    return operations.list_competitions(
        search=asked.text("search"),
        group=asked.text("group"),
        page=asked.whole("page"),
        **_paged(asked),
    )


def _announce(asked: Asked) -> dict[str, Any]:
    return operations.announce(
        slug=asked.slug,
        file_name=asked.text("fileName"),
        size=asked.whole("contentLength"),
    )


def _hand_in(asked: Asked) -> dict[str, Any]:
    return operations.hand_in(
        slug=asked.slug,
        token=asked.text("blobFileTokens"),
        description=asked.text("submissionDescription"),
        sandbox=asked.flag("sandbox"),
    )


def _list_submissions(asked: Asked) -> dict[str, Any]:
    return operations.list_submissions(
        slug=asked.slug,
        group=asked.text("group"),
        page=asked.whole("page"),
        **_paged(asked),
    )


def _leaderboard(asked: Asked) -> dict[str, Any]:
    return operations.leaderboard(
        slug=asked.slug, public=asked.flag("overridePublic"), **_paged(asked)
    )


READING: dict[tuple[str, str], Method] = {
    (SECURITY, "IntrospectToken"): introspect,
    (COMPETITIONS, "ListCompetitions"): _list_competitions,
    (COMPETITIONS, "ListDataFiles"): lambda asked: operations.list_files(
        slug=asked.slug
    ),
    (COMPETITIONS, "DownloadDataFile"): lambda asked: redirect(
        operations.file_link(slug=asked.slug, name=asked.text("fileName"))
    ),
    (COMPETITIONS, "DownloadDataFiles"): lambda asked: redirect(
        operations.archive_link(slug=asked.slug)
    ),
    (COMPETITIONS, "ListSubmissions"): _list_submissions,
    (COMPETITIONS, "GetSubmission"): lambda asked: operations.get_submission(
        ref=asked.number_of("ref")
    ),
    (COMPETITIONS, "DownloadSubmission"): lambda asked: redirect(
        operations.submission_link(ref=asked.number_of("submissionId"))
    ),
    (COMPETITIONS, "GetSubmissionLimits"): lambda asked: operations.limits(
        slug=asked.slug
    ),
    (COMPETITIONS, "GetLeaderboard"): _leaderboard,
    (COMPETITIONS, "DownloadLeaderboard"): lambda asked: board_download(asked.slug),
    (COMPETITIONS, "ListTeamPublicSubmissions"): lambda asked: (
        operations.team_submissions(team_id=asked.number_of("teamId"))
    ),
    (COMPETITIONS, "ListCompetitionPages"): lambda asked: operations.list_pages(
        slug=asked.slug, name=asked.text("pageName")
    ),
    (COMPETITIONS, "ListCompetitionHosts"): lambda asked: operations.list_hosts(
        slug=asked.slug
    ),
    (COMPETITIONS, "ListCompetitionTopics"): lambda asked: operations.list_topics(
        slug=asked.slug
    ),
}
WRITING: dict[tuple[str, str], Method] = {
    (COMPETITIONS, "StartSubmissionUpload"): _announce,
    (COMPETITIONS, "CreateSubmission"): _hand_in,
}


@bp.post(
    "/<any('competitions.CompetitionApiService','security.OAuthService'):of>/<name>"
)
def call(of: str, name: str) -> Response:
    """A method of one of Kaggle's services."""
    method = READING.get((of, name))
    if method is not None:
        only_read()
    else:
        method = WRITING.get((of, name))
    if method is None:
        raise NotFound(
            f"Podium does not answer {name[:80]}. The guide at {operations.site_url()}"
            "/help/kaggle lists what the kaggle command line can do here."
        )
    answer = method(_asked())
    return answer if isinstance(answer, Response) else jsonify(answer)


@bp.put("/kaggle/uploads/<token>")
def receive(token: str) -> Response:
    """Take an announced file; the address is the permission."""
    upload = service.waiting(session(), token=token, now=clock.now())
    competition = competitions.by_id(session(), upload.competition_id)
    most = min(upload.announced_size, competition.submission_max_bytes)
    release()
    blob = services().storage.put(body_of(request), most_bytes=most)
    _must_be_whole(blob, upload.announced_size)
    service.received(session(), token=token, blob=blob, now=clock.now())
    session().commit()
    return jsonify({})


@bp.get("/kaggle/files/<any(data,archive,submission):kind>/<signed>/<path:name>")
def download(kind: str, signed: str, name: str) -> Response:  # noqa: ARG001
    """A file that an earlier call gave the address of; ``name`` is what clients call it."""
    what = links.opened(kind, signed)
    storage = services().storage
    if kind == "submission":
        found = session().get(Submission, int(what[0]))
        if found is None:
            raise NotFound("There is no such submission any more.")
        return file_answer(
            storage, sha256=found.sha256, size=found.size, name=found.file_name
        )
    competition = competitions.by_slug(session(), str(what[0]))
    if kind == "archive":
        return data_archive(storage, competition)
    file = competitions.data_file(session(), competition=competition, name=what[1])
    answer = file_answer(storage, sha256=file.sha256, size=file.size, name=file.name)
    answer.last_modified = file.updated_at
    return answer


def board_download(slug: str) -> Response:
    """The open board as a CSV in a ZIP, as Kaggle has it."""
    competition = competitions.by_slug(session(), slug)
    data = zipped_board(session(), competition=competition, now=clock.now())
    answer = Response(data, content_type="application/zip")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename={competition.slug}.zip"
    )
    answer.last_modified = clock.now()
    return answer


def _asked() -> Asked:
    request.max_content_length = JSON_BYTES
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object.", kind="invalid")
    return Asked(body)


def _must_be_whole(blob: Blob, announced: int) -> None:
    if blob.size != announced:
        raise Invalid(
            f"The file has {blob.size:,} bytes and {announced:,} were announced. "
            "Submit it again.",
            kind="invalid",
        )
