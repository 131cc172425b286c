"""How the service is."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from podium.api import schemas
from podium.core import banner, clock
from podium.core.api import VERSION, ApiBlueprint
from podium.core.web import services, session
from podium.scoring.dispatch import queue_counts
from podium.scoring.models import ScoringHost
from podium.submissions.models import Status

bp = ApiBlueprint("status", __name__, tag="Status")
SILENT_AFTER = timedelta(minutes=1)


@bp.operation("GET", "/status", answer=schemas.ServiceStatus)
def get_status() -> schemas.ServiceStatus:
    """How the service is, and how strong its sandboxes are"""
    counts = queue_counts(session())
    hosts = session().scalars(select(ScoringHost).order_by(ScoringHost.name)).all()
    said = banner.current(session())
    return schemas.ServiceStatus(
        version=VERSION,
        state="ok" if _scores(list(hosts)) else "degraded",
        banner=schemas.Notice(text=said.text, since=said.since) if said else None,
        queue=schemas.Queue(
            waiting=counts[Status.QUEUED], running=counts[Status.RUNNING]
        ),
        hosts=[
            schemas.ScoringMachine(
                name=host.name,
                sandbox=host.sandbox.get("mode", "none"),
                strength=host.sandbox.get("strength", []),
                code_images=host.sandbox.get("code_images", {}),
                refusals=host.sandbox.get("refusals", {}),
                seen_at=host.seen_at,
            )
            for host in hosts
        ],
    )


def _scores(hosts: list[ScoringHost]) -> bool:
    """Whether the queue answers and a machine that scores was seen lately."""
    since = clock.now() - SILENT_AFTER
    awake = any(
        host.seen_at >= since and host.sandbox.get("mode", "none") != "none"
        for host in hosts
    )
    return awake and services().jobs.waiting() is not None
