"""The report on the worst of files still fits the one line that it crosses the wire in."""

from __future__ import annotations

import pytest

from podium_scorer.contract import AnswerHeader
from podium_scorer.wire import HEADER_BYTES
from tests.scorer.support import csv_bytes, kinds, score


def wide(columns: int, cell: str) -> tuple[bytes, bytes, bytes]:
    """A solution, sample and submission with many classes with long names."""
    names = [f"{'ü' * 30}{i}" for i in range(columns)]
    header = ",".join(["id", *names])
    rows = [(i, *[1 / columns] * columns) for i in range(20)]
    solution = csv_bytes("id,y", [(i, names[i]) for i in range(20)])
    wrong = csv_bytes(header, [(i, *[cell] * columns) for i in range(20)])
    return solution, csv_bytes(header, rows), wrong


@pytest.mark.parametrize("cell", ["\x1b" * 90, "😀" * 90, '"' * 180])
def test_the_worst_report_fits_the_wire(cell: str) -> None:
    cell = f'"{cell}"'
    solution, sample, wrong = wide(1500, cell)
    report = score("log_loss", solution, wrong, sample)
    assert kinds(report)["not_a_number"] == 1500 * 20
    line = AnswerHeader(nonce="n" * 64, report=report).to_line()
    assert len(line) <= HEADER_BYTES


def test_long_names_and_many_kinds_fit_the_wire() -> None:
    header = ",".join(["id", *("😀" * 400 + str(i) for i in range(1500))])
    rows = [("😀" * 500 + str(i), *["😀" * 99] * 5) for i in range(50)]
    solution = csv_bytes("id,y", [(1, 0), (2, 1)])
    report = score("log_loss", solution, csv_bytes(header, rows))
    assert len(AnswerHeader(nonce="n" * 64, report=report).to_line()) <= HEADER_BYTES
