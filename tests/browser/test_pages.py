"""Every page in a real browser: no accessibility violation, no script or style that the
policy forbids, no request elsewhere, no sideways scrolling on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import pages
from tests.browser.conftest import Site
from tests.browser.shots import log_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
THEMES = ("light", "dark")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}


@pytest.fixture(params=THEMES)
def themed(
    request: pytest.FixtureRequest, chromium: Browser
) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme=request.param,
        reduced_motion="reduce",
    )
    yield context
    context.close()


def troubles(page: Page, site: str, addresses: Mapping[str, str]) -> list[str]:
    """What axe and the console say about the pages."""
    found: list[str] = []
    page.on("console", lambda m: found.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((site, "data:"))
            else found.append(f"asks elsewhere: {request.url}")
        ),
    )
    for name, address in addresses.items():
        page.goto(site + address)
        for violation in Axe().run(page, options=RULES).response["violations"]:
            where = [node["html"][:160] for node in violation["nodes"][:3]]
            found.append(f"{name}: {violation['id']}: {violation['help']} {where}")
    return [each for each in found if "status of 404" not in each]


def test_pages_for_visitors_have_no_violation(
    site: Site, themed: BrowserContext
) -> None:
    page = themed.new_page()
    found = troubles(page, site.address, pages.for_visitors(site.room))
    assert not found, "\n".join(found)


def test_pages_for_participants_have_no_violation(
    site: Site, themed: BrowserContext
) -> None:
    log_in(themed, site.address, site.room.viewer.username)
    page = themed.new_page()
    found = troubles(page, site.address, pages.for_the_viewer(site.room))
    assert not found, "\n".join(found)


def test_pages_for_administrators_have_no_violation(
    site: Site, themed: BrowserContext
) -> None:
    log_in(themed, site.address, site.room.admin.username)
    for width in (1440, 390):
        page = themed.new_page()
        page.set_viewport_size({"width": width, "height": 844})
        found = troubles(page, site.address, pages.for_administrators())
        assert not found, "\n".join(found)
        for address in pages.for_administrators().values():
            page.goto(site.address + address)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, address


def test_pages_on_a_phone_have_no_violation(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme="dark",
        reduced_motion="reduce",
    )
    log_in(context, site.address, site.room.viewer.username)
    addresses = pages.for_visitors(site.room) | pages.for_the_viewer(site.room)
    found = troubles(context.new_page(), site.address, addresses)
    context.close()
    assert not found, "\n".join(found)


def test_an_open_menu_has_no_violation(site: Site, themed: BrowserContext) -> None:
    log_in(themed, site.address, site.room.viewer.username)
    page = themed.new_page()
    page.goto(site.address)
    page.click("details.menu > summary")
    violations = Axe().run(page, options=RULES).response["violations"]
    assert [each["id"] for each in violations] == []


def test_no_page_scrolls_sideways_on_a_phone(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    log_in(context, site.address, site.room.viewer.username)
    page = context.new_page()
    wide = []
    addresses = pages.for_visitors(site.room) | pages.for_the_viewer(site.room)
    for name, address in addresses.items():
        page.goto(site.address + address)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append((name, width))
    context.close()
    assert wide == []


def test_a_first_view_is_light(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[int] = []
    session.on(
        "Network.loadingFinished",
        lambda event: received.append(event["encodedDataLength"]),
    )
    page.goto(site.address, wait_until="networkidle")
    assert 20_000 < sum(received) < 200_000
