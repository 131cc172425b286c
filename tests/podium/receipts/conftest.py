"""The same scoring machine as the tests of scoring have."""

from __future__ import annotations

from tests.podium.scoring.conftest import sandbox, services, works

__all__ = ["sandbox", "services", "works"]
