"""What the entries of metrics of texts and lists of items state of edges, with proofs."""

from __future__ import annotations

import math

from tests.scorer.edges_classes import REFUSED
from tests.scorer.edges_numbers import READER
from tests.scorer.proofs import Rejected, edge, edges, proof, refused, refused_parts
from tests.scorer.test_translation import GUESSED, TRUE

MALFORMED = Rejected("malformed", 3)
SETS = "mean_f_score item_jaccard"
AT_K = "map_at_k mrr ndcg_at_k precision_at_k recall_at_k hit_rate_at_k"
ACCENTS = ("letters with accents", "compared by code points; nothing is normalised")

LISTS = [
    edge(
        "an empty prediction",
        "counts 0",
        AT_K,
        proof(["a", "b"], ["a", ""], 0.5, k=1),
    ),
    edge(
        "an empty prediction",
        "counts 0",
        "r_precision",
        proof(["a", "b"], ["a", ""], 0.5),
    ),
    edge(
        "an empty prediction",
        "counts 0",
        "ndcg_graded",
        proof(["a:1", "b:1"], ["a", ""], 0.5),
    ),
    edge(
        "a query without relevant items",
        "counts 0",
        AT_K,
        proof(["a", ""], ["a", "b"], 0.5, k=1),
        proof(["a", ""], ["a", ""], 0.5, k=1),
    ),
    edge(
        "a query without relevant items",
        "counts 0",
        "r_precision",
        proof(["a", ""], ["a", "b"], 0.5),
        proof(["a", ""], ["a", ""], 0.5),
    ),
    edge(
        "a query without an item of a grade above 0",
        "counts 0",
        "ndcg_graded",
        proof(["a:1", "b:0"], ["a", "b"], 0.5),
        proof(["a:1", ""], ["a", ""], 0.5),
    ),
    # The one right item stands at the second place, not at the third, and a does not
    # count as two that are wrong.
    *edges(
        "an item that is predicted again",
        "counts once, at its first place",
        {
            "map_at_k": 0.5,
            "mrr": 0.5,
            "ndcg_at_k": 1 / math.log2(3),
            "precision_at_k": 0.5,
            "recall_at_k": 1.0,
            "hit_rate_at_k": 1.0,
        },
        proof(["b"], ["a a b"], k=2),
    ),
    *edges(
        "an item that is predicted again",
        "counts once, at its first place",
        {"r_precision": 1.0, "mean_f_score": 1.0, "item_jaccard": 1.0},
        proof(["a b"], ["a a b"]),
    ),
    edge(
        "an item that is predicted again",
        "counts once, at its first place",
        "ndcg_graded",
        proof(["b:1"], ["a a b"], 1 / math.log2(3), k=2),
        proof(["b:1"], ["b b"], 1.0),
    ),
    edge(
        "no relevant item among the public or the private rows",
        REFUSED,
        f"{AT_K} r_precision",
        *refused_parts(["a"], ["", ""], "have no relevant item at all"),
        *refused_parts(["a"], [" "], "have no relevant item at all"),
    ),
    edge("both sets empty", "counts 1", SETS, proof([""], [""], 1.0)),
    edge(
        "one of them empty",
        "counts 0",
        "mean_f_score",
        proof(["a", ""], ["", "a"], 0.0),
    ),
    edge(
        "an item without a grade, or of grade 0",
        "is worth nothing",
        "ndcg_graded",
        proof(["a:1 b:0"], ["x b a"], 1 / math.log2(4)),
    ),
    edge(
        "a colon within an item",
        "the last colon is the one before the grade",
        "ndcg_graded",
        proof(["a:b:1"], ["a:b"], 1.0),
        proof(["a:b:1"], ["a"], 0.0),
    ),
    edge(
        "a true cell without grades, a grade below 0 or above 50, an item twice",
        "refused when the solution is prepared, with its line",
        "ndcg_graded",
        *(
            refused(["a:1", cell], "", "malformed", line=3)
            for cell in ("a", "a:-1", "a:51", "a:1 a:2")
        ),
        proof(["a:50 b:0"], ["a"], 1.0),
    ),
    edge(
        "no grade above 0 among the public or the private rows",
        REFUSED,
        "ndcg_graded",
        *refused_parts(["a:1"], ["a:0"], "have no item of a grade above 0"),
        *refused_parts(["a:1"], [""], "have no item of a grade above 0"),
    ),
    edge(
        "items of the same confidence",
        "share the precision at the end of their tie, whatever the rows' order",
        "gap",
        proof(["a", "b"], ["a .5", "x .5"], 0.25),
        proof(["b", "a"], ["x .5", "a .5"], 0.25),
    ),
    edge(
        "a row without true items",
        "every item predicted there is wrong, and nothing is missed",
        "gap",
        proof(["a", ""], ["a .5", "x .9"], 0.5),
        proof(["a", ""], ["a .5", ""], 1.0),
    ),
    edge(
        "an empty prediction",
        "its true items are missed",
        "gap",
        proof(["a", "b c"], ["a .9", ""], 1 / 3),
    ),
    edge(
        "an item twice in a row, more than k items, an item without confidence",
        READER,
        "gap",
        proof(["a", "b"], ["a 1", "b 1 b 2"], MALFORMED),
        proof(["a", "b"], ["a 1", "a 1 b 2"], MALFORMED, k=1),
        proof(["a", "b"], ["a 1", "b"], MALFORMED),
    ),
    edge(
        "no true item among the public or the private rows",
        REFUSED,
        "gap",
        *refused_parts(["a"], [""], "have no relevant item at all"),
        *refused_parts(["a"], [" "], "have no relevant item at all"),
    ),
]

ROUGE = "rouge_1 rouge_2 rouge_l"
TEXTS = [
    edge("no match at all", "0", "bleu", proof(["a b c d"], ["w x y z"], 0.0)),
    edge(
        "no true text has four words",
        "the longest runs that there are take the place of four",
        "bleu",
        proof(["a b c", "d"], ["a b c", "d"], 1.0),
        # Of words, pairs and triples 2 of 3, 1 of 2, and half of one for none.
        proof(["a b c"], ["a b d"], (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3)),
    ),
    edge(
        "predictions shorter than the true texts",
        "brevity penalty",
        "bleu",
        proof(["a b c d e"], ["a b c d"], math.exp(1 - 5 / 4)),
    ),
    edge(
        "true texts have runs that no prediction is long enough for",
        "0",
        "bleu",
        proof(["a b c d"], ["a b c"], 0.0),
    ),
    # What sacrebleu 2.6.0 gives: 13a and exp, chrF2.
    *edges(
        "compared with sacrebleu",
        "which multiplies by 100",
        {"bleu": 34.9509397184095 / 100, "chrf": 63.08416434975885 / 100},
        proof(TRUE, GUESSED),
    ),
    edge(
        "texts shorter than six characters",
        "longer runs are left out",
        "chrf",
        # Half of the characters, none of the pairs.
        proof(["ab"], ["ac"], 0.25),
        proof(["ab"], ["ab"], 1.0),
    ),
    edge(
        "spaces",
        "are left out before runs are counted",
        "chrf",
        proof(["a b c"], ["ab  c"], 1.0),
    ),
    edge(
        "only empty true texts",
        REFUSED,
        "bleu chrf wer cer",
        *refused_parts(["a"], ["", ""], "have no true text at all"),
        *refused_parts(["a"], [" "], "have no true text at all"),
    ),
    edge(
        "no word in either text",
        "1",
        ROUGE,
        proof(["", "!"], ["", "?"], 1.0),
    ),
    edge(
        "no word in one of them",
        "0",
        ROUGE,
        proof(["a b", ""], ["", "a b"], 0.0),
        proof(["a", "!"], ["!", "a"], 0.0),
    ),
    edge(
        "a single word in both texts",
        "1, for neither has a pair",
        "rouge_2",
        proof(["a"], ["a"], 1.0),
        proof(["a"], ["b"], 1.0),
    ),
    *edges(
        "a word that occurs again",
        "counts as often as both have it",
        # Of three words two; of the pairs ab, ba, ab and ab, bc, ca, ab two.
        {"rouge_1": 2 / 3, "rouge_l": 2 / 3},
        proof(["a a b"], ["a b b"]),
    ),
    edge(
        "a word that occurs again",
        "counts as often as both have it",
        "rouge_2",
        proof(["a b a b"], ["a b c a b"], 4 / 7),
        proof(["a b a b"], ["a b"], 0.5),
    ),
    *edges(
        *ACCENTS,
        # One letter is replaced and its accent put in.
        {
            "levenshtein_mean": 2.0,
            "normalized_levenshtein_mean": 1.0,
            "cer": 2.0,
            "exact_match": 0.0,
        },
        proof(["\u00e9"], ["e\u0301"]),
    ),
    *edges(
        "an empty true text",
        "the prediction's length is inserted",
        {"levenshtein_mean": 5 / 2, "wer": 2.0, "cer": 5.0},
        proof(["", "a"], ["bc de", "a"]),
    ),
    edge(
        "both texts empty",
        "0",
        "normalized_levenshtein_mean",
        proof(["", "a"], ["", "b"], 0.5),
    ),
    edge("both texts empty", "a match", "exact_match", proof([""], [""], 1.0)),
    edge(
        "both texts empty",
        "counts 1",
        "token_f1 word_jaccard",
        proof(["", "a"], ["", "b"], 0.5),
    ),
    edge("one of them empty", "counts 0", "token_f1", proof(["a", ""], ["", "a"], 0.0)),
    edge(
        "capitals",
        "make no difference",
        "word_jaccard",
        proof(["The Fox"], ["the fOX"], 1.0),
        proof(["Ärger"], ["äRGER"], 1.0),
    ),
]

EDGES = [*LISTS, *TEXTS]
