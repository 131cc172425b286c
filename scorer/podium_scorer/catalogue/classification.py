"""The catalogue's entries for classification."""

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

_POSITIVE_LABEL = ParamInfo(
    name="positive_label",
    type=ParamType.TEXT,
    default=None,
    doc="The class that counts as positive, as the solution writes it. Not needed "
    "where the classes are 0 and 1.",
)
_CLIP = ParamInfo(
    name="clip",
    type=ParamType.NUMBER,
    default=1e-15,
    above=0.0,
    below=0.5,
    doc="Probabilities are moved into [clip, 1 - clip] before the logarithm, so that a "
    "wrong certainty costs much but not infinity. 1e-15 is Kaggle's value; "
    "scikit-learn clips at 2.2e-16.",
)
_ROW_SUMS = ParamInfo(
    name="row_sums",
    type=ParamType.CHOICE,
    default="one",
    choices=("one", "rescale"),
    doc="Several classes only. one: the probabilities of a row must add up to 1 "
    "(within 0.001) and are taken as they are, like scikit-learn. rescale: each row is "
    "divided by its sum first, like Kaggle's MulticlassLoss.",
)
_LABELS = ParamInfo(
    name="labels",
    type=ParamType.TEXTS,
    default=None,
    doc="Classes that may be predicted besides those that the solution has.",
)
_ONE_CLASS_ONLY = (
    "only one class among the public or the private rows",
    "the solution is refused when it is prepared: the metric has no value there",
)
_CELLS_INTERVAL = (
    "1,000 multinomial draws of the confusion matrix with a fixed seed, percentiles "
    "2.5 and 97.5; none above 50 classes"
)
_CLASSES = (
    "how classes are compared",
    "as text, exactly as written; where every class of the solution is a whole number, "
    "as numbers, so that 1.0 is the class 1",
)
CLASSIFICATION = (
    MetricInfo(
        name="roc_auc",
        title="ROC AUC",
        summary="The chance that a positive row is ranked above a negative one.",
        aliases=("auc", "roc_auc_score", "area under the roc curve"),
        family=Family.BINARY,
        higher_is_better=True,
        target=Target.BINARY,
        prediction=Prediction.SCORE,
        params=(_POSITIVE_LABEL,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("ties between a positive and a negative row", "count one half"),
            _ONE_CLASS_ONLY,
            LARGE_NUMBERS,
        ),
        formula=r"\frac{1}{n_+ n_-}\sum_{i:y_i=1}\sum_{j:y_j=0}"
        r"\left([s_i>s_j]+\tfrac12[s_i=s_j]\right)",
        source="Hanley and McNeil, Radiology 143 (1982) 29-36",
        interval="DeLong's variance, normal approximation",
        example=WorkedExample(
            solution="id,y\n1,0\n2,0\n3,1\n4,1\n",
            submission="id,y\n1,0.1\n2,0.4\n3,0.35\n4,0.8\n",
            score=0.75,
        ),
    ),
    MetricInfo(
        name="log_loss",
        title="Log loss",
        summary="How surprised the probabilities are by what happened.",
        aliases=(
            "logloss",
            "cross_entropy",
            "binary_log_loss",
            "multiclass_log_loss",
            "multiclassloss",
        ),
        family=Family.MULTICLASS,
        higher_is_better=False,
        target=Target.LABEL,
        prediction=Prediction.PROBABILITY,
        columns=Columns.CLASSES,
        params=(_CLIP, _ROW_SUMS, _POSITIVE_LABEL),
        low=0.0,
        perfect=0.0,
        edges=(
            ("probability 0 or 1", "clipped, see the parameter clip"),
            (
                "one or several prediction columns",
                "one is the probability of the positive class; several are one column "
                "a class, named like the class",
            ),
            ("a class that no row has", "allowed; its column must still be there"),
            ("perfect prediction", "-log(1 - clip), which is 0 to 15 digits"),
        ),
        formula=r"-\frac1n\sum_{i=1}^n \log p_{i,y_i}",
        source="Good, Journal of the Royal Statistical Society B 14 (1952) 107-114",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,0\n",
            submission="id,y\n1,0.8\n2,0.4\n",
            score=0.36698,
        ),
    ),
    MetricInfo(
        name="brier",
        title="Brier score",
        summary="The mean squared distance between probability and outcome.",
        aliases=("brier_score", "brier_score_loss"),
        family=Family.BINARY,
        higher_is_better=False,
        target=Target.BINARY,
        prediction=Prediction.PROBABILITY,
        params=(_POSITIVE_LABEL,),
        low=0.0,
        high=1.0,
        perfect=0.0,
        edges=(("only one class", "allowed"),),
        formula=r"\frac1n\sum_{i=1}^n (p_i-y_i)^2",
        source="Brier, Monthly Weather Review 78 (1950) 1-3, halved as is usual for "
        "two classes",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,1\n2,0\n",
            submission="id,y\n1,0.8\n2,0.4\n",
            score=0.1,
        ),
    ),
    MetricInfo(
        name="accuracy",
        title="Accuracy",
        summary="The share of rows whose class is right.",
        aliases=("accuracy_score", "categorizationaccuracy", "categorization_accuracy"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(_LABELS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(_CLASSES,),
        formula=r"\frac1n\sum_{i=1}^n [\hat y_i=y_i]",
        source="definition",
        interval="Wilson's score interval",
        example=WorkedExample(
            solution="id,y\n1,a\n2,b\n3,c\n4,c\n",
            submission="id,y\n1,a\n2,b\n3,c\n4,a\n",
            score=0.75,
        ),
    ),
    MetricInfo(
        name="balanced_accuracy",
        title="Balanced accuracy",
        summary="The mean over the classes of the share that is found.",
        aliases=("balanced_accuracy_score", "macro_recall"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(_LABELS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(_CLASSES, ("a class that no row has", "left out of the mean")),
        formula=r"\frac1{|C|}\sum_{c\in C}\frac{TP_c}{TP_c+FN_c}",
        source="Brodersen et al., ICPR 2010, 3121-3124",
        interval=_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,a\n4,b\n",
            submission="id,y\n1,a\n2,a\n3,b\n4,b\n",
            score=0.83333,
        ),
    ),
    MetricInfo(
        name="f1_macro",
        title="Macro F1",
        summary="The mean over the classes of precision and recall's harmonic mean.",
        aliases=("macro_f1", "f_score_macro", "f1_score_macro", "macro_f1_score"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(_LABELS,),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            _CLASSES,
            ("a class that is neither in the truth nor predicted", "left out"),
            ("a class that is in only one of them", "counts 0"),
        ),
        formula=r"\frac1{|C|}\sum_{c\in C}\frac{2TP_c}{2TP_c+FP_c+FN_c}",
        source="Opitz and Burst, arXiv:1911.03347, the mean of the classes' F1",
        interval=_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,a\n4,b\n",
            submission="id,y\n1,a\n2,a\n3,b\n4,b\n",
            score=0.73333,
        ),
    ),
    MetricInfo(
        name="mcc",
        title="Matthews correlation coefficient",
        summary="The correlation between true and predicted classes.",
        aliases=("matthews_corrcoef", "matthews_correlation_coefficient", "r_k"),
        family=Family.MULTICLASS,
        higher_is_better=True,
        target=Target.LABEL,
        prediction=Prediction.LABEL,
        params=(_LABELS,),
        low=-1.0,
        high=1.0,
        perfect=1.0,
        edges=(
            _CLASSES,
            ("every prediction the same, or every truth the same", "0"),
        ),
        formula=r"\frac{s\,c-\sum_k t_k p_k}"
        r"{\sqrt{s^2-\sum_k p_k^2}\sqrt{s^2-\sum_k t_k^2}}",
        source="Gorodkin, Computational Biology and Chemistry 28 (2004) 367-374",
        interval=_CELLS_INTERVAL,
        example=WorkedExample(
            solution="id,y\n1,a\n2,a\n3,a\n4,b\n",
            submission="id,y\n1,a\n2,a\n3,b\n4,b\n",
            score=0.57735,
        ),
    ),
)
