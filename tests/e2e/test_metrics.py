"""``/metrics`` of a running site, whose processes count together."""

from __future__ import annotations

import httpx2 as httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.live import running

SCRAPES = 12


def test_every_process_tells_the_same_sum() -> None:
    with running("up", sandbox="process", metrics_token="t", web_processes=2) as live:
        # A connection of its own each, so that both processes get some.
        for _ in range(40):
            assert httpx.get(f"{live.url}/competitions").status_code == 200
        told = [counted(live.url) for _ in range(SCRAPES)]
        assert told == [40.0] * SCRAPES
        live.stop()
        live.start()
        httpx.get(f"{live.url}/competitions")
        assert counted(live.url) == 1.0


def counted(url: str) -> float:
    answer = httpx.get(f"{url}/metrics", headers={"Authorization": "Bearer t"})
    assert answer.status_code == 200
    return sum(
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.name == "podium_requests_total"
        and sample.labels["route"] == "/competitions"
    )
