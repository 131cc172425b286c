"""What the site counts of itself for Prometheus: requests, how long they took, refusals.

Each process counts for itself. Where ``PROMETHEUS_MULTIPROC_DIR`` names a folder when this
is imported, the processes of the site keep their counts there, and any of them can tell
the sum.
"""

from __future__ import annotations

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REQUESTS = Counter(
    "podium_requests", "Requests answered.", ["method", "route", "status"]
)
SECONDS = Histogram(
    "podium_request_seconds",
    "How long a request took until its answer began, in seconds.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RECEIVED = Counter("podium_received_bytes", "Bytes of bodies that were sent to us.")
REFUSALS = Counter(
    "podium_refusals", "Requests refused, by reason.", ["kind", "status"]
)


def init(app: Flask) -> None:
    """Count the app's requests."""
    app.before_request(_begin)
    app.after_request(_count)


def count_refusal(kind: str, status: int) -> None:
    """Count a request that was refused with a sentence; ``kind`` is its stable word."""
    REFUSALS.labels(kind or "other", status).inc()


def registry() -> CollectorRegistry:
    """What all processes of this site have counted."""
    if not os.environ.get(FOLDER):
        return REGISTRY
    found = CollectorRegistry()
    MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    return found


def _begin() -> None:
    g.podium_began = time.perf_counter()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    REQUESTS.labels(request.method, route, response.status_code).inc()
    if "podium_began" in g:
        took = time.perf_counter() - g.podium_began
        SECONDS.labels(request.method, route).observe(took)
    RECEIVED.inc(request.content_length or 0)
    return response
