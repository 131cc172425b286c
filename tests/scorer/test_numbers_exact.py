"""Metrics of numbers: against literal definitions, and against scikit-learn and scipy."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable
from typing import Any

import pytest
import scipy.special
import scipy.stats
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from tests.scorer.cases import Case, make
from tests.scorer.support import csv_bytes, score

Naive = Callable[[Case], float]


def mean(values: Any) -> float:
    values = list(values)
    return math.fsum(values) / len(values)


def rows(case: Case) -> list[tuple[float, float]]:
    return list(zip(case.t, case.p, strict=True))


def losses(loss: Callable[[float, float], float]) -> Naive:
    return lambda case: mean(loss(t, p) for t, p in rows(case))


def rooted(loss: Callable[[float, float], float]) -> Naive:
    return lambda case: math.sqrt(losses(loss)(case))


def predictions(case: Case) -> list[tuple[float, list[float]]]:
    columns = [case.guess(name) for name in case.names.columns]
    return [
        (t, list(p)) for t, p in zip(case.t, zip(*columns, strict=True), strict=True)
    ]


def several(loss: Callable[[float, list[float]], float]) -> Naive:
    return lambda case: mean(loss(t, p) for t, p in predictions(case))


def pairs(case: Case) -> list[tuple[list[float], list[float]]]:
    true = zip(*(case.column(name) for name in case.names.targets), strict=True)
    guess = zip(*(case.guess(name) for name in case.names.columns), strict=True)
    return [(list(t), list(p)) for t, p in zip(true, guess, strict=True)]


def paired(loss: Callable[[list[float], list[float]], float]) -> Naive:
    return lambda case: mean(loss(t, p) for t, p in pairs(case))


def pinball(t: float, p: float, alpha: float) -> float:
    return alpha * (t - p) if t >= p else (1 - alpha) * (p - t)


def share_left(loss: Callable[[float, float], float], best: float, case: Case) -> float:
    left = math.fsum(loss(t, p) for t, p in rows(case))
    return 1 - left / math.fsum(loss(t, best) for t in case.t)


def tweedie(t: float, p: float, power: float) -> float:
    first = t ** (2 - power) / ((1 - power) * (2 - power))
    return 2 * (
        first - t * p ** (1 - power) / (1 - power) + p ** (2 - power) / (2 - power)
    )


def r2(case: Case) -> float:
    middle = mean(case.t)
    return share_left(lambda t, p: (t - p) ** 2, middle, case)


def explained(case: Case) -> float:
    errors = [t - p for t, p in rows(case)]
    return 1 - statistics.pvariance(errors) / statistics.pvariance(case.t)


def wrmsse(case: Case) -> float:
    series: dict[str, list[float]] = {}
    for (t, p), name, scale in zip(
        rows(case),
        case.further("series_column"),
        case.further("scale_column"),
        strict=True,
    ):
        series.setdefault(name, []).append((t - p) ** 2 / scale)
    return mean(math.sqrt(mean(found)) for found in series.values())


def pearson_of(x: list[float], y: list[float]) -> float:
    mx, my = mean(x), mean(y)
    top = math.fsum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    spread = math.fsum((a - mx) ** 2 for a in x) * math.fsum((b - my) ** 2 for b in y)
    return top / math.sqrt(spread) if spread else 0.0


def ranks(values: list[float]) -> list[float]:
    return [
        sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2
        for value in values
    ]


def gini(true: list[float], guessed: list[float]) -> float:
    """Kaggle's sum of the Lorenz curve, ties once in the rows' order and once against."""

    def one(sign: int) -> float:
        order = sorted(range(len(true)), key=lambda i: (-guessed[i], sign * i))
        curve = itertools.accumulate(true[i] for i in order)
        return math.fsum(curve) - (len(true) + 1) / 2 * math.fsum(true)

    return (one(1) + one(-1)) / 2


def kendall(case: Case) -> float:
    same = other = tied_t = tied_p = 0
    for (t, p), (u, q) in itertools.combinations(rows(case), 2):
        same += (t - u) * (p - q) > 0
        other += (t - u) * (p - q) < 0
        tied_t += t == u
        tied_p += p == q
    total = len(case.t) * (len(case.t) - 1) / 2
    return (same - other) / math.sqrt((total - tied_t) * (total - tied_p))


def lin(case: Case) -> float:
    t, p = case.t, case.p
    mt, mp = mean(t), mean(p)
    both = mean((a - mt) * (b - mp) for a, b in rows(case))
    return (
        2 * both / (statistics.pvariance(t) + statistics.pvariance(p) + (mt - mp) ** 2)
    )


def concordance(case: Case) -> float:
    right = total = 0.0
    for (t, p), (u, q) in itertools.permutations(rows(case), 2):
        if t < u:
            total += 1
            right += 1.0 if p < q else 0.5 if p == q else 0.0
    return right / total


def columnwise(each: Callable[[list[float], list[float]], float]) -> Naive:
    return lambda case: mean(
        each(case.column(name), case.guess(name)) for name in case.names.columns
    )


def rmse_of(t: list[float], p: list[float]) -> float:
    return math.sqrt(mean((a - b) ** 2 for a, b in zip(t, p, strict=True)))


def haversine(t: list[float], p: list[float]) -> float:
    """The spherical law of cosines by the vectors' dot and cross products."""

    def vector(place: list[float]) -> tuple[float, float, float]:
        lat, lon = map(math.radians, place)
        return (
            math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
        )  # fmt: skip

    return 6371.0088 * angle(vector(t), vector(p))


def angle(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    cross = math.sqrt(
        math.fsum((a[i] * b[j] - a[j] * b[i]) ** 2 for i, j in ((0, 1), (1, 2), (2, 0)))
    )
    return math.atan2(cross, dot)


def direction(t: list[float], p: list[float]) -> float:
    def vector(place: list[float]) -> tuple[float, ...]:
        azimuth, zenith = place
        return (
            math.sin(zenith) * math.cos(azimuth),
            math.sin(zenith) * math.sin(azimuth),
            math.cos(zenith),
        )

    return angle(vector(t), vector(p))


def crps_ensemble(t: float, members: list[float]) -> float:
    spread = mean(abs(a - b) for a in members for b in members)
    return mean(abs(member - t) for member in members) - spread / 2


def crps_gaussian(t: float, p: list[float]) -> float:
    """The integral of the squared difference of the distribution functions."""
    middle, sigma = p
    steps, low, high = 20_000, middle - 12 * sigma, middle + 12 * sigma
    low, high = min(low, t - 1), max(high, t + 1)

    def area(a: float, b: float, step: float) -> float:
        width = (b - a) / steps
        found = []
        for i in range(steps):
            x = a + (i + 0.5) * width
            cdf = 0.5 * math.erfc(-(x - middle) / sigma / math.sqrt(2))
            found.append((cdf - step) ** 2)
        return math.fsum(found) * width

    return area(low, t, 0.0) + area(t, high, 1.0)


def survival_pairs(times: list[float], events: list[int], risk: list[float]) -> float:
    right = total = 0.0
    for i, j in itertools.permutations(range(len(times)), 2):
        earlier = times[i] < times[j] or (times[i] == times[j] and not events[j])
        if events[i] and earlier:
            total += 1
            right += 1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0
    return right / total


def stratified(case: Case) -> float:
    found = []
    for group in sorted(set(case.further("group_column"))):
        keep = [i for i, g in enumerate(case.further("group_column")) if g == group]
        found.append(
            survival_pairs(
                [case.t[i] for i in keep],
                [case.further("event_column")[i] for i in keep],
                [case.p[i] for i in keep],
            )
        )
    return mean(found) - statistics.pstdev(found)


def integrated_brier(case: Case) -> float:
    times, events = case.t, case.further("event_column")

    def censoring(moment: float, *, before: bool) -> float:
        value = 1.0
        for step in sorted(set(times)):
            if step > moment or (before and step == moment):
                break
            at_risk = sum(t >= step for t in times)
            ended = sum(t == step and not e for t, e in zip(times, events, strict=True))
            value *= 1 - ended / at_risk
        return value

    points = sorted(case.names.columns, key=float)
    scores = []
    for name in points:
        point, total = float(name), 0.0
        for t, e, s in zip(times, events, case.guess(name), strict=True):
            if t <= point and e:
                total += s**2 / max(censoring(t, before=True), 1e-12)
            elif t > point:
                total += (1 - s) ** 2 / max(censoring(point, before=False), 1e-12)
        scores.append(total / len(times))
    area = 0.0
    for (a, x), (b, y) in itertools.pairwise(zip(points, scores, strict=True)):
        area += (float(b) - float(a)) * (x + y) / 2
    return area / (float(points[-1]) - float(points[0]))


def relative_entropy(p: list[float], q: list[float]) -> float:
    return math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a)


def js(p: list[float], q: list[float]) -> float:
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (relative_entropy(p, middle) + relative_entropy(q, middle)) / 2


def moved(p: list[float], q: list[float]) -> float:
    gaps = itertools.accumulate(a - b for a, b in zip(p, q, strict=True))
    return math.fsum(map(abs, list(gaps)[:-1]))


NAIVE: dict[str, Naive] = {
    "msle": losses(lambda t, p: (math.log(1 + p) - math.log(1 + t)) ** 2),
    "rmsle": rooted(lambda t, p: (math.log(1 + p) - math.log(1 + t)) ** 2),
    "median_ae": lambda case: statistics.median(abs(t - p) for t, p in rows(case)),
    "max_error": lambda case: max(abs(t - p) for t, p in rows(case)),
    "mape": losses(lambda t, p: abs(t - p) / abs(t)),
    "rmspe": rooted(lambda t, p: ((t - p) / t) ** 2),
    "smape": losses(lambda t, p: 200 * abs(t - p) / (abs(t) + abs(p))),
    "huber": losses(
        lambda t, p: (t - p) ** 2 / 2 if abs(t - p) <= 1 else abs(t - p) - 0.5
    ),
    "log_cosh": losses(lambda t, p: math.log(math.cosh(p - t))),
    "pinball": losses(lambda t, p: abs(t - p) / 2),
    "poisson_deviance": losses(lambda t, p: 2 * (t * math.log(t / p) - t + p)),
    "gamma_deviance": losses(lambda t, p: 2 * (math.log(p / t) + t / p - 1)),
    "tweedie_deviance": losses(lambda t, p: tweedie(t, p, 1.5)),
    "laplace_log_likelihood": several(
        lambda t, p: (
            -math.sqrt(2) * min(abs(t - p[0]), 1000) / max(p[1], 70)
            - math.log(math.sqrt(2) * max(p[1], 70))
        )
    ),
    "gaussian_log_likelihood": several(
        lambda t, p: math.log(
            math.exp(-(((t - p[0]) / p[1]) ** 2) / 2) / (p[1] * math.sqrt(2 * math.pi))
        )
    ),
    "quantile_loss": several(
        lambda t, p: mean([pinball(t, p[0], 0.1), pinball(t, p[1], 0.9)])
    ),
    "interval_coverage": several(lambda t, p: float(min(p) <= t <= max(p))),
    "winkler_score": several(
        lambda t, p: (
            max(p) - min(p) + 20 * (max(min(p) - t, 0.0) + max(t - max(p), 0.0))
        )
    ),
    "crps_ensemble": several(crps_ensemble),
    "r2": r2,
    "explained_variance": explained,
    "wape": lambda case: (
        math.fsum(abs(t - p) for t, p in rows(case)) / math.fsum(map(abs, case.t))
    ),
    "normalized_wmae": lambda case: (
        losses(lambda t, p: abs(t - p))(case) / (max(case.t) - min(case.t))
    ),
    "mase": losses(lambda t, p: abs(t - p) / 2.0),
    "wrmsse": wrmsse,
    "d2_absolute_error": lambda case: share_left(
        lambda t, p: abs(t - p), statistics.median(case.t), case
    ),
    "d2_pinball": lambda case: share_left(
        lambda t, p: pinball(t, p, 0.5), statistics.median(case.t), case
    ),
    "d2_tweedie": lambda case: share_left(
        lambda t, p: tweedie(t, p, 1.5), mean(case.t), case
    ),
    "pearson": lambda case: pearson_of(case.t, case.p),
    "spearman": lambda case: pearson_of(ranks(case.t), ranks(case.p)),
    "normalized_gini_regression": lambda case: (
        gini(case.t, case.p) / gini(case.t, case.t)
    ),
    "kendall_tau": kendall,
    "lins_concordance": lin,
    "concordance": concordance,
    "mcrmse": columnwise(rmse_of),
    "mean_columnwise_mae": columnwise(
        lambda t, p: mean(abs(a - b) for a, b in zip(t, p, strict=True))
    ),
    "mean_columnwise_rmsle": columnwise(
        lambda t, p: rmse_of([math.log(1 + a) for a in t], [math.log(1 + b) for b in p])
    ),
    "mean_columnwise_spearman": columnwise(lambda t, p: pearson_of(ranks(t), ranks(p))),
    "haversine": paired(haversine),
    "mean_angular_error": paired(direction),
    "mean_euclidean_distance": paired(math.dist),
    "c_index": lambda case: survival_pairs(
        case.t, case.further("event_column"), case.p
    ),
    "stratified_c_index": stratified,
    "integrated_brier": integrated_brier,
    "kl_divergence": paired(relative_entropy),
    "js_divergence": paired(js),
    "wasserstein": paired(moved),
    "total_variation": paired(
        lambda p, q: math.fsum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2
    ),
}


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_a_metric_is_what_its_definition_says(name: str, seed: int) -> None:
    case = make(METRICS[name], seed, rows=50 + seed, usage=False)
    assert case.report().public == pytest.approx(NAIVE[name](case), abs=1e-9, rel=1e-9)


def test_the_crps_of_a_normal_distribution_is_its_integral() -> None:
    case = make(METRICS["crps_gaussian"], 1, rows=4, usage=False)
    expected = several(crps_gaussian)(case)
    assert case.report().public == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "name", ["crps_gaussian", "gaussian_log_likelihood", "laplace_log_likelihood"]
)
@pytest.mark.parametrize("deviation", [0, -1, -1e6])
def test_a_deviation_that_is_none_is_raised_to_the_clip(
    name: str, deviation: float
) -> None:
    case = make(METRICS[name], 2, rows=20, usage=False)
    column = case.names.columns[1]
    clip = 70.0 if name == "laplace_log_likelihood" else 1e-6

    def with_all(value: float) -> Case:
        rows = [{**row, column: value} for row in case.predicted]
        return Case(case.names, case.truth, rows, case.params)

    assert with_all(deviation).report() == with_all(clip).report()


def test_a_negative_deviation_buys_no_score() -> None:
    rows = [(i, 9 * (-1) ** i, -1) for i in range(8)]
    solution = csv_bytes("id,y", [(i, 0) for i in range(8)])
    submission = csv_bytes("id,mean,sd", rows)
    report = score("crps_gaussian", solution, submission, submission)
    assert report.public == pytest.approx(9, abs=1e-5)


LIBRARY: dict[str, Callable[[Any, Any], float]] = {
    "msle": sk.mean_squared_log_error,
    "rmsle": sk.root_mean_squared_log_error,
    "median_ae": sk.median_absolute_error,
    "max_error": sk.max_error,
    "mape": sk.mean_absolute_percentage_error,
    "pinball": sk.mean_pinball_loss,
    "poisson_deviance": sk.mean_poisson_deviance,
    "gamma_deviance": sk.mean_gamma_deviance,
    "tweedie_deviance": lambda t, p: sk.mean_tweedie_deviance(t, p, power=1.5),
    "huber": lambda t, p: float(
        scipy.special.huber(1.0, [a - b for a, b in zip(t, p, strict=True)]).mean()
    ),
    "explained_variance": sk.explained_variance_score,
    "d2_absolute_error": sk.d2_absolute_error_score,
    "d2_pinball": sk.d2_pinball_score,
    "d2_tweedie": lambda t, p: sk.d2_tweedie_score(t, p, power=1.5),
    "pearson": lambda t, p: float(scipy.stats.pearsonr(t, p).statistic),
    "spearman": lambda t, p: float(scipy.stats.spearmanr(t, p).statistic),
    "kendall_tau": lambda t, p: float(scipy.stats.kendalltau(t, p).statistic),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_a_metric_is_what_scikit_learn_or_scipy_says(name: str) -> None:
    case = make(METRICS[name], 9, rows=400, usage=False)
    expected = LIBRARY[name](case.t, case.p)
    assert case.report().public == pytest.approx(expected, abs=1e-9, rel=1e-9)


@pytest.mark.parametrize("name", ["kl_divergence", "js_divergence", "wasserstein"])
def test_a_distance_of_distributions_is_what_scipy_says(name: str) -> None:
    case = make(METRICS[name], 9, rows=40, usage=False)
    places = range(len(case.names.targets))
    expected = {
        "kl_divergence": lambda t, p: scipy.stats.entropy(t, p),
        "js_divergence": lambda t, p: _js_of_scipy(t, p),
        "wasserstein": lambda t, p: scipy.stats.wasserstein_distance(
            places, places, t, p
        ),
    }[name]
    assert case.report().public == pytest.approx(paired(expected)(case), abs=1e-9)


def _js_of_scipy(t: list[float], p: list[float]) -> float:
    from scipy.spatial.distance import jensenshannon  # noqa: PLC0415

    return float(jensenshannon(t, p)) ** 2


WEIGHTED = {
    "rmse": lambda t, p, w: math.sqrt(sk.mean_squared_error(t, p, sample_weight=w)),
    "mse": lambda t, p, w: sk.mean_squared_error(t, p, sample_weight=w),
    "mae": lambda t, p, w: sk.mean_absolute_error(t, p, sample_weight=w),
    "rmsle": lambda t, p, w: math.sqrt(
        sk.mean_squared_log_error(t, p, sample_weight=w)
    ),
    "r2": lambda t, p, w: sk.r2_score(t, p, sample_weight=w),
    "explained_variance": lambda t, p, w: sk.explained_variance_score(
        t, p, sample_weight=w
    ),
    "gamma_deviance": lambda t, p, w: sk.mean_gamma_deviance(t, p, sample_weight=w),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_do_what_scikit_learns_do(name: str) -> None:
    case = make(METRICS[name], 3, rows=80, usage=False)
    weights = [1 + i % 4 for i in range(80)]
    solution = csv_bytes(
        "id,y,w",
        [(i, t, w) for i, (t, w) in enumerate(zip(case.t, weights, strict=True))],
    )
    report = score(
        name, solution, csv_bytes("id,y", enumerate(case.p)), weight_column="w"
    )
    expected = WEIGHTED[name](case.t, case.p, weights)
    assert report.public == pytest.approx(expected, abs=1e-9)
    assert report.public_interval is not None


def test_normalized_gini_of_two_classes_is_the_one_of_the_auc() -> None:
    solution = b"id,y\n" + b"".join(b"%d,%d\n" % (i, i % 3 == 0) for i in range(40))
    submission = b"id,y\n" + b"".join(b"%d,%d\n" % (i, i * 7 % 11) for i in range(40))
    gini_of = score("normalized_gini_regression", solution, submission).public
    auc = score("roc_auc", solution, submission).public
    assert auc is not None
    assert gini_of == pytest.approx(2 * auc - 1, abs=1e-12)
