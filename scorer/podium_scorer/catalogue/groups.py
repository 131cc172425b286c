"""The catalogue's entry for a metric that is computed on each group of rows apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from podium_scorer.catalogue.info import (
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Target,
    WorkedExample,
)

BY_GROUP = "by_group"
_OWN = frozenset({"metric", "group_column", "take"})


def by_group(others: Sequence[MetricInfo]) -> MetricInfo:
    """The entry, for a mean or the worst of any of the other metrics."""
    choices = tuple(
        info.name for info in others if not _OWN & {param.name for param in info.params}
    )
    return MetricInfo(
        name=BY_GROUP,
        title="Metric by group",
        summary="Another metric's mean over groups of rows, or its worst group.",
        aliases=("per_group", "group_metric", "worst_group"),
        family=Family.COMBINED,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=next(info for info in others if info.name == "rmse").prediction,
        params=(
            ParamInfo(
                name="metric",
                type=ParamType.CHOICE,
                default="rmse",
                choices=choices,
                doc="The metric of each group. Its own parameters are given beside this "
                "one, and its direction, columns and ranges are this metric's.",
            ),
            ParamInfo(
                name="group_column",
                type=ParamType.COLUMN,
                default=None,
                required=True,
                holds=Target.LABEL,
                doc="The column of the solution that says which group a row belongs to.",
            ),
            ParamInfo(
                name="take",
                type=ParamType.CHOICE,
                default="mean",
                choices=("mean", "worst"),
                doc="mean: every group counts the same, whatever its size. worst: the "
                "group with the worst score alone.",
            ),
        ),
        low=0.0,
        perfect=0.0,
        edges=(
            (
                "a group without rows among the public or the private ones",
                "does not count there",
            ),
            (
                "a group on whose rows the metric has no value",
                "the solution is refused when it is prepared",
            ),
            (
                "a metric that looks at groups itself",
                "can't be chosen: its parameters have the same names",
            ),
        ),
        formula=r"\frac1G\sum_{g=1}^G m_g \quad\text{or}\quad \max_g m_g",
        source="definition; worst group: Sagawa and others, ICLR 2020, arXiv 1911.08731",
        interval="mean: recovered from the groups' own intervals, which are independent "
        "(Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702), none where a group "
        "has none; worst: none, since which group is the worst is left to chance",
        example=WorkedExample(
            solution="id,y,shop\n1,1,a\n2,2,a\n3,3,b\n",
            submission="id,y\n1,1\n2,4\n3,6\n",
            score=2.20711,
            params={"group_column": "shop"},
        ),
    )


def grouped(
    entry: MetricInfo, inner: MetricInfo, params: Mapping[str, object]
) -> MetricInfo:
    """What is known of ``entry`` once its parameters say which metric it is of."""
    return replace(
        inner,
        name=entry.name,
        title=f"{inner.title} of the worst group"
        if params.get("take") == "worst"
        else f"Mean {inner.title} by group",
        summary=entry.summary,
        aliases=entry.aliases,
        family=entry.family,
        params=(*entry.params, *inner.params),
        edges=(*entry.edges, *inner.edges),
        formula=entry.formula,
        source=entry.source,
        interval=entry.interval,
        example=entry.example,
    )
