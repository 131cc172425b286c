"""What several entries of the catalogue have in common."""

from __future__ import annotations

from podium_scorer.catalogue.info import LARGEST, ParamInfo, ParamType, Target

LONGEST_LIST = 100_000  # places of a ranking that can be discounted exactly
SMALLEST = 1 / LARGEST  # where a number must be above 0: quotients stay finite
NOT_NEGATIVE = (0.0, LARGEST)
POSITIVE = (SMALLEST, LARGEST)
WEIGHT = ParamInfo(
    name="weight_column",
    type=ParamType.COLUMN,
    default=None,
    above=-5e-324,
    doc="The solution's column of weights, from 0; without it every row weighs the same.",
)


def at_most(
    default: int,
    doc: str = "How many of the first items count.",
    most: int = LONGEST_LIST,
) -> ParamInfo:
    """The parameter ``k``, a whole number from 1 to ``most``."""
    return ParamInfo(
        name="k",
        type=ParamType.NUMBER,
        default=default,
        above=0.0,
        below=most + 1.0,
        whole=True,
        doc=doc,
    )


GAIN = ParamInfo(
    name="gain",
    type=ParamType.CHOICE,
    default="exponential",
    choices=("exponential", "linear"),
    doc="NDCG only. What a grade g is worth: 2 to the power g, minus 1; or g.",
)
EVENT = ParamInfo(
    name="event_column",
    type=ParamType.COLUMN,
    default=None,
    required=True,
    above=-5e-324,
    below=1.0000000000000002,
    doc="The solution's column that is 1 where the event happened at the target's time, "
    "and 0 where the row was only watched until then.",
)
ALPHA = ParamInfo(
    name="alpha",
    type=ParamType.NUMBER,
    default=0.5,
    above=0.0,
    below=1.0,
    doc="The quantile that is predicted.",
)
POWER = ParamInfo(
    name="power",
    type=ParamType.NUMBER,
    default=1.5,
    above=-1.0000000000000002,
    below=3.0000000000000004,
    gap=(0.0, 1.0),
    doc="0 is the normal distribution, 1 Poisson's, 2 gamma's, 3 the inverse Gaussian; "
    "from -1 to 3, since beyond them large and small numbers have no finite score.",
)
SIGMA_CLIP = ParamInfo(
    name="sigma_clip",
    type=ParamType.NUMBER,
    default=1e-6,
    above=0.0,
    doc="Smaller deviations are raised to this.",
)
BOTH_EMPTY = ParamInfo(
    name="both_empty",
    type=ParamType.NUMBER,
    default=1.0,
    above=-5e-324,
    below=1.0000000000000002,
    doc="What a row counts that is empty in truth and prediction.",
)
GROUP = ParamInfo(
    name="group_column",
    type=ParamType.COLUMN,
    default=None,
    required=True,
    holds=Target.LABEL,
    doc="The solution's column that says which group a row belongs to.",
)
RANKED_BY = ParamInfo(
    name="prediction",
    type=ParamType.CHOICE,
    default="risk",
    choices=("risk", "time"),
    doc="risk: a higher prediction means an earlier event. time: a later one.",
)
SHARES = ParamInfo(
    name="row_sums",
    type=ParamType.CHOICE,
    default="one",
    choices=("one", "rescale"),
    doc="one: the shares of a row must add up to 1 (within 0.001). rescale: each row is "
    "divided by its sum first.",
)
DELTA = "the delta method: each row's influence on the score"
RESAMPLED = (
    "1,000 resamples of the rows with a fixed seed, percentiles 2.5 and 97.5; above 1,000 "
    "rows a jackknife over 20 groups, above 200,000 the spread of 50 groups"
)
NO_WEIGHT = (
    "weights that are all 0 among the public or the private rows",
    "refused when the solution is prepared",
)
TWO_COLUMNS = (
    "other than two columns",
    "refused when the solution is prepared",
)
CONSTANT_TRUTH = (
    "a truth that does not vary",
    "refused when the solution is prepared: there is no spread to compare with",
)
CONSTANT_WHERE_WEIGHED = (
    "a truth that varies only in rows of weight 0",
    "refused when the solution is prepared",
)
SINGLE_ROW = (
    "a single row",
    "scored, without an interval",
)
NEGATIVE_VALUE = (
    "a negative value",
    "refused by the reader, with its line",
)
NOT_POSITIVE = (
    "a value of 0 or less",
    "refused by the reader, with its line",
)
NO_DISTRIBUTION = (
    "true shares that do not add up to 1",
    "refused when the solution is prepared",
)
CONSTANT_PREDICTIONS = (
    "predictions that do not vary",
    "0",
)
POSITIVE_LABEL = ParamInfo(
    name="positive_label",
    type=ParamType.TEXT,
    default=None,
    doc="The class that counts as positive, as the solution writes it. Not needed "
    "where the classes are 0 and 1.",
)
CLIP = ParamInfo(
    name="clip",
    type=ParamType.NUMBER,
    default=1e-15,
    above=0.0,
    below=0.5,
    doc="Probabilities are moved into [clip, 1 - clip] before the logarithm, so that a "
    "wrong certainty costs much but not infinity. 1e-15 is Kaggle's value; "
    "scikit-learn clips at 2.2e-16.",
)
ROW_SUMS = ParamInfo(
    name="row_sums",
    type=ParamType.CHOICE,
    default="one",
    choices=("one", "rescale"),
    doc="Several classes only. one: the probabilities of a row must add up to 1 "
    "(within 0.001) and are taken as they are, like scikit-learn. rescale: each row is "
    "divided by its sum first, like Kaggle's MulticlassLoss.",
)
LABELS = ParamInfo(
    name="labels",
    type=ParamType.TEXTS,
    default=None,
    doc="Classes that may be predicted besides those that the solution has.",
)
ONE_CLASS_ONLY = (
    "only one class among the public or the private rows",
    "the solution is refused when it is prepared: the metric has no value there",
)
CELLS_INTERVAL = (
    "1,000 multinomial draws of the confusion matrix with a fixed seed, percentiles "
    "2.5 and 97.5; none above 50 classes"
)
WEIGHTED_CELLS_INTERVAL = (
    f"{CELLS_INTERVAL}; with weights {RESAMPLED}, none above 50 classes"
)
CLASSES = (
    "how classes are compared",
    "as text, exactly as written; where every class is a whole number, those of labels "
    "too, as numbers, so that 1.0 is the class 1",
)
AVERAGE = ParamInfo(
    name="average",
    type=ParamType.CHOICE,
    default="binary",
    choices=("binary", "macro", "micro", "weighted"),
    doc="binary: of the positive class of two. macro: the mean over the classes. micro: of "
    "all rows together. weighted: the mean by the classes' rows.",
)
ROW_SUMS_ONE = ParamInfo(
    name="row_sums",
    type=ParamType.CHOICE,
    default="one",
    choices=("one",),
    doc="The probabilities of a row must add up to 1 (within 0.001).",
)
