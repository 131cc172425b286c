"""Kaggle's shapes: plain dictionaries as its clients read them.

Dates are ISO 8601 in UTC, scores texts (empty where there is none), lists never null.
What a client does not find it takes for its default.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypedDict

from podium.competitions.metrics import DECIMALS, ShownMetric, shown_metric
from podium.competitions.models import Competition, DataFile, Page
from podium.core.filters import score as shown_score
from podium.leaderboards.queries import Row
from podium.scoring.service import Header, Standing
from podium.submissions.intake import Allowance
from podium.submissions.models import Score, Status, Submission

Shape = dict[str, Any]
STATUS = {
    Status.QUEUED: "PENDING",
    Status.RUNNING: "PENDING",
    Status.SCORED: "COMPLETE",
}
ENDINGS = {
    Status.CUT_OFF: "A limit ended the scoring of your file",
    Status.FAILED: "Scoring failed on our side; this does not count",
    Status.HOST_ERROR: "The organizer's metric or solution has a fault; this does not "
    "count",
    Status.WITHDRAWN: "You withdrew this submission",
}
ERROR_CHARS = 4000


class Figures(TypedDict):
    """What a list of competitions says besides what each has itself."""

    teams: int
    header: Header | None


def date(moment: datetime | None) -> str | None:
    """A moment as Kaggle's clients read it."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def score(value: float | None, metric: ShownMetric | None) -> str:
    """A score with the metric's decimals, as the site shows it, with a plain minus."""
    if value is None:
        return ""
    decimals = DECIMALS if metric is None else metric.decimals
    return shown_score(value, decimals).replace("\N{MINUS SIGN}", "-")


def metric_of(competition: Competition) -> ShownMetric | None:
    """The metric in force; None where nothing judges yet."""
    return shown_metric(competition.live_revision)


def competition(
    found: Competition, figures: Figures, *, site_url: str, now: datetime
) -> Shape:
    """A competition in a list."""
    header = figures["header"]
    metric = metric_of(found)
    return {
        "id": found.id,
        "ref": f"{site_url}/c/{found.slug}",
        "url": f"{site_url}/c/{found.slug}",
        "title": found.title,
        "description": found.subtitle,
        "organizationName": found.host_name,
        "hostName": found.host_name,
        "category": str(found.kind),
        "reward": "",
        "tags": [{"name": tag, "ref": tag} for tag in found.tags],
        "deadline": date(found.closes_at),
        "enabledDate": date(found.opens_at),
        "dateCreated": date(found.created_at),
        "newEntrantDeadline": date(found.entry_deadline),
        "mergerDeadline": date(found.merger_deadline),
        "kernelCount": 0,
        "teamCount": figures["teams"],
        "userHasEntered": bool(header and header.joined),
        "userRank": header.row.rank if header and header.row else 0,
        "maxDailySubmissions": found.submissions_per_day,
        "maxTeamSize": found.team_max_size,
        "evaluationMetric": metric.title if metric else "",
        "licenseName": found.licence_name,
        "awardsPoints": False,
        "isKernelsSubmissionsOnly": False,
        "submissionsDisabled": not found.takes_submissions(now),
    }


def data_file(found: DataFile, *, url: str) -> Shape:
    """A data file in a list."""
    return {
        "ref": found.name,
        "name": found.name,
        "description": found.description,
        "totalBytes": found.size,
        "url": url,
        "creationDate": date(found.updated_at),
    }


def page(found: Page) -> Shape:
    """A page of a competition, as Markdown."""
    return {
        "name": found.name,
        "postTitle": found.title,
        "content": found.text,
        "mimeType": "text/markdown",
        "isPublished": True,
    }


def submission(found: Standing, *, site_url: str) -> Shape:
    """A submission as its own team sees it."""
    own, metric = found.submission, metric_of(found.submission.competition)
    user = own.user
    return {
        "ref": own.id,
        "totalBytes": own.size,
        "date": date(own.created_at),
        "description": _description(own),
        "errorDescription": error_text(found.status, found.score),
        "fileName": own.file_name,
        "publicScore": score(found.public, metric),
        "privateScore": score(found.private, metric),
        "status": STATUS.get(found.status, "ERROR"),
        "submittedBy": user.shown_name if user else "",
        "submittedByRef": user.username if user else "",
        "teamName": own.team.name,
        "url": f"{site_url}/c/{own.competition.slug}/submissions/{own.public_id}",
    }


def board_row(found: Row, *, metric: ShownMetric | None) -> Shape:
    """A team's row on a leaderboard."""
    return {
        "teamId": found.team_id,
        "teamName": found.team_name,
        "submissionDate": date(found.at),
        "score": score(found.score, metric),
    }


def limits(left: Allowance, *, today: int, total: int) -> Shape:
    """How much a team has sent and may still send."""
    return {
        "numToday": today,
        "numTotal": total,
        "numAllowedNow": left.left_now,
        "limitedByTotal": left.left_total is not None
        and left.left_total <= left.left_today,
    }


def error_text(status: Status, found: Score | None) -> str:
    """Every fault of a submission, a sentence each with its first lines, for a terminal."""
    if found is not None and status is Status.REJECTED:
        return "\n".join(_fault(fault) for fault in found.errors)[:ERROR_CHARS]
    if status not in ENDINGS:
        return ""
    text = ENDINGS[status]
    if status is Status.CUT_OFF and found is not None and found.reason:
        text += f" ({found.reason})"
    return f"{text}."


def _description(own: Submission) -> str:
    """A submission's description; Kaggle's shapes have no other place for “late”."""
    return f"Late, unranked. {own.description}".strip() if own.late else own.description


def _fault(fault: Shape) -> str:
    lines = [
        str(example["line"])
        for example in fault.get("examples", [])
        if "line" in example
    ]
    where = f" (line {', '.join(lines)})" if lines else ""
    return f"{fault['message']}{where} {fault['advice']}".strip()
