"""The catalogue's entries for scores of a confusion matrix."""

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
from podium_scorer.catalogue.shared import (
    AVERAGE,
    CELLS_INTERVAL,
    LABELS,
    NO_WEIGHT,
    POSITIVE_LABEL,
    WEIGHT,
    WEIGHTED_CELLS_INTERVAL,
)

CONFUSION = (
    MetricInfo(
        name="precision",
        title="Precision",
        summary="The share of what is predicted to be of a class that is of it.",
        aliases=("precision_score",),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(AVERAGE, POSITIVE_LABEL, LABELS, WEIGHT),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "average binary",
                "needs two classes; the positive one is positive_label, "
                "else the second in order (1 of 0 and 1)",
            ),
            (
                "a class without any prediction, or without any row",
                "its share counts 0",
            ),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
            NO_WEIGHT,
        ),
        formula=r"\frac{TP}{TP+FP}",
        source="definition",
        interval=WEIGHTED_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,1\n4,0\n",
            submission="id,y\n1,1\n2,1\n3,0\n4,1\n",
            score=0.66667,
        ),
    ),
    MetricInfo(
        name="recall",
        title="Recall",
        summary="The share of a class that is found.",
        aliases=("recall_score", "sensitivity"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(AVERAGE, POSITIVE_LABEL, LABELS, WEIGHT),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "average binary",
                "needs two classes; the positive one is positive_label, "
                "else the second in order (1 of 0 and 1)",
            ),
            (
                "a class without any prediction, or without any row",
                "its share counts 0",
            ),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
            NO_WEIGHT,
        ),
        formula=r"\frac{TP}{TP+FN}",
        source="definition",
        interval=WEIGHTED_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,1\n4,0\n",
            submission="id,y\n1,1\n2,1\n3,0\n4,1\n",
            score=0.66667,
        ),
    ),
    MetricInfo(
        name="f1",
        title="F1",
        summary="The harmonic mean of precision and recall.",
        aliases=("f1_score", "f_score", "meanfscore", "f_measure"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(AVERAGE, POSITIVE_LABEL, LABELS, WEIGHT),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "average binary",
                "needs two classes; the positive one is positive_label, "
                "else the second in order (1 of 0 and 1)",
            ),
            (
                "a class without any prediction, or without any row",
                "its share counts 0",
            ),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
            NO_WEIGHT,
        ),
        formula=r"\frac{2TP}{2TP+FP+FN}",
        source="van Rijsbergen, Information Retrieval (1979)",
        interval=WEIGHTED_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,1\n4,0\n",
            submission="id,y\n1,1\n2,1\n3,0\n4,1\n",
            score=0.66667,
        ),
    ),
    MetricInfo(
        name="fbeta",
        title="F-beta",
        summary="The weighted harmonic mean of precision and recall.",
        aliases=("fbeta_score", "f_score_beta"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(
            ParamInfo(
                name="beta",
                type=ParamType.NUMBER,
                default=2.0,
                above=0.0,
                doc="How much more recall counts than precision.",
            ),
            AVERAGE,
            POSITIVE_LABEL,
            LABELS,
            WEIGHT,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "average binary",
                "needs two classes; the positive one is positive_label, "
                "else the second in order (1 of 0 and 1)",
            ),
            (
                "a class without any prediction, or without any row",
                "its share counts 0",
            ),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
            NO_WEIGHT,
        ),
        formula=r"\frac{(1+\beta^2)TP}{(1+\beta^2)TP+\beta^2FN+FP}",
        source="van Rijsbergen, Information Retrieval (1979)",
        interval=WEIGHTED_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,1\n4,0\n",
            submission="id,y\n1,1\n2,1\n3,0\n4,1\n",
            score=0.66667,
        ),
    ),
    MetricInfo(
        name="jaccard",
        title="Jaccard index",
        summary="What is both truly and predicted of a class, over what is either.",
        aliases=("jaccard_score", "iou_of_classes"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(AVERAGE, POSITIVE_LABEL, LABELS),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "average binary",
                "needs two classes; the positive one is positive_label, "
                "else the second in order (1 of 0 and 1)",
            ),
            (
                "a class without any prediction, or without any row",
                "its share counts 0",
            ),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
        ),
        formula=r"\frac{TP}{TP+FP+FN}",
        source="Jaccard, New Phytologist 11 (1912) 37-50",
        interval=CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,1\n4,0\n",
            submission="id,y\n1,1\n2,1\n3,0\n4,1\n",
            score=0.5,
        ),
    ),
    MetricInfo(
        name="cohen_kappa",
        title="Cohen's kappa",
        summary="The agreement of predictions and truth beyond chance.",
        aliases=("cohen_kappa_score", "kappa"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(
            ParamInfo(
                name="weights",
                type=ParamType.CHOICE,
                default="none",
                choices=("none", "linear", "quadratic"),
                doc="What a disagreement costs: one, the distance of the "
                "classes, or its square. The order is by number where all "
                "classes are whole numbers, else by text.",
            ),
            LABELS,
        ),
        low=-1.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("truth and predictions all of the same class", "1"),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
        ),
        formula=r"1-\frac{\sum_{kl}w_{kl}O_{kl}}{\sum_{kl}w_{kl}E_{kl}}",
        source="Cohen, Educational and Psychological Measurement 20 (1960) 37-46",
        interval=CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,0\n4,0\n",
            submission="id,y\n1,1\n2,0\n3,0\n4,0\n",
            score=0.5,
        ),
    ),
    MetricInfo(
        name="quadratic_weighted_kappa",
        title="Quadratic weighted kappa",
        summary="The agreement beyond chance where far misses cost more.",
        aliases=("qwk", "quadraticweightedkappa", "weighted_kappa"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(LABELS,),
        low=-1.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("truth and predictions all of the same class", "1"),
            (
                "the classes' order",
                "by number where all are whole numbers, else by text",
            ),
            (
                "a class that nobody has",
                "counts as a step between its neighbours only where labels names it",
            ),
        ),
        formula=r"1-\frac{\sum_{kl}(k-l)^2O_{kl}}{\sum_{kl}(k-l)^2E_{kl}}",
        source="Cohen, Psychological Bulletin 70 (1968) 213-220",
        interval=CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,0\n2,1\n3,2\n4,2\n",
            submission="id,y\n1,0\n2,1\n3,2\n4,0\n",
            score=0.38462,
        ),
    ),
    MetricInfo(
        name="g_mean",
        title="G-mean",
        summary="The geometric mean of the recalls of the classes.",
        aliases=("geometric_mean_score",),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(LABELS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("a class that is never found", "makes the whole 0"),
            ("a class that no row has", "left out"),
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
        ),
        formula=r"\left(\prod_{c}\frac{TP_c}{TP_c+FN_c}\right)^{1/|C|}",
        source="Kubat and Matwin, ICML 1997, 179-186",
        interval=CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,1\n3,0\n4,0\n",
            submission="id,y\n1,1\n2,0\n3,0\n4,0\n",
            score=0.70711,
        ),
    ),
    MetricInfo(
        name="zero_one_loss",
        title="Zero-one loss",
        summary="The share of rows whose class is wrong.",
        aliases=("zeroone", "misclassification_rate", "mce", "error_rate"),
        family=Family.MULTICLASS,
        higher_is_better=False,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(LABELS,),
        low=0.0,
        high=1.0,
        perfect=0.0,
        edges=(
            (
                "how classes are compared",
                "as text, exactly as written; where every class is a whole "
                "number, as numbers",
            ),
        ),
        formula=r"\frac1n\sum_i[\hat y_i\ne y_i]",
        source="definition",
        interval="Wilson's score interval",
        example=WorkedExample(
            solution="id,y\n1,a\n2,b\n3,c\n4,c\n",
            submission="id,y\n1,a\n2,b\n3,c\n4,a\n",
            score=0.25,
        ),
    ),
)
