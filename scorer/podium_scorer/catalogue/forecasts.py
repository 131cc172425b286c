"""The catalogue's entries for predicted quantiles, ensembles, and means with deviations."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    LARGE_NUMBERS,
    MEAN_INTERVAL,
    Columns,
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import (
    NO_WEIGHT,
    SIGMA_CLIP,
    TWO_COLUMNS,
    WEIGHT,
)

FORECASTS = (
    MetricInfo(
        name="laplace_log_likelihood",
        title="Laplace log-likelihood",
        summary="How likely the truth is under the predicted centre and "
        "deviation; the two columns come in this order.",
        aliases=(),
        family=Family.FORECAST,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(
            ParamInfo(
                name="sigma_clip",
                type=ParamType.NUMBER,
                default=70.0,
                above=0.0,
                doc="Smaller deviations are raised to this.",
            ),
            ParamInfo(
                name="error_clip",
                type=ParamType.NUMBER,
                default=1000.0,
                above=0.0,
                doc="Larger errors count as this.",
            ),
            WEIGHT,
        ),
        edges=(
            ("a deviation below sigma_clip", "raised to it"),
            ("an error above error_clip", "lowered to it"),
            TWO_COLUMNS,
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i\left(-\frac{\sqrt2\,\Delta_i}{\sigma_i}-\log("
        r"\sqrt2\,\sigma_i)\right)",
        source="definition, with the clips of Kaggle's OSIC competition",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,2000\n2,2500\n",
            submission="id,FVC,Confidence\n1,2000,100\n2,2400,50\n",
            score=-5.78356,
        ),
    ),
    MetricInfo(
        name="gaussian_log_likelihood",
        title="Gaussian log-likelihood",
        summary="How likely the truth is under the predicted mean and "
        "deviation; the two columns come in this order.",
        aliases=(),
        family=Family.FORECAST,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(
            SIGMA_CLIP,
            WEIGHT,
        ),
        edges=(
            ("a deviation below sigma_clip", "raised to it"),
            TWO_COLUMNS,
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i\left(-\frac{(y_i-\mu_i)^2}{2\sigma_i^2}-\log"
        r"\sigma_i-\tfrac12\log2\pi\right)",
        source="definition",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,0\n2,1\n",
            submission="id,mean,sd\n1,0,1\n2,0,1\n",
            score=-1.16894,
        ),
    ),
    MetricInfo(
        name="quantile_loss",
        title="Quantile loss",
        summary="The mean pinball loss over several predicted quantiles, each "
        "column named by its quantile (q0.1, 0.5, quantile_0.9).",
        aliases=("mean_quantile_loss", "weighted_quantile_loss"),
        family=Family.FORECAST,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(WEIGHT,),
        low=0.0,
        edges=(
            (
                "a column without a quantile in its name",
                "refused when the solution is prepared",
            ),
            ("quantiles that cross", "scored as they are"),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1{n|A|}\sum_{\alpha\in A}\sum_i\max(\alpha e_{i\alpha},("
        r"\alpha-1)e_{i\alpha}),\quad e_{i\alpha}=y_i-\hat q_{i\alpha}",
        source="Koenker and Bassett, Econometrica 46 (1978) 33-50",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,2\n",
            submission="id,q0.1,q0.9\n1,0,2\n2,1,3\n",
            score=0.1,
        ),
    ),
    MetricInfo(
        name="interval_coverage",
        title="Interval coverage",
        summary="The share of truths between the lowest and the highest "
        "prediction of their row.",
        aliases=(),
        family=Family.FORECAST,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(WEIGHT,),
        low=0.0,
        high=1.0,
        edges=(
            ("a truth at an end", "counts as covered"),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i[\min_k\hat q_{ik}\le y_i\le\max_k\hat q_{ik}]",
        source="definition",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,2\n",
            submission="id,low,high\n1,0,2\n2,3,4\n",
            score=0.5,
        ),
    ),
    MetricInfo(
        name="winkler_score",
        title="Winkler interval score",
        summary="The width of the predicted interval, and a penalty for truths "
        "outside of it.",
        aliases=("mwis", "interval_score", "mean_winkler_interval_score"),
        family=Family.FORECAST,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(
            ParamInfo(
                name="alpha",
                type=ParamType.NUMBER,
                default=0.1,
                above=0.0,
                below=1.0,
                doc="1 minus the share that the interval should cover.",
            ),
            WEIGHT,
        ),
        low=0.0,
        edges=(
            ("more than two columns", "the lowest and the highest of each row"),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i\left(u_i-l_i+\frac2\alpha\max(l_i-y_i,y_i-u_i,0)"
        r"\right)",
        source="Winkler, Journal of the American Statistical Association 67 "
        "(1972) 187-191",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,5\n",
            submission="id,low,high\n1,0,2\n2,3,4\n",
            score=11.5,
        ),
    ),
    MetricInfo(
        name="crps_ensemble",
        title="CRPS of an ensemble",
        summary="The continuous ranked probability score of members, one a "
        "column, in any order.",
        aliases=("crps",),
        family=Family.FORECAST,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(WEIGHT,),
        low=0.0,
        edges=(
            ("one member", "the mean absolute error"),
            ("the order of the members", "makes no difference"),
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i\left(\frac1m\sum_k|x_{ik}-y_i|-\frac1{2m^2}\sum_"
        r"{k,l}|x_{ik}-x_{il}|\right)",
        source="Gneiting and Raftery, Journal of the American Statistical "
        "Association 102 (2007) 359-378",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,2\n",
            submission="id,m1,m2\n1,0,2\n2,1,3\n",
            score=0.5,
        ),
    ),
    MetricInfo(
        name="crps_gaussian",
        title="CRPS of a normal distribution",
        summary="The continuous ranked probability score of a mean and a "
        "standard deviation; the two columns come in this order.",
        aliases=(),
        family=Family.FORECAST,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.NUMBER,
        columns=Columns.SEVERAL,
        params=(SIGMA_CLIP, WEIGHT),
        low=0.0,
        edges=(
            ("a deviation below sigma_clip, or below 0", "raised to it"),
            TWO_COLUMNS,
            NO_WEIGHT,
            LARGE_NUMBERS,
        ),
        formula=r"\frac1n\sum_i\sigma_i\left(z_i(2\Phi(z_i)-1)+2\varphi(z_i)-"
        r"\tfrac1{\sqrt\pi}\right),\quad z_i=\frac{y_i-\mu_i}{\sigma_i}",
        source="Gneiting et al., Monthly Weather Review 133 (2005) 1098-1118",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,0\n2,1\n",
            submission="id,mean,sd\n1,0,1\n2,0,1\n",
            score=0.41807,
        ),
    ),
)
