"""Submissions: sending, reading, withdrawing. Here rather than with the submissions,
because an answer tells the place in the queue and the rank on the board."""

from __future__ import annotations

from flask import Response, request

from podium.accounts.api import me
from podium.competitions.metrics import decimals_of
from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.competitions.schemas import reference as competition_reference
from podium.core import clock, openapi
from podium.core.api import PREFIX, Access, ApiBlueprint, no_content
from podium.core.downloads import file_answer
from podium.core.errors import Invalid, TooLarge
from podium.core.numbers import rounded, rounded_pair
from podium.core.paging import PageQuery, cursor_of, id_of
from podium.core.problems import Malformed, WrongType
from podium.core.storage import Blob
from podium.core.uploads import body_of
from podium.core.web import commit_then_read, release, services, session
from podium.leaderboards import queries as boards
from podium.receipts import queries as receipts
from podium.scoring import service
from podium.scoring.dispatch import wake
from podium.submissions import queries, schemas
from podium.submissions import service as submissions
from podium.submissions.models import Submission
from podium.teams import queries as teams
from podium.teams.schemas import person
from podium.teams.schemas import reference as team_reference

bp = ApiBlueprint("submissions", __name__, tag="Submissions")
SIGNED_IN = Access.SIGNED_IN
KEY_CHARS = 100
# A form's body holds more than the file, or a file that the client has changed.
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


@bp.operation(
    "POST",
    "/competitions/<slug>/submissions",
    access=SIGNED_IN,
    query=schemas.UploadQuery,
    answer=schemas.SubmissionAnswer,
    status=201,
    upload=True,
    errors=(400, 409, 413, 415, 429),
)
def submit(
    slug: str, query: schemas.UploadQuery
) -> tuple[schemas.SubmissionAnswer, int, dict[str, str]]:
    """Send a submission

    The body is the file itself: CSV, .csv.gz, .zip of one CSV, or Parquet,
    and NumPy's .npy and .npz where the limits name them. What can be
    refused is refused before the file is read. With a header `Idempotency-Key` (a word of
    your own, a new one for each submission) it can be sent again when the answer got lost:
    then it is the same submission, and nothing is used up.
    """
    key = _request_key()
    competition = _check_early(slug, query, key)
    blob = _store(competition)
    session().expire_all()  # the upload may have taken long
    submission = submissions.submit(
        session(),
        competition=competition,
        user=me(),
        blob=blob,
        file_name=query.file_name,
        description=query.description,
        now=clock.now(),
        rejections_per_hour=services().settings.rejections_per_hour,
        request_key=key,
    )
    commit_then_read()
    wake(services())
    answer = _shown(submission)
    return answer, 201, {"Location": f"{PREFIX}/submissions/{answer.id}"}


@bp.operation(
    "GET",
    "/competitions/<slug>/submissions",
    access=SIGNED_IN,
    query=PageQuery,
    answer=schemas.SubmissionList,
)
def list_submissions(slug: str, query: PageQuery) -> schemas.SubmissionList:
    """My team's submissions, newest first"""
    competition = by_slug(session(), slug)
    team = teams.team_of(session(), competition=competition, user=me())
    if team is None:
        return schemas.SubmissionList(items=[], next=None)
    list_name = f"submissions-{team.id}"
    found = queries.of_team(
        session(),
        team=team,
        limit=query.limit + 1,
        before_id=id_of(list_name, query.cursor),
    )
    shown = found[: query.limit]
    more = len(found) > query.limit
    return schemas.SubmissionList(
        items=[_shown(submission) for submission in shown],
        next=cursor_of(list_name, shown[-1].id) if more else None,
    )


@bp.operation(
    "GET",
    "/submissions/<submission_id>",
    access=SIGNED_IN,
    answer=schemas.SubmissionAnswer,
)
def get_submission(submission_id: str) -> schemas.SubmissionAnswer:
    """A submission of my team

    Ask again while its status is `queued` or `running`.
    """
    return _shown(_submission(submission_id))


@bp.operation(
    "DELETE",
    "/submissions/<submission_id>",
    access=SIGNED_IN,
    answers={204: {"description": "It is withdrawn."}},
    errors=(403, 409),
)
def withdraw_submission(submission_id: str) -> Response:
    """Withdraw a submission of my team

    One that still waits gives its place in the day's limit back; one that was scored
    leaves the board.
    """
    submission = _submission(submission_id)
    service.withdraw(session(), submission=submission, user=me(), now=clock.now())
    session().commit()
    return no_content()


@bp.operation(
    "PUT",
    "/submissions/<submission_id>/final",
    access=SIGNED_IN,
    answer=schemas.SubmissionAnswer,
    errors=(403, 409),
)
def choose_final(submission_id: str) -> schemas.SubmissionAnswer:
    """Choose a submission as one of my team's finals

    The private board takes the best private score among a team's finals. Places that are
    left free go to its best public scores. Possible until the competition ends.
    """
    return _choose(submission_id, final=True)


@bp.operation(
    "DELETE",
    "/submissions/<submission_id>/final",
    access=SIGNED_IN,
    answer=schemas.SubmissionAnswer,
    errors=(403, 409),
)
def unchoose_final(submission_id: str) -> schemas.SubmissionAnswer:
    """Take the choice of a final back"""
    return _choose(submission_id, final=False)


@bp.operation(
    "GET",
    "/submissions/<submission_id>/file",
    access=SIGNED_IN,
    answers=openapi.FILE_ANSWERS,
    errors=(416,),
)
def download_submission(submission_id: str) -> Response:
    """The bytes of a submission of my team"""
    submission = _submission(submission_id)
    return file_answer(
        services().storage,
        sha256=submission.sha256,
        size=submission.size,
        name=submission.file_name,
    )


def _choose(submission_id: str, *, final: bool) -> schemas.SubmissionAnswer:
    submission = _submission(submission_id)
    service.choose(
        session(), submission=submission, user=me(), now=clock.now(), final=final
    )
    session().commit()
    return _shown(submission)


def _request_key() -> str:
    """The word that the sender gave this request; raises Malformed for an odd one."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY_CHARS or not key.isascii() or not (key.isprintable() or not key):
        raise Malformed(
            f"An Idempotency-Key has up to {KEY_CHARS} letters, digits and signs of "
            "ASCII, for example a UUID.",
            kind="malformed",
        )
    return key


def _check_early(slug: str, query: schemas.UploadQuery, key: str) -> Competition:
    """Refuse what can be refused before a byte is read, and end the transaction."""
    if request.mimetype in FORM_TYPES:
        raise WrongType(
            "Send the file itself as the body, not as a form: for example with "
            "curl --data-binary @FILE -H 'Content-Type: application/octet-stream'.",
            kind="wrong_type",
        )
    competition = by_slug(session(), slug)
    sent = queries.by_request_key(
        session(), competition=competition, user=me(), key=key
    )
    if sent is None:  # else the limits were looked at when it came first
        submissions.check_open(
            session(),
            competition=competition,
            user=me(),
            now=clock.now(),
            rejections_per_hour=services().settings.rejections_per_hour,
        )
    size = request.content_length
    try:
        submissions.check_file(
            competition=competition,
            file_name=query.file_name,
            size=size,
            description=query.description,
        )
    except Invalid as fault:
        if size is not None and size > competition.submission_max_bytes:
            raise TooLarge(
                fault.sentence, kind="too_large", fields=fault.fields
            ) from fault
        raise
    release()
    return competition


def _store(competition: Competition) -> Blob:
    """Stream the body into the storage, outside of any transaction."""
    return services().storage.put(
        body_of(request), most_bytes=competition.submission_max_bytes
    )


def _submission(public_id: str) -> Submission:
    return queries.by_public_id(session(), public_id=public_id, viewer=me())


def _shown(submission: Submission) -> schemas.SubmissionAnswer:
    now = clock.now()
    found = service.standing(
        session(), submission=submission, settings=services().settings, now=now
    )
    score, place = found.score, found.position
    receipt = receipts.newest_of(session(), submissions=[submission]).get(
        submission.public_id
    )
    errors = score.errors if score else []
    decimals = decimals_of(submission.competition.live_revision)
    return schemas.SubmissionAnswer(
        id=submission.public_id,
        competition=competition_reference(submission.competition),
        team=team_reference(submission.team),
        submitted_by=person(submission.user) if submission.user else None,
        file_name=submission.file_name,
        size=submission.size,
        sha256=submission.sha256,
        description=submission.description,
        created_at=submission.created_at,
        status=found.status,
        waiting=schemas.Waiting(position=place.place, estimate_s=place.estimate_s)
        if place
        else None,
        public_score=rounded(found.public, decimals),
        public_interval=_rounded(found.public_interval, decimals),
        private_score=rounded(found.private, decimals),
        private_interval=_rounded(found.private_interval, decimals),
        rank=_rank(submission),
        late=submission.late,
        final=None if found.final is None else found.final.value,
        errors=[schemas.Fault.model_validate(error) for error in errors],
        message=found.message,
        run=schemas.Run.model_validate(found.run) if found.run else None,
        log=found.log,
        counted=submission.counted,
        url=f"{PREFIX}/submissions/{submission.public_id}/file",
        receipt=f"{PREFIX}/receipts/{receipt.public_id}" if receipt else None,
    )


def _rounded(
    ends: tuple[float, float] | None, decimals: int
) -> tuple[float, float] | None:
    return None if ends is None else rounded_pair(*ends, decimals)


def _rank(submission: Submission) -> int | None:
    split = boards.open_split(submission.competition, now=clock.now())
    best = boards.best_submission(
        session(),
        competition=submission.competition,
        split=split,
        team_id=submission.team_id,
    )
    return best[1] if best and best[0] == submission.id else None
