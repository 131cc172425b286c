"""The metrics' code by name. What is known about each stands in the catalogue."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from podium_scorer.metrics import (
    binary,
    classes,
    clusters,
    columnwise,
    confusion,
    correlation,
    distributions,
    errors,
    forecasts,
    multiclass,
    ranked,
    relative,
    survival,
)
from podium_scorer.metrics.base import Estimate, Metric, Part, Refusal, Setting

__all__ = ["CODE", "Estimate", "Metric", "Part", "Refusal", "Setting", "source_sha256"]

CODE: Mapping[str, Metric] = MappingProxyType(
    {
        **binary.CODE,
        **classes.CODE,
        **clusters.CODE,
        **multiclass.CODE,
        **ranked.CODE,
        **confusion.CODE,
        **errors.CODE,
        **relative.CODE,
        **forecasts.CODE,
        **correlation.CODE,
        **columnwise.CODE,
        **distributions.CODE,
        **survival.CODE,
    }
)


@cache
def source_sha256(name: str) -> str:
    """The SHA-256 of the source of the module that computes a metric."""
    module = sys.modules[CODE[name].compute.__module__]
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()
