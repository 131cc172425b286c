"""BLEU, chrF and ROUGE against literal definitions and what known libraries give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium_scorer.catalogue import METRICS
from podium_scorer.metrics.translation import common, words_13a
from tests.scorer.cases import make
from tests.scorer.support import quoted_csv, score

TRUE = (
    "The red fox runs far away.",
    "Go away, my fox - it costs $3.50 (or 4,000).",
    "It's \"fine\"; isn't it?",
    "one two three four five six seven",
    "a b c d",
    "der Fuchs läuft weit weg",
)
GUESSED = (
    "The red fox ran far away",
    "Go away my fox - it costs $3.5 (or 4,000)!",
    'It is "fine"; is it not?',
    "one two four three five six eight seven",
    "a b d c",
    "der rote Fuchs läuft sehr weit",
)


def of(name: str, true: Sequence[str], guessed: Sequence[str], **params: str) -> float:
    solution = quoted_csv(["id", "text"], list(enumerate(true)))
    submission = quoted_csv(["id", "text"], list(enumerate(guessed)))
    found = score(name, solution, submission, **params).public
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # sacrebleu 2.6.0 (13a, exp; chrF2), over 100; rouge-score 0.1.2 without stemming
        ("bleu", 0.349509397184095),
        ("chrf", 0.6308416434975885),
        ("rouge_1", 0.8241647241647242),
        ("rouge_2", 0.40077700077700085),
        ("rouge_l", 0.7602758352758352),
    ],
)
def test_it_is_what_the_known_library_gives(name: str, expected: float) -> None:
    assert of(name, TRUE, GUESSED) == pytest.approx(expected, abs=1e-12)


def test_smoothing_is_sacrebleus() -> None:
    true, guessed = (
        ["the fox is there", "x y b z a"],
        ["the fox sat here now", "a b c d e"],
    )
    assert of("bleu", true, guessed) == pytest.approx(0.12703318703865366, abs=1e-12)
    assert of("bleu", true, guessed, smooth="none") == 0.0


def grams(symbols: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [
        tuple(symbols[start : start + length])
        for start in range(len(symbols) - length + 1)
    ]


def matched(true: Sequence[str], guessed: Sequence[str], length: int) -> int:
    left, found = grams(true, length), 0
    for gram in grams(guessed, length):
        if gram in left:
            left.remove(gram)
            found += 1
    return found


def naive_bleu(pairs: list[tuple[list[str], list[str]]]) -> float:
    logs = []
    for length in range(1, 5):
        match = sum(matched(t, p, length) for t, p in pairs)
        total = sum(len(grams(p, length)) for _, p in pairs)
        if not match or not total:
            return 0.0
        logs.append(math.log(match / total))
    true, guessed = sum(len(t) for t, _ in pairs), sum(len(p) for _, p in pairs)
    brevity = 1.0 if guessed >= true else math.exp(1 - true / guessed)
    return brevity * math.exp(math.fsum(logs) / 4)


def naive_chrf(pairs: list[tuple[str, str]]) -> float:
    precisions, recalls = [], []
    for length in range(1, 7):
        match = sum(matched(t, p, length) for t, p in pairs)
        found = sum(len(grams(p, length)) for t, p in pairs if grams(t, length))
        wanted = sum(len(grams(t, length)) for t, _ in pairs)
        if found and wanted:
            precisions.append(match / found)
            recalls.append(match / wanted)
    precision = math.fsum(precisions) / len(precisions)
    recall = math.fsum(recalls) / len(recalls)
    return 5 * precision * recall / (4 * precision + recall)


def naive_common(first: Sequence[str], second: Sequence[str]) -> int:
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            table[i][j] = (
                table[i - 1][j - 1] + 1
                if one == other
                else max(table[i - 1][j], table[i][j - 1])
            )
    return table[-1][-1]


def naive_rouge(
    count: Callable[[list[str], list[str]], tuple[int, int, int]],
) -> Callable[[list[tuple[str, str]]], float]:
    def mean(pairs: list[tuple[str, str]]) -> float:
        values = []
        for true, guessed in pairs:
            first, second = (
                re.findall("[a-z0-9]+", text.lower()) for text in (true, guessed)
            )
            shared, wanted, found = count(first, second)
            alike = float(bool(first) is bool(second))
            values.append(2 * shared / (wanted + found) if wanted or found else alike)
        return math.fsum(values) / len(values)

    return mean


NAIVE: dict[str, Callable[[list[tuple[str, str]]], float]] = {
    "bleu": lambda pairs: naive_bleu([(t.split(), p.split()) for t, p in pairs]),
    "chrf": lambda pairs: naive_chrf(
        [(t.replace(" ", ""), p.replace(" ", "")) for t, p in pairs]
    ),
    "rouge_1": naive_rouge(lambda t, p: (matched(t, p, 1), len(t), len(p))),
    "rouge_2": naive_rouge(
        lambda t, p: (matched(t, p, 2), max(len(t) - 1, 0), max(len(p) - 1, 0))
    ),
    "rouge_l": naive_rouge(lambda t, p: (naive_common(t, p), len(t), len(p))),
}


@pytest.mark.parametrize("name", NAIVE)
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_its_definition_says(name: str, seed: int) -> None:
    case = make(METRICS[name], seed, rows=60 + seed, usage=False)
    pairs = list(zip(case.t, case.p, strict=True))
    assert case.report().public == pytest.approx(NAIVE[name](pairs), abs=1e-9)


@given(st.lists(st.sampled_from("abc"), max_size=80), st.lists(st.sampled_from("abcd")))
@settings(max_examples=200, deadline=None)
def test_the_common_subsequence_is_that_of_the_whole_table(
    first: list[str], second: list[str]
) -> None:
    assert common(first, second) == naive_common(first, second)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world!", "Hello , world !"),
        ("3.50 and 4,000", "3.50 and 4,000"),
        ("end.", "end ."),
        ("pre-1990s 3-4", "pre-1990s 3 - 4"),
        ("&lt;b&gt; &amp; c", "< b > & c"),
        ("it's", "it's"),
        ("a-\nb\nc", "ab c"),
    ],
)
def test_words_are_parted_as_by_nists_script(text: str, words: str) -> None:
    assert words_13a(text) == words.split()


@pytest.mark.parametrize(
    ("name", "true", "guessed", "expected"),
    [
        ("bleu", ["a b c d e"], ["v w x y z"], 0.0),
        ("bleu", ["a b c"], ["a b c"], 1.0),  # no run of four words
        ("bleu", ["a b c d"], ["a b c"], 0.0),
        ("bleu", ["a b c d"], ["a b c d"], 1.0),
        ("bleu", ["a b c d", "e"], ["a b c d", ""], math.exp(1 - 5 / 4)),
        ("chrf", ["ab"], ["ab"], 1.0),
        ("chrf", ["a b"], ["ab"], 1.0),
        ("chrf", ["ab"], ["xy"], 0.0),
        ("rouge_1", ["!", "a"], ["?", ""], 0.5),
        ("rouge_1", ["a a b"], ["a b b"], 2 / 3),
        ("rouge_2", ["a"], ["b"], 1.0),
        ("rouge_2", ["a", ""], ["", "a"], 0.0),
        ("rouge_l", ["a b c d"], ["a x c d"], 0.75),
        ("rouge_l", ["a b"], ["b a"], 0.5),
    ],
)
def test_the_edges_are_as_stated(
    name: str, true: list[str], guessed: list[str], expected: float
) -> None:
    assert of(name, true, guessed) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["bleu", "chrf"])
def test_a_solution_without_any_text_is_refused(name: str) -> None:
    solution = quoted_csv(["id", "text"], [[1, ""], [2, " "]])
    with pytest.raises(AssertionError, match="no true text at all"):
        score(name, solution, solution)
