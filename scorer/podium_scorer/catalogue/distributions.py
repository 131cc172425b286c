"""The catalogue's entries for rows of shares."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
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
    NO_DISTRIBUTION,
    SHARES,
)

DISTRIBUTIONS = (
    MetricInfo(
        name="kl_divergence",
        title="Kullback-Leibler divergence",
        summary="How much the predicted shares of a row miss of the true ones.",
        aliases=("kullback_leibler_divergence", "kl", "kullbackleiblerdivergence"),
        family=Family.DISTRIBUTION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.PROBABILITY,
        columns=Columns.PAIRS,
        target_range=(0.0, 1.0),
        params=(
            ParamInfo(
                name="clip",
                type=ParamType.NUMBER,
                default=1e-15,
                above=0.0,
                below=0.5,
                doc="Predicted shares are moved into [clip, 1 - clip]; 1e-15 "
                "is Kaggle's.",
            ),
            SHARES,
        ),
        perfect=0.0,
        edges=(
            ("a true share of 0", "counts 0"),
            ("a predicted share of 0", "clipped"),
            NO_DISTRIBUTION,
        ),
        formula=r"\frac1n\sum_i\sum_jp_{ij}\log\frac{p_{ij}}{\operatorname{clip}"
        r"(q_{ij})}",
        source="Kullback and Leibler, Annals of Mathematical Statistics 22 "
        "(1951) 79-86",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,a,b\n1,0.5,0.5\n2,1,0\n",
            submission="id,a,b\n1,0.5,0.5\n2,0.5,0.5\n",
            score=0.34657,
        ),
    ),
    MetricInfo(
        name="js_divergence",
        title="Jensen-Shannon divergence",
        summary="The symmetric and bounded form of the Kullback-Leibler "
        "divergence, in nats.",
        aliases=("jensen_shannon", "jensen_shannon_divergence"),
        family=Family.DISTRIBUTION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.PROBABILITY,
        columns=Columns.PAIRS,
        target_range=(0.0, 1.0),
        params=(SHARES,),
        low=0.0,
        high=0.6931471805599453,
        perfect=0.0,
        edges=(
            ("a share of 0", "counts 0"),
            ("scipy's jensenshannon", "is the square root of this"),
            NO_DISTRIBUTION,
        ),
        formula=r"\frac1{2n}\sum_i\left(D(p_i\|m_i)+D(q_i\|m_i)\right),\quad m_i"
        r"=\tfrac12(p_i+q_i)",
        source="Lin, IEEE Transactions on Information Theory 37 (1991) 145-151",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,a,b\n1,1,0\n2,1,0\n",
            submission="id,a,b\n1,0,1\n2,1,0\n",
            score=0.34657,
        ),
    ),
    MetricInfo(
        name="wasserstein",
        title="Wasserstein-1 distance",
        summary="How far the predicted shares must be moved, the columns being "
        "places one step apart in the sample's order.",
        aliases=("wasserstein_distance", "earth_movers_distance", "emd"),
        family=Family.DISTRIBUTION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.PROBABILITY,
        columns=Columns.PAIRS,
        target_range=(0.0, 1.0),
        params=(SHARES,),
        low=0.0,
        perfect=0.0,
        edges=(
            ("one column", "0"),
            NO_DISTRIBUTION,
        ),
        formula=r"\frac1n\sum_i\sum_{j<m}\left|\sum_{k\le j}(p_{ik}-q_{ik})\right|",
        source="Vallender, Theory of Probability and Its Applications 18 "
        "(1974) 784-786",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,a,b,c\n1,1,0,0\n2,0,1,0\n",
            submission="id,a,b,c\n1,0,0,1\n2,0,1,0\n",
            score=1.0,
        ),
    ),
    MetricInfo(
        name="total_variation",
        title="Total variation distance",
        summary="The largest difference that the two distributions can give to "
        "an event.",
        aliases=(),
        family=Family.DISTRIBUTION,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.PROBABILITY,
        columns=Columns.PAIRS,
        target_range=(0.0, 1.0),
        params=(SHARES,),
        low=0.0,
        high=1.0,
        perfect=0.0,
        edges=(NO_DISTRIBUTION,),
        formula=r"\frac1{2n}\sum_i\sum_j|p_{ij}-q_{ij}|",
        source="definition",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,a,b\n1,1,0\n2,1,0\n",
            submission="id,a,b\n1,0,1\n2,1,0\n",
            score=0.5,
        ),
    ),
)
