"""Every page in a real browser: no accessibility violation, no script or style that the
policy forbids, no request elsewhere, no sideways scrolling on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import pages
from tests.browser.conftest import Site
from tests.browser.shots import log_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
# Each page is loaded once. In the dark only colours differ, so only they are looked at.
LOOKS: tuple[tuple[str, int, Literal["light", "dark"], list[str]], ...] = (
    ("desktop", 1440, "light", RULES),
    ("desktop in the dark", 1440, "dark", COLOURS),
    ("phone in the dark", 390, "dark", RULES),
    ("phone", 390, "light", COLOURS),
)


@pytest.fixture
def plain(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that shows what it is told to, without waiting for movements."""
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


def violations(page: Page, rules: list[str]) -> list[str]:
    """What axe, which is in the page already, says of it."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return [
        f"{each['id']}: {each['help']} {[n['html'][:160] for n in each['nodes'][:3]]}"
        for each in found["violations"]
    ]


def troubles(page: Page, site: str, addresses: Mapping[str, str]) -> list[str]:
    """What axe and the console say about the pages in every look, and what is too wide."""
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
    script = Axe().axe_script
    for name, address in addresses.items():
        page.goto(site + address)
        page.evaluate(script)
        for look, width, theme, rules in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            said = violations(page, rules)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                said.append("scrolls sideways")
            found += [f"{name}, {look}: {each}" for each in said]
    return [each for each in found if "status of 404" not in each]


@pytest.mark.parametrize("rules", [RULES, COLOURS])
def test_what_is_hard_to_read_would_be_found(
    plain: BrowserContext, rules: list[str]
) -> None:
    page = plain.new_page()
    page.set_content("<main><h1 style='color: #ddd'>Pale on white</h1></main>")
    page.evaluate(Axe().axe_script)
    assert any(each.startswith("color-contrast:") for each in violations(page, rules))


def test_pages_for_visitors_have_no_violation(
    site: Site, plain: BrowserContext
) -> None:
    found = troubles(plain.new_page(), site.address, pages.for_visitors(site.room))
    assert not found, "\n".join(found)


def test_pages_for_participants_have_no_violation(
    site: Site, plain: BrowserContext
) -> None:
    log_in(plain, site.address, site.room.viewer.username)
    found = troubles(plain.new_page(), site.address, pages.for_the_viewer(site.room))
    assert not found, "\n".join(found)


def test_public_pages_for_participants_have_no_violation(
    site: Site, plain: BrowserContext
) -> None:
    """As a visitor's, with what is the viewer's own on them."""
    log_in(plain, site.address, site.room.viewer.username)
    found = troubles(plain.new_page(), site.address, pages.for_visitors(site.room))
    assert not found, "\n".join(found)


def test_pages_for_administrators_have_no_violation(
    site: Site, plain: BrowserContext
) -> None:
    log_in(plain, site.address, site.room.admin.username)
    found = troubles(plain.new_page(), site.address, pages.for_administrators())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_open_menu_has_no_violation(
    site: Site, plain: BrowserContext, theme: Literal["light", "dark"]
) -> None:
    log_in(plain, site.address, site.room.viewer.username)
    page = plain.new_page()
    page.emulate_media(color_scheme=theme)
    page.goto(site.address)
    page.click("details.menu > summary")
    page.evaluate(Axe().axe_script)
    assert violations(page, RULES) == []


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
