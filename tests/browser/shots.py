"""``make shots``: photographs every page on phone and desktop, in light and dark.

    python -m tests.browser.shots [FOLDER] [NAME ...]

Writes ``shots/<name>-<width>-<theme>.png``; names choose pages.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from tests.browser import pages
from tests.browser.chromium import browser
from tests.browser.showroom import furnish
from tests.browser.site import make_services, serving
from tests.databases import create_tables
from tests.podium.factories import PASSWORD, Factory

WIDTHS = {390: 844, 1440: 900}
THEMES = ("light", "dark")


def log_in(context: BrowserContext, site: str, username: str) -> None:
    """Log in by the page, as a person would."""
    page = context.new_page()
    page.goto(f"{site}/log-in")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{site}/")
    page.close()


def photograph(
    opened: Browser,
    site: str,
    folder: Path,
    addresses: Mapping[str, str],
    username: str = "",
) -> int:
    """Photograph the pages in every width and theme; the number of pictures."""
    count = 0
    for theme in THEMES:
        for width, height in WIDTHS.items():
            context = opened.new_context(
                viewport={"width": width, "height": height},
                color_scheme=theme,  # type: ignore[arg-type]  # one of two words
                reduced_motion="reduce",
            )
            if username:
                log_in(context, site, username)
            page = context.new_page()
            for name, address in addresses.items():
                page.goto(site + address)
                page.screenshot(
                    path=folder / f"{name}-{width}-{theme}.png", full_page=True
                )
                count += 1
            context.close()
    return count


def main(arguments: list[str]) -> None:
    """Furnish a site, and photograph the pages that are asked for, or all."""
    folder = Path(arguments[0] if arguments else "shots")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(arguments[1:])

    def asked(addresses: Mapping[str, str]) -> dict[str, str]:
        return {n: a for n, a in addresses.items() if not wanted or n in wanted}

    with tempfile.TemporaryDirectory() as temporary:
        url = f"sqlite:///{temporary}/podium.db"
        create_tables(url)
        services = make_services(Path(temporary), url)
        room = furnish(Factory(services))
        with serving(services) as site, browser() as opened:
            visitors = asked(pages.for_visitors(room))
            count = photograph(opened, site, folder, visitors)
            viewers = asked(pages.for_the_viewer(room))
            if viewers:
                count += photograph(opened, site, folder, viewers, room.viewer.username)
            operators = asked(pages.for_administrators())
            if operators:
                count += photograph(
                    opened, site, folder, operators, room.admin.username
                )
    print(f"{count} pictures in {folder}/")


if __name__ == "__main__":
    main(sys.argv[1:])
