"""What the database, the queue and the disk say of the whole, as Prometheus takes it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podium.admin import queries
from podium.core.services import Services
from podium.notifications import service as mail
from podium.scoring.models import ScoringHost
from podium.submissions.models import Score, Status

RECENT = 500  # of the newest scores, what waits and work took
QUANTILES = (0.5, 0.95)


class Whole(Collector):
    """Gauges of one moment; made anew for each scrape."""

    def __init__(self, session: Session, services: Services, now: datetime) -> None:
        self._session, self._services, self._now = session, services, now

    def collect(self) -> Iterable[Metric]:
        """Every gauge with its value."""
        yield from self._queue()
        yield from self._recent()
        yield from self._hosts()
        yield from self._mail()
        disk = shutil.disk_usage(self._services.settings.data_dir)
        yield _gauge("podium_disk_free_bytes", "Free below the data folder.", disk.free)
        yield _gauge("podium_disk_bytes", "The size of that disk.", disk.total)

    def _queue(self) -> Iterator[Metric]:
        scores = GaugeMetricFamily(
            "podium_scores", "Scores by how they stand.", labels=["status"]
        )
        found = self._session.execute(
            select(Score.status, func.count()).group_by(Score.status)
        )
        counts = {status: count for status, count in found}
        for status in Status:
            scores.add_metric([status], counts.get(status, 0))
        yield scores
        queue = queries.queue(self._session, now=self._now)
        yield _gauge(
            "podium_scores_lapsed",
            "In work, but the worker has not been heard of.",
            queue.lapsed,
        )
        yield _gauge(
            "podium_scores_given_up",
            "Failed on our side and on show, until somebody has them scored again.",
            queue.failed,
        )
        yield _gauge(
            "podium_queue_oldest_seconds",
            "How long the submission that came first has waited.",
            self._since(queue.oldest_at),
        )
        yield _gauge(
            "podium_solutions_in_work",
            "Solutions that wait to be checked or are being checked.",
            queue.preparing,
        )
        yield _gauge(
            "podium_queue_up",
            "Whether Redis answers.",
            self._services.jobs.waiting() is not None,
        )
        yield _gauge(
            "podium_workers",
            "Workers that the queue knows.",
            self._services.jobs.workers(),
        )

    def _recent(self) -> Iterator[Metric]:
        newest = self._session.execute(
            select(Score.queued_at, Score.started_at, Score.finished_at)
            .where(Score.background.is_(False))
            .order_by(Score.id.desc())
            .limit(RECENT)
        ).all()
        whole = [each for each in newest if each.started_at and each.finished_at]
        for name, help_text, times in (
            (
                "podium_recent_wait_seconds",
                "How long the newest scores had waited when work on them began.",
                [each.started_at - each.queued_at for each in whole],
            ),
            (
                "podium_recent_work_seconds",
                "How long work on the newest scores took.",
                [each.finished_at - each.started_at for each in whole],
            ),
        ):
            family = GaugeMetricFamily(name, help_text, labels=["quantile"])
            for quantile in QUANTILES:
                if times:
                    family.add_metric([str(quantile)], _quantile(times, quantile))
            yield family

    def _hosts(self) -> Iterator[Metric]:
        seen = GaugeMetricFamily(
            "podium_host_seen_seconds",
            "How long ago a scoring host was heard of.",
            labels=["host", "mode"],
        )
        pool = GaugeMetricFamily(
            "podium_sandbox",
            "A host's sandbox: the size of its pool, what is idle and what runs.",
            labels=["host", "what"],
        )
        jobs = GaugeMetricFamily(
            "podium_sandbox_jobs",
            "Jobs that a host's sandbox has done since it was started.",
            labels=["host"],
        )
        for host in self._session.scalars(select(ScoringHost)):
            status = host.sandbox
            mode = str(status.get("mode", "none"))
            seen.add_metric([host.name, mode], self._since(host.seen_at))
            for what in ("pool_size", "pool_idle", "running"):
                pool.add_metric([host.name, what], float(status.get(what, 0)))
            jobs.add_metric([host.name], float(status.get("jobs_done", 0)))
        yield from (seen, pool, jobs)

    def _mail(self) -> Iterator[Metric]:
        found = mail.figures(self._session)
        yield _gauge("podium_mail_waiting", "Mail that is to be sent.", found.waiting)
        yield _gauge(
            "podium_mail_given_up",
            "Mail of the last days that could not be sent.",
            found.given_up,
        )
        yield _gauge(
            "podium_mail_oldest_seconds",
            "How long the oldest of the mail that waits has waited.",
            self._since(found.oldest),
        )

    def _since(self, moment: datetime | None) -> float:
        return (self._now - moment).total_seconds() if moment else 0.0


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))


def _quantile(times: list[timedelta], quantile: float) -> float:
    """The smallest time that this share of the times does not exceed."""
    return sorted(times)[math.ceil(len(times) * quantile) - 1].total_seconds()
