"""A running fake Podium, and a user's own folder of log-ins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium_cli.main import run
from tests.podium_cli.fake_podium import TOKEN, Fake, serving


@dataclass(frozen=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Podium = Callable[..., Ran]


@pytest.fixture
def fake() -> Iterator[Fake]:
    with serving(Fake()) as running:
        yield running


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps log-ins in the test's own folder, works in another, waits briefly."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("PODIUM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("PODIUM_URL", raising=False)
    monkeypatch.delenv("PODIUM_TOKEN", raising=False)
    monkeypatch.setattr("podium_cli.connection.POLL_FIRST_S", 0.01)
    monkeypatch.setattr("podium_cli.download.PAUSE_S", 0.0)
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "config" / "credentials.json"


@pytest.fixture
def podium(capsys: pytest.CaptureFixture[str]) -> Podium:
    """Runs a command without logging in."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return call


@pytest.fixture
def logged_in(podium: Podium, fake: Fake) -> Podium:
    """Runs a command as a user who has logged in."""
    assert podium("login", fake.url, "--token", TOKEN).code == 0
    fake.asked.clear()
    return podium
