"""One Podium for all end-to-end tests, since starting one takes seconds.

Every test brings its own users and teams, so none sees what another did. Tests that stop,
break or refill a Podium start their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.people import Participant
from tests.live import LivePodium, remove, running, short_folder, wait_for

COMPETITIONS = Path(__file__).resolve().parents[2] / "competitions"
TIMEOUT_S = 600  # the first test starts a Podium, on a machine that may be busy
SLUGS = ("breast-cancer", "diabetes-progression", "digits", "wine")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist writes groups into names
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a Podium in one test process, and no others."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(_shared_by(item)))
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(TIMEOUT_S))


def _shared_by(item: pytest.Item) -> str:
    """The name of the Podium that a test uses: one of those below, or its module's."""
    names: list[str] = getattr(item, "fixturenames", [])
    for name in ("live_on_docker", "live"):
        if name in names:
            return name
    return item.path.stem


def import_shipped(live: LivePodium) -> None:
    """Import the competitions that ship, and wait until they can be entered."""
    answer = live.server("import-bundle", *(str(COMPETITIONS / slug) for slug in SLUGS))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    for slug in SLUGS:
        wait_until_ready(live, slug)


def wait_until_ready(live: LivePodium, slug: str) -> Any:
    """The competition, once its solution has been prepared."""
    anybody = Participant(live.url)

    def ready() -> Any:
        found = anybody.call("GET", f"/competitions/{slug}")
        return found if found["ready"] else None

    return wait_for(ready, f"{slug} to be ready")


@pytest.fixture(scope="session")
def live() -> Iterator[LivePodium]:
    """A Podium with the competitions that ship, scoring in locked-in processes."""
    with running(sandbox="process") as podium:
        import_shipped(podium)
        yield podium


@pytest.fixture(scope="session")
def live_on_docker() -> Iterator[LivePodium]:
    """The same, scoring in containers."""
    with running(sandbox="docker") as podium:
        import_shipped(podium)
        yield podium


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """A folder for a Podium that a test has to itself."""
    folder = short_folder()
    yield folder
    remove(folder)


@pytest.fixture
def anna(live: LivePodium) -> Participant:
    """Somebody with an account."""
    return Participant(live.url).sign_up()
