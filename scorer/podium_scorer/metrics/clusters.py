"""Clusters against classes; what a cluster is called makes no difference."""

from __future__ import annotations

import numpy as np

from podium_scorer.metrics.base import Array, Estimate, Floats, Metric, Part


def _table(part: Part) -> Floats:
    """How many rows are of each class and in each cluster."""
    names, cluster = np.unique(part.predicted_texts[0].strings(), return_inverse=True)
    _, label = np.unique(part.truth, return_inverse=True)
    cells = np.bincount(
        label * len(names) + cluster, minlength=(label.max() + 1) * len(names)
    )
    return cells.reshape(-1, len(names)).astype(np.float64)


def adjusted_rand(part: Part) -> Estimate:
    """The share of pairs on which both agree, beyond chance."""
    table = _table(part)
    together = _pairs(table).sum()
    of_rows, of_columns = (
        _pairs(table.sum(axis=1)).sum(),
        _pairs(table.sum(axis=0)).sum(),
    )
    expected = of_rows * of_columns / max(float(_pairs(table.sum())), 1.0)
    most = (of_rows + of_columns) / 2.0
    return Estimate(
        float((together - expected) / (most - expected)) if most != expected else 1.0
    )


def _pairs(counts: Array) -> Array:
    found: Array = counts * (counts - 1.0) / 2.0
    return found


def normalized_mutual_information(part: Part) -> Estimate:
    """The mutual information over the mean of the two entropies."""
    shared, truth, cluster = _information(_table(part))
    both = truth + cluster
    return Estimate(2.0 * shared / both if both else 1.0)


def v_measure(part: Part) -> Estimate:
    """The weighted harmonic mean of homogeneity and completeness."""
    shared, truth, cluster = _information(_table(part))
    homogeneity = shared / truth if truth else 1.0
    completeness = shared / cluster if cluster else 1.0
    beta = part.setting.number("beta")
    both = beta * homogeneity + completeness
    return Estimate((1.0 + beta) * homogeneity * completeness / both if both else 0.0)


def _information(table: Floats) -> tuple[float, float, float]:
    """Mutual information and the entropies of classes and clusters, in nats."""
    truth, cluster = _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0))
    shared = truth + cluster - _entropy(table.ravel())
    return max(shared, 0.0) if shared > 1e-15 else 0.0, truth, cluster


def _entropy(counts: Floats) -> float:
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, -float((shares * np.log(shares)).sum()))


CODE = {
    "adjusted_rand": Metric(adjusted_rand),
    "normalized_mutual_information": Metric(normalized_mutual_information),
    "v_measure": Metric(v_measure),
}
