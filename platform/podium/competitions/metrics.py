"""What is shown of the metric that judges, be it the catalogue's or the organizer's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from podium.competitions.models import Revision
from podium_scorer.catalogue import describe

DECIMALS = 5


@dataclass(frozen=True)
class ShownMetric:
    """A metric by name and title, the decimals that boards show, and which way is better.

    ``has_page`` says whether the help describes it; an organizer's own is described on
    the competition's pages, and its parameters stay with its host.
    """

    name: str
    title: str
    decimals: int
    higher_is_better: bool
    has_page: bool
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """``higher`` or ``lower``, whichever is better."""
        return "higher" if self.higher_is_better else "lower"


def decimals_of(revision: Revision | None) -> int:
    """The decimals that scores of a revision are given out with."""
    shown = shown_metric(revision)
    return DECIMALS if shown is None else shown.decimals


def shown_metric(revision: Revision | None) -> ShownMetric | None:
    """The metric of a revision; None without one."""
    if revision is None:
        return None
    if revision.metric_sha256 is not None:
        decimals = revision.metric_decimals
        return ShownMetric(
            name=revision.metric,
            title=revision.metric_title,
            decimals=DECIMALS if decimals is None else decimals,
            higher_is_better=revision.higher_is_better,
            has_page=False,
        )
    try:
        info = describe(revision.metric, revision.metric_params)
    except KeyError:  # of an older or newer scorer
        name = revision.metric
        return ShownMetric(name, name, DECIMALS, revision.higher_is_better, False)
    return ShownMetric(
        name=info.name,
        title=info.title,
        decimals=info.decimals,
        higher_is_better=revision.higher_is_better,
        has_page=True,
        params=revision.metric_params,
    )
