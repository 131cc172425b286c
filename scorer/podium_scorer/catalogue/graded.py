"""The catalogue's entries for items with grades of relevance, or with confidences."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    MEAN_INTERVAL,
    Family,
    MetricInfo,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import GAIN, RESAMPLED, at_most

GRADED = (
    MetricInfo(
        name="ndcg_graded",
        title="NDCG@K of grades",
        summary="The discounted gain of the first k items over the best that there could "
        "be; an item is worth what its grade says.",
        aliases=("ndcg_exponential", "graded_ndcg", "ndcg_with_grades"),
        family=Family.RETRIEVAL,
        higher_is_better=True,
        target=Target.GRADED,
        prediction=Prediction.ITEMS,
        params=(
            at_most(10),
            GAIN,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("an item without a grade, or of grade 0", "is worth nothing"),
            ("an item that is predicted again", "counts once, at its first place"),
            ("a query without an item of a grade above 0", "counts 0"),
            ("an empty prediction", "counts 0"),
            ("a colon within an item", "the last colon is the one before the grade"),
            (
                "a true cell without grades, a grade below 0 or above 50, an item twice",
                "refused when the solution is prepared, with its line",
            ),
            (
                "no grade above 0 among the public or the private rows",
                "refused when the solution is prepared",
            ),
        ),
        formula=r"\frac1n\sum_i\frac{\sum_{j\le k}\left(2^{g(r_{ij})}-1\right)/\log_2(j+1)"
        r"}{\max_\pi\sum_{j\le k}\left(2^{g(\pi_j)}-1\right)/\log_2(j+1)}",
        source="Burges and others, ICML 2005, 89-96; linear: Jarvelin and Kekalainen, ACM "
        "Transactions on Information Systems 20 (2002) 422-446",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,items\n1,a:3 b:1 c:0\n2,c:2\n",
            submission="id,items\n1,b x a\n2,c x\n",
            score=0.79485,
            params={"k": 3},
        ),
    ),
    MetricInfo(
        name="gap",
        title="GAP",
        summary="The average precision of the items of all rows in one list, the most "
        "confident first.",
        aliases=("global_average_precision", "micro_average_precision", "gap@20"),
        family=Family.RETRIEVAL,
        higher_is_better=True,
        target=Target.ITEMS,
        prediction=Prediction.SCORED,
        params=(at_most(20, "How many items a row may have at the most."),),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "items of the same confidence",
                "share the precision at the end of their tie, whatever the rows' order",
            ),
            (
                "a row without true items",
                "every item predicted there is wrong, and nothing is missed",
            ),
            ("an empty prediction", "its true items are missed"),
            (
                "an item twice in a row, more than k items, an item without confidence",
                "refused by the reader, with its line",
            ),
            (
                "no true item among the public or the private rows",
                "refused when the solution is prepared",
            ),
        ),
        formula=r"\frac1M\sum_{i=1}^N P(i)\,\mathrm{rel}(i),\quad M=\sum_r|R_r|",
        source="Perronnin, Liu and Renders, CVPR 2009; as in the YouTube-8M and Google "
        "Landmark competitions, where ties count in the order of the file",
        interval=RESAMPLED,
        example=WorkedExample(
            solution="id,items\n1,a\n2,b\n3,\n",
            submission="id,items\n1,a 0.9\n2,b 0.5\n3,c 0.7\n",
            score=0.83333,
        ),
    ),
)
