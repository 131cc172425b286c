"""What Prometheus reads: the site's counts, and how the whole stands."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from podium import supervisor
from podium.accounts.models import User
from podium.core import clock
from podium.notifications import service as mail
from podium.notifications.service import Letter
from podium.scoring.models import ScoringHost
from podium.settings import Settings
from podium.submissions.models import Status, Submission
from tests.podium.factories import Factory, FakeJobs
from tests.podium.web.people import Person

TOKEN = "a token for tests"
OBSERVABILITY = Path(__file__).parents[3] / "deploy" / "observability"
NAME = re.compile(r"\bpodium_[a-z_]+")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, metrics_token=TOKEN)


def scraped(person: Person) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    answer = person.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *map(str, sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x"])
def test_nobody_reads_them_without_the_token(visitor: Person, given: str) -> None:
    answer = visitor.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 403
    assert "podium_scores" not in answer.text


@pytest.mark.database
def test_the_whole_is_told_as_it_stands(
    visitor: Person, make: Factory, ada: User, jobs: FakeJobs
) -> None:
    team = make.team(make.competition("stars"), ada)
    now = clock.now()
    make.submission(team, ada, at=now - timedelta(hours=1))
    make.submission(team, ada, at=now)
    make.submission(team, ada, public=0.5, private=0.5)
    make.submission(team, ada, status=Status.FAILED)
    jobs.known_workers = 3
    with make.session() as session:
        session.add(
            ScoringHost(
                name="north",
                sandbox={"mode": "docker", "pool_idle": 2, "jobs_done": 7},
                seen_at=now - timedelta(seconds=90),
            )
        )
        letter = Letter(kind="x", subject="x", text="x")
        mail.write(session, to="a@b.example", letter=letter)
    found = scraped(visitor)
    assert found["podium_scores", "queued"] == 2
    assert found["podium_scores", "scored"] == 1
    assert found["podium_scores", "running"] == 0
    assert found["podium_scores_given_up",] == 1
    assert 3600 <= found["podium_queue_oldest_seconds",] < 3700
    assert found["podium_workers",] == 3
    assert found["podium_queue_up",] == 1
    assert found["podium_sandbox", "north", "pool_idle"] == 2
    assert found["podium_sandbox_jobs", "north"] == 7
    assert 90 <= found["podium_host_seen_seconds", "north", "docker"] < 190
    assert found["podium_mail_waiting",] == 1
    assert 0 < found["podium_disk_free_bytes",] <= found["podium_disk_bytes",]


def test_a_queue_that_is_away_is_told(visitor: Person, jobs: FakeJobs) -> None:
    jobs.away = True
    found = scraped(visitor)
    assert (found["podium_queue_up",], found["podium_workers",]) == (0, 0)


def test_what_scores_waited_and_took_is_of_the_newest(
    visitor: Person, make: Factory, ada: User
) -> None:
    team = make.team(make.competition("stars", submissions_per_day=100), ada)
    begun = clock.now() - timedelta(hours=1)
    for number in range(1, 21):
        sent = make.submission(team, ada, public=0.5, private=0.5)
        with make.session() as session:
            (score,) = session.get_one(Submission, sent.id).scores
            score.queued_at = begun
            score.started_at = begun + timedelta(seconds=number)
            score.finished_at = score.started_at + timedelta(seconds=100)
    found = scraped(visitor)
    assert found["podium_recent_wait_seconds", "0.5"] == 10
    assert found["podium_recent_wait_seconds", "0.95"] == 19
    assert found["podium_recent_work_seconds", "0.95"] == 100


def test_requests_and_refusals_are_counted(
    visitor: Person, make: Factory, app: Flask
) -> None:
    make.competition("stars")
    before = scraped(visitor)
    for _ in range(3):
        visitor.get("/c/stars")
    visitor.get("/c/nothing")
    after = scraped(visitor)

    def more(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert more("podium_requests_total", "GET", "/c/<slug>", "200") == 3
    assert more("podium_requests_total", "GET", "/c/<slug>", "404") == 1
    assert more("podium_request_seconds_count", "GET", "/c/<slug>") == 4
    assert more("podium_refusals_total", "refused", "404") == 1


def test_no_name_or_address_of_a_person_is_told(
    visitor: Person, make: Factory, ada: User
) -> None:
    make.submission(make.team(make.competition("stars"), ada, name="Comets"), ada)
    Person(visitor.client.application, ada).get(f"/u/{ada.username}")
    text = visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for word in (ada.username, ada.email, "Comets", "stars", "127.0.0.1"):
        assert not re.search(rf"\b{re.escape(word)}\b", text), word


def names_in(text: str) -> Iterator[str]:
    yield from NAME.findall(text)


def test_rules_and_dashboard_name_what_is_there(visitor: Person) -> None:
    visitor.get("/")
    visitor.get("/nothing")
    answer = visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    families = list(text_string_to_metric_families(answer.text))
    there = {family.name for family in families}
    there |= {sample.name for family in families for sample in family.samples}
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text())
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text())
    expressions = [
        rule["expr"] for group in rules["groups"] for rule in group["rules"]
    ] + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 20
    for expression in expressions:
        assert set(names_in(expression)) <= there, expression
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
    places = [tuple(panel["gridPos"].values())[:2] for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)


def test_counts_are_forgotten_at_a_start(tmp_path: Path) -> None:
    on = Settings(data_dir=tmp_path, metrics_token=TOKEN)
    (folder,) = supervisor.site_environment(on).values()
    (Path(folder) / "counter_1.db").write_bytes(b"old")
    assert supervisor.site_environment(on) == {"PROMETHEUS_MULTIPROC_DIR": folder}
    assert list(Path(folder).iterdir()) == []
    assert supervisor.site_environment(Settings(data_dir=tmp_path)) == {}
