"""What the entries of metrics of classes state of edges, with proofs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from podium_scorer.catalogue import METRICS
from tests.scorer.proofs import (
    Edge,
    Rejected,
    edge,
    edges,
    proof,
    refused,
    refused_parts,
    stating,
)

REFUSED = "refused when the solution is prepared"
CURVES = "gini average_precision pr_auc partial_auc ks_statistic lift"
EVEN: Mapping[str, list[Any]] = {"weighted_classes": [], "class_weights": []}
COMPARED = (
    "how classes are compared",
    "as text, exactly as written; where every class is a whole number, those of labels "
    "too, as numbers, so that 1.0 is the class 1",
)


def compared(name: str) -> Edge:
    """1.0 is the class 1, unless one of the classes is no whole number."""
    info = METRICS[name]
    assert info.perfect is not None
    named = {param.name for param in info.params}
    macro = {"average": "macro"} if "average" in named else {}
    unknown = Rejected("unknown_label", 2)
    return edge(
        *COMPARED,
        name,
        proof("1 2", "1.0 2", info.perfect),
        proof("1 2 3", "01 2. +3", info.perfect, **macro),
        proof("a b", "A b", unknown),
        proof("1 a", "1.0 a", unknown),
        proof("1 2", "1.0 2", unknown, labels=["x"], **macro),
    )


TWO_CLASSES = [
    edge(
        "ties between a positive and a negative row",
        "count one half",
        "roc_auc",
        proof("0 1", ".5 .5", 0.5),
        proof("0 0 1", ".5 .1 .5", 0.75),
    ),
    edge(
        "only one class among the public or the private rows",
        "the solution is refused when it is prepared: the metric has no value there",
        "roc_auc",
        *refused_parts("0 1", "1 1", "are all of one class"),
        *refused_parts("0 1", "0 0", "are all of one class"),
    ),
    edge(
        "only one class among the public or the private rows",
        REFUSED,
        CURVES,
        *refused_parts("0 1", "1 1", "are all of one class"),
        *refused_parts("0 1", "0 0", "are all of one class"),
    ),
    *(
        edge(
            "weights that are all 0 in a class of the public or the private rows",
            REFUSED,
            "roc_auc",
            *refused_parts(
                {"y": "0 1", "w": "1 1"},
                {"y": "0 1 0", "w": weights},
                "have a class whose weights add up to 0",
                weight_column="w",
            ),
        )
        for weights in ("1 0 2", "0 3 0")
    ),
    *edges(
        "only one class",
        "allowed",
        {"brier": 0.125, "hinge_loss": 0.25, "calibration_error": 0.25},
        proof("1 1", ".5 1"),
    ),
    *edges(
        "equal scores",
        "come in together",
        {
            "gini": 0.0,
            "average_precision": 0.5,
            "pr_auc": 0.75,
            "partial_auc": 0.5,
            "ks_statistic": 0.0,
        },
        proof("0 1", ".3 .3"),
        proof("1 0", ".3 .3"),
    ),
    edge(
        "the curve's beginning",
        "precision 1 at recall 0",
        "pr_auc",
        proof("1 1 0", ".3 .3 .3", (1 + 2 / 3) / 2),
        proof("0 1", ".9 .1", 0.25),
    ),
    edge(
        "chance",
        "one half",
        "partial_auc",
        proof("0 1 0 1", "7 7 7 7", 0.5, max_fpr=0.3),
        # The diagonal: half of either class above the others.
        proof("0 1 0 1", "7 7 2 2", 0.5, max_fpr=0.5),
    ),
    edge(
        "equal scores at the border",
        "count with their share",
        "lift",
        proof("1 0 0 0", ".5 .5 0 0", 2.0, share=0.25),
        proof("0 1 0 0", ".5 .5 0 0", 2.0, share=0.25),
    ),
    edge(
        "a score beyond 1 on the right side",
        "costs nothing",
        "hinge_loss",
        proof("1 0", "5 -7", 0.0),
        proof("1 0", "5 0.5", 0.75),
    ),
    edge(
        "a probability of 1",
        "in the last bin",
        "calibration_error",
        proof("0 1", "1 .6", 0.3, bins=2),
    ),
    edge(
        "an empty bin",
        "left out",
        "calibration_error",
        proof("1 1", ".25 .25", 0.75, bins=4),
        proof("1 1", ".25 .25", 0.75, bins=4, norm="max"),
    ),
]

PROBABILITIES = [
    edge(
        "probability 0 or 1",
        "clipped, see the parameter clip",
        "log_loss",
        proof("1", "0", math.log(10), clip=0.1),
        proof("0", "1", math.log(10), clip=0.1),
        proof("1", "0", 15 * math.log(10)),
    ),
    edge(
        "probability 0 or 1",
        "clipped, see the parameter clip",
        "mean_columnwise_log_loss",
        proof(
            {"a": "1", "b": "0"},
            {"a": "0", "b": "0"},
            (math.log(10) - math.log(0.9)) / 2,
            clip=0.1,
        ),
    ),
    edge(
        "one or several prediction columns",
        "one is the probability of the positive class; several are one column a class, "
        "named like the class",
        "log_loss",
        proof("1 0", ".8 .4", -math.log(0.8 * 0.6) / 2),
        proof("a b", {"a": ".8 .4", "b": ".2 .6"}, -math.log(0.8 * 0.6) / 2),
        proof("a b", {"b": ".2 .6", "a": ".8 .4"}, -math.log(0.8 * 0.6) / 2),
        proof("b a", ".8 .4", -math.log(0.8 * 0.6) / 2, positive_label="b"),
    ),
    edge(
        "a class that no row has",
        "allowed; its column must still be there",
        "log_loss",
        proof(
            "a b",
            {"a": ".5 .2", "b": ".25 .3", "c": ".25 .5"},
            -math.log(0.5 * 0.3) / 2,
        ),
        proof(
            "a b",
            {"a": ".5 .2", "b": ".5 .8"},
            Rejected("missing_column", None),
            sample=b"id,a,b,c\n1,1,0,0\n2,1,0,0\n",
        ),
    ),
    edge(
        "perfect prediction",
        "-log(1 - clip), which is 0 to 14 digits",
        "log_loss",
        proof("1 0", "1 0", -math.log(0.9), clip=0.1),
        proof("1 0", "1 0", 0.0),
    ),
    edge(
        "probability 0 or 1",
        "clipped, see the parameter clip",
        "weighted_log_loss",
        proof("1 0 0", "0 0 0", (math.log(10) - math.log(0.9)) / 2, **EVEN, clip=0.1),
    ),
    edge(
        "a class that no row has",
        "does not count, whatever its weight",
        "weighted_log_loss",
        proof(
            "a b b",
            {"a": ".5 .2 .2", "b": ".25 .3 .5", "c": ".25 .5 .3"},
            -(math.log(0.5) + math.log(0.3 * 0.5) / 2) / 2,
        ),
    ),
    edge(
        "classes that all weigh 0 among the public or the private rows",
        REFUSED,
        "weighted_log_loss",
        *refused_parts(
            "a b",
            "b b",
            "have only classes that weigh 0",
            weighted_classes=["b"],
            class_weights=[0.0],
        ),
    ),
    edge(
        "a weight of a class that the solution does not have",
        REFUSED,
        "weighted_log_loss",
        refused(
            "a b",
            "have no class 'c'",
            weighted_classes=["c"],
            class_weights=[2.0],
        ),
    ),
    edge(
        "one prediction column",
        "that of the second of two classes",
        "weighted_log_loss",
        proof(
            "1 0 0", ".8 .4 .3", -(math.log(0.8) + math.log(0.6 * 0.7) / 2) / 2, **EVEN
        ),
        proof(
            "b a a",
            ".8 .4 .3",
            -(2 * math.log(0.8) + math.log(0.6 * 0.7) / 2) / 3,
            positive_label="b",
            weighted_classes=["b"],
            class_weights=[2],
        ),
        proof("b b", ".8 .5", -math.log(0.4) / 2, **EVEN, positive_label="b"),
    ),
    edge(
        "two classes",
        "twice the binary Brier score",
        "brier_multiclass",
        proof("b a", {"a": ".2 .6", "b": ".8 .4"}, 0.04 + 0.16),
    ),
    edge(
        "one prediction column",
        "that of the second of two classes",
        "brier_multiclass",
        proof("1 0", ".8 .4", 0.04 + 0.16),
    ),
    edge(
        "one prediction column",
        "that of the second of two classes",
        "top_k_accuracy",
        proof("0 1 1", ".2 .7 .4", 2 / 3, k=1),
        proof("0 1 1", ".2 .7 .4", 1.0, k=2),
    ),
    edge(
        "one prediction column",
        "that of the second of two classes",
        "roc_auc_multiclass",
        proof("0 1 1", ".2 .7 .1", 0.5),
        proof("0 1 1", ".2 .7 .3", 1.0),
    ),
    edge(
        "another class with the same score",
        "counts as higher",
        "top_k_accuracy",
        proof("a", {"a": ".5", "b": ".5", "c": "0"}, 0.0, k=1),
        proof("a", {"a": ".5", "b": ".5", "c": "0"}, 1.0, k=2),
        proof("c", {"a": ".5", "b": ".5", "c": ".5"}, 0.0, k=2),
    ),
    edge(
        "a class without a row",
        REFUSED,
        "roc_auc_multiclass",
        *refused_parts("a b c", "a b a", "lack one of the classes", sample="a b c"),
    ),
    edge(
        "equal scores",
        "count one half",
        "roc_auc_multiclass",
        proof("0 1", ".5 .5", 0.5),
        proof("a b c", {"a": "7 7 7", "b": "7 7 7", "c": "0 0 1"}, 2 / 3),
    ),
]

MATRIX = [
    *(compared(name) for name in stating(*COMPARED)),
    edge(
        "a class that no row has",
        "left out of the mean",
        "balanced_accuracy",
        proof("a a b", "a c b", 0.75, labels=["c", "d"]),
    ),
    edge(
        "a class that no row has",
        "left out",
        "g_mean",
        proof("a a b", "a c b", math.sqrt(0.5), labels=["c", "d"]),
    ),
    edge(
        "a class that is never found",
        "makes the whole 0",
        "g_mean",
        proof("a b b", "a a a", 0.0),
    ),
    edge(
        "a class that is neither in the truth nor predicted",
        "left out",
        "f1_macro",
        proof("a a b", "a b b", 2 / 3, labels=["z"]),
    ),
    edge(
        "a class that is in only one of them",
        "counts 0",
        "f1_macro",
        proof("a a b", "a a a", 0.4),
        proof("a a", "a c", 1 / 3, labels=["c"]),
    ),
    edge(
        "every prediction the same, or every truth the same",
        "0",
        "mcc",
        proof("a b a", "a a a", 0.0),
        proof("a a a", "a b a", 0.0, labels=["b"]),
    ),
    *edges(
        "a class without any prediction, or without any row",
        "its share counts 0",
        # b is never predicted; a has two true rows of four.
        {
            "precision": 0.5 / 2,
            "recall": 1 / 2,
            "f1": 2 / 3 / 2,
            "fbeta": 5 / 6 / 2,
            "jaccard": 0.5 / 2,
        },
        proof("a a b b", "a a a a", average="macro"),
    ),
    *edges(
        "a class without any prediction, or without any row",
        "its share counts 0",
        # c has no row; a has two, one of them found.
        {
            "precision": 1 / 2,
            "recall": 0.5 / 2,
            "f1": 2 / 3 / 2,
            "fbeta": 5 / 9 / 2,
            "jaccard": 0.5 / 2,
        },
        proof("a a", "a c", average="macro", labels=["c"]),
    ),
    *edges(
        "average binary",
        "needs two classes; the positive one is positive_label, else the second in order "
        "(1 of 0 and 1)",
        # Found 1, missed none, 1 wrong.
        {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "fbeta": 5 / 6, "jaccard": 0.5},
        proof("a a a b", "a a b b"),
        proof("0 0 0 1", "0 0 1 1"),
        proof("10 10 10 9", "10 10 9 9", positive_label="9"),
    ),
    *edges(
        "average binary",
        "needs two classes; the positive one is positive_label, else the second in order "
        "(1 of 0 and 1)",
        # Found 2, missed 1, none wrong.
        {
            "precision": 1.0,
            "recall": 2 / 3,
            "f1": 0.8,
            "fbeta": 10 / 14,
            "jaccard": 2 / 3,
        },
        proof("a a a b", "a a b b", positive_label="a"),
        proof("10 10 10 9", "10 10 9 9"),
    ),
    edge(
        "average binary",
        "needs two classes; the positive one is positive_label, else the second in order "
        "(1 of 0 and 1)",
        "precision recall f1 fbeta jaccard",
        refused("a b c", "The public rows do not have two classes"),
        refused("a b a", "of which one is the positive one", positive_label="c"),
    ),
    edge(
        "truth and predictions all of the same class",
        "1",
        "cohen_kappa quadratic_weighted_kappa",
        proof("a a", "a a", 1.0),
        proof("a a", "a a", 1.0, labels=["b"]),
    ),
    edge(
        "the classes' order",
        "by number where all are whole numbers, else by text",
        "quadratic_weighted_kappa",
        # By number 10 is next to 9, by text as far from it as can be.
        proof("2 10 9", "2 9 9", 2 / 3),
        proof("x2 x10 x9", "x2 x9 x9", 0.0),
    ),
    edge(
        "a class that nobody has",
        "counts as a step between its neighbours only where labels names it",
        "quadratic_weighted_kappa",
        proof("1 3 5", "1 5 5", 1 - 3 * 1 / 15),
        proof("1 3 5", "1 5 5", 1 - 3 * 4 / 36, labels=["4"]),
    ),
]

CLUSTERS = [
    edge(
        "what the clusters are called",
        "makes no difference",
        "adjusted_rand normalized_mutual_information v_measure",
        proof("a a b b", "x x y y", 1.0),
        proof("a a b b", "2 2 1.5 1.5", 1.0),
        proof("a a b b", "b b a a", 1.0),
    ),
    edge(
        "one class and one cluster",
        "1",
        "adjusted_rand normalized_mutual_information v_measure",
        proof("a a", "x x", 1.0),
    ),
]

LABELS = [
    edge(
        "a row without any label, true or predicted",
        "counts 0",
        "multilabel_f1",
        proof({"a": "1 0", "b": "0 0"}, {"a": "1 0", "b": "0 0"}, 0.5),
    ),
    edge(
        "a row without any label",
        "right where none is predicted",
        "subset_accuracy",
        proof({"a": "1 0", "b": "0 0"}, {"a": "1 0", "b": "0 0"}, 1.0),
        proof({"a": "1 0", "b": "0 0"}, {"a": "1 1", "b": "0 0"}, 0.5),
    ),
    edge(
        "one column",
        "the error rate",
        "hamming_loss",
        proof({"a": "1 0 1 1"}, {"a": "1 1 1 1"}, 0.25),
    ),
    edge(
        "a target column of one class only",
        REFUSED,
        "mean_columnwise_auc",
        *refused_parts(
            {"a": "0 1", "b": "1 0"},
            {"a": "0 1", "b": "0 0"},
            "have a target column of one class only",
        ),
    ),
    edge(
        "equal scores",
        "count one half",
        "mean_columnwise_auc",
        proof({"a": "0 1", "b": "0 1"}, {"a": ".5 .5", "b": "0 1"}, 0.75),
    ),
    edge(
        "a row without any true label",
        "counts 1",
        "lrap",
        proof({"a": "0 1", "b": "0 0"}, {"a": "0 0", "b": "1 1"}, 0.75),
    ),
    edge(
        "a row without any true label",
        "left out",
        "lwlrap",
        proof({"a": "0 1", "b": "0 0"}, {"a": "0 0", "b": "1 1"}, 0.5),
    ),
    edge(
        "equal scores",
        "count as ranked above",
        "lrap lwlrap",
        proof({"a": "1", "b": "0"}, {"a": ".5", "b": ".5"}, 0.5),
    ),
    edge(
        "a row without any true label",
        "counts 0",
        "coverage_error",
        proof({"a": "0 1", "b": "0 0"}, {"a": "0 1", "b": "1 0"}, 0.5),
    ),
    edge(
        "a row with no or all labels",
        "counts 0",
        "ranking_loss",
        proof({"a": "0 1 1", "b": "0 1 0"}, {"a": "1 1 0", "b": "0 0 1"}, 1 / 3),
    ),
    edge(
        "equal scores",
        "count as wrong",
        "ranking_loss",
        proof({"a": "1", "b": "0"}, {"a": ".5", "b": ".5"}, 1.0),
    ),
]

EDGES = [*TWO_CLASSES, *PROBABILITIES, *MATRIX, *CLUSTERS, *LABELS]
