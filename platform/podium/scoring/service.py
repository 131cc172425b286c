"""What the submission pages do: hand in, take back, and say where a submission stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from podium.accounts.models import User
from podium.competitions import service as competitions
from podium.competitions.models import Competition, Stage
from podium.competitions.programs import program_of
from podium.core.errors import NotAllowed, Refused
from podium.leaderboards import queries as boards
from podium.leaderboards import service as leaderboards
from podium.leaderboards.models import Split
from podium.scoring import dispatch, rescore
from podium.settings import Settings
from podium.submissions import queries as submission_queries
from podium.submissions import service as submissions
from podium.submissions.intake import Allowance
from podium.submissions.models import WAITING, Score, Status, Submission
from podium.teams import queries as team_queries
from podium.teams import service as teams
from podium.teams.models import Membership, Team

LOOK_AGAIN_FIRST_MS, LOOK_AGAIN_LAST_MS = 300, 4_000


def withdraw(
    session: Session, *, submission: Submission, user: User, now: datetime
) -> None:
    """Take a submission back. One that still waits is not scored and gives its quota back;
    one that was scored leaves the boards. The caller commits."""
    _require_member(session, submission, user, _WITHDRAW)
    competition = hold(session, submission)
    if competition.stage(now) is Stage.ENDED:
        raise Refused(
            f"{competition.title} has ended, so its submissions stay as they are."
        )
    if submission.withdrawn_at is not None:
        raise Refused("This submission has been withdrawn already.")
    submission.withdrawn_at, submission.selected_at = now, None
    if take_back(session, submission, now):
        submissions.refund(session, submission=submission)
    show_change(session, competition, submission)


def choose(
    session: Session,
    *,
    submission: Submission,
    user: User,
    now: datetime,
    final: bool = True,
) -> None:
    """Make a submission one of its team's finals, or no longer one; doing so again changes
    nothing. Raises Refused after the end and where all places are taken.

    One that waits can be chosen too: it takes its place once it is scored. The caller
    commits.
    """
    _require_member(session, submission, user, _CHOOSE)
    competition = hold(session, submission)
    if competition.stage(now) is Stage.ENDED:
        raise Refused(f"{competition.title} has ended, so the finals stay as they are.")
    if (submission.selected_at is not None) is final:
        return
    if final:
        _require_choosable(session, competition, submission)
    submission.selected_at = now if final else None
    show_change(session, competition, submission)


def _require_choosable(
    session: Session, competition: Competition, submission: Submission
) -> None:
    most = competition.final_selections
    if most == 0:
        raise Refused(
            f"In {competition.title} every submission counts, so none is chosen."
        )
    if submission.late:  # the end was moved since
        raise Refused("This submission was sent after an end, so it can't be a final.")
    score = submission_queries.shown_score(submission)
    status = Status.WITHDRAWN if submission.withdrawn_at else score and score.status
    if status not in {Status.SCORED, *WAITING}:
        raise Refused(
            f"This submission has no score ({status}), so it can't be a final. Choose "
            "one that was scored."
        )
    if submission_queries.selected_count(session, submission=submission) >= most:
        raise Refused(
            f"Your team has chosen {most} of {most} finals already. Take one of them "
            "back first."
        )


def hold(session: Session, submission: Submission) -> Competition:
    """Lock competition, team and submission, in that order, and read them anew."""
    competition = competitions.lock(session, submission.competition_id)
    session.refresh(submission)  # teams may have merged meanwhile
    teams.lock(session, session.get_one(Team, submission.team_id))
    session.refresh(submission)
    return competition


def hold_scores(session: Session, submission: Submission) -> Sequence[Score]:
    """Lock the scores of a held submission and read them anew."""
    return session.scalars(
        select(Score)
        .where(Score.submission_id == submission.id)
        .order_by(Score.id)  # as everybody locks them: no deadlock
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def show_change(
    session: Session, competition: Competition, submission: Submission
) -> None:
    """Bring the boards to what a held submission has become: off, back or chosen."""
    session.flush()  # the boards are made from what the database holds
    if not submission.late:
        leaderboards.refresh_team(
            session, competition=competition, team_id=submission.team_id
        )
    # It may have been the last one that a new revision waited for.
    rescore.go_live_if_done(session, competition=competition)


def take_back(session: Session, submission: Submission, now: datetime) -> bool:
    """Take a held submission's scores out of the queue; whether none was begun or made."""
    scores = hold_scores(session, submission)
    for score in scores:
        if score.status is Status.QUEUED:
            score.status, score.finished_at = Status.WITHDRAWN, now
    return all(score.status is Status.WITHDRAWN for score in scores)


class Final(StrEnum):
    """Why a submission counts for the private board."""

    CHOSEN = "chosen"  # by its team
    AUTOMATIC = "automatic"  # a place that the team left free: the best public scores


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is shown of a submission: its score by the live revision, and where it waits.

    ``private`` is None until the competition has ended. ``run`` is what a program used and
    how it ended, empty where none ran; ``log`` what it printed, None where the host keeps
    it. ``final`` says whether it counts for the private board, and by whose choice.
    ``look_again_ms`` is when a page
    that waits should ask next: soon for a new submission, later for one that waits long.
    """

    submission: Submission
    score: Score | None
    status: Status
    position: dispatch.Position | None
    public: float | None
    public_interval: tuple[float, float] | None
    private: float | None
    private_interval: tuple[float, float] | None
    run: dict[str, Any]
    log: str | None
    final: Final | None
    message: str  # a sentence on how it ended, where there is one
    look_again_ms: int


def finals_of(session: Session, *, team: Team) -> dict[int, Final]:
    """The team's submissions that count for the private board by now, by their numbers,
    and those chosen that still wait."""
    competition = team.competition
    if not competition.final_selections:
        return {}
    found = leaderboards.finals_of(session, competition=competition, team_id=team.id)
    chosen = submission_queries.selected_ids(session, team=team)
    finals = dict.fromkeys(found, Final.AUTOMATIC)
    return finals | dict.fromkeys(chosen, Final.CHOSEN)


def standing(
    session: Session,
    *,
    submission: Submission,
    settings: Settings,
    now: datetime,
    finals: Mapping[int, Final] | None = None,
) -> Standing:
    """Where a submission stands, for its team. Nothing private before the end.

    ``finals`` are the team's, where they are at hand: ``finals_of``.
    """
    if finals is None:
        finals = finals_of(session, team=submission.team)
    score = submission_queries.shown_score(submission)
    ended = submission.competition.stage(now) is Stage.ENDED
    status = Status.QUEUED if score is None else score.status
    if submission.withdrawn_at is not None:
        status = Status.WITHDRAWN
    return Standing(
        submission=submission,
        score=score,
        status=status,
        position=(
            dispatch.position(session, score=score, settings=settings)
            if score is not None and status is Status.QUEUED
            else None
        ),
        public=score.public if score else None,
        public_interval=(
            _interval((score.public_low, score.public_high)) if score else None
        ),
        private=score.private if score and ended else None,
        private_interval=(
            _interval((score.private_low, score.private_high))
            if score and ended
            else None
        ),
        run=score.run if score else {},
        log=_shown_log(score),
        final=finals.get(submission.id),
        message=_message(submission, score),
        look_again_ms=_look_again_ms(now - submission.created_at),
    )


def _message(submission: Submission, score: Score | None) -> str:
    if submission.withdrawn_reason:
        return (
            "The organizer took this submission off the boards: "
            f"{submission.withdrawn_reason}"
        )
    return score.message if score else ""


def _shown_log(score: Score | None) -> str | None:
    """What a team may read of what its program printed; None where that is nothing."""
    program = program_of(score.revision) if score else None
    return score.log if score and program and program.shows_log else None


def _look_again_ms(age: timedelta) -> int:
    """A quarter of the time it has waited so far, within bounds."""
    quarter_ms = round(age.total_seconds() * 1000 / 4)
    return min(max(quarter_ms, LOOK_AGAIN_FIRST_MS), LOOK_AGAIN_LAST_MS)


@dataclass(frozen=True, kw_only=True)
class Header:
    """The personal part of a competition's header: the viewer's place in it."""

    joined: bool
    team: Team | None
    row: boards.Row | None  # on the board that is open: the private one after the end
    allowance: Allowance | None
    late: int = 0  # late submissions of the team's


def header(
    session: Session, *, competition: Competition, viewer: User | None, now: datetime
) -> Header:
    """What the viewer has to do with a competition."""
    joined = team_queries.participation(session, competition=competition, user=viewer)
    if joined is None:
        return Header(joined=False, team=None, row=None, allowance=None)
    team = team_queries.team_of(session, competition=competition, user=viewer)
    ended = competition.stage(now) is Stage.ENDED
    return Header(
        joined=True,
        team=team,
        row=boards.row_of(
            session,
            competition=competition,
            split=Split.PRIVATE if ended else Split.PUBLIC,
            team=team,
        ),
        allowance=submissions.allowance(
            session, team=team, competition=competition, now=now
        ),
        late=submission_queries.late_count(session, team=team) if team and ended else 0,
    )


def _interval(ends: tuple[float | None, float | None]) -> tuple[float, float] | None:
    low, high = ends
    return None if low is None or high is None else (low, high)


_WITHDRAW = "Only members of the team that sent it may withdraw it."
_CHOOSE = "Only members of the team that sent it may choose it."


def _require_member(
    session: Session, submission: Submission, user: User, sentence: str
) -> None:
    found = session.scalar(
        select(Membership.id).where(
            Membership.team_id == submission.team_id, Membership.user_id == user.id
        )
    )
    if found is None:
        raise NotAllowed(sentence)
