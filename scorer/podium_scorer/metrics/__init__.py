"""The metrics' code by name. What is known about each stands in the catalogue."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from podium_scorer.metrics import binary, classes, regression
from podium_scorer.metrics.base import Estimate, Metric, Refusal, Setting

__all__ = ["CODE", "Estimate", "Metric", "Refusal", "Setting", "source_sha256"]

CODE: Mapping[str, Metric] = MappingProxyType(
    {
        "roc_auc": Metric(binary.roc_auc, binary.refuse_one_class),
        "brier": Metric(binary.brier),
        "log_loss": Metric(classes.log_loss),
        "accuracy": Metric(classes.accuracy),
        "balanced_accuracy": Metric(classes.balanced_accuracy),
        "f1_macro": Metric(classes.f1_macro),
        "mcc": Metric(classes.mcc),
        "rmse": Metric(regression.rmse),
        "mse": Metric(regression.mse),
        "mae": Metric(regression.mae),
        "r2": Metric(regression.r2, regression.refuse_constant),
    }
)


@cache
def source_sha256(name: str) -> str:
    """The SHA-256 of the source of the module that computes a metric."""
    module = sys.modules[CODE[name].compute.__module__]
    return hashlib.sha256(inspect.getsource(module).encode()).hexdigest()
