"""What the entries of metrics of numbers state of edges, with proofs."""

from __future__ import annotations

import math
from dataclasses import replace

from podium_scorer.catalogue import METRICS, Target
from podium_scorer.catalogue.info import LARGE_NUMBERS
from tests.scorer.cases import Case, make
from tests.scorer.edges_classes import REFUSED
from tests.scorer.proofs import (
    Edge,
    Proof,
    Refused,
    Rejected,
    Scored,
    edge,
    edges,
    of_case,
    proof,
    refused,
    refused_parts,
    stating,
)

READER = "refused by the reader, with its line"
NO_WEIGHT = ("weights that are all 0 among the public or the private rows", REFUSED)
CONSTANT = (
    "a truth that does not vary",
    "refused when the solution is prepared: there is no spread to compare with",
)
AT_LINE_3 = Rejected("out_of_range", 3)
TRUTH_AT_LINE_3 = Refused(kind="out_of_range", line=3)


def beyond(name: str) -> Edge:
    """1e100 is the largest number that may be predicted, and be true."""
    case = make(METRICS[name], 8, rows=30, usage=False)
    column, last = case.names.columns[0], len(case.predicted) - 1
    info = METRICS[name]
    assert info.valid_range is not None
    found = [_changed(case, column, 1e100, Scored())]
    for value in (1.0001e100, -1.0001e100):
        rejected = Rejected("out_of_range", last + 2)
        found.append(_changed(case, column, value, rejected))
    if info.target is Target.NUMBER:
        truth = [*case.truth[:-1], {**case.truth[last], case.names.targets[0]: 1e101}]
        found.append(
            of_case(
                replace(case, truth=truth), Refused(kind="out_of_range", line=last + 2)
            )
        )
    return edge(*LARGE_NUMBERS, name, *found)


def _changed(
    case: Case, column: str, value: float, expected: Scored | Rejected
) -> Proof:
    rows = [*case.predicted[:-1], {**case.predicted[-1], column: value}]
    changed = replace(case, predicted=rows).reordered(list(range(len(rows))))
    return of_case(case, expected, changed)


def weightless(name: str) -> Edge:
    """Weights that are 0 in a part, and the same with one that is not."""
    case = make(METRICS[name], 9, rows=30)
    names = replace(case.names, extras={**case.names.extras, "weight_column": "weight"})
    params = {**case.params, "weight_column": "weight"}
    found = []
    for part in ("Public", "Private"):
        truth = [{**row, "weight": int(row["Usage"] != part)} for row in case.truth]
        words = f"The {part.lower()} rows have weights that add up to 0"
        changed = Case(names, truth, case.predicted, params)
        found.append(of_case(changed, Refused(words)))
    # One row that weighs little is enough for a sum.
    if name not in SPREAD:
        first = next(i for i, row in enumerate(truth) if row["Usage"] == "Private")
        truth[first] = {**truth[first], "weight": 0.1}
        found.append(of_case(Case(names, truth, case.predicted, params), Scored()))
    return edge(*NO_WEIGHT, name, *found)


SPREAD = {"r2", "explained_variance"}  # one row has none

GENERATED = [
    *(beyond(name) for name in stating(*LARGE_NUMBERS)),
    *(weightless(name) for name in stating(*NO_WEIGHT)),
]

ERRORS = [
    *edges(
        "a single row",
        "scored, without an interval",
        {
            "rmse": Scored(2.0, None),
            "mse": Scored(4.0, None),
            "mae": Scored(2.0, None),
            "max_error": Scored(2.0, None),
            "huber": Scored(1.5, None),
        },
        proof("1", "3"),
    ),
    edge(
        "a negative value",
        READER,
        "msle rmsle",
        proof("1 2", "1 -1", AT_LINE_3),
        proof("1 -2", "1 1", TRUTH_AT_LINE_3),
        proof("0 0", "0 0", 0.0),
    ),
    edge(
        "a negative value",
        READER,
        "mean_columnwise_rmsle",
        proof({"a": "1 2", "b": "1 2"}, {"a": "1 2", "b": "1 -2"}, AT_LINE_3),
        proof({"a": "1 2", "b": "1 -2"}, {"a": "1 2", "b": "1 2"}, TRUTH_AT_LINE_3),
        proof({"a": "0", "b": "0"}, {"a": "0", "b": "0"}, 0.0),
    ),
    edge(
        "an even number of rows",
        "the mean of the two in the middle",
        "median_ae",
        proof("0 0 0 0", "9 1 -4 2", 3.0),
    ),
    edge(
        "fewer than six rows",
        "scored, without an interval",
        "median_ae",
        proof("0 0 0 0 0", "5 4 3 2 1", Scored(3.0, None)),
        proof("0 0 0 0 0 0", "6 5 4 3 2 1", Scored(3.5, (1.0, 6.0))),
    ),
    edge(
        "truth and prediction both 0",
        "the row counts 0",
        "smape",
        proof("0 1", "0 3", 50.0),
    ),
    edge(
        "very large errors",
        "|error| - log 2, without overflow",
        "log_cosh",
        proof("0", "-1000", 1000 - math.log(2)),
        proof("0", "1e100", 1e100),
    ),
    edge(
        "alpha 0.5",
        "half the mean absolute error",
        "pinball",
        proof("1 2 3", "2 5 1", 1.0),
        proof("1 2 3", "2 5 1", 1.0, alpha=0.5),
    ),
]

DEVIANCES = [
    edge(
        "a truth of 0",
        "counts twice the prediction",
        "poisson_deviance",
        proof("0", "3", 6.0),
    ),
    edge(
        "a prediction of 0 or less",
        READER,
        "poisson_deviance",
        proof("1 2", "1 0", AT_LINE_3),
        proof("1 2", "1 -1", AT_LINE_3),
    ),
    edge(
        "a truth or prediction of 0 or less",
        READER,
        "gamma_deviance",
        proof("1 2", "1 0", AT_LINE_3),
        proof("1 2", "1 -1", AT_LINE_3),
        proof("1 0", "1 1", TRUTH_AT_LINE_3),
        proof("1 -1", "1 1", TRUTH_AT_LINE_3),
    ),
    edge(
        "a power between 0 and 1",
        "refused: no distribution has it",
        "tweedie_deviance",
        *(
            refused("1", "not between 0 and 1", "settings", power=power)
            for power in (0.01, 0.5, 0.99)
        ),
    ),
    edge(
        "power 0",
        "the mean squared error, of any numbers",
        "tweedie_deviance",
        proof("-1 2", "1 -2", 10.0, power=0),
    ),
    edge(
        "power 1 or 2",
        "Poisson's or gamma's deviance",
        "tweedie_deviance",
        proof("0", "3", 6.0, power=1),
        proof("1", "2", 2 * (1 - math.log(2)), power=1),
        proof("1", "2", 2 * (math.log(2) + 0.5 - 1), power=2),
    ),
    edge(
        "power -1 to 0, without 0",
        "any target; predictions of 0 or less are refused by the reader",
        "tweedie_deviance",
        # 2 (0 - y m² / 2 + m³ / 3) below 0
        proof("-1", "1", 5 / 3, power=-1),
        proof("-2 2", "1 0", AT_LINE_3, power=-1),
        proof("-2 2", "1 -1", AT_LINE_3, power=-0.5),
    ),
    edge(
        "power 1 to 2, without 2",
        "targets below 0 and predictions of 0 or less are refused by the reader",
        "tweedie_deviance",
        proof("0", "4", 8.0, power=1.5),
        *(proof("1 -1", "1 1", TRUTH_AT_LINE_3, power=power) for power in (1, 1.5)),
        *(proof("1 0", "1 0", AT_LINE_3, power=power) for power in (1, 1.9)),
    ),
    edge(
        "power 2 to 3",
        "targets and predictions of 0 or less are refused by the reader",
        "tweedie_deviance",
        *(proof("1 0", "1 1", TRUTH_AT_LINE_3, power=power) for power in (2, 2.5, 3)),
        *(proof("1 1", "1 0", AT_LINE_3, power=power) for power in (2, 2.5, 3)),
    ),
    edge(
        "the power's own range",
        "as for the Tweedie deviance",
        "d2_tweedie",
        proof("-1 3", "1 -1", 1 - 20 / 8, power=0),
        proof("1 -1", "1 1", TRUTH_AT_LINE_3),
        proof("1 2", "1 0", AT_LINE_3),
        proof("1 0", "1 1", TRUTH_AT_LINE_3, power=2.5),
        refused("1 2", "not between 0 and 1", "settings", power=0.5),
    ),
    edge(
        "a truth whose mean is 0 or less, at a power below 0",
        "refused when the solution is prepared: its mean predicts nothing",
        "d2_tweedie",
        *refused_parts("1 3", "-2 1", "have a mean target of 0 or less", power=-1),
    ),
]

RELATIVE = [
    edge(
        "a truth of 0",
        "refused when the solution is prepared; scikit-learn divides by a tiny number "
        "instead",
        "mape",
        *refused_parts("1 2", "1 0", "have a target of 0"),
    ),
    edge(
        "a truth of 0",
        REFUSED,
        "rmspe",
        *refused_parts("1 2", "1 0", "have a target of 0"),
    ),
    edge(
        "a truth of 0 wherever there is a weight",
        REFUSED,
        "wape",
        *refused_parts("1 2", "0 0", "all have a target of 0"),
        *refused_parts(
            {"y": "1 0", "w": "1 1"},
            {"y": "0 2", "w": "1 0"},
            "have a target of 0 wherever they weigh something",
            weight_column="w",
        ),
    ),
    edge(
        *CONSTANT,
        " ".join(stating(*CONSTANT)),
        *refused_parts("1 2 4", "5 5", "all have the same target"),
        # Their mean is not 0.1.
        *refused_parts("1 2 4", "0.1 0.1 0.1", "all have the same target"),
    ),
    edge(
        "a truth that varies only in rows of weight 0",
        REFUSED,
        "r2 explained_variance",
        *refused_parts(
            {"y": "1 2", "w": "1 1"},
            {"y": "0.1 0.1 2 0.1", "w": "1 1 0 1"},
            "have the same target wherever they weigh something",
            weight_column="w",
        ),
    ),
    edge(
        "a prediction worse than the mean",
        "below 0",
        "r2",
        proof("1 3", "3 1", -3.0),
    ),
    edge(
        "a constant error",
        "costs nothing",
        "explained_variance",
        proof("1 2 4", "11 12 14", 1.0),
        proof("1 2 4", "-99 -98 -96", 1.0),
    ),
    edge(
        "a scale of 0",
        READER,
        "mase",
        proof({"y": "1 2", "s": "1 0"}, "1 2", TRUTH_AT_LINE_3, scale_column="s"),
    ),
    edge(
        "neither scale_column nor scale",
        REFUSED,
        "mase",
        refused("1 2", "have no scale"),
    ),
    edge(
        "a series' weight",
        "the mean of its rows' weights",
        "wrmsse",
        proof(
            {"y": "0 0 0", "s": "a a b", "q": "1 1 1", "w": "1 3 1"},
            {"y": "2 2 5"},
            (2 * 2 + 1 * 5) / 3,
            series_column="s",
            scale_column="q",
            weight_column="w",
        ),
    ),
    edge(
        "no weight_column",
        "every series weighs the same",
        "wrmsse",
        proof(
            {"y": "0 0 0", "s": "a a b", "q": "1 1 1"},
            {"y": "2 2 5"},
            3.5,
            series_column="s",
            scale_column="q",
        ),
    ),
]

FORECASTS = [
    edge(
        "a deviation below sigma_clip",
        "raised to it",
        "laplace_log_likelihood",
        *(
            proof("0", {"c": "0", "s": s}, -math.log(70 * math.sqrt(2)))
            for s in ("69", "0", "-100")
        ),
    ),
    edge(
        "an error above error_clip",
        "lowered to it",
        "laplace_log_likelihood",
        proof(
            "0",
            {"c": "5000", "s": "100"},
            -10 * math.sqrt(2) - math.log(100 * math.sqrt(2)),
        ),
    ),
    edge(
        "a deviation below sigma_clip",
        "raised to it",
        "gaussian_log_likelihood",
        *(
            proof(
                "1",
                {"mean": "0", "sd": s},
                -1 / 8 - math.log(2) - math.log(2 * math.pi) / 2,
                sigma_clip=2,
            )
            for s in ("2", "1", "-5")
        ),
    ),
    edge(
        "a deviation below sigma_clip, or below 0",
        "raised to it",
        "crps_gaussian",
        *(
            proof(
                "0",
                {"mean": "0", "sd": s},
                2 * (math.sqrt(2) - 1) / math.sqrt(math.pi),
                sigma_clip=2,
            )
            for s in ("2", "1", "-5")
        ),
    ),
    edge(
        "a column without a quantile in its name",
        REFUSED,
        "quantile_loss",
        refused("1", "that are not named like q0.1", sample="q0.1 middle"),
        refused("1", "that are not named like q0.1", sample="q0.1 q1.5"),
    ),
    edge(
        "other than two columns",
        REFUSED,
        "laplace_log_likelihood gaussian_log_likelihood crps_gaussian",
        refused("1", "do not have two prediction columns", sample="a"),
        refused("1", "do not have two prediction columns", sample="a b c"),
    ),
    edge(
        "quantiles that cross",
        "scored as they are",
        "quantile_loss",
        proof("1", {"q0.1": "2", "q0.9": "0"}, 0.9),
        proof("1", {"q0.1": "0", "q0.9": "2"}, 0.1),
    ),
    edge(
        "a truth at an end",
        "counts as covered",
        "interval_coverage",
        proof("1 2 3", {"low": "1 0 0", "high": "5 2 2"}, 2 / 3),
    ),
    edge(
        "more than two columns",
        "the lowest and the highest of each row",
        "winkler_score",
        proof("1 4", {"a": "3 0", "b": "0 3", "c": "2 1"}, (3 + 3 + 2 / 0.1) / 2),
    ),
    edge(
        "one member",
        "the mean absolute error",
        "crps_ensemble",
        proof("1 2", {"m": "2 4"}, 1.5),
    ),
    edge(
        "the order of the members",
        "makes no difference",
        "crps_ensemble",
        proof("1", {"m": "0", "n": "2"}, 0.5),
        proof("1", {"m": "2", "n": "0"}, 0.5),
        # (9 + 1 + 1) / 3 less half of the mean distance, 2 (10 + 8 + 2) / 9 / 2
        proof("1", {"m": "10", "n": "0", "o": "2"}, 11 / 3 - 20 / 9),
        proof("1", {"m": "2", "n": "10", "o": "0"}, 11 / 3 - 20 / 9),
    ),
]

CORRELATIONS = [
    edge(
        "predictions that do not vary",
        "0",
        "pearson spearman normalized_gini_regression kendall_tau lins_concordance",
        proof("1 2 4", "3 3 3", 0.0),
        proof("1 2 4", "0.1 0.1 0.1", 0.0),
    ),
    edge(
        "ties",
        "the mean of their places",
        "spearman",
        proof("1 2 3", "1 1 2", math.sqrt(0.75)),
    ),
    edge(
        "ties",
        "tau-b's denominator",
        "kendall_tau",
        proof("1 2 3", "1 1 2", 2 / math.sqrt(3 * 2)),
    ),
    edge(
        "equal predictions",
        "the mean over all orders of those rows",
        "normalized_gini_regression",
        proof("1 2 6", "5 5 9", (1.0 + 0.8) / 2),
        proof("1 2 6", "1 2 3", 1.0),
        proof("1 2 6", "2 1 3", 0.8),
    ),
    edge(
        "true values of 0 and 1",
        "2 AUC - 1",
        "normalized_gini_regression",
        proof("0 1 0 1", ".1 .3 .35 .8", 2 * 0.75 - 1),
    ),
    edge(
        "equal predictions",
        "count one half",
        "concordance",
        proof("1 2", "5 5", 0.5),
        proof("1 2 3", "5 5 6", 2.5 / 3),
    ),
    edge(
        "equal truths",
        "left out",
        "concordance",
        proof("1 1 2", "5 9 7", 0.5),
        proof("1 1 2", "5 6 7", 1.0),
    ),
]

EDGES = [
    *GENERATED,
    *ERRORS,
    *DEVIANCES,
    *RELATIVE,
    *FORECASTS,
    *CORRELATIONS,
]
