"""The catalogue's entries for bounding boxes."""

from __future__ import annotations

from podium_scorer.catalogue.info import (
    MEAN_INTERVAL,
    Family,
    MetricInfo,
    ParamInfo,
    ParamType,
    Prediction,
    Target,
    WorkedExample,
)
from podium_scorer.catalogue.shared import BOTH_EMPTY, RESAMPLED, at_most

_FORM = ParamInfo(
    name="form",
    type=ParamType.CHOICE,
    default="xywh",
    choices=("xywh", "xyxy"),
    doc="The four numbers of a box: left, top, width, height; or left, top, right, bottom.",
)
_CLASSES = ParamInfo(
    name="classes",
    type=ParamType.FLAG,
    default=False,
    doc="Whether each box begins with its class, before the confidence.",
)
_MOST = at_most(
    100, "How many boxes may be predicted in a row at the most.", most=10_000
)
_FORM_EDGES = (
    (
        "boxes of the same confidence in a row",
        "the one that is written first comes first",
    ),
    (
        "a text that holds no boxes, a width or height of 0, more than k boxes",
        "refused by the reader, with its line",
    ),
)


def _thresholds(last: int) -> ParamInfo:
    """From 0.5 in steps of 0.05."""
    return ParamInfo(
        name="thresholds",
        type=ParamType.NUMBERS,
        default=[percent / 100 for percent in range(50, last + 1, 5)],
        above=0.0,
        below=1.0,
        doc="The overlaps that a box needs, one after the other.",
    )


BOXES = (
    MetricInfo(
        name="map_iou",
        title="mAP at IoU thresholds",
        summary="The mean over images and thresholds of what is found over all that is "
        "predicted or true.",
        aliases=(
            "mean_average_precision_at_iou_thresholds",
            "map_at_iou",
            "map_of_boxes",
        ),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.BOXES,
        prediction=Prediction.BOXES,
        params=(_thresholds(75), _FORM, _MOST, BOTH_EMPTY),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("no box in either cell", "see the parameter both_empty"),
            ("no box in one of them", "counts 0"),
            ("an overlap that is the threshold itself", "is not enough"),
            (
                "which true box a predicted one finds",
                "the one that it overlaps most of those that no more confident one found",
            ),
            *_FORM_EDGES,
        ),
        formula=r"\frac1n\sum_i\frac1{|T|}\sum_{t\in T}\frac{TP_i(t)}{TP_i(t)+FP_i(t)+"
        r"FN_i(t)}",
        source="definition, as in Kaggle's competitions on wheat heads and on pneumonia",
        interval=MEAN_INTERVAL,
        example=WorkedExample(
            solution="id,boxes\n1,0 0 10 10 20 20 10 10\n2,\n",
            submission="id,boxes\n1,0.9 0 0 10 8\n2,\n",
            score=0.75,
        ),
    ),
    MetricInfo(
        name="box_average_precision",
        title="Average precision of boxes",
        summary="The mean over classes and thresholds of the average precision of the "
        "boxes of all images, the most confident first.",
        aliases=("coco_map", "coco_ap", "map@[.5:.95]", "box_map"),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.BOXES,
        prediction=Prediction.BOXES,
        params=(
            _thresholds(95),
            ParamInfo(
                name="interpolation",
                type=ParamType.CHOICE,
                default="101 points",
                choices=("101 points", "every point"),
                doc="Where precision is read: at 101 recalls from 0 to 1, as COCO does, "
                "or at each step of recall, as Pascal VOC does since 2010.",
            ),
            _FORM,
            _MOST,
            _CLASSES,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            (
                "a class without a true box among the rows",
                "its predicted boxes do not count",
            ),
            ("an overlap that is the threshold itself", "is enough"),
            (
                "boxes of the same confidence in several rows",
                "in the order of the sample submission's rows, or without one of the solution's",
            ),
            (
                "crowds and difficult boxes",
                "there are none: each true box is to be found",
            ),
            (
                "no true box among the public or the private rows",
                "refused when the solution is prepared",
            ),
            *_FORM_EDGES,
        ),
        formula=r"\frac1{|C||T|}\sum_{c\in C}\sum_{t\in T}\frac1{101}\sum_{r\in\{0,0.01,"
        r"\dots,1\}}\max_{r'\ge r}p_{c,t}(r')",
        source="Lin and others, ECCV 2014, 740-755, with the evaluation of pycocotools; "
        "Everingham and others, International Journal of Computer Vision 88 (2010) 303-338",
        interval=f"{RESAMPLED}; the jackknife above 100 rows where boxes times thresholds "
        "are above 10,000; none above 50 classes",
        example=WorkedExample(
            solution="id,boxes\n1,0 0 10 10 20 20 10 10\n2,5 5 10 10\n",
            submission="id,boxes\n1,0.9 0 0 10 8\n2,0.8 40 40 5 5 0.7 5 5 10 10\n",
            score=0.42178,
        ),
    ),
)
