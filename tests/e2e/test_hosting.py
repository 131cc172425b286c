"""An organizer on a running Podium: from a terminal and in a real browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import COMPETITIONS, SLUGS, wait_until_ready
from tests.e2e.people import PASSWORD, Participant, new_name
from tests.e2e.test_command_line import EXIT_NO_SCORE, EXIT_REFUSED, Terminal
from tests.live import LivePodium, wait_for

SCORED_WITHIN_MS = 60_000


@pytest.fixture
def terminal(live: LivePodium, tmp_path: Path) -> Terminal:
    """A terminal of somebody who is logged in."""
    made = Terminal(live, tmp_path)
    made.log_in(Participant(live.url).sign_up())
    return made


def renamed(slug: str, folder: Path) -> tuple[Path, str]:
    """A shipped bundle under an address of its own."""
    shutil.copytree(COMPETITIONS / slug, folder)
    new = new_name(f"{slug}-")
    manifest = folder / "competition.yaml"
    manifest.write_text(
        manifest.read_text().replace(f"slug: {slug}", f"slug: {new}", 1)
    )
    return folder, new


def contents(folder: Path, names: set[str]) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}


def test_from_an_empty_folder_to_a_score(
    terminal: Terminal, live: LivePodium, tmp_path: Path
) -> None:
    folder = tmp_path / new_name("made-")
    slug = folder.name
    made = terminal.json("competition", "init", str(folder))
    assert "competition.yaml" in made["files"]
    assert terminal.json("competition", "check", str(folder))["faults"] == []
    again = terminal.podium("competition", "init", str(folder))
    assert (again.returncode, "is not empty" in again.stderr) == (EXIT_REFUSED, True)
    pushed = terminal.json("competition", "push", str(folder))
    assert (pushed["created"], pushed["launched"], pushed["can_launch"]) == (
        True,
        False,
        True,
    )
    marks = {item["name"]: item["mark"] for item in pushed["checklist"]}
    assert {mark for name, mark in marks.items() if name != "Linter"} == {"done"}
    stranger = Participant(live.url).sign_up()
    assert stranger.ask("GET", f"/competitions/{slug}").status_code == 404
    status = terminal.podium("competition", "status", slug)
    assert f"podium competition launch {slug}" in status.stdout + status.stderr
    terminal.json("competition", "launch", slug)
    stranger.enter(slug)
    solution = (folder / "solution.csv").read_text().splitlines()
    perfect = "\n".join(line.rpartition(",")[0] for line in solution) + "\n"
    sent = stranger.send(slug, perfect.encode())
    assert stranger.outcome(sent)["public_score"] == 0.0


def test_a_draft_is_linted_in_the_sandbox_for_its_host(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder, slug = renamed("wine", tmp_path / "wine")
    solution = (folder / "solution.csv").read_text().splitlines()
    answers = [line.rpartition(",")[0] for line in solution]
    test = folder / "data/test.csv"
    rows = [
        f"{row},{answer.partition(',')[2]}"
        for row, answer in zip(test.read_text().splitlines(), answers, strict=True)
    ]
    test.write_text("\n".join(rows) + "\n")
    terminal.json("competition", "push", str(folder))

    def found() -> set[str]:
        status = terminal.json("competition", "status", slug)
        return {
            finding["code"]
            for item in status["checklist"]
            for finding in item["findings"]
        }

    assert "test-has-target" in wait_for(found, "the linter's findings")


def test_faults_are_told_at_home_and_nothing_is_sent(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder, slug = renamed("wine", tmp_path / "wine")
    manifest = folder / "competition.yaml"
    text = manifest.read_text()
    manifest.write_text(
        text.replace("kind: pre", "kind: pro").replace("title:", "tilte:")
    )
    found = terminal.json("competition", "check", str(folder), code=EXIT_NO_SCORE)
    assert {fault["file"] for fault in found["faults"]} == {"competition.yaml"}
    assert all(fault["line"] for fault in found["faults"])
    pushed = terminal.podium("competition", "push", str(folder))
    assert pushed.returncode == EXIT_NO_SCORE
    assert "competition.yaml:2: " in pushed.stdout + pushed.stderr
    refused = terminal.podium("competition", "status", slug)
    assert refused.returncode == EXIT_REFUSED


@pytest.mark.parametrize("shipped", SLUGS)
def test_every_shipped_bundle_goes_round_unchanged(
    terminal: Terminal, tmp_path: Path, shipped: str
) -> None:
    folder, slug = renamed(shipped, tmp_path / "sent")
    assert terminal.json("competition", "push", str(folder))["created"] is True
    back = tmp_path / "back"
    pulled = terminal.json("competition", "pull", slug, str(back))
    names = set(pulled["files"])
    assert contents(back, names) == contents(folder, names)
    again = terminal.json("competition", "push", str(back))
    assert (again["created"], again["changes"]) == (False, [])
    assert terminal.podium("competition", "delete", slug, "--yes").returncode == 0
    listed = terminal.json("competition", "list")["items"]
    assert slug not in {item["slug"] for item in listed}


def _sign_up(page: Page, live: LivePodium) -> str:
    name = new_name()
    page.goto(f"{live.url}/sign-up")
    page.fill("[name=username]", name)
    page.fill("[name=email]", f"{name}@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.click("main button[type=submit]")
    expect(page).not_to_have_url(re.compile("/sign-up"))
    return name


@pytest.mark.browser
def test_a_hosts_path_in_a_browser(
    live: LivePodium, chromium: Browser, tmp_path: Path
) -> None:
    rows = [f"{n},{n % 2}" for n in range(400)]
    files: dict[str, Any] = {
        "solution": "\n".join(["id,odd", *rows, ""]),
        "sample": "\n".join(["id,odd", *(f"{n},0" for n in range(400)), ""]),
        "data": "id,x,odd\n900,1,0\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    page = context.new_page()
    _sign_up(page, live)
    title = new_name("Odd numbers ")
    page.goto(f"{live.url}/host")
    page.get_by_role("link", name="New competition").first.click()
    page.fill("[name=title]", title)
    page.select_option("[name=split]", "stratified")
    for name in files:
        page.set_input_files(f"[name={name}]", tmp_path / f"{name}.csv")
    page.get_by_role("button", name="Make the draft").click()
    # A field was left out; the files are not to be chosen again.
    expect(page.locator("main")).to_contain_text("Say the task in one sentence.")
    expect(page.locator("main")).to_contain_text("Kept from before: solution.csv")
    for name, text in {
        "subtitle": "Say which are odd.",
        "tags": "numbers",
        "source_name": "Arithmetic",
        "source_url": "https://example.org/numbers",
        "citation": "Numbers, 2026.",
        "evaluation": "Accuracy.",
        "data_page": "Numbers.",
    }.items():
        page.fill(f"[name={name}]", text)
    page.get_by_role("button", name="Make the draft").click()
    expect(page).to_have_url(re.compile("/c/odd-numbers-[^/]*/host$"))
    inside = page.url
    expect(page.locator("#p-state")).to_contain_text(
        "120 public and 280 private rows.", timeout=SCORED_WITHIN_MS
    )
    page.get_by_role("link", name="pages/description.md").click()
    page.fill("[name=text]", "Which numbers are **odd**?")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("strong", has_text="odd")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(inside)
    page.get_by_role("button", name="Launch").click()
    expect(page.locator("main")).to_contain_text("It is launched.")
    slug = inside.split("/")[-2]
    wait_until_ready(live, slug)
    person = Participant(live.url).sign_up().enter(slug)
    sent = person.send(slug, "\n".join(["id,odd", *rows, ""]).encode())
    assert person.outcome(sent)["public_score"] == 1.0
    page.reload()
    expect(page.locator("main")).to_contain_text("Scored")
    context.close()
