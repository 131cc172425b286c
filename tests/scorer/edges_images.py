"""What the entries of metrics of masks, boxes and segments state of edges, with proofs."""

from __future__ import annotations

from tests.scorer.edges_classes import REFUSED
from tests.scorer.edges_numbers import READER
from tests.scorer.proofs import Rejected, edge, edges, proof, refused_parts

MALFORMED = Rejected("malformed", 3)
MASKS = "dice iou"
EDGES = [
    edge(
        "two empty masks",
        "see the parameter both_empty",
        MASKS,
        proof(["", "1 2"], ["", "5 2"], 0.5),
        proof(["", "1 2"], ["", "5 2"], 0.125, both_empty=0.25),
        proof([""], [""], 0.25, both_empty=0.25, average="global"),
    ),
    edge(
        "one empty mask",
        "counts 0",
        MASKS,
        proof(["1 2", "1 2"], ["", "1 2"], 0.5),
        proof(["", "1 2"], ["1 2", "1 2"], 0.5),
    ),
    # Two rows of three pixels: the upper left one, the one right of it and that below,
    # against the last two of these and the lower right one.
    *edges(
        "the order of the pixels",
        "down the columns or along the rows, which gives the same score",
        {"dice": 4 / 6, "iou": 2 / 4},
        proof(["1 2 5 1"], ["2 1 5 2"]),
        proof(["1 1 3 2"], ["3 2 6 1"]),
    ),
    edge(
        "a text that is no mask",
        READER,
        MASKS,
        *(
            proof(["1 2", "1 2"], ["1 2", cell], MALFORMED)
            for cell in ("x", "1", "1 0", "0 1", "3 2 1 1", "1 3 2 1", "1.5 1")
        ),
    ),
    edge(
        "no box in either cell",
        "see the parameter both_empty",
        "map_iou",
        proof([""], [""], 1.0),
        proof([""], [""], 0.25, both_empty=0.25),
    ),
    edge(
        "no box in one of them",
        "counts 0",
        "map_iou",
        proof(["0 0 9 9", ""], ["", ".5 0 0 9 9"], 0.0),
    ),
    edge(
        "an overlap that is the threshold itself",
        "is not enough",
        "map_iou",
        proof(["0 0 2 1"], [".9 0 0 1 1"], 0.0, thresholds=[0.5]),
        proof(["0 0 2 1"], [".9 0 0 1 1"], 1.0, thresholds=[0.49]),
    ),
    edge(
        "an overlap that is the threshold itself",
        "is enough",
        "box_average_precision",
        proof(["0 0 2 1"], [".9 0 0 1 1"], 1.0, thresholds=[0.5]),
        proof(["0 0 2 1"], [".9 0 0 1 1"], 0.0, thresholds=[0.51]),
    ),
    # Boxes as high as 10, 8 and 9: the last overlaps the first by 0.9, the second by 8/9.
    # Where it takes the first, one as high as that finds the second by only 0.8.
    edge(
        "which true box a predicted one finds",
        "the one that it overlaps most of those that no more confident one found",
        "map_iou",
        proof(
            ["0 0 10 10 0 0 10 8"],
            [".9 0 0 10 9 .8 0 0 10 10"],
            1 / 3,
            thresholds=[0.85],
        ),
        proof(
            ["0 0 10 10 0 0 10 8"],
            [".8 0 0 10 9 .9 0 0 10 10"],
            1.0,
            thresholds=[0.85],
        ),
    ),
    *(
        edge(
            "boxes of the same confidence in a row",
            "the one that is written first comes first",
            name,
            proof(
                ["0 0 10 10 0 0 10 8"],
                [".5 0 0 10 9 .5 0 0 10 10"],
                expected,
                thresholds=[0.85],
                **params,
            ),
            proof(
                ["0 0 10 10 0 0 10 8"],
                [".5 0 0 10 10 .5 0 0 10 9"],
                1.0,
                thresholds=[0.85],
                **params,
            ),
        )
        for name, expected, params in (
            ("map_iou", 1 / 3, {}),
            ("box_average_precision", 0.5, {"interpolation": "every point"}),
        )
    ),
    edge(
        "a text that holds no boxes, a width or height of 0, more than k boxes",
        READER,
        "map_iou box_average_precision",
        *(
            proof(["0 0 9 9", ""], ["", cell], MALFORMED, k=1)
            for cell in (
                "x",
                ".5 1 1 1",
                ".5 1 1 0 5",
                ".5 1 1 5 0",
                ".5 1 1 5 5 .6 1 1 5 5",
            )
        ),
        # As many as there may be.
        proof(["0 0 9 9"], [".5 0 0 9 9"], 1.0, k=1),
    ),
    edge(
        "a class without a true box among the rows",
        "its predicted boxes do not count",
        "box_average_precision",
        proof(["cat 0 0 9 9"], ["dog .99 0 0 9 9 cat .9 0 0 9 9"], 1.0, classes=True),
    ),
    edge(
        "boxes of the same confidence in several rows",
        "in the order of the sample submission's rows, or without one of the solution's",
        "box_average_precision",
        *(
            proof(
                ["0 0 9 9", "0 0 9 9"],
                [".5 0 0 9 9", ".5 50 50 9 9"],
                expected,
                sample=sample,
                interpolation="every point",
            )
            for sample, expected in (
                (b"", 0.5),
                (b"id,y\n1,\n2,\n", 0.5),
                (b"id,y\n2,\n1,\n", 0.25),
            )
        ),
    ),
    edge(
        "crowds and difficult boxes",
        "there are none: each true box is to be found",
        "box_average_precision",
        proof(
            ["0 0 10 10 0 0 100 100"],
            [".9 0 0 10 10"],
            0.5,
            interpolation="every point",
        ),
    ),
    edge(
        "no true box among the public or the private rows",
        REFUSED,
        "box_average_precision",
        *refused_parts(["0 0 9 9"], ["", ""], "have no box at all"),
    ),
    edge(
        "a class that is only true, or only predicted",
        "counts 0; so a class that nobody asked for costs",
        "panoptic_quality mean_class_iou",
        proof(["cat 1 4; dog 10 5"], ["cat 1 4"], 1 / 2),
        proof(["cat 1 4; dog 10 5"], ["cat 1 4; cow 20 5"], 1 / 3),
    ),
    edge(
        "a row without segments in truth and prediction",
        "adds nothing",
        "panoptic_quality mean_class_iou",
        proof(["cat 1 4", ""], ["cat 1 3", ""], 0.75),
    ),
    edge(
        "no true segment among the public or the private rows",
        REFUSED,
        "panoptic_quality mean_class_iou",
        *refused_parts(["cat 1 4"], ["", ""], "have no segment at all"),
    ),
    edge(
        "segments that overlap, a text that holds none",
        READER,
        "panoptic_quality mean_class_iou",
        *(
            proof(["cat 1 4", "cat 1 4"], ["cat 1 4", cell], MALFORMED)
            for cell in ("cat 1 4; dog 4 4", "cat", "cat 1", "1 4", "cat 1 4;")
        ),
        proof(["cat 1 4"], ["cat 1 4; dog 5 4"], 0.5),
    ),
    edge(
        "pixels of no segment",
        "are of no class, and count for none",
        "panoptic_quality mean_class_iou",
        proof(["cat 5 4"], ["cat 5 3"], 0.75),
        proof(["cat 5 4; dog 1000 4"], ["cat 5 3; dog 1000 4"], 1.75 / 2),
    ),
    edge(
        "ignored regions",
        "there are none: every pixel of a segment counts",
        "panoptic_quality mean_class_iou",
        proof(["cat 1 4; void 10 50"], ["cat 1 4"], 0.5),
        proof(["cat 1 4; void 10 4"], ["cat 1 4; void 10 3"], 1.75 / 2),
    ),
    edge(
        "which segments match",
        "those of the same class whose IoU is above 0.5: at most one each",
        "panoptic_quality",
        proof(["cat 1 2"], ["cat 1 1"], 0.0),
        proof(["cat 1 3"], ["cat 1 2"], 2 / 3),
        proof(["cat 1 3"], ["dog 1 3"], 0.0),
        # One match of 3 / 4, and one predicted segment without any.
        proof(["cat 1 4"], ["cat 1 3; cat 4 1"], 0.75 / 1.5),
    ),
    edge(
        "several segments of a class in a row",
        "are taken together",
        "mean_class_iou",
        proof(["cat 1 2; cat 10 2"], ["cat 1 2 10 2"], 1.0),
        proof(["cat 1 4"], ["cat 1 3; cat 4 1"], 1.0),
    ),
]
