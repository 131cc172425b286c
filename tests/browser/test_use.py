"""Using the site in a real browser: by keyboard, without scripts, and while it changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from podium.competitions.models import Competition
from podium.competitions.queries import by_slug
from podium.core import clock
from podium.leaderboards import service as leaderboards
from podium.submissions.models import Score, Status, Submission
from tests.browser.conftest import Site
from tests.browser.shots import log_in
from tests.podium.factories import PASSWORD, Factory

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
MAIN = "/c/digits"


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.csv"
    path.write_text("id,y\n" + "1,0.5\n" * 1000)
    return path


@pytest.fixture
def page(site: Site, context: BrowserContext) -> Page:
    """A page of somebody new who has joined and has no team yet."""
    make = Factory(site.services)
    user = make.user()
    make.join(_competition(site), user)
    log_in(context, site.address, user.username)
    return context.new_page()


def _competition(site: Site) -> Competition:
    with site.services.database.session() as session:
        return by_slug(session, "digits")


def _finish(site: Site, public_id: str, public: float) -> None:
    """Score a waiting submission, as the worker would."""
    with site.services.database.session() as session:
        submission = session.query(Submission).filter_by(public_id=public_id).one()
        now = clock.now()
        session.execute(
            update(Score)
            .where(Score.submission_id == submission.id)
            .values(
                status=Status.SCORED, attempt=1, public=public, private=0.1,
                started_at=now, finished_at=now,
            )
        )  # fmt: skip
        leaderboards.refresh_team(
            session, competition=submission.competition, team_id=submission.team_id
        )
        session.commit()


def test_a_file_is_sent_and_its_score_appears_without_reloading(
    site: Site, page: Page, predictions: Path
) -> None:
    page.goto(f"{site.address}{MAIN}/submit")
    page.fill("#description", "From a browser")
    page.set_input_files("#file", predictions)
    expect(page.locator("[data-chosen]")).to_have_text("predictions.csv (6.0 kB)")
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/submissions/\w+$"))
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("in line")
    page.evaluate("window.same = true")
    _finish(site, page.url.rsplit("/", 1)[1], 0.12345)
    expect(outcome).to_contain_text("0.12345", timeout=10_000)
    expect(outcome).to_contain_text("Scored")
    assert page.evaluate("window.same")
    assert outcome.get_attribute("hx-trigger") is None


def test_a_row_of_the_list_changes_without_reloading(
    site: Site, page: Page, predictions: Path
) -> None:
    page.goto(f"{site.address}{MAIN}/submit")
    page.set_input_files("#file", predictions)
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/submissions/\w+$"))
    public_id = page.url.rsplit("/", 1)[1]
    page.goto(f"{site.address}{MAIN}/submissions")
    row = page.locator(f"#s-{public_id}")
    expect(row).to_contain_text("Waiting")
    page.evaluate("window.same = true")
    _finish(site, public_id, 0.54321)
    expect(row).to_contain_text("0.54321", timeout=10_000)
    assert page.evaluate("window.same")


def test_a_refusal_is_told_on_the_page_of_the_form(
    site: Site, page: Page, predictions: Path
) -> None:
    page.goto(f"{site.address}{MAIN}/submit")
    page.click("main form button[type=submit]")
    assert page.evaluate("document.querySelector('#file').validity.valueMissing")
    with site.services.database.session() as session:
        held = session.merge(_competition(site))
        most, held.submission_max_bytes = held.submission_max_bytes, 100
        session.commit()
    try:
        page.set_input_files("#file", predictions)
        page.click("main form button[type=submit]")
        fault = page.locator("[data-fault]")
        expect(fault).to_contain_text("this competition takes up to")
        expect(page.locator("main form button[type=submit]")).to_be_enabled()
    finally:
        with site.services.database.session() as session:
            session.merge(_competition(site)).submission_max_bytes = most
            session.commit()


def test_everything_works_without_scripts(
    site: Site, chromium: Browser, predictions: Path
) -> None:
    user = Factory(site.services).user()
    context = chromium.new_context(java_script_enabled=False)
    log_in(context, site.address, user.username)
    page = context.new_page()
    page.goto(f"{site.address}{MAIN}/rules")
    page.check("#accept")
    page.click("#join button")
    assert page.url.endswith(f"{MAIN}/data")
    page.get_by_role("link", name="Submit", exact=True).click()
    page.set_input_files("#file", predictions)
    page.click("main form[enctype] button[type=submit]")
    assert re.search(r"/submissions/\w+$", page.url)
    assert "in line" in page.locator("#outcome").inner_text()
    context.close()


def test_the_keyboard_reaches_everything(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(site.address)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#p-search")).to_be_focused()
    page.keyboard.type("digits")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=digits"))
    page.goto(f"{site.address}/log-in")
    page.focus("[name=login]")
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    menu = page.locator("details.menu > summary")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".menu-list")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".menu-list a:visible").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".menu-list")).to_be_hidden()
    expect(menu).to_be_focused()


def test_focus_is_always_visible(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.address}{MAIN}")
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => {
                const on = document.activeElement;
                const card = on.closest('.contest') ?? on;
                return [getComputedStyle(on).outlineStyle, getComputedStyle(card).outlineStyle];
            }"""
        )
        assert "solid" in style


def test_the_theme_follows_the_system_until_somebody_chooses(
    site: Site, chromium: Browser
) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(site.address)
    theme = "document.documentElement.dataset.bsTheme"
    assert page.evaluate(theme) == "dark"
    page.click("[data-theme-toggle]")
    assert page.evaluate(theme) == "light"
    page.goto(f"{site.address}/competitions")
    assert page.evaluate(theme) == "light"
    toggle = page.locator("[data-theme-toggle]")
    expect(toggle).to_have_attribute("aria-label", "Use the dark theme")
    context.close()


def test_without_scripts_the_system_decides_the_theme(
    site: Site, chromium: Browser
) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        context = chromium.new_context(java_script_enabled=False, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(site.address)
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert len(colours) == 2


def test_times_are_the_readers(site: Site, chromium: Browser) -> None:
    context = chromium.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.address}{MAIN}")
    opens = page.locator(".timeline time").first
    expect(opens).to_have_text("1 Jan 2026, 09:00")
    expect(opens).to_have_attribute("title", "1 Jan 2026, 00:00 UTC")
    context.close()


def test_somebody_asks_to_join_a_team_and_its_leader_lets_them_in(
    site: Site, page: Page, chromium: Browser
) -> None:
    make = Factory(site.services)
    leader = make.user()
    team = make.team(_competition(site), leader, name="The Open Doors")
    context = chromium.new_context()
    log_in(context, site.address, leader.username)
    theirs = context.new_page()
    theirs.goto(f"{site.address}{MAIN}/team")
    theirs.get_by_role("button", name="Take requests").click()
    page.goto(f"{site.address}/t/{team.public_id}")
    page.get_by_label("Message to its leader").fill("I know splines.")
    page.get_by_role("button", name="Ask to join").click()
    expect(page.locator("main")).to_contain_text("You asked to join")
    theirs.goto(f"{site.address}/invitations")
    theirs.get_by_role("link", name="Answer").click()
    expect(theirs.locator("main")).to_contain_text("I know splines.")
    theirs.get_by_role("button", name="Let in").click()
    expect(theirs.locator("main")).to_contain_text("is now in your team.")
    page.reload()
    expect(page.locator("#p-team")).to_have_text("The Open Doors")
    context.close()
