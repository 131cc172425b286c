"""The catalogue's entries for segments that have classes."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    Family,
    MetricInfo,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import RESAMPLED

_EDGES = (
    (
        "a class that is only true, or only predicted",
        "counts 0; so a class that nobody asked for costs",
    ),
    ("pixels of no segment", "are of no class, and count for none"),
    ("a row without segments in truth and prediction", "adds nothing"),
    ("ignored regions", "there are none: every pixel of a segment counts"),
    (
        "segments that overlap, a text that holds none",
        "refused by the reader, with its line",
    ),
    (
        "no true segment among the public or the private rows",
        "refused when the solution is prepared",
    ),
)

SEGMENTS = (
    MetricInfo(
        name="panoptic_quality",
        title="Panoptic quality",
        summary="The mean over the classes of how well segments are found and drawn.",
        aliases=("pq",),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.SEGMENTS,
        prediction=Prediction.SEGMENTS,
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "which segments match",
                "those of the same class whose IoU is above 0.5: at most one each",
            ),
            *_EDGES,
        ),
        formula=r"\frac1{|C|}\sum_c\frac{\sum_{(p,g)\in TP_c}\mathrm{IoU}(p,g)}{|TP_c|+"
        r"\frac12|FP_c|+\frac12|FN_c|}",
        source="Kirillov and others, CVPR 2019, 9404-9413",
        interval=f"{RESAMPLED}; none above 50 classes",
        example=WorkedExample(
            solution="id,segments\n1,cat 1 4; dog 10 5\n2,cat 1 2\n",
            submission="id,segments\n1,cat 1 3; dog 10 5\n2,dog 1 2\n",
            score=0.58333,
        ),
    ),
    MetricInfo(
        name="mean_class_iou",
        title="Mean IoU over classes",
        summary="The mean over the classes of the shared pixels of all rows over those "
        "that are of the class in truth or prediction.",
        aliases=("miou", "mean_iou_over_classes", "semantic_iou"),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.SEGMENTS,
        prediction=Prediction.SEGMENTS,
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("several segments of a class in a row", "are taken together"),
            *_EDGES,
        ),
        formula=r"\frac1{|C|}\sum_c\frac{\sum_i|A_{ic}\cap B_{ic}|}"
        r"{\sum_i|A_{ic}\cup B_{ic}|}",
        source="Everingham and others, International Journal of Computer Vision 111 (2015) "
        "98-136, section 4.3",
        interval=f"{RESAMPLED}; none above 50 classes",
        example=WorkedExample(
            solution="id,segments\n1,cat 1 4; dog 10 5\n2,cat 1 2\n",
            submission="id,segments\n1,cat 1 3; dog 10 5\n2,dog 1 2\n",
            score=0.60714,
        ),
    ),
)
