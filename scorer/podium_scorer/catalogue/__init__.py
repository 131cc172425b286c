"""The table of metrics: their names, parameters, directions and documentation.

Standard library only: the bundle reader and the site look metrics up here without
loading the code that computes them (``podium_scorer.metrics``, which needs numpy).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from podium_scorer.catalogue.boxes import BOXES
from podium_scorer.catalogue.classification import CLASSIFICATION
from podium_scorer.catalogue.clusters import CLUSTERS
from podium_scorer.catalogue.columnwise import COLUMNWISE
from podium_scorer.catalogue.composite import (
    COMPOSITE,
    composed,
    composite,
    composite_faults,
)
from podium_scorer.catalogue.confusion import CONFUSION
from podium_scorer.catalogue.correlation import CORRELATION
from podium_scorer.catalogue.deviances import DEVIANCES, at_power
from podium_scorer.catalogue.distributions import DISTRIBUTIONS
from podium_scorer.catalogue.errors import ERRORS
from podium_scorer.catalogue.forecasts import FORECASTS
from podium_scorer.catalogue.graded import GRADED
from podium_scorer.catalogue.groups import BY_GROUP, by_group, grouped
from podium_scorer.catalogue.images import IMAGES
from podium_scorer.catalogue.info import (
    LARGEST,
    TEXT_TARGETS,
    Columns,
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
    range_in_words,
)
from podium_scorer.catalogue.multiclass import MULTICLASS
from podium_scorer.catalogue.queries import QUERIES
from podium_scorer.catalogue.ranked import RANKED
from podium_scorer.catalogue.relative import RELATIVE
from podium_scorer.catalogue.retrieval import RETRIEVAL
from podium_scorer.catalogue.segments import SEGMENTS
from podium_scorer.catalogue.survival import SURVIVAL
from podium_scorer.catalogue.translation import TRANSLATION
from podium_scorer.catalogue.writing import WRITING
from podium_scorer.contract import ParamValue

__all__ = [
    "LARGEST",
    "METRICS",
    "TEXT_TARGETS",
    "Columns",
    "Family",
    "MetricInfo",
    "ParamInfo",
    "ParamType",
    "Prediction",
    "Target",
    "WorkedExample",
    "check_params",
    "describe",
    "find_metric",
    "nearest_metrics",
    "range_in_words",
    "search_metrics",
    "with_defaults",
]

_SINGLE = (
    *CLASSIFICATION,
    *IMAGES,
    *BOXES,
    *SEGMENTS,
    *TRANSLATION,
    *WRITING,
    *RETRIEVAL,
    *GRADED,
    *QUERIES,
    *CLUSTERS,
    *MULTICLASS,
    *RANKED,
    *CONFUSION,
    *ERRORS,
    *DEVIANCES,
    *RELATIVE,
    *FORECASTS,
    *CORRELATION,
    *COLUMNWISE,
    *DISTRIBUTIONS,
    *SURVIVAL,
)
_ALL = (*_SINGLE, by_group(_SINGLE), composite(_SINGLE))
METRICS: Mapping[str, MetricInfo] = MappingProxyType({info.name: info for info in _ALL})


def find_metric(name: str) -> MetricInfo:
    """Find a metric by its name, title or an alias; raises KeyError where there is none.

    Capitals, spaces and hyphens make no difference: "ROC AUC" is ``roc_auc``.
    """
    return _BY_ANY_NAME[_plain(name)]


def describe(name: str, params: Mapping[str, object]) -> MetricInfo:
    """What is known of a metric with these parameters, which may say which one it is of,
    or what its columns may hold.

    Raises KeyError where there is no metric ``name``.
    """
    info = find_metric(name)
    if info.name == COMPOSITE:
        sound = not _composite_faults(info, params)
        return composed(info, METRICS, params) if sound else info
    if info.name != BY_GROUP:
        return at_power(info, params)
    inner = METRICS.get(str(params.get("metric", "rmse")), info)
    sound = inner.name in info.params[0].choices
    return grouped(info, at_power(inner, params), params) if sound else info


def nearest_metrics(name: str) -> list[str]:
    """Names of metrics that look like ``name``, best first, for a "did you mean"."""
    near = difflib.get_close_matches(_plain(name), _BY_ANY_NAME, n=3, cutoff=0.6)
    return list(dict.fromkeys(_BY_ANY_NAME[match].name for match in near))


def search_metrics(query: str) -> list[MetricInfo]:
    """The metrics that have every word of ``query`` in what is said of them.

    Those come first that have a word in a name; an empty query finds all, as listed.
    """
    words = [_plain(word) for word in query.split()]
    found = [info for info in _ALL if all(word in _said(info) for word in words)]
    return sorted(found, key=lambda info: not any(w in _names(info) for w in words))


def check_params(info: MetricInfo, params: Mapping[str, object]) -> list[str]:
    """Every fault of ``params`` for the metric, each one sentence; empty when right."""
    made_of = _composite_faults(info, params) if info.name == COMPOSITE else []
    return made_of or _faults(info, params)


def _faults(info: MetricInfo, params: Mapping[str, object]) -> list[str]:
    known = {param.name: param for param in info.params}
    faults = []
    for name, value in params.items():
        if name in known:
            fault = known[name].fault(value)
        else:
            names = ", ".join(known) or "none"
            fault = f"{info.name} has no parameter {name!r}; it has: {names}."
        if fault:
            faults.append(fault)
    faults += [
        f"{info.name} needs the parameter {param.name}: {param.doc}"
        for param in info.params
        if param.required and param.name not in params
    ]
    return faults or [
        f"The parameter {param.name} must have a value for each of {param.beside}."
        for param in info.params
        if param.beside and _length(params, param.name) != _length(params, param.beside)
    ]


def _length(params: Mapping[str, object], name: str) -> int:
    value = params.get(name)
    return len(value) if isinstance(value, list) else 0


def _composite_faults(info: MetricInfo, params: Mapping[str, object]) -> list[str]:
    """The faults of what a composite is made of; until it has none, nobody knows which
    other parameters it has."""
    own = METRICS[info.name]
    known = {param.name for param in own.params}
    given = {name: value for name, value in params.items() if name in known}
    return _faults(own, given) or composite_faults(METRICS, given)


def with_defaults(
    info: MetricInfo, params: Mapping[str, ParamValue]
) -> dict[str, ParamValue]:
    """The parameters in the catalogue's order, defaults where none is given."""
    return {param.name: params.get(param.name, param.default) for param in info.params}


def _names(info: MetricInfo) -> str:
    return " ".join(map(_plain, (info.name, info.title, *info.aliases)))


def _said(info: MetricInfo) -> str:
    said = (info.summary, info.family, *(param.name for param in info.params))
    return f"{_names(info)} {' '.join(map(_plain, said))}"


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


_BY_ANY_NAME = {
    _plain(name): info
    for info in _ALL
    for name in (info.title, *info.aliases, info.name)
}
