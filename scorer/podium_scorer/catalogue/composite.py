"""The catalogue's entry for several metrics, each of a column, that make one score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from podium_scorer.catalogue.deviances import at_power
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
)

COMPOSITE = "composite"
_OWN = frozenset({"metrics", "columns", "column_weights", "take"})
# Of several columns for one target, and so of no use here.
_UNUSED = frozenset({"row_sums"})
_TITLES = 2  # that a title names


def composite(others: Sequence[MetricInfo]) -> MetricInfo:
    """The entry, for any of the other metrics that compare one column with one."""
    choices = tuple(info.name for info in others if _fits(info))
    return MetricInfo(
        name=COMPOSITE,
        title="Composite",
        summary="Several metrics, each of a column of its own, added up or averaged.",
        aliases=("weighted_sum_of_metrics", "combined_metrics", "mixed_metrics"),
        family=Family.COMBINED,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.PAIRS,
        params=(
            ParamInfo(
                name="metrics",
                type=ParamType.TEXTS,
                default=None,
                required=True,
                choices=choices,
                doc="The metric of each column. Their own parameters are given beside "
                "this one, once for all of them, and their direction is this metric's.",
            ),
            ParamInfo(
                name="columns",
                type=ParamType.TEXTS,
                default=None,
                required=True,
                doc="The column that each metric compares, in the solution and in "
                "submissions. A column may have several metrics.",
            ),
            ParamInfo(
                name="column_weights",
                type=ParamType.NUMBERS,
                default=None,
                above=0.0,
                below=LARGEST,
                doc="How much each metric counts; without it all count 1.",
            ),
            ParamInfo(
                name="take",
                type=ParamType.CHOICE,
                default="sum",
                choices=("sum", "mean", "harmonic", "geometric"),
                doc="The weighted sum of the scores, or their weighted arithmetic, "
                "harmonic or geometric mean.",
            ),
        ),
        low=0.0,
        perfect=0.0,
        edges=(
            (
                "metrics of both directions",
                "refused: for some of them a higher score is better, for others a lower",
            ),
            (
                "a harmonic or geometric mean of metrics where lower is better, or that "
                "can be below 0",
                "refused: one perfect column would win whatever the others are",
            ),
            ("a score of 0 in a harmonic or geometric mean", "0"),
            (
                "a parameter that two of the metrics understand differently",
                "refused: it could only be given once",
            ),
            (
                "a column on which its metric has no value",
                "the solution is refused when it is prepared",
            ),
            (
                "a column of probabilities or scores of two classes",
                "its target is 0 or 1",
            ),
        ),
        formula=r"\sum_j w_jm_j,\quad\frac{\sum_j w_jm_j}{\sum_j w_j},\quad"
        r"\frac{\sum_j w_j}{\sum_j w_j/m_j}\quad\text{or}\quad"
        r"\left(\prod_j m_j^{w_j}\right)^{1/\sum_j w_j}",
        source="definition",
        interval="the same combination of the ends of the metrics' own intervals, which "
        "is wide enough however much the columns depend on each other, to first order; "
        "none where one of them has none",
        example=WorkedExample(
            solution="id,a,b\n1,1,10\n2,2,20\n3,3,30\n",
            submission="id,a,b\n1,1,14\n2,3,20\n3,5,30\n",
            score=1.95470,
            params={
                "metrics": ["mae", "rmse"],
                "columns": ["a", "b"],
                "column_weights": [0.8, 0.5],
            },
        ),
    )


def composed(
    entry: MetricInfo, others: Mapping[str, MetricInfo], params: Mapping[str, object]
) -> MetricInfo:
    """What is known of ``entry`` with sound parameters (``composite_faults`` has none)."""
    named = _named(others, params)
    inner = [info for _, info in named]
    total = params.get("take", "sum") == "sum"
    low, high, perfect = (
        found if found == 0.0 or not total else None  # any sum of zeros is 0
        for found in (
            _common(info.low for info in inner),
            _common(info.high for info in inner),
            _common(info.perfect for info in inner),
        )
    )
    return replace(
        entry,
        title=_title(inner, params),
        higher_is_better=inner[0].higher_is_better,
        params=(*entry.params, *_params(inner)),
        edges=(*entry.edges, *dict.fromkeys(e for info in inner for e in info.edges)),
        low=low,
        high=high,
        perfect=perfect,
        of_columns=tuple(_by_column(named).items()),
    )


def composite_faults(
    others: Mapping[str, MetricInfo], params: Mapping[str, object]
) -> list[str]:
    """Every fault of parameters that are sound one by one, each one sentence."""
    counts = {
        name: len(cast("list[object]", params[name]))
        for name in ("metrics", "columns", "column_weights")
        if params.get(name) is not None
    }
    if len(set(counts.values())) > 1 or 0 in counts.values():
        said = ", ".join(f"{name} has {count}" for name, count in counts.items())
        return [
            f"composite needs a column, and a weight if any, for each metric: {said}."
        ]
    named = _named(others, params)
    inner = [info for _, info in named]
    faults = []
    if len({info.higher_is_better for info in inner}) > 1:
        said = ", ".join(f"{info.name}: {info.direction}" for info in inner)
        faults.append(f"The metrics must agree on which score is better ({said}).")
    elif params.get("take") in {"harmonic", "geometric"}:
        faults += [
            f"A {params['take']} mean needs metrics from 0 up where higher is better, "
            f"and {name} is none."
            for name in _names(inner)
            if not others[name].higher_is_better or others[name].low != 0.0
        ]
    faults += _unlike_columns(named)
    return faults + _unlike_params(inner)


def _named(
    others: Mapping[str, MetricInfo], params: Mapping[str, object]
) -> list[tuple[str, MetricInfo]]:
    """Each metric's column and entry; the entry's one target is paired by its name."""
    names = cast("list[str]", params["metrics"])
    columns = cast("list[str]", params["columns"])
    return [
        (column, _paired(at_power(others[name], params)))
        for column, name in zip(columns, names, strict=True)
    ]


def _paired(info: MetricInfo) -> MetricInfo:
    two = info.columns is Columns.CLASSES
    target = Target.BINARY if two else info.target
    return replace(info, columns=Columns.PAIRS, target=target)


def _fits(info: MetricInfo) -> bool:
    """Whether a metric compares one column with one, both texts or neither."""
    texts = info.prediction is not Prediction.LABEL and info.valid_range is None
    return (
        info.columns in {Columns.ONE, Columns.CLASSES}
        and texts is (info.target in TEXT_TARGETS)
        and not _OWN & {param.name for param in info.params}
    )


def _by_column(named: Sequence[tuple[str, MetricInfo]]) -> dict[str, MetricInfo]:
    """What each column holds: only what all of its metrics can compare."""
    found: dict[str, MetricInfo] = {}
    for column, info in named:
        before = found.get(column)
        found[column] = info if before is None else _narrowed(before, info)
    return found


def _narrowed(first: MetricInfo, second: MetricInfo) -> MetricInfo:
    return replace(
        first,
        target_range=_both(first.target_range, second.target_range),
        prediction_range=_both(first.valid_range, second.valid_range),
    )


def _both(
    first: tuple[float, float] | None, second: tuple[float, float] | None
) -> tuple[float, float] | None:
    if first is None or second is None:
        return first or second
    return max(first[0], second[0]), min(first[1], second[1])


def _unlike_columns(named: Sequence[tuple[str, MetricInfo]]) -> list[str]:
    """Columns whose metrics want different things in it."""
    firsts: dict[str, MetricInfo] = {}
    faults = []
    for column, info in named:
        first = firsts.setdefault(column, info)
        if _content(first) != _content(info):
            faults.append(
                f"The column {column} can't be of {first.name} and of {info.name}: they "
                "compare different kinds of values."
            )
    return faults


def _content(info: MetricInfo) -> tuple[Target, Prediction | None]:
    return info.target, None if info.valid_range is not None else info.prediction


def _unlike_params(inner: Sequence[MetricInfo]) -> list[str]:
    """Parameters of the same name that are not the same."""
    firsts: dict[str, tuple[str, ParamInfo]] = {}
    faults = []
    for info in inner:
        for param in info.params:
            name, first = firsts.setdefault(param.name, (info.name, param))
            if replace(first, doc=param.doc) != param:
                faults.append(
                    f"{name} and {info.name} can't be combined: each has a parameter "
                    f"{param.name}, and they are not the same."
                )
    return list(dict.fromkeys(faults))


def _params(inner: Sequence[MetricInfo]) -> tuple[ParamInfo, ...]:
    """The metrics' parameters, each once, without those that would change nothing."""
    found = {param.name: param for info in inner for param in info.params}
    if not any(info.target is Target.LABEL for info in inner):
        found.pop("positive_label", None)  # the target is 0 or 1
    return tuple(param for param in found.values() if param.name not in _UNUSED)


def _common(values: Iterable[float | None]) -> float | None:
    """What all have; None where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _names(inner: Sequence[MetricInfo]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(info.name for info in inner))


def _title(inner: Sequence[MetricInfo], params: Mapping[str, object]) -> str:
    take = str(params.get("take", "sum"))
    words = [] if params.get("column_weights") is None else ["weighted"]
    words += [take] if take in {"sum", "mean"} else [take, "mean"]
    titles = tuple(dict.fromkeys(info.title for info in inner))
    of = " and ".join(titles) if len(titles) <= _TITLES else f"{len(inner)} metrics"
    return f"{' '.join(words).capitalize()} of {of}"
