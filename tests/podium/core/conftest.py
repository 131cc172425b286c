"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from podium.core.db import Database


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(empty_database_url)
    yield database
    database.dispose()
