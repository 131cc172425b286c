"""Times until an event, some of them censored."""

from __future__ import annotations

import math

import numpy as np

from podium_scorer.metrics.base import (
    Array,
    Estimate,
    Floats,
    Metric,
    Part,
    of_losses,
    resampled,
)
from podium_scorer.metrics.pairs import dense_ranks, smaller_behind, tied_pairs


def c_index(part: Part) -> Estimate:
    """Harrell's concordance: of the pairs whose order is known, the share in right order."""
    return resampled(part, _c_index, 0.0, 1.0)


def _c_index(part: Part) -> float:
    events = part.extras["event_column"]
    risk = part.prediction
    if part.setting.text("prediction") == "time":
        risk = -risk
    return concordant_share(part.truth, events, risk)


def concordant_share(times: Array, events: Array, risk: Array) -> float:
    """Harrell's C of risks; NaN where no pair's order is known. O(n log² n).

    A pair's order is known where the earlier time is an event's; at equal times, where
    one is an event and the other censored. Equal risks count one half. Harrell, Lee and
    Mark, Statistics in Medicine 15 (1996) 361-387.
    """
    time, rank = dense_ranks(times), dense_ranks(risk)
    # By time, events first; among equal times and events by risk, so that none of those
    # pairs (whose order is unknown) seems to be in right order.
    order = np.lexsort((rank, events == 0, time))
    happened = events[order] > 0
    smaller, equal = smaller_behind(rank[order])
    behind = len(order) - 1 - np.arange(len(order))
    simultaneous = time[order][happened]
    unknown = tied_pairs(simultaneous) if len(simultaneous) else 0
    key = simultaneous * (int(rank.max()) + 1) + rank[order][happened]
    unknown_equal = tied_pairs(dense_ranks(key)) if len(key) else 0
    pairs = int(behind[happened].sum()) - unknown
    tied = int(equal[happened].sum()) - unknown_equal
    if pairs <= 0:
        return math.nan
    return (int(smaller[happened].sum()) + tied / 2.0) / pairs


def stratified_c_index(part: Part) -> Estimate:
    """The mean of the groups' C-indices minus their standard deviation."""

    def score(rows: Part) -> float:
        groups, events = rows.extras["group_column"], rows.extras["event_column"]
        risk = rows.prediction
        if rows.setting.text("prediction") == "time":
            risk = -risk
        found = []
        for group in np.unique(groups):
            mine = groups == group
            found.append(concordant_share(rows.truth[mine], events[mine], risk[mine]))
        return float(np.mean(found) - np.std(found))

    return resampled(part, score, -0.5, 1.0)


def integrated_brier(part: Part) -> Estimate:
    """The Brier score of survival probabilities, integrated over their times.

    Censored rows are made up for by weights from the Kaplan-Meier estimate of the
    censoring, made of the solution's own rows: Graf et al., Statistics in Medicine 18
    (1999) 2529-2545.
    """
    points = np.array([float(name) for name in part.setting.columns])
    order = np.argsort(points)
    points = points[order]
    time, event = part.truth, part.extras["event_column"] > 0
    steps, censoring = _kaplan_meier(time, ~event)
    # Above 0 before each row's time, and at any time that a row has outlived.
    at_event = _left_of(steps, censoring, time)
    losses = np.zeros((len(points), part.rows))
    for row, (point, survival) in enumerate(
        zip(points, part.predictions[order], strict=True)
    ):
        alive = time > point
        died = ~alive & event
        losses[row, died] = np.square(survival[died]) / at_event[died]
        now = _at(steps, censoring, float(point))
        losses[row, alive] = np.square(1.0 - survival[alive]) / now
    if len(points) == 1:
        return of_losses(losses[0], None, 0.0)
    widths = np.diff(points)[:, np.newaxis]
    integral = ((losses[1:] + losses[:-1]) / 2.0 * widths).sum(axis=0)
    return of_losses(integral / float(points[-1] - points[0]), None, 0.0)


def _kaplan_meier(times: Array, ended: Array) -> tuple[Floats, Floats]:
    """The times at which the estimate steps, and its value from each on."""
    steps: Floats = np.unique(times)
    at_risk = len(times) - np.searchsorted(np.sort(times), steps, "left")
    deaths = np.bincount(np.searchsorted(steps, times[ended]), minlength=len(steps))
    return steps, np.cumprod(1.0 - deaths / at_risk, dtype=np.float64)


def _left_of(steps: Floats, values: Floats, times: Array) -> Floats:
    """The estimate just before each time."""
    places = np.searchsorted(steps, times, "left")
    before: Floats = np.r_[1.0, values][places]
    return before


def _at(steps: Floats, values: Floats, time: float) -> float:
    place = int(np.searchsorted(steps, time, "right"))
    return 1.0 if place == 0 else float(values[place - 1])


def refuse_no_pair(part: Part) -> str | None:
    """An order is known where an event is before another time, censored ones at the same
    time among them."""
    events = part.extras["event_column"] > 0
    if events.any():
        first = part.truth[events].min()
        later = (part.truth > first) | ((part.truth == first) & ~events)
        if later.any():
            return None
    return "have no pair of times whose order is known"


def refuse_group_without_pair(part: Part) -> str | None:
    """Every group needs a pair of times whose order is known."""
    groups = part.extras["group_column"]
    for group in np.unique(groups):
        if (
            why := refuse_no_pair(part.taken(np.flatnonzero(groups == group)))
        ) is not None:
            return f"of one group {why}"
    return None


def refuse_unnamed_times(part: Part) -> str | None:
    """Each prediction column must be named by its time."""
    try:
        points = [float(name) for name in part.setting.columns]
    except ValueError:
        return "have prediction columns that are not named by their times"
    if len(set(points)) < len(points) or not all(map(math.isfinite, points)):
        return "have prediction columns with the same time, or none that is finite"
    return None


CODE = {
    "c_index": Metric(c_index, refuse_no_pair),
    "stratified_c_index": Metric(stratified_c_index, refuse_group_without_pair),
    "integrated_brier": Metric(integrated_brier, refuse_unnamed_times),
}
