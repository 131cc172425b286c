"""What the entries of metrics of several columns and several metrics state of edges."""

from __future__ import annotations

import math
from typing import Any

from scipy.spatial.distance import jensenshannon

from tests.scorer.edges_classes import REFUSED
from tests.scorer.proofs import Scored, edge, proof, refused, refused_parts

SHARES = "kl_divergence js_divergence wasserstein total_variation"
SEVERAL = [
    edge(
        "one column",
        "its RMSE",
        "mcrmse",
        proof({"a": "1 2"}, {"a": "1 4"}, math.sqrt(2)),
    ),
    edge(
        "a column without any error",
        "scored, without an interval",
        "mcrmse",
        proof(
            {"a": "1 2", "b": "1 2"},
            {"a": "1 2", "b": "1 4"},
            Scored(math.sqrt(2) / 2, None),
        ),
    ),
    edge(
        "one column",
        "its mean absolute error",
        "mean_columnwise_mae",
        proof({"a": "1 2"}, {"a": "1 4"}, 1.0),
    ),
    edge(
        "a true column that does not vary",
        REFUSED,
        "mean_columnwise_spearman",
        *refused_parts(
            {"a": "1 2 3", "b": "1 2 3"},
            {"a": "1 2 3", "b": ".1 .1 .1"},
            "have a target column that does not vary",
        ),
    ),
    edge(
        "a predicted column that does not vary",
        "counts 0",
        "mean_columnwise_spearman",
        proof({"a": "1 2 3", "b": "1 2 3"}, {"a": "1 2 3", "b": ".1 .1 .1"}, 0.5),
    ),
    edge(
        "a longitude of 181",
        "the same place as -179",
        "haversine",
        proof({"lat": "50", "lon": "181"}, {"lat": "50", "lon": "-179"}, 0.0),
        # A degree of the equator: the earth's mean radius is 6371.0088 km.
        proof(
            {"lat": "0", "lon": "181"},
            {"lat": "0", "lon": "-178"},
            6371.0088 * math.pi / 180,
        ),
    ),
    edge(
        "other than two columns",
        REFUSED,
        "haversine mean_angular_error",
        refused({"a": "1"}, "do not have two target columns"),
        refused({"a": "1", "b": "1", "c": "1"}, "do not have two target columns"),
    ),
    edge(
        "nearly the same or the opposite direction",
        "as exact as any other, since half angles are computed",
        "mean_angular_error",
        # The cosine of so small an angle is 1.
        proof(
            {"azimuth": [2], "zenith": [1]},
            {"azimuth": [2], "zenith": [1 + 1e-9]},
            1e-9,
        ),
        proof(
            {"azimuth": [1.68], "zenith": [0.17]},
            {"azimuth": [1.68], "zenith": [0.17]},
            0.0,
        ),
        proof(
            {"azimuth": [1.68], "zenith": [0.17]},
            {"azimuth": [1.68 + math.pi], "zenith": [math.pi - 0.17]},
            math.pi,
        ),
    ),
    edge(
        "one column",
        "the mean absolute error",
        "mean_euclidean_distance",
        proof({"x": "0 0"}, {"x": "3 -4"}, 3.5),
    ),
    edge(
        "true shares that do not add up to 1",
        REFUSED,
        SHARES,
        *refused_parts(
            {"a": ".5", "b": ".5"},
            {"a": ".5", "b": ".4"},
            "have a row whose true shares do not add up to 1",
        ),
    ),
    edge(
        "a predicted share of 0",
        "clipped",
        "kl_divergence",
        proof({"a": "1", "b": "0"}, {"a": "0", "b": "1"}, math.log(10), clip=0.1),
    ),
    edge(
        "a true share of 0",
        "counts 0",
        "kl_divergence",
        proof({"a": "1", "b": "0"}, {"a": ".5", "b": ".5"}, math.log(2)),
    ),
    edge(
        "a share of 0",
        "counts 0",
        "js_divergence",
        proof({"a": "1", "b": "0"}, {"a": "1", "b": "0"}, 0.0),
        proof({"a": "1", "b": "0"}, {"a": "0", "b": "1"}, math.log(2)),
    ),
    edge(
        "scipy's jensenshannon",
        "is the square root of this",
        "js_divergence",
        proof(
            {"a": "1", "b": "0"},
            {"a": ".5", "b": ".5"},
            float(jensenshannon([1, 0], [0.5, 0.5])) ** 2,
        ),
    ),
    edge("one column", "0", "wasserstein", proof({"a": "1 1"}, {"a": "1 1"}, 0.0)),
]

RISKS: dict[str, Any] = {"event_column": "e"}
GROUPED: dict[str, Any] = {"event_column": "e", "group_column": "g"}
SURVIVAL = [
    edge(
        "equal predictions",
        "count one half",
        "c_index",
        proof({"y": "1 2", "e": "1 1"}, "3 3", 0.5, **RISKS),
    ),
    edge(
        "equal times, both events",
        "left out",
        "c_index",
        proof({"y": "1 1 2", "e": "1 1 1"}, "9 8 5", 1.0, **RISKS),
        proof({"y": "1 1 2", "e": "1 1 1"}, "9 1 5", 0.5, **RISKS),
    ),
    edge(
        "equal times, one event and one censored",
        "the event is the earlier one",
        "c_index",
        proof({"y": "1 1", "e": "1 0"}, "2 1", 1.0, **RISKS),
        proof({"y": "1 1", "e": "0 1"}, "2 1", 0.0, **RISKS),
    ),
    *(
        edge(
            "no pair whose order is known",
            REFUSED,
            "c_index",
            *refused_parts(
                {"y": "1 2", "e": "1 1"},
                {"y": times, "e": events},
                "have no pair of times whose order is known",
                **RISKS,
            ),
        )
        for times, events in (("1 2", "0 0"), ("1 1", "1 1"), ("1 2", "0 1"))
    ),
    edge(
        "one group",
        "its C-index",
        "stratified_c_index",
        proof({"y": "1 2 3", "e": "1 1 1", "g": "a a a"}, "3 1 2", 2 / 3, **GROUPED),
    ),
    edge(
        "a group without a pair whose order is known",
        REFUSED,
        "stratified_c_index",
        *refused_parts(
            {"y": "1 2 1 2", "e": "1 1 1 1", "g": "a a b b"},
            {"y": "1 2 1 2", "e": "1 1 0 1", "g": "a a b b"},
            "of one group have no pair of times whose order is known",
            **GROUPED,
        ),
    ),
    edge(
        "one column",
        "the Brier score at its time",
        "integrated_brier",
        proof(
            {"y": "1 3", "e": "1 1"},
            {"2": ".4 .7"},
            (0.4**2 + 0.3**2) / 2,
            **RISKS,
        ),
    ),
    edge(
        "a column that is not named by a time",
        REFUSED,
        "integrated_brier",
        refused(
            {"y": "1 3", "e": "1 1"},
            "that are not named by their times",
            sample="2 later",
            **RISKS,
        ),
    ),
    edge(
        "a censoring estimate of 0",
        "comes after all rows, and so weighs none of them",
        "integrated_brier",
        # At 2 two events and one row that lives on; at 4 the third is censored.
        proof(
            {"y": "1 2 3", "e": "1 1 0"},
            {"2": ".5 .5 .5", "4": ".2 .2 .9"},
            (0.25 + 2 * 0.2**2 / 3) / 2,
            **RISKS,
        ),
    ),
]

TWO_SHARES: dict[str, Any] = {
    "metrics": ["accuracy", "accuracy"],
    "columns": ["a", "b"],
}
R2S: dict[str, Any] = {"metrics": ["r2", "r2"], "columns": ["a", "b"]}
COMBINED = [
    edge(
        "metrics of both directions",
        "refused: for some of them a higher score is better, for others a lower",
        "composite",
        refused(
            {"a": "1 2", "b": "1 2"},
            "must agree on which score is better",
            "settings",
            metrics=["rmse", "r2"],
            columns=["a", "b"],
        ),
    ),
    *(
        edge(
            "a harmonic or geometric mean of metrics where lower is better, or that can "
            "be below 0",
            "refused: one perfect column would win whatever the others are",
            "composite",
            refused(
                {"a": "1 2"},
                f"mean needs metrics from 0 up where higher is better, and {name}",
                "settings",
                metrics=[name],
                columns=["a"],
                take=take,
            ),
        )
        for name in ("rmse", "r2")
        for take in ("harmonic", "geometric")
    ),
    edge(
        "a score of 0 in a harmonic or geometric mean",
        "0",
        "composite",
        *(
            proof(
                {"a": "u v", "b": "u v"},
                {"a": "u v", "b": "v u"},
                score,
                **TWO_SHARES,
                take=t,
            )
            for t, score in (("harmonic", 0.0), ("geometric", 0.0), ("mean", 0.5))
        ),
    ),
    edge(
        "a parameter that two of the metrics understand differently",
        "refused: it could only be given once",
        "composite",
        refused(
            {"a": ["u"], "b": ["u"]},
            "each has a parameter k, and they are not the same",
            "settings",
            metrics=["mrr", "map_at_k"],
            columns=["a", "b"],
        ),
    ),
    edge(
        "a column on which its metric has no value",
        "the solution is refused when it is prepared",
        "composite",
        *refused_parts(
            {"a": "1 2", "b": "1 2"},
            {"a": "1 2", "b": "3 3"},
            "in the column b all have the same target",
            **R2S,
        ),
    ),
    edge(
        "a column of probabilities or scores of two classes",
        "its target is 0 or 1",
        "composite",
        proof(
            {"a": "0 1", "b": "0 1"},
            {"a": "0 1", "b": "1 0"},
            1.0 - 1.0,
            metrics=["roc_auc", "gini"],
            columns=["a", "b"],
        ),
        *(
            refused({"a": "0 v"}, "", "not_a_number", metrics=[name], columns=["a"])
            for name in ("roc_auc", "log_loss", "hinge_loss")
        ),
    ),
    edge(
        "a group without rows among the public or the private ones",
        "does not count there",
        "by_group",
        proof(
            {
                "y": "1 2 3 4",
                "g": "a a b b",
                "Usage": "Public Public Private Private",
            },
            {"y": "2 3 9 9"},
            1.0,
            metric="mae",
            group_column="g",
        ),
        proof(
            {
                "y": "1 2 3 4",
                "g": "a a b c",
                "Usage": "Private Private Public Public",
            },
            {"y": "9 9 4 7"},
            2.0,
            metric="mae",
            group_column="g",
        ),
    ),
    edge(
        "a group on whose rows the metric has no value",
        "the solution is refused when it is prepared",
        "by_group",
        *refused_parts(
            {"y": "1 2 1 2", "g": "a a b b"},
            {"y": "1 2 1 1", "g": "a a b b"},
            "have a group whose rows all have the same target",
            metric="r2",
            group_column="g",
        ),
    ),
    edge(
        "a metric that looks at groups itself",
        "can't be chosen: its parameters have the same names",
        "by_group",
        *(
            refused(
                {"y": "1", "g": "a"},
                "The parameter metric must be one of",
                "settings",
                metric=name,
                group_column="g",
            )
            for name in ("stratified_c_index", "by_group")
        ),
    ),
]

TIED = {"y": "0 2 1", "q": "a a a"}
QUERIES = [
    edge(
        "rows of a query with the same score",
        "the lowest grade comes first: a tie gains nothing, whatever the order",
        "query_ranking",
        proof(TIED, {"y": "1 1 1"}, 1 / 2, query_column="q", measure="mrr"),
        proof(TIED, {"y": "1 1 1"}, 0.0, query_column="q", measure="recall", k=1),
    ),
    edge(
        "a query without a row of a grade above 0",
        "does not count",
        "query_ranking",
        proof(
            {"y": "0 2 0 0", "q": "a a b b"},
            {"y": "1 2 1 2"},
            Scored(1.0, None),
            query_column="q",
        ),
    ),
    edge(
        "a query with public and private rows",
        "each part ranks its own rows; keep a query's rows in one part",
        "query_ranking",
        proof(
            {"y": "0 2 3", "q": "a a a", "Usage": "Public Public Private"},
            {"y": "1 2 9"},
            1.0,
            query_column="q",
        ),
    ),
    edge(
        "no grade above 0 among the public or the private rows",
        "refused when the solution is prepared",
        "query_ranking",
        *refused_parts(
            {"y": "0 2", "q": "a a"},
            {"y": "0 0", "q": "b b"},
            "have no row of a grade above 0",
            query_column="q",
        ),
    ),
]

EDGES = [*SEVERAL, *SURVIVAL, *COMBINED, *QUERIES]
