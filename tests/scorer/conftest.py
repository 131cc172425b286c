"""Fixtures for tests of the scorer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from podium_scorer import uncertainty


@pytest.fixture(scope="module")
def few_draws() -> Iterator[None]:
    """For what holds for any number of resamples, and is asked of many metrics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uncertainty, "DRAWS", 20)
        yield
