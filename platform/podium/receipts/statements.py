"""What a receipt says of a score, and what it seals until the private board opens."""

from __future__ import annotations

from typing import Any

from podium.competitions.metrics import decimals_of, shown_metric
from podium.competitions.models import Competition, Revision
from podium.core.ids import salt
from podium.core.numbers import rounded, rounded_pair
from podium.submissions.models import Score, Submission
from podium.teams.models import Team
from podium_scorer import receipt
from podium_scorer.contract import Report


def revision_opening(revision: Revision, secret: str) -> dict[str, Any]:
    """What a commitment with this salt seals: the solution, whose column says which rows are
    public and which private, and the hash of all that judges together."""
    return {
        "salt": secret,
        "solution_sha256": revision.solution_sha256,
        "judges_sha256": revision.judges_sha256,
    }


def scores_opening(score: Score) -> dict[str, Any]:
    """What a receipt seals of a score: the exact numbers, which tell of the private rows."""
    return {"salt": salt()} | scores_of(score)


def scores_of(score: Score) -> dict[str, Any]:
    """A score's exact numbers; 95 % intervals are [low, high]."""
    return {
        "public": score.public,
        "public_interval": _pair(score.public_low, score.public_high),
        "private": score.private,
        "private_interval": _pair(score.private_low, score.private_high),
    }


def statement(
    *,
    site: str,
    competition: Competition,
    revision: Revision,
    submission: Submission,
    team: Team,
    score: Score,
    report: Report,
    opening: dict[str, Any],
    commitment: str,
) -> dict[str, Any]:
    """What everybody who holds the receipt may read: nothing that pages do not tell.

    Moments are ISO 8601 in UTC; public numbers have the decimals that boards show.
    """
    decimals = decimals_of(revision)
    return {
        "site": site,
        "competition": competition.slug,
        "team": team.public_id,
        "submission": submission.public_id,
        "submission_sha256": submission.sha256,
        "received_at": submission.created_at.isoformat(),
        "scored_at": None
        if score.finished_at is None
        else score.finished_at.isoformat(),
        "revision": revision.number,
        "part": str(revision.part),
        "id_column": revision.id_column,
        "metric": _metric(revision, report),
        "scorer": report.scorer or None,
        "sandbox": score.sandbox or None,
        "image": revision.image_id or None,
        "seed": report.seed,
        "public": rounded(score.public, decimals),
        "public_interval": rounded_pair(score.public_low, score.public_high, decimals),
        "sealed": {
            "scores": receipt.digest(opening),
            "revision": commitment,
        },
    }


def _metric(revision: Revision, report: Report) -> dict[str, Any]:
    """The metric; parameters of an organizer's own stay with its host."""
    shown = shown_metric(revision)
    own = revision.metric_sha256 is not None
    return {
        "name": revision.metric,
        "own": own,
        "params": None if own else revision.metric_params,
        "source_sha256": revision.metric_sha256 or report.metric_sha256 or None,
        "higher_is_better": revision.higher_is_better,
        "decimals": None if shown is None else shown.decimals,
    }


def _pair(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [low, high]
