"""The catalogue's entry for rankings in long form."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    LARGE_NUMBERS,
    MEAN_INTERVAL,
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import GAIN, at_most

QUERIES = (
    MetricInfo(
        name="query_ranking",
        title="Ranking by query",
        summary="Rankings in long form: a row for each item of a query, ranked by the "
        "predicted scores; NDCG@K, MAP@K, MRR, precision, recall or hit rate.",
        aliases=("learning_to_rank", "ndcg_by_query", "map_by_query", "mrr_by_query"),
        family=Family.RETRIEVAL,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.SCORE,
        target_range=(0.0, 50.0),
        params=(
            ParamInfo(
                name="query_column",
                type=ParamType.COLUMN,
                default=None,
                required=True,
                holds=Target.LABEL,
                doc="The column of the solution that says which query a row belongs to.",
            ),
            ParamInfo(
                name="measure",
                type=ParamType.CHOICE,
                default="ndcg",
                choices=("ndcg", "map", "mrr", "precision", "recall", "hit_rate"),
                doc="What is computed of each query's ranking.",
            ),
            at_most(10, "How many of a query's first rows count."),
            GAIN,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "rows of a query with the same score",
                "the lowest grade comes first: a tie gains nothing, whatever the order",
            ),
            ("a query without a row of a grade above 0", "does not count"),
            (
                "a query with public and private rows",
                "each part ranks its own rows; keep a query's rows in one part",
            ),
            (
                "no grade above 0 among the public or the private rows",
                "refused when the solution is prepared",
            ),
            LARGE_NUMBERS,
        ),
        formula=r"\frac1{|Q|}\sum_q\frac{\sum_{j\le k}\left(2^{g(r_{qj})}-1\right)"
        r"/\log_2(j+1)}{\max_\pi\sum_{j\le k}\left(2^{g(\pi_j)}-1\right)/\log_2(j+1)}",
        source="Burges and others, ICML 2005, 89-96; the other measures: Manning, Raghavan "
        "and Schuetze, Introduction to Information Retrieval, 2008, chapter 8",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,grade,query\n1,2,a\n2,0,a\n3,1,a\n4,0,b\n5,1,b\n",
            submission="id,grade\n1,0.3\n2,0.9\n3,0.1\n4,0.2\n5,0.8\n",
            params={"query_column": "query"},
            score=0.8295,
        ),
    ),
)
