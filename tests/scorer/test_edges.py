"""What each entry of the catalogue states of an edge is what the scorer does there."""

from __future__ import annotations

import pytest
import sklearn.metrics as sk

from podium_scorer.catalogue import METRICS
from tests.scorer import (
    edges_classes,
    edges_images,
    edges_numbers,
    edges_several,
    edges_texts,
)
from tests.scorer.proofs import Proof

pytestmark = pytest.mark.usefixtures("few_draws")

TABLE: dict[tuple[str, str, str], list[Proof]] = {}
for module in (
    edges_classes,
    edges_images,
    edges_numbers,
    edges_several,
    edges_texts,
):
    for stated in module.EDGES:
        for entry, proofs in stated:
            TABLE.setdefault(entry, []).extend(proofs)
STATED = {
    (info.name, case, decision)
    for info in METRICS.values()
    for case, decision in info.edges
}


@pytest.mark.parametrize(
    "entry", TABLE, ids=[f"{name}: {case}" for name, case, _ in TABLE]
)
def test_the_scorer_does_what_an_entry_states(entry: tuple[str, str, str]) -> None:
    for proof in TABLE[entry]:
        proof.check(entry[0])


def test_everything_that_is_stated_has_a_proof() -> None:
    assert {entry for entry in STATED if not TABLE.get(entry)} == set()


def test_every_proof_is_of_something_that_is_stated() -> None:
    assert TABLE.keys() - STATED == set()


def test_scikit_learn_divides_by_a_tiny_number_where_mape_refuses() -> None:
    assert sk.mean_absolute_percentage_error([0], [1]) > 1e10
