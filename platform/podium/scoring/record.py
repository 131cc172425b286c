"""Writing down what became of a job: one ``match`` over the contract's outcome words.

Score, receipt, refund, the team's rows on the boards and the boards' versions change in one
transaction, and only while the row is still ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from podium.competitions import service as competitions
from podium.competitions.models import Competition
from podium.competitions.programs import Program
from podium.core import clock
from podium.leaderboards import service as leaderboards
from podium.receipts import service as receipts
from podium.scoring import outcomes, rescore
from podium.scoring.claim import Claim, give_back, ours
from podium.settings import Settings
from podium.submissions import service as submissions
from podium.submissions.models import Score, Status, Submission
from podium.teams import service as teams
from podium.teams.models import Team
from podium_sandbox.client import ProgramVerdict
from podium_scorer.contract import CutOff, Outcome, Report, Verdict, fault_to_json

CUT_OFF_SENTENCES = {
    CutOff.TIME: "Scoring was stopped because it ran out of time. "
    "A smaller file, with only the columns asked for, is read faster.",
    CutOff.MEMORY: "Scoring was stopped because it ran out of memory. "
    "Send only the columns asked for, with fewer digits.",
    CutOff.OUTPUT: "Scoring was stopped because its answer grew too long.",
    CutOff.LOG: "Scoring was stopped because it wrote too much to its log.",
    CutOff.PROCESSES: "Scoring was stopped because it started too many processes.",
}
HOST_ERROR_SENTENCE = (
    "The competition's solution or metric has a fault, so your file could not be scored. "
    "This did not count. Tell the host; once it is mended your file is scored again."
)
FAILED_SENTENCE = (
    "Our scoring failed several times, so we stopped trying. This did not count. "
    "Send the file again; if it fails again, tell the host."
)


@dataclass(frozen=True)
class Judged:
    """A verdict, and in a code competition the run before it and how it was to be run."""

    verdict: Verdict
    run: ProgramVerdict | None = None
    program: Program | None = None

    @property
    def cut_off_sentence(self) -> str:
        """What the team is told where a limit ended it."""
        run, program = self.run, self.program
        if run is not None and program is not None and run.reason is not None:
            return outcomes.cut_off_sentence(run, program)
        return CUT_OFF_SENTENCES[self.verdict.reason or CutOff.TIME]


def record(
    session: Session, claimed: Claim, judged: Judged, *, settings: Settings
) -> bool:
    """Write a score's outcome; False where the row is no longer ours. The caller commits."""
    verdict = judged.verdict
    score = _locked(session, claimed)
    if score is None:
        return False
    match verdict.outcome:
        case Outcome.SCORED if verdict.report is not None:
            _finish(session, score, Status.SCORED, judged, _values(verdict.report))
            receipts.issue(
                session,
                competition=_competition(session, score),
                score=score,
                report=verdict.report,
                settings=settings,
            )
            _show(session, score)
        case Outcome.REJECTED if verdict.report is not None:
            errors = [fault_to_json(fault) for fault in verdict.report.errors]
            host_message = verdict.report.message
            values = {"errors": errors, "host_message": host_message}
            _finish(session, score, Status.REJECTED, judged, values)
            if not verdict.report.counts:
                _refund(session, score)
        case Outcome.HOST_ERROR if verdict.report is not None:
            _finish(
                session,
                score,
                Status.HOST_ERROR,
                judged,
                {
                    "message": HOST_ERROR_SENTENCE,
                    "host_message": _for_host(verdict),
                },
            )
            _refund(session, score)
        case Outcome.CUT_OFF if verdict.reason is not None:
            _finish(
                session,
                score,
                Status.CUT_OFF,
                judged,
                {
                    "reason": str(verdict.reason),
                    "message": judged.cut_off_sentence,
                    "host_message": verdict.log,
                },
            )
        case _:
            return _failed(session, claimed, score, judged, settings)
    rescore.go_live_if_done(session, competition=_competition(session, score))
    return True


def _failed(
    session: Session,
    claimed: Claim,
    score: Score,
    judged: Judged,
    settings: Settings,
) -> bool:
    """Ours: tried again. It only counts as a failure where a sandbox took the job."""
    verdict = judged.verdict
    took_it = bool(verdict.sandbox)
    if not took_it or claimed.failures + 1 < settings.failures_most:
        give_back(session, claimed, settings=settings, failed=took_it)
        return True
    values = {"message": FAILED_SENTENCE, "host_message": verdict.detail}
    _finish(session, score, Status.FAILED, judged, values)
    _refund(session, score)
    rescore.go_live_if_done(session, competition=_competition(session, score))
    return True


def _locked(session: Session, claimed: Claim) -> Score | None:
    """The score, if it is ours, with competition and team locked in that order."""
    score = session.scalar(select(Score).where(ours(claimed)))
    if score is None:
        return None
    competitions.lock(session, score.competition_id)
    session.refresh(score, ["team_id"])  # teams may have merged meanwhile
    teams.lock(session, session.get_one(Team, score.team_id))
    return session.scalar(
        select(Score)
        .where(ours(claimed))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _finish(
    session: Session,
    score: Score,
    status: Status,
    judged: Judged,
    values: dict[str, Any],
) -> None:
    now: datetime = clock.now()
    verdict, run = judged.verdict, judged.run
    report = verdict.report
    session.execute(
        update(Score)
        .where(Score.id == score.id)
        .values(
            status=status,
            finished_at=now,
            lease_until=None,
            sandbox=verdict.sandbox,
            wall_s=verdict.wall_s,
            scorer=report.scorer if report is not None else "",
            run={} if run is None else outcomes.summary(run),
            log="" if run is None else _stored(run.log),
            **values,
        )
        .execution_options(synchronize_session="fetch")
    )


def _for_host(verdict: Verdict) -> str:
    """What the host reads of a fault of the metric's: the sentence, and what it printed."""
    said = "" if verdict.report is None else verdict.report.message
    return _stored(f"{said}\n\n{verdict.log}".strip())


def _stored(text: str) -> str:
    """A text that every database takes."""
    return text.replace("\0", "\ufffd")


def _show(session: Session, score: Score) -> None:
    """Bring a new score to the boards, if they are its revision's and it is not late."""
    competition = _competition(session, score)
    late = session.get_one(Submission, score.submission_id).late
    if competition.live_revision_id == score.revision_id and not late:
        leaderboards.refresh_team(
            session, competition=competition, team_id=score.team_id
        )


def _values(report: Report) -> dict[str, Any]:
    public = report.public_interval or (None, None)
    private = report.private_interval or (None, None)
    return {
        "public": report.public,
        "private": report.private,
        "public_low": public[0],
        "public_high": public[1],
        "private_low": private[0],
        "private_high": private[1],
    }


def _refund(session: Session, score: Score) -> None:
    """Give quota back: only the live revision's verdict does."""
    if score.background:
        return
    submission = session.get_one(Submission, score.submission_id)
    submissions.refund(session, submission=submission)


def _competition(session: Session, score: Score) -> Competition:
    return session.get_one(Competition, score.competition_id)
