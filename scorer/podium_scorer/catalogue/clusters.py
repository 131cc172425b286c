"""The catalogue's entries for clustering."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
)

CLUSTERS = (
    MetricInfo(
        name="adjusted_rand",
        title="Adjusted Rand index",
        summary="The share of pairs of rows on which clusters and classes "
        "agree, beyond chance.",
        aliases=("adjusted_rand_score", "ari"),
        family=Family.CLUSTERING,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.TEXT,
        params=(),
        low=-1.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("what the clusters are called", "makes no difference"),
            ("one class and one cluster", "1"),
        ),
        formula=r"\frac{\sum_{kl}\binom{n_{kl}}2-E}{\frac12(A+B)-E},\quad E=AB/"
        r"\binom n2",
        source="Hubert and Arabie, Journal of Classification 2 (1985) 193-218",
        interval="none: rows drawn twice would be pairs that agree",
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,b\n4,b\n",
            submission="id,y\n1,x\n2,x\n3,y\n4,x\n",
            score=0.0,
        ),
    ),
    MetricInfo(
        name="normalized_mutual_information",
        title="Normalized mutual information",
        summary="The information that clusters and classes share, over the "
        "mean of their entropies.",
        aliases=("normalized_mutual_info_score", "nmi"),
        family=Family.CLUSTERING,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.TEXT,
        params=(),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("what the clusters are called", "makes no difference"),
            ("one class and one cluster", "1"),
        ),
        formula=r"\frac{2I(C,K)}{H(C)+H(K)}",
        source="Strehl and Ghosh, Journal of Machine Learning Research 3 "
        "(2002) 583-617, with the arithmetic mean",
        interval="none: rows drawn twice would be pairs that agree",
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,b\n4,b\n",
            submission="id,y\n1,x\n2,x\n3,y\n4,x\n",
            score=0.34371,
        ),
    ),
    MetricInfo(
        name="v_measure",
        title="V-measure",
        summary="The harmonic mean of homogeneity and completeness.",
        aliases=("v_measure_score",),
        family=Family.CLUSTERING,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.TEXT,
        params=(
            ParamInfo(
                name="beta",
                type=ParamType.NUMBER,
                default=1.0,
                above=0.0,
                doc="How much more homogeneity counts.",
            ),
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("what the clusters are called", "makes no difference"),
            ("one class and one cluster", "1"),
        ),
        formula=r"\frac{(1+\beta)hc}{\beta h+c}",
        source="Rosenberg and Hirschberg, EMNLP-CoNLL 2007, 410-420",
        interval="none: rows drawn twice would be pairs that agree",
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,b\n4,b\n",
            submission="id,y\n1,x\n2,x\n3,y\n4,x\n",
            score=0.34371,
        ),
    ),
)
