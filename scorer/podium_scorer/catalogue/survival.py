"""The catalogue's entries for times until an event."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    LARGE_NUMBERS,
    Columns,
    Family,
    MetricInfo,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import (
    EVENT,
    GROUP,
    NOT_NEGATIVE,
    RANKED_BY,
    RESAMPLED,
)

SURVIVAL = (
    MetricInfo(
        name="c_index",
        title="C-index",
        summary="Of the pairs whose order is known, the share that is ranked right.",
        aliases=("concordance_index", "harrells_c", "concordance_index_censored"),
        family=Family.SURVIVAL,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.SCORE,
        target_range=NOT_NEGATIVE,
        params=(EVENT, RANKED_BY),
        low=0.0,
        high=1.0,
        edges=(
            ("equal times, both events", "left out"),
            ("equal times, one event and one censored", "the event is the earlier one"),
            ("equal predictions", "count one half"),
            ("no pair whose order is known", "refused when the solution is prepared"),
            LARGE_NUMBERS,
        ),
        formula=r"\frac{\sum_{i,j:\,t_i<t_j,\,\delta_i=1}[r_i>r_j]+\frac12[r_i=r"
        r"_j]}{|\{t_i<t_j,\,\delta_i=1\}|}",
        source="Harrell, Lee and Mark, Statistics in Medicine 15 (1996) 361-387",
        interval=RESAMPLED,
        example=WorkedExample(
            solution="id,time,event\n1,1,1\n2,2,0\n3,3,1\n",
            submission="id,time\n1,0.9\n2,0.95\n3,0.1\n",
            score=0.5,
            params={"event_column": "event"},
        ),
    ),
    MetricInfo(
        name="stratified_c_index",
        title="Stratified C-index",
        summary="The mean of the groups' C-indices minus their standard deviation.",
        aliases=(),
        family=Family.SURVIVAL,
        higher_is_better=True,
        target=Target.NUMBER,
        prediction=Prediction.SCORE,
        target_range=NOT_NEGATIVE,
        params=(EVENT, GROUP, RANKED_BY),
        low=-0.5,
        high=1.0,
        edges=(
            (
                "a group without a pair whose order is known",
                "refused when the solution is prepared",
            ),
            ("one group", "its C-index"),
            LARGE_NUMBERS,
        ),
        formula=r"\frac1G\sum_gC_g-\sqrt{\frac1G\sum_g(C_g-\bar C)^2}",
        source="definition, as in Kaggle's CIBMTR competition",
        interval=RESAMPLED,
        example=WorkedExample(
            solution="id,time,event,group\n1,1,1,a\n2,2,1,a\n3,1,1,b\n4,2,1,b\n",
            submission="id,time\n1,2\n2,1\n3,1\n4,2\n",
            score=0.0,
            params={"event_column": "event", "group_column": "group"},
        ),
    ),
    MetricInfo(
        name="integrated_brier",
        title="Integrated Brier score",
        summary="The squared error of survival probabilities, integrated over "
        "the times that name the columns.",
        aliases=("integrated_brier_score", "ibs"),
        family=Family.SURVIVAL,
        higher_is_better=False,
        target=Target.NUMBER,
        prediction=Prediction.PROBABILITY,
        columns=Columns.SEVERAL,
        target_range=NOT_NEGATIVE,
        params=(EVENT,),
        low=0.0,
        edges=(
            ("one column", "the Brier score at its time"),
            (
                "a column that is not named by a time",
                "refused when the solution is prepared",
            ),
            (
                "a censoring estimate of 0",
                "comes after all rows, and so weighs none of them",
            ),
        ),
        formula=r"\frac1{t_K-t_1}\int_{t_1}^{t_K}\frac1n\sum_i\left(\frac{S_i(t)"
        r"^2[t_i\le t,\delta_i=1]}{G(t_i^-)}+\frac{(1-S_i(t))^2[t_i>t]}{"
        r"G(t)}\right)dt",
        source="Graf et al., Statistics in Medicine 18 (1999) 2529-2545",
        interval="mean of the rows' losses with the censoring's estimate held fixed",
        example=WorkedExample(
            solution="id,time,event\n1,1,1\n2,2,0\n3,3,1\n",
            submission="id,1,2\n1,0.5,0.2\n2,0.9,0.5\n3,0.9,0.9\n",
            score=0.055,
            params={"event_column": "event"},
        ),
    ),
)
