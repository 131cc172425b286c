"""The looks at the host themselves: what they find while a container lives."""

from __future__ import annotations

import os

import pytest

from tests.sandbox import scorers
from tests.sandbox.attacks.host import gone, remains, trace
from tests.sandbox.conftest import engine_at_hand, wait_until
from tests.sandbox.test_runners import Start

pytestmark = pytest.mark.docker


def test_a_living_container_is_seen_in_every_way(docker_service: Start) -> None:
    engine = engine_at_hand()
    service = docker_service(scorers.HONEST)
    assert wait_until(lambda: service.client.status().pool_idle == 1)
    seen = trace(engine, service.names[0])
    left = remains(engine, [seen])
    assert f"container {seen.container}" in left
    assert f"process {seen.pid} of {seen.container}" in left
    assert seen.cgroups
    if os.geteuid() == 0:
        assert len(seen.folders) == 2
    assert {str(path) for path in (*seen.cgroups, *seen.folders)} < set(left)
    service.stop()
    assert wait_until(lambda: not remains(engine, [seen]))
    assert gone(engine, seen.container)
