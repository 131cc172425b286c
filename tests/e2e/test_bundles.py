"""Importing competitions on a running Podium: refused whole, repeated, and corrected."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMPETITIONS, wait_until_ready
from tests.e2e.people import Participant, new_name
from tests.live import LivePodium, wait_for


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The wine competition under a slug of its own."""
    folder = tmp_path / "bundle"
    shutil.copytree(COMPETITIONS / "wine", folder)
    slug = new_name("wine-")
    edit(folder, lambda text: text.replace("slug: wine", f"slug: {slug}"))
    return folder


def edit(folder: Path, change: Callable[[str], str]) -> None:
    file = folder / "competition.yaml"
    before = file.read_text()
    after = change(before)
    assert after != before
    file.write_text(after)


def slug_of(folder: Path) -> str:
    first = (folder / "competition.yaml").read_text().splitlines()[0]
    return first.removeprefix("slug: ")


def solution(folder: Path) -> list[list[str]]:
    with (folder / "solution.csv").open() as file:
        return list(csv.reader(file))


def write_solution(folder: Path, rows: list[list[str]]) -> None:
    with (folder / "solution.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def perfect(folder: Path) -> bytes:
    """The file that has every label right."""
    rows = [",".join(row[:2]) for row in solution(folder)]
    return ("\n".join(rows) + "\n").encode()


def test_a_faulty_bundle_is_refused_with_all_its_faults(
    live: LivePodium, bundle: Path
) -> None:
    edit(bundle, lambda text: text.replace("title: ", "tilte: "))
    edit(bundle, lambda text: text.replace("per_day: 5", "per_day: many"))
    edit(bundle, lambda text: text.replace("time_zone: Etc/UTC", "time_zone: Mars"))
    rows = solution(bundle)
    rows[3][-1] = "Pubic"
    write_solution(bundle, rows)
    (bundle / "pages/rules.md").unlink()
    answer = live.server("import-bundle", str(bundle))
    assert answer.returncode == 1
    said = answer.stderr.splitlines()
    assert any(
        "tilte" in line and line.startswith("competition.yaml:2:") for line in said
    )
    assert any("per_day" in line or "many" in line for line in said)
    assert any("Mars" in line for line in said)
    assert any("Pubic" in line and line.startswith("solution.csv:4:") for line in said)
    assert any("pages/rules.md" in line for line in said)
    assert "nothing of it was imported" in answer.stderr
    assert "Traceback" not in answer.stderr
    missing = Participant(live.url).ask("GET", f"/competitions/{slug_of(bundle)}")
    assert missing.status_code == 404


def test_importing_again_changes_nothing(live: LivePodium, bundle: Path) -> None:
    first = live.server("import-bundle", str(bundle))
    again = live.server("import-bundle", str(bundle))
    assert (first.returncode, again.returncode) == (0, 0)
    assert first.stdout == f"{slug_of(bundle)}: imported\n"
    assert again.stdout == f"{slug_of(bundle)}: nothing changed\n"


def test_a_corrected_solution_scores_everything_anew(
    live: LivePodium, bundle: Path
) -> None:
    slug = slug_of(bundle)
    assert live.server("import-bundle", str(bundle)).returncode == 0
    wait_until_ready(live, slug)
    team = Participant(live.url).sign_up().enter(slug)
    file = perfect(bundle)
    sent = team.outcome(team.send(slug, file))
    assert sent["public_score"] == 1.0

    rows = solution(bundle)
    for row in rows[1:]:
        if row[-1] == "Public" and row[1] == "class_0":
            row[1] = "class_2"
    write_solution(bundle, rows)
    answer = live.server("import-bundle", str(bundle))
    assert answer.stdout == f"{slug}: changed revision 2\n"

    def rescored() -> Any:
        found = team.call("GET", f"/submissions/{sent['id']}")
        return found["public_score"] != 1.0 and found

    found = wait_for(rescored, "the scores by the new solution")
    assert found["status"] == "scored"
    board = team.call("GET", f"/competitions/{slug}/leaderboard")["items"]
    assert [row["score"] for row in board] == [found["public_score"]]
    assert found["public_score"] < 1.0
    assert team.left_today(slug) == 4
