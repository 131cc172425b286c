"""A real Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.machine import CHROMIUM_FLAGS, chromium


@contextmanager
def browser() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium(), args=[*CHROMIUM_FLAGS, "--no-first-run"]
        )
        try:
            yield opened
        finally:
            opened.close()
