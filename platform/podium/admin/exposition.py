"""Metrics for Prometheus, to whoever holds the token of the settings."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from podium.admin.gauges import Whole
from podium.core import clock, telemetry, web
from podium.core.errors import NotAllowed, NotFound

bp = Blueprint("exposition", __name__)


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """What the site has counted, and how the whole stands."""
    token = web.services().settings.metrics_token
    if not token:
        raise NotFound("Metrics are off. Set PODIUM_METRICS_TOKEN to have them.")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise NotAllowed(
            "Send the token: “Authorization: Bearer PODIUM_METRICS_TOKEN”."
        )
    whole = CollectorRegistry()
    whole.register(Whole(web.session(), web.services(), clock.now()))
    text = generate_latest(telemetry.registry()) + generate_latest(whole)
    return Response(text, content_type=CONTENT_TYPE_LATEST)
