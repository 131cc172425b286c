"""How many digits of a score leave Podium."""

from __future__ import annotations

import pytest

from podium.core.filters import MINUS, score
from podium.core.numbers import rounded, rounded_pair

VALUES = [0.0, 0.123456789, -0.5, 1e-9, 0.004, 123.456, 2.5e9, -7e12, 1e300]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("decimals", [0, 2, 5])
def test_programs_get_the_number_that_pages_show(value: float, decimals: int) -> None:
    shown = score(value, decimals).replace(MINUS, "-")
    assert rounded(value, decimals) == float(shown)


def test_digits_beyond_the_metrics_decimals_are_kept_back() -> None:
    assert rounded(0.987654321, 5) == 0.98765
    assert rounded_pair(0.123456, 0.654321, 3) == (0.123, 0.654)


def test_what_is_not_there_stays_away() -> None:
    assert rounded(None, 5) is None
    assert rounded_pair(0.1, None, 5) is None
