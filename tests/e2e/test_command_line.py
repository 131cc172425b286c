"""The main path from a terminal: log in, join, download, train, submit, see the score."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sklearn.metrics import roc_auc_score

from podium.core.db import Database
from podium.core.keys import receipt_key
from podium.receipts import verification
from podium.settings import Settings
from tests.e2e.conftest import COMPETITIONS, SLUGS
from tests.e2e.people import PASSWORD, Participant, new_name
from tests.live import LivePodium

SLUG = "breast-cancer"
MODEL = Path(__file__).with_name("ten_lines.py")
EXIT_REFUSED, EXIT_NO_SCORE, EXIT_NOT_LOGGED_IN = 1, 4, 6


class Terminal:
    """A participant at a terminal with a home folder and the folder of the data."""

    def __init__(self, live: LivePodium, home: Path) -> None:
        self.live, self.home = live, home
        self.data = home / "data"
        self.data.mkdir()

    def podium(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.live.podium(self.home, *arguments)

    def json(self, *arguments: str, code: int = 0) -> Any:
        answer = self.podium(*arguments, "--json")
        assert answer.returncode == code, answer.stdout + answer.stderr
        return json.loads(answer.stdout)

    def log_in(self, person: Participant) -> Any:
        return self.json("login", self.live.url, "--token", person.token)


@pytest.fixture
def terminal(live: LivePodium, tmp_path: Path) -> Terminal:
    return Terminal(live, tmp_path)


@pytest.fixture
def logged_in(terminal: Terminal, anna: Participant) -> Terminal:
    terminal.log_in(anna)
    return terminal


def truth(usage: str) -> dict[str, int]:
    """The labels of one split, by id."""
    with (COMPETITIONS / SLUG / "solution.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {row["id"]: int(row["malignant"]) for row in rows if row["Usage"] == usage}


def auc(predictions: Path, usage: str) -> float:
    """What scikit-learn says of a file."""
    with predictions.open() as file:
        chances = {row["id"]: float(row["malignant"]) for row in csv.DictReader(file)}
    labels = truth(usage)
    return float(
        roc_auc_score(list(labels.values()), [chances[each] for each in labels])
    )


def test_from_the_log_in_to_the_board(
    terminal: Terminal, anna: Participant, live: LivePodium
) -> None:
    assert terminal.log_in(anna) == {"url": live.url, "username": anna.username}
    listed = terminal.json("competitions")["items"]
    assert set(SLUGS) <= {each["slug"] for each in listed}
    assert terminal.podium("join", SLUG, "--yes").returncode == 0

    files = terminal.json("download", SLUG, "--path", str(terminal.data))["files"]
    assert {Path(each["path"]).name for each in files} == {
        "train.csv", "test.csv", "sample_submission.csv",
    }  # fmt: skip
    folder = Path(files[0]["path"]).parent
    subprocess.run([sys.executable, str(MODEL)], cwd=folder, check=True, timeout=120)
    predictions = folder / "predictions.csv"

    sent = terminal.json("submit", SLUG, "-f", str(predictions), "-m", "ten", "--wait")
    assert sent["status"] == "scored"
    assert sent["public_score"] == round(auc(predictions, "Public"), 5)
    assert sent["public_score"] > 0.95
    assert sent["private_score"] is None

    mine = terminal.json("submissions", SLUG)["items"]
    assert [(each["id"], each["description"]) for each in mine] == [(sent["id"], "ten")]
    board = terminal.json("leaderboard", SLUG)
    assert board["me"]["team"]["id"] == sent["team"]["id"]
    assert board["me"]["score"] == sent["public_score"]


def test_a_receipt_is_kept_and_checked_at_home(
    logged_in: Terminal, live: LivePodium, tmp_path: Path
) -> None:
    logged_in.podium("join", SLUG, "--yes")
    sample = COMPETITIONS / SLUG / "data/sample_submission.csv"
    sent = logged_in.json("submit", SLUG, "-f", str(sample), "--wait")
    kept, key, chain = (
        str(tmp_path / name) for name in ("receipt.json", "key.json", "chain.jsonl")
    )
    said = httpx.get(f"{live.url}/.well-known/podium-receipts")
    Path(key).write_bytes(said.content)
    assert logged_in.podium("receipt", sent["id"], "-o", kept).returncode == 0
    assert logged_in.podium("chain", SLUG, "-o", chain).returncode == 0
    given = ("--key", key, "--chain", chain, "--submission", str(sample))
    solution = COMPETITIONS / SLUG / "solution.csv"
    found = logged_in.json(
        "verify", kept, *given, "--solution", str(solution), "--sample", str(sample)
    )
    assert found["sound"] is True
    assert len(found["proved"]) == 4  # signature, key, file, public score
    changed = json.loads(Path(kept).read_text())
    changed["statement"]["public"] = 0.99
    Path(kept).write_text(json.dumps(changed))
    assert logged_in.podium("verify", kept, *given).returncode == EXIT_NO_SCORE


def test_the_operator_finds_the_chain_sound(
    live: LivePodium, anna: Participant
) -> None:
    sample = COMPETITIONS / SLUG / "data/sample_submission.csv"
    anna.enter(SLUG)
    assert anna.outcome(anna.send(SLUG, sample.read_bytes()))["status"] == "scored"
    settings = Settings(data_dir=live.data_dir)
    database = Database(settings.database)
    keys = {receipt_key(settings).public}
    found = verification.verify(database, slug=SLUG, keys=keys)
    database.dispose()
    assert found.faults == []
    assert found.receipts > 0


def test_the_same_for_people_who_read(logged_in: Terminal) -> None:
    assert logged_in.podium("join", SLUG, "--yes").returncode == 0
    sample = COMPETITIONS / SLUG / "data/sample_submission.csv"
    answer = logged_in.podium("submit", SLUG, "-f", str(sample), "--wait")
    assert answer.returncode == 0, answer.stderr
    assert "0.5" in answer.stdout
    board = logged_in.podium("leaderboard", SLUG)
    assert board.returncode == 0
    assert "*" in board.stdout
    assert logged_in.podium("submissions", SLUG).stdout.count("scored") == 1


def test_the_token_is_for_its_owner_alone(logged_in: Terminal) -> None:
    kept = [path for path in logged_in.home.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert kept[0].stat().st_uid == os.getuid()


def test_who_is_not_logged_in_is_told_so(terminal: Terminal, live: LivePodium) -> None:
    answer = terminal.podium("submissions", SLUG)
    assert answer.returncode == EXIT_NOT_LOGGED_IN
    assert "podium login" in answer.stderr
    wrong = terminal.podium("login", live.url, "--token", "podium_wrong")
    assert wrong.returncode == EXIT_NOT_LOGGED_IN
    assert "Traceback" not in wrong.stderr


def test_a_file_without_a_score_has_its_own_exit_code(
    logged_in: Terminal, tmp_path: Path
) -> None:
    logged_in.podium("join", SLUG, "--yes")
    broken = tmp_path / "broken.csv"
    broken.write_text("id,malignant\n1,maybe\n")
    answer = logged_in.podium("submit", SLUG, "-f", str(broken), "--wait")
    assert answer.returncode == EXIT_NO_SCORE
    assert "maybe" in answer.stdout
    found = logged_in.json(
        "submit", SLUG, "-f", str(broken), "--wait", code=EXIT_NO_SCORE
    )
    assert {fault["kind"] for fault in found["errors"]} == {
        "not_a_number", "missing_id",
    }  # fmt: skip


def test_the_servers_sentence_reaches_the_terminal(
    logged_in: Terminal, live: LivePodium
) -> None:
    sample = COMPETITIONS / SLUG / "data/sample_submission.csv"
    answer = logged_in.podium("submit", SLUG, "-f", str(sample))
    assert answer.returncode == EXIT_REFUSED
    assert "rules" in answer.stderr
    unknown = logged_in.json("leaderboard", "brest-cancer", code=EXIT_REFUSED)
    assert "breast-cancer" in unknown["error"]["detail"]


def test_the_daily_limit_ends_with_a_sentence(
    logged_in: Terminal, live: LivePodium
) -> None:
    logged_in.podium("join", SLUG, "--yes")
    sample = COMPETITIONS / SLUG / "data/sample_submission.csv"
    for _ in range(5):
        logged_in.json("submit", SLUG, "-f", str(sample))
    refused = logged_in.json("submit", SLUG, "-f", str(sample), code=EXIT_REFUSED)
    assert "for today" in refused["error"]["detail"]
    assert "00:00 UTC" in refused["error"]["detail"]


def test_an_operators_token_logs_its_user_in(
    terminal: Terminal, live: LivePodium
) -> None:
    name = new_name()
    options = ("--email", f"{name}@example.org", "--password", PASSWORD)
    added = live.server("user", "add", name, *options)
    assert added.returncode == 0, added.stderr
    made = live.server("token", name)
    assert made.returncode == 0, made.stderr
    found = terminal.json("login", live.url, "--token", made.stdout.strip())
    assert found["username"] == name
