"""The metrics' code by name. What is known about each stands in the catalogue."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from podium_scorer.metrics import (
    binary,
    boxes,
    classes,
    clusters,
    columnwise,
    composite,
    confusion,
    correlation,
    distributions,
    errors,
    forecasts,
    graded,
    groups,
    images,
    multiclass,
    queries,
    ranked,
    relative,
    retrieval,
    segments,
    survival,
    translation,
    writing,
)
from podium_scorer.metrics.base import Estimate, Metric, Part, Refusal, Setting

__all__ = ["CODE", "Estimate", "Metric", "Part", "Refusal", "Setting", "source_sha256"]

_COMPUTING = ("podium_scorer.metrics.", "podium_scorer.uncertainty")

_SINGLE: Mapping[str, Metric] = MappingProxyType(
    {
        **binary.CODE,
        **classes.CODE,
        **images.CODE,
        **boxes.CODE,
        **segments.CODE,
        **translation.CODE,
        **writing.CODE,
        **retrieval.CODE,
        **graded.CODE,
        **queries.CODE,
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
CODE: Mapping[str, Metric] = MappingProxyType(
    {**_SINGLE, **groups.code(_SINGLE), **composite.code(_SINGLE)}
)


@cache
def source_sha256(name: str, *parts: str) -> str:
    """The SHA-256 of all source that computes a metric, and the metrics it is made of."""
    found: dict[str, ModuleType] = {}
    waiting = [sys.modules[CODE[each].compute.__module__] for each in (name, *parts)]
    while waiting:
        module = waiting.pop()
        if module.__name__ not in found:
            found[module.__name__] = module
            waiting += _used(module)
    digest = hashlib.sha256()
    for key in sorted(found):
        digest.update(inspect.getsource(found[key]).encode())
    return digest.hexdigest()


def _used(module: ModuleType) -> list[ModuleType]:
    """The modules that compute something for a module: those of metrics, uncertainty."""
    names = {
        value.__name__
        if isinstance(value, ModuleType)
        else str(getattr(value, "__module__", ""))
        for value in vars(module).values()
    }
    return [sys.modules[name] for name in names if name.startswith(_COMPUTING)]
