"""Texts against a reference by the pieces that both have: BLEU, chrF, ROUGE."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from podium_scorer import uncertainty
from podium_scorer.metrics.base import Estimate, Metric, Part, of_losses
from podium_scorer.metrics.writing import texts

BLEU_ORDER, CHRF_ORDER, CHRF_BETA = 4, 6, 2
Counts = NDArray[np.float64]

# How NIST's script mteval-v13a parts words: symbols stand alone; full stops and commas
# do unless they are within a number; a dash after a digit does.
_SYMBOLS = re.compile(r"([{-~\[-` -&(-+:-@/])")
_AFTER, _BEFORE = re.compile(r"([^0-9])([.,])"), re.compile(r"([.,])([^0-9])")
_DASH = re.compile(r"([0-9])(-)")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def words_13a(text: str) -> list[str]:
    """The words of a text as NIST's script mteval-v13a parts them."""
    line = html.unescape(text.replace("<skipped>", "").replace("-\n", ""))
    line = _SYMBOLS.sub(r" \1 ", f" {line.replace(chr(10), ' ')} ")
    line = _BEFORE.sub(r" \1 \2", _AFTER.sub(r"\1 \2 ", line))
    return _DASH.sub(r"\1 \2 ", line).split()


def plain_words(text: str) -> list[str]:
    """The words of a text in small letters, of ASCII letters and digits only."""
    return _NO_WORD.sub(" ", text.lower()).split()


_WORDS: dict[str, Callable[[str], Sequence[str]]] = {
    "13a": words_13a,
    "spaces": str.split,
    "characters": lambda text: "".join(text.split()),
    "plain": plain_words,
}


def _pieces(symbols: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    """How often each run of ``length`` symbols occurs."""
    return Counter(zip(*(symbols[start:] for start in range(length)), strict=False))


def _of_sums(part: Part, rows: Counts, score: Callable[[Counts], float]) -> Estimate:
    """A score of the sums of each row's counts; ``rows`` is (rows, counts)."""
    value = score(rows.sum(axis=0))
    interval = uncertainty.of_resamples(
        part.rows, lambda drawn: score(rows[drawn].sum(axis=0)), 0.0, 1.0
    )
    return Estimate(value, interval)


def bleu(part: Part) -> Estimate:
    """Corpus BLEU with one reference a row, from 0 to 1."""
    words = _WORDS[part.setting.text("words")]
    rows = np.array([_bleu_counts(words(t), words(p)) for t, p in texts(part)], float)
    smooth = part.setting.text("smooth") == "exp"
    return _of_sums(part, rows, lambda sums: _bleu(sums, smooth))


def _bleu_counts(true: Sequence[str], guessed: Sequence[str]) -> list[int]:
    """Length of both, and for each order the matches and the pieces of either."""
    counts = [len(true), len(guessed)]
    for length in range(1, BLEU_ORDER + 1):
        found, wanted = _pieces(guessed, length), _pieces(true, length)
        counts += [(found & wanted).total(), found.total(), wanted.total()]
    return counts


def _bleu(sums: Counts, smooth: bool) -> float:
    true, guessed, *orders = (float(each) for each in sums)
    # Runs that no true text has can't be asked for.
    order = sum(wanted > 0 for wanted in orders[2::3])
    matches, totals = orders[: 3 * order : 3], orders[1 : 3 * order : 3]
    if not any(matches) or not all(totals):
        return 0.0
    logs, halves = 0.0, 1.0
    for match, total in zip(matches, totals, strict=True):
        if match == 0:
            if not smooth:
                return 0.0
            halves *= 2
        logs += math.log(match / total if match else 1 / (halves * total))
    brevity = min(0.0, 1 - true / guessed)
    return min(1.0, math.exp(brevity + logs / order))


def chrf(part: Part) -> Estimate:
    """Corpus chrF2: characters' runs of one to six, recall worth twice precision."""
    rows = [
        _chrf_counts("".join(t.split()), "".join(p.split())) for t, p in texts(part)
    ]
    return _of_sums(part, np.array(rows, float), _chrf)


def _chrf_counts(true: str, guessed: str) -> list[int]:
    """For each length the pieces of the guess, those of the truth, and the shared ones.

    The guess's count where the truth has such pieces: where it has none, there was
    nothing to be found.
    """
    counts = []
    for length in range(1, CHRF_ORDER + 1):
        wanted, found = _pieces(true, length), _pieces(guessed, length)
        total = found.total() if wanted else 0
        counts += [total, wanted.total(), (found & wanted).total()]
    return counts


def _chrf(sums: Counts) -> float:
    found, wanted, shared = sums[::3], sums[1::3], sums[2::3]
    counted = (found > 0) & (wanted > 0)
    if not counted.any():
        return 0.0
    precision = float((shared[counted] / found[counted]).mean())
    recall = float((shared[counted] / wanted[counted]).mean())
    weight = CHRF_BETA**2
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


def rouge_1(part: Part) -> Estimate:
    """The mean F1 of single words."""
    return _rouge(part, lambda true, guessed: _shared(true, guessed, 1))


def rouge_2(part: Part) -> Estimate:
    """The mean F1 of pairs of neighbouring words."""
    return _rouge(part, lambda true, guessed: _shared(true, guessed, 2))


def rouge_l(part: Part) -> Estimate:
    """The mean F1 of the longest common subsequence of words."""
    return _rouge(
        part,
        lambda true, guessed: (common(true, guessed), len(true), len(guessed)),
    )


def _rouge(
    part: Part,
    count: Callable[[Sequence[str], Sequence[str]], tuple[int, int, int]],
) -> Estimate:
    words = _WORDS[part.setting.text("words")]

    def f1(true: Sequence[str], guessed: Sequence[str]) -> float:
        # A single word has no pair, yet a text without any is not as good as it.
        return _f1(*count(true, guessed)) if bool(true) is bool(guessed) else 0.0

    rows = [f1(words(t), words(p)) for t, p in texts(part)]
    return of_losses(np.array(rows), None, 0.0, 1.0)


def _shared(
    true: Sequence[str], guessed: Sequence[str], length: int
) -> tuple[int, int, int]:
    wanted, found = _pieces(true, length), _pieces(guessed, length)
    return (wanted & found).total(), wanted.total(), found.total()


def _f1(shared: int, true: int, guessed: int) -> float:
    if true == guessed == 0:
        return 1.0
    return 2.0 * shared / (true + guessed)


def common(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, by bit vectors.

    Hyyro, Prague Stringology Conference 2004, "Bit-parallel LCS-length computation
    revisited".
    """
    places: dict[str, int] = {}
    for place, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(first)) - 1
    rest = every
    for word in second:
        met = rest & places.get(word, 0)
        rest = (rest + met | rest - met) & every
    return (every ^ rest).bit_count()


def refuse_no_words(part: Part) -> str | None:
    """Pieces are looked for in true texts, so there must be some."""
    empty = all(not text.split() for text in part.true_texts[0].strings())
    return "have no true text at all" if empty else None


CODE = {
    "bleu": Metric(bleu, refuse_no_words),
    "chrf": Metric(chrf, refuse_no_words),
    "rouge_1": Metric(rouge_1),
    "rouge_2": Metric(rouge_2),
    "rouge_l": Metric(rouge_l),
}
