"""Texts and sequences: what must be changed to make one of the other, and what they share."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from podium_scorer.metrics.base import Estimate, Metric, Part, of_losses
from podium_scorer.metrics.relative import quotient_of_sums

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def edits(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Levenshtein's distance, by bit vectors that hold a whole column of its table.

    Myers, Journal of the ACM 46 (1999) 395-415, in the form of Hyyro, 2003.
    """
    if not first:
        return len(second)
    places: dict[Hashable, int] = {}
    for place, symbol in enumerate(first):
        places[symbol] = places.get(symbol, 0) | 1 << place
    top, every = 1 << (len(first) - 1), (1 << len(first)) - 1
    up, down, distance = every, 0, len(first)
    for symbol in second:
        same = places.get(symbol, 0)
        across = (((same & up) + up) ^ up) | same | down
        more, less = down | ~(across | up) & every, up & across
        distance += bool(more & top) - bool(less & top)
        more, less = (more << 1 | 1) & every, less << 1 & every
        up, down = less | ~(across | more) & every, more & across
    return distance


def texts(part: Part) -> list[tuple[str, str]]:
    """True and predicted text of each row."""
    return list(
        zip(
            part.true_texts[0].strings(), part.predicted_texts[0].strings(), strict=True
        )
    )


def levenshtein(part: Part) -> Estimate:
    """The mean number of symbols to insert, delete or replace."""
    losses = [float(edits(t, p)) for t, p in _symbols(part)]
    return of_losses(np.array(losses), None, 0.0)


def normalized_levenshtein(part: Part) -> Estimate:
    """The same over the length of the longer of both."""
    losses = [edits(t, p) / max(len(t), len(p), 1) for t, p in _symbols(part)]
    return of_losses(np.array(losses), None, 0.0, 1.0)


def _symbols(part: Part) -> list[tuple[Sequence[str], Sequence[str]]]:
    if part.setting.text("symbols") == "words":
        return [(t.split(), p.split()) for t, p in texts(part)]
    return list(texts(part))


def wer(part: Part) -> Estimate:
    """The edits of words over all true words."""
    return _error_rate([(t.split(), p.split()) for t, p in texts(part)])


def cer(part: Part) -> Estimate:
    """The edits of characters over all true characters."""
    return _error_rate(list(texts(part)))


def _error_rate(pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Estimate:
    changes = np.array([float(edits(t, p)) for t, p in pairs])
    return quotient_of_sums(changes, np.array([float(len(t)) for t, _ in pairs]), 0.0)


def exact_match(part: Part) -> Estimate:
    """The share of rows whose text is right."""
    plain = part.setting.text("normalize") == "squad"
    hits = [_plain(t, plain) == _plain(p, plain) for t, p in texts(part)]
    return of_losses(np.array(hits, np.float64), None, 0.0, 1.0)


def token_f1(part: Part) -> Estimate:
    """The mean F1 of the words that both texts have, counted as often as they occur."""
    plain = part.setting.text("normalize") == "squad"
    rows = [
        _shared_words(_plain(t, plain).split(), _plain(p, plain).split())
        for t, p in texts(part)
    ]
    return of_losses(np.array(rows), None, 0.0, 1.0)


def _shared_words(true: list[str], guessed: list[str]) -> float:
    if not true or not guessed:
        return float(true == guessed)
    return 2.0 * (Counter(true) & Counter(guessed)).total() / (len(true) + len(guessed))


def _plain(text: str, squad: bool) -> str:
    if not squad:
        return text
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def word_jaccard(part: Part) -> Estimate:
    """The mean over the rows of the shared words over those of either text, in small letters."""
    rows = []
    for true, guessed in texts(part):
        first, second = {*true.lower().split()}, {*guessed.lower().split()}
        either = first | second
        rows.append(len(first & second) / len(either) if either else 1.0)
    return of_losses(np.array(rows), None, 0.0, 1.0)


def refuse_no_text(part: Part) -> str | None:
    """Edits are counted by true symbols, so there must be some."""
    empty = all(not text.split() for text in part.true_texts[0].strings())
    return "have no true text at all" if empty else None


CODE = {
    "levenshtein_mean": Metric(levenshtein),
    "normalized_levenshtein_mean": Metric(normalized_levenshtein),
    "wer": Metric(wer, refuse_no_text),
    "cer": Metric(cer, refuse_no_text),
    "exact_match": Metric(exact_match),
    "token_f1": Metric(token_f1),
    "word_jaccard": Metric(word_jaccard),
}
