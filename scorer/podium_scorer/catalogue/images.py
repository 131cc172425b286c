"""The catalogue's entries for masks."""

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
from podium_scorer.catalogue.shared import BOTH_EMPTY

_ENCODING = ParamInfo(
    name="encoding",
    type=ParamType.CHOICE,
    default="pairs",
    choices=("pairs", "counts"),
    doc="How a mask is written: pairs of start and length, counted from 1, as at Kaggle; or "
    "the lengths of runs in turn, the first one outside, as COCO's uncompressed counts.",
)

IMAGES = (
    MetricInfo(
        name="dice",
        title="Dice coefficient",
        summary="Twice the shared pixels over those of both masks.",
        aliases=("dice_score", "dice_coefficient"),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.MASK,
        prediction=Prediction.MASK,
        params=(
            ParamInfo(
                name="average",
                type=ParamType.CHOICE,
                default="rows",
                choices=("rows", "global"),
                doc="The mean of the rows, or of all pixels of all rows together.",
            ),
            BOTH_EMPTY,
            _ENCODING,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("two empty masks", "see the parameter both_empty"),
            ("one empty mask", "counts 0"),
            (
                "the order of the pixels",
                "down the columns or along the rows, which gives the same score",
            ),
            ("a text that is no mask", "refused by the reader, with its line"),
        ),
        formula=r"\frac1n\sum_i\frac{2|A_i\cap B_i|}{|A_i|+|B_i|}",
        source="Dice, Ecology 26 (1945) 297-302",
        interval="of the mean of the rows; for average global as for resampled rows",
        example=WorkedExample(
            solution="id,rle\n1,1 4\n2,10 2\n",
            submission="id,rle\n1,3 4\n2,\n",
            score=0.25,
        ),
    ),
    MetricInfo(
        name="iou",
        title="Intersection over union",
        summary="The shared pixels over those of either mask.",
        aliases=("mean_iou", "intersection_over_union"),
        family=Family.IMAGE,
        higher_is_better=True,
        target=Target.MASK,
        prediction=Prediction.MASK,
        params=(
            ParamInfo(
                name="average",
                type=ParamType.CHOICE,
                default="rows",
                choices=("rows", "global"),
                doc="The mean of the rows, or of all pixels of all rows together.",
            ),
            BOTH_EMPTY,
            _ENCODING,
        ),
        low=0.0,
        high=1.0,
        perfect=1.0,
        edges=(
            ("two empty masks", "see the parameter both_empty"),
            ("one empty mask", "counts 0"),
            (
                "the order of the pixels",
                "down the columns or along the rows, which gives the same score",
            ),
            ("a text that is no mask", "refused by the reader, with its line"),
        ),
        formula=r"\frac1n\sum_i\frac{|A_i\cap B_i|}{|A_i\cup B_i|}",
        source="Jaccard, New Phytologist 11 (1912) 37-50",
        interval="of the mean of the rows; for average global as for resampled rows",
        example=WorkedExample(
            solution="id,rle\n1,1 4\n2,10 2\n",
            submission="id,rle\n1,3 4\n2,\n",
            score=0.16667,
        ),
    ),
)
