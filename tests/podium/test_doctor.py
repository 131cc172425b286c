"""The doctor finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import text

from podium import doctor
from podium.bootstrap import Services
from podium.cli import cli
from podium.core import audit, clock, migrate
from podium.core.db import Database
from podium.core.models import Act
from podium.core.storage import LocalStorage
from podium.doctor import State
from podium.notifications import service as mail
from podium.notifications.service import Letter
from podium.scoring.models import ScoringHost
from podium.settings import Settings
from podium_sandbox.client import SandboxStatus
from tests.podium.factories import FakeJobs
from tests.podium.fakes import FakeSandbox


class Patient:
    """A Podium that can be made ill; ``found`` is what is not good, by its part."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir(mode=0o700)
        self.folder, self.jobs = folder, FakeJobs()
        self.services = Services(
            settings=Settings(
                data_dir=folder, database_url=url, redis_url=f"unix://{folder}/none"
            ),
            database=Database(url),
            storage=LocalStorage(folder / "files"),
            jobs=self.jobs,
            sandbox=FakeSandbox(),
        )

    def make_well(self) -> None:
        migrate.upgrade(self.services.database)
        self.seen(timedelta(0))

    def seen(self, ago: timedelta) -> None:
        """Let a scoring host have been heard of so long ago."""
        with self.services.database.session() as session:
            seen_at = clock.now() - ago
            session.add(ScoringHost(name=f"host-{ago}", sandbox={}, seen_at=seen_at))
            session.commit()

    def set(self, **values: object) -> None:
        settings = dataclasses.replace(self.services.settings, **values)  # type: ignore[arg-type]
        self.services = dataclasses.replace(self.services, settings=settings)

    def found(self, part: str) -> list[tuple[State, str]]:
        return [
            (each.state, f"{each.says} {each.do}")
            for each in doctor.examine(self.services)
            if each.part == part and each.state is not State.GOOD
        ]


@pytest.fixture
def patient(tmp_path: Path, empty_database_url: str) -> Iterator[Patient]:
    made = Patient(tmp_path / "data", empty_database_url)
    made.make_well()
    yield made
    made.services.database.dispose()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox answers."""
    status = SandboxStatus(mode="docker", code_images={"python": "sha256:12"})
    monkeypatch.setattr(FakeSandbox, "status", lambda _self: status)


@pytest.mark.database
def test_a_healthy_podium_has_nothing_bad(patient: Patient, answers: None) -> None:
    found = doctor.examine(patient.services)
    assert {each.state for each in found if each.part != "disk"} == {State.GOOD}
    parts = {each.part for each in found}
    assert {"settings", "data folder", "disk", "queue", "sandbox", "database"} <= parts
    assert {"scoring hosts", "audit log"} <= parts


def test_image_digests_are_named(patient: Patient, answers: None) -> None:
    (said,) = [
        each.says for each in doctor.examine(patient.services) if each.part == "sandbox"
    ]
    assert "python sha256:12" in said


def test_everything_that_is_not_good_says_what_to_do(
    tmp_path: Path, empty_database_url: str
) -> None:
    ill = Patient(tmp_path / "data", empty_database_url)
    ill.jobs.away = True
    ill.folder.chmod(0o755)
    ill.set(public_url="https://podium.example.org")
    for each in doctor.examine(ill.services):
        assert bool(each.do) is (each.state is not State.GOOD), each
    ill.services.database.dispose()


def test_a_database_of_another_release_is_found(patient: Patient) -> None:
    migrate.downgrade(patient.services.database, "0001_spine")
    ((state, says),) = patient.found("database")
    assert state is State.BAD
    assert "0001_spine" in says
    assert "podium-server migrate" in says


def test_a_database_that_is_away_keeps_the_rest_from_nothing(
    tmp_path: Path,
) -> None:
    ill = Patient(tmp_path / "data", f"sqlite:///{tmp_path}/no/such/folder.db")
    found = doctor.examine(ill.services)
    assert "PODIUM_DATABASE_URL" in found[-1].do
    assert {"settings", "queue", "sandbox"} <= {each.part for each in found}


def test_a_queue_that_is_away_or_without_workers_is_found(patient: Patient) -> None:
    assert patient.found("queue") == []
    patient.jobs.known_workers = 0
    assert "knows no worker" in patient.found("queue")[0][1]
    patient.jobs.away = True
    patient.set(redis_url="redis://:secret@queue.example:6379/0")
    ((state, says),) = patient.found("queue")
    assert state is State.BAD
    assert "secret" not in says


def test_data_that_others_may_read_is_found(patient: Patient) -> None:
    patient.folder.chmod(0o750)
    ((state, says),) = patient.found("data folder")
    assert state is State.BAD
    assert f"chmod go-rwx {patient.folder}" in says


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"public_url": "https://x.example", "trusted_proxies": 1}, "COOKIE_SECURE"),
        ({"public_url": "https://x.example", "cookie_secure": True}, "TRUSTED_PROXIES"),
        ({"host": "0.0.0.0"}, "PODIUM_PUBLIC_URL"),
    ],
)
def test_settings_that_do_not_fit_together_are_found(
    patient: Patient, values: dict[str, object], says: str
) -> None:
    assert patient.found("settings") == []
    patient.set(**values)
    ((state, found),) = patient.found("settings")
    assert state is State.WARN
    assert says in found


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [
        (SandboxStatus(mode="none", reason="Nobody."), State.BAD, "Nobody."),
        (SandboxStatus(mode="process", reason="No engine."), State.WARN, "No engine."),
        (SandboxStatus(mode="docker", trouble="No room."), State.BAD, "No room."),
        (
            SandboxStatus(mode="docker", checks={"network": False, "root": True}),
            State.WARN,
            "do not hold: network.",
        ),
    ],
)
def test_a_weak_or_silent_sandbox_is_found(
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
    status: SandboxStatus,
    state: State,
    says: str,
) -> None:
    monkeypatch.setattr(FakeSandbox, "status", lambda _self: status)
    ((found, sentence),) = patient.found("sandbox")
    assert found is state
    assert says in sentence


def test_a_host_that_is_silent_is_named(patient: Patient) -> None:
    patient.seen(timedelta(hours=3))
    ((state, says),) = patient.found("scoring hosts")
    assert state is State.WARN
    assert "host-3:00:00 has not been heard of" in says


@pytest.mark.parametrize(("apart_s", "bad"), [(0, False), (60, True), (-60, True)])
def test_a_clock_that_goes_wrong_is_found(apart_s: int, bad: bool) -> None:
    found = doctor._apart("the database", clock.now() + timedelta(seconds=apart_s))
    assert (found.state is State.BAD) is bad
    assert ("60 s apart" in found.says) is bad


def test_mail_that_does_not_leave_is_found(patient: Patient) -> None:
    patient.set(public_url="https://podium.example.org")
    ((state, said),) = patient.found("mail")
    assert (state, "PODIUM_MAIL_URL" in said) == (State.WARN, True)
    patient.set(mail_url="smtps://mail.example.org")
    with patient.services.database.session() as session:
        letter = Letter(kind="x", subject="x", text="x")
        mail.write(session, to="a@b.example", letter=letter)
        session.commit()
    assert patient.found("mail") == []
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        ((state, said),) = patient.found("mail")
    assert (state, "1 wait" in said) == (State.BAD, True)


def test_an_audit_log_that_was_tampered_with_is_found(patient: Patient) -> None:
    database = patient.services.database
    with database.session() as session:
        audit.record(session, Act.USER_ADDED, "user ada")
        session.commit()
    assert patient.found("audit log") == []
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_head SET entries = 2"))
    assert patient.found("audit log")[0][0] is State.BAD


def test_the_command_ends_with_1_where_something_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("PODIUM_DATABASE_URL", f"sqlite:///{tmp_path}/podium.db")
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    found = {each["part"]: each["state"] for each in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["database"] == "bad"
    assert "-> Make a backup" in CliRunner().invoke(cli, ["doctor"]).stdout


def test_a_damaged_key_of_receipts_is_found_and_none_is_made(patient: Patient) -> None:
    path = patient.folder / "receipt_key"
    assert patient.found("receipts") == []
    assert not path.exists()
    path.write_text("nothing")
    path.chmod(0o600)
    ((state, says),) = patient.found("receipts")
    assert state is State.BAD
    assert "Bring it back from a backup" in says
