"""The main path in a real browser, from the sign-up to the board."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import PASSWORD, new_name
from tests.live import LivePodium

SLUG = "breast-cancer"
SAMPLE = COMPETITIONS / SLUG / "data/sample_submission.csv"
SCORED_WITHIN_MS = 60_000
PAGE_WITHIN_MS = 30_000

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that must load everything and run without an error."""
    context = chromium.new_context()
    context.set_default_timeout(PAGE_WITHIN_MS)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on(
        "console",
        lambda message: wrong.append(message.text) if message.type == "error" else None,
    )
    yield opened
    context.close()
    assert wrong == []


def sign_up(page: Page, live: LivePodium) -> str:
    name = new_name()
    page.goto(f"{live.url}/sign-up")
    page.fill("[name=username]", name)
    page.fill("[name=email]", f"{name}@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.click("main button[type=submit]")
    expect(page).not_to_have_url(re.compile("/sign-up"))
    return name


def join(page: Page, live: LivePodium) -> None:
    page.goto(f"{live.url}/c/{SLUG}/rules")
    page.locator("main input[type=checkbox]").first.check()
    page.get_by_role("button", name=re.compile("join|accept", re.IGNORECASE)).click()
    expect(page.locator("main")).to_contain_text(re.compile("Submit|team"))


def make_team(page: Page, live: LivePodium, name: str) -> None:
    page.goto(f"{live.url}/c/{SLUG}/team")
    page.fill("main [name=name]", name)
    page.locator("main form:has([name=name]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text(name)


def upload(page: Page, live: LivePodium, file: Path) -> None:
    page.goto(f"{live.url}/c/{SLUG}/submit")
    page.fill("#description", "from the browser")
    page.set_input_files("input[type=file]", str(file))
    page.locator("main form[data-upload] button[type=submit]").click()
    page.wait_for_url(re.compile(f"/c/{SLUG}/submissions/"))


def walk(page: Page, live: LivePodium) -> None:
    """Everything a participant does, on one Podium."""
    user, team = sign_up(page, live), new_name("Team ")
    join(page, live)
    make_team(page, live, team)
    upload(page, live, SAMPLE)
    # The page is never loaded again: what changes here came by itself.
    page.evaluate("document.body.dataset.same = 'yes'")
    expect(page.locator("main")).to_contain_text("0.50000", timeout=SCORED_WITHIN_MS)
    assert page.evaluate("document.body.dataset.same") == "yes"

    page.goto(f"{live.url}/c/{SLUG}/submissions")
    row = page.locator("main tr", has_text=SAMPLE.name)
    expect(row).to_contain_text("0.50000")
    page.goto(f"{live.url}/c/{SLUG}/leaderboard")
    expect(page.locator("main tr", has_text=team)).to_contain_text("0.50000")
    page.goto(f"{live.url}/u/{user}")
    expect(page.locator("main")).to_contain_text(team)


def test_from_the_sign_up_to_the_board(page: Page, live: LivePodium) -> None:
    walk(page, live)


@pytest.mark.docker
def test_the_same_with_scores_made_in_containers(
    page: Page, live_on_docker: LivePodium
) -> None:
    walk(page, live_on_docker)


def test_a_row_of_the_list_changes_without_a_reload(
    page: Page, live: LivePodium
) -> None:
    sign_up(page, live)
    join(page, live)
    worker = live.named("podium.worker")[0]
    worker.suspend()
    try:
        upload(page, live, SAMPLE)
        page.goto(f"{live.url}/c/{SLUG}/submissions")
        page.evaluate("document.body.dataset.same = 'yes'")
        row = page.locator("main tr", has_text=SAMPLE.name)
        expect(row).to_contain_text(re.compile("waiting|queue", re.IGNORECASE))
    finally:
        worker.resume()
    expect(row).to_contain_text("0.50000", timeout=SCORED_WITHIN_MS)
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_a_broken_file_shows_its_faults_without_a_reload(
    page: Page, live: LivePodium, tmp_path: Path
) -> None:
    sign_up(page, live)
    join(page, live)
    broken = tmp_path / "broken.csv"
    lines = SAMPLE.read_text().splitlines()
    lines[2] = lines[2].partition(",")[0] + ",<b>maybe</b>"
    broken.write_text("\n".join(lines[:-3]) + "\n")
    upload(page, live, broken)
    main = page.locator("main")
    expect(main).to_contain_text("<b>maybe</b>", timeout=SCORED_WITHIN_MS)
    expect(main).to_contain_text("3 ids of the sample submission are missing")
    expect(main).to_contain_text(re.compile("line 3|3"))
