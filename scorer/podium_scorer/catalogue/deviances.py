"""The catalogue's entries for deviances, whose ranges depend on their power."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from podium_scorer.catalogue.info import (
    LARGE_NUMBERS,
    MEAN_INTERVAL,
    Family,
    MetricInfo,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import (
    NO_WEIGHT,
    NOT_NEGATIVE,
    POSITIVE,
    POWER,
    WEIGHT,
)

DEVIANCES = (
    MetricInfo(
        name="poisson_deviance",
        title="Poisson deviance",
        summary="The deviance of counts that follow a Poisson distribution.",
        aliases=("mean_poisson_deviance",),
        family=Family.REGRESSION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        prediction_range=POSITIVE,
        target_range=NOT_NEGATIVE,
        params=(WEIGHT,),
        low=0.0,
        perfect=0.0,
        edges=(
            ("a truth of 0", "counts twice the prediction"),
            ("a prediction of 0 or less", "refused by the reader, with its line"),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac2n\sum_i\left(y_i\log\frac{y_i}{\hat y_i}-y_i+\hat y_i\right)",
        source="McCullagh and Nelder, Generalized Linear Models (1989)",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,2\n",
            submission="id,y\n1,1\n2,1\n",
            score=0.38629,
        ),
    ),
    MetricInfo(
        name="gamma_deviance",
        title="Gamma deviance",
        summary="The deviance of amounts that follow a gamma distribution.",
        aliases=("mean_gamma_deviance",),
        family=Family.REGRESSION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        prediction_range=POSITIVE,
        target_range=POSITIVE,
        params=(WEIGHT,),
        low=0.0,
        perfect=0.0,
        edges=(
            (
                "a truth or prediction of 0 or less",
                "refused by the reader, with its line",
            ),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac2n\sum_i\left(\log\frac{\hat y_i}{y_i}+\frac{y_i}{\hat y_"
        r"i}-1\right)",
        source="McCullagh and Nelder, Generalized Linear Models (1989)",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,2\n",
            submission="id,y\n1,1\n2,4\n",
            score=0.19315,
        ),
    ),
    MetricInfo(
        name="tweedie_deviance",
        title="Tweedie deviance",
        summary="The deviance of a family of distributions: normal, Poisson, gamma, inverse "
        "Gaussian and those between.",
        aliases=("mean_tweedie_deviance",),
        family=Family.REGRESSION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        prediction_range=POSITIVE,
        target_range=NOT_NEGATIVE,
        params=(
            POWER,
            WEIGHT,
        ),
        low=0.0,
        perfect=0.0,
        edges=(
            (
                "power -1 to 0, without 0",
                "any target; predictions of 0 or less are refused by the reader",
            ),
            ("power 0", "the mean squared error, of any numbers"),
            ("a power between 0 and 1", "refused: no distribution has it"),
            ("power 1 or 2", "Poisson's or gamma's deviance"),
            (
                "power 1 to 2, without 2",
                "targets below 0 and predictions of 0 or less are refused by the reader",
            ),
            (
                "power 2 to 3",
                "targets and predictions of 0 or less are refused by the reader",
            ),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac2n\sum_i\left(\frac{\max(y_i,0)^{2-p}}{(1-p)(2-p)}-\frac{y_i\hat "
        r"y_i^{1-p}}{1-p}+\frac{\hat y_i^{2-p}}{2-p}\right)",
        source="Jorgensen, Journal of the Royal Statistical Society B 49 "
        "(1987) 127-162",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,4\n",
            submission="id,y\n1,1\n2,1\n",
            score=2.0,
        ),
    ),
)


def at_power(info: MetricInfo, params: Mapping[str, object]) -> MetricInfo:
    """The entry with the ranges that its parameter ``power`` leaves, if it has that one.

    Jorgensen, Journal of the Royal Statistical Society B 49 (1987) 127-162; scikit-learn
    has the same ranges.
    """
    power = params.get("power", POWER.default)
    if POWER not in info.params or POWER.fault(power) is not None:
        return info
    value = float(str(power))
    target = POSITIVE if value >= 2.0 else NOT_NEGATIVE if value >= 1.0 else None
    return replace(
        info,
        target_range=target,
        prediction_range=POSITIVE if value else None,
    )
