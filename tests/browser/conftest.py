"""One furnished site and one Chromium for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext

from podium.bootstrap import Services
from tests.browser.showroom import Showroom, furnish
from tests.browser.site import make_services, serving
from tests.databases import create_tables
from tests.podium.factories import Factory


@dataclass(frozen=True)
class Site:
    """A site that is served, and what stands in it."""

    address: str
    room: Showroom
    services: Services


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder}/podium.db"
    create_tables(url)
    services = make_services(folder, url)
    room = furnish(Factory(services))
    with serving(services) as address:
        yield Site(address, room, services)
    services.database.dispose()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield opened
    opened.close()
