"""Kaggle's own programs, unmodified, against a live Podium: every verb they have.

The newest command line reaches it through a proxy's address (its own LOCALHOST setting
knows port 80 only) and through ``podium kaggle``; the last of the old ones by
KAGGLE_API_ENDPOINT; the library kagglehub like the newest command line.
"""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import Participant, new_name
from tests.live import LivePodium
from tests.machine import kaggle_clients

pytestmark = pytest.mark.kaggle
SLUG = "breast-cancer"
DATA = COMPETITIONS / SLUG / "data"
FILES = ("sample_submission.csv", "test.csv", "train.csv")
# Every verb of `kaggle competitions --help`: what shows it, or why Podium has it not.
VERBS = {
    "list": "test_competitions_are_listed",
    "files": "test_files_are_listed",
    "download": "test_files_come_byte_for_byte",
    "submit": "test_a_submission_gets_its_score",
    "submissions": "test_a_submission_gets_its_score",
    "submission": "test_a_submission_gets_its_score",
    "submission-download": "test_a_submission_gets_its_score",
    "submission-limits": "test_limits_are_the_sites",
    "leaderboard": "test_the_board_is_the_sites",
    "team-submissions": "test_the_board_is_the_sites",
    "pages": "test_pages_hosts_and_topics_answer",
    "hosts": "test_pages_hosts_and_topics_answer",
    "topics": "test_pages_hosts_and_topics_answer",
    "topic-messages": "no discussions",
    "episodes": "no simulations",
    "replay": "no simulations",
    "logs": "no simulations",
    "init": "makes a folder on this machine only",
    "create": "organizers use bundles",
    "data": "organizers use bundles",
    "settings": "organizers use bundles",
    "solution": "organizers use bundles",
    "launch": "organizers use bundles",
    "host-add": "organizers use bundles",
}


# Without the files that they take, these end before they ask the server.
LOCAL_FIRST = {"create", "data"}


@dataclass(frozen=True)
class Client:
    """One of Kaggle's programs, with a home of its own and a participant's token."""

    live: LivePodium
    person: Participant
    home: Path

    @property
    def token(self) -> str:
        return self.person.token

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            **self.settings(),
        }

    def settings(self) -> dict[str, str]:
        return {
            "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
            "HTTP_PROXY": self.live.url,
            "http_proxy": self.live.url,
            "KAGGLE_CONFIG_DIR": str(self.home / "kaggle"),
            "KAGGLE_API_TOKEN": self.token,
        }

    def program(self) -> list[str]:
        return [str(kaggle_clients() / "newest/bin/kaggle")]

    def run(self, *arguments: str, code: int | None = 0) -> str:
        ran = subprocess.run(
            [*self.program(), *arguments],
            cwd=self.home,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = ran.stdout + ran.stderr
        if code is not None:
            assert ran.returncode == code, said
        return said

    def rows(self, *arguments: str) -> list[dict[str, str]]:
        """A table that the program prints as CSV."""
        text = self.run(*arguments, "-v")
        header = next(i for i, line in enumerate(text.splitlines()) if "," in line)
        return list(csv.DictReader(io.StringIO("\n".join(text.splitlines()[header:]))))


class Launcher(Client):
    """The same program behind ``podium kaggle``."""

    def settings(self) -> dict[str, str]:
        return {
            "PODIUM_URL": self.live.url,
            "PODIUM_TOKEN": self.token,
            "PODIUM_CONFIG_DIR": str(self.home / "podium"),
            "PYTHONPATH": os.pathsep.join(
                str(COMPETITIONS.parent / folder) for folder in ("platform", "scorer")
            ),
        }

    def program(self) -> list[str]:
        python = str(COMPETITIONS.parent / ".venv/bin/python")
        site = next((kaggle_clients() / "newest/lib").glob("python*/site-packages"))
        code = (
            f"import sys; sys.path.append({str(site)!r}); sys.argv[0] = 'podium';"
            "from podium_cli.main import main; main()"
        )
        return [python, "-c", code, "kaggle"]


class Old(Client):
    """The last command line of the older layout."""

    def settings(self) -> dict[str, str]:
        return {
            "KAGGLE_API_ENDPOINT": self.live.url,
            "KAGGLE_CONFIG_DIR": str(self.home / "kaggle"),
            "KAGGLE_USERNAME": self.person.username,
            "KAGGLE_KEY": self.token,
        }

    def program(self) -> list[str]:
        return [str(kaggle_clients() / "oldest/bin/kaggle")]


@pytest.fixture(params=[Client, Launcher, Old], ids=["newest", "launcher", "old"])
def kaggle(request: pytest.FixtureRequest, live: LivePodium, tmp_path: Path) -> Client:
    person = Participant(live.url).sign_up()
    person.enter(SLUG, team=new_name("Team "))
    found: Client = request.param(live, person, tmp_path)
    return found


@pytest.fixture
def newest(live: LivePodium, tmp_path: Path) -> Client:
    person = Participant(live.url).sign_up()
    person.enter(SLUG, team=new_name("Team "))
    return Client(live, person, tmp_path)


def predictions(client: Client) -> Path:
    path = client.home / "mine.csv"
    path.write_bytes((DATA / "sample_submission.csv").read_bytes())
    return path


def test_every_verb_stands_in_the_table(newest: Client) -> None:
    text = newest.run("competitions", "--help")
    verbs = re.search(r"\{([a-z,-]+)\}", text)
    assert verbs is not None
    assert set(verbs[1].split(",")) == set(VERBS)
    tests = {shown for shown in VERBS.values() if shown.startswith("test_")}
    assert tests <= set(globals())


@pytest.mark.parametrize(
    "verb", [verb for verb, shown in VERBS.items() if "organizers" in shown]
)
def test_a_verb_that_podium_has_not_ends_with_a_sentence(
    newest: Client, verb: str
) -> None:
    arguments = {
        "create": ["-p", "."],
        "data": ["update", SLUG, "-p", ".", "-m", "x"],
        "settings": ["get", SLUG],
        "solution": ["status", SLUG],
        "launch": [SLUG],
        "host-add": [SLUG, "-u", "ada", "-y"],
    }
    said = newest.run("competitions", verb, *arguments[verb], code=None)
    assert "Traceback" not in said
    if verb not in LOCAL_FIRST:
        assert "/help/kaggle" in said


def test_competitions_are_listed(kaggle: Client) -> None:
    rows = kaggle.rows("competitions", "list")
    found = next(row for row in rows if row["ref"].endswith(f"/c/{SLUG}"))
    assert found["userHasEntered"] == "True"
    assert found["deadline"] == "2030-12-31 23:59:59"


def test_files_are_listed(kaggle: Client) -> None:
    assert {row["name"] for row in kaggle.rows("competitions", "files", SLUG)} == set(
        FILES
    )


def test_files_come_byte_for_byte(kaggle: Client) -> None:
    kaggle.run("competitions", "download", SLUG, "-f", "train.csv")
    assert (kaggle.home / "train.csv").read_bytes() == (DATA / "train.csv").read_bytes()
    kaggle.run("competitions", "download", SLUG)
    with zipfile.ZipFile(kaggle.home / f"{SLUG}.zip") as archive:
        for name in FILES:
            assert archive.read(name) == (DATA / name).read_bytes()


def test_a_download_is_resumed(newest: Client) -> None:
    newest.run("competitions", "download", SLUG, "-f", "train.csv")
    path, whole = newest.home / "train.csv", (DATA / "train.csv").read_bytes()
    moment = path.stat().st_mtime
    path.write_bytes(whole[:1000])
    os.utime(path, (moment, moment))
    newest.run("competitions", "download", SLUG, "-f", "train.csv")
    assert path.read_bytes() == whole


def test_a_submission_gets_its_score(kaggle: Client) -> None:
    mine = predictions(kaggle)
    wait = () if isinstance(kaggle, Old) else ("--wait", "60")
    said = kaggle.run(
        "competitions", "submit", SLUG, "-f", str(mine), "-m", "größer", *wait
    )
    assert "Successfully submitted" in said
    [sent] = kaggle.person.call("GET", f"/competitions/{SLUG}/submissions")["items"]
    scored = kaggle.person.outcome(sent)
    [row] = kaggle.rows("competitions", "submissions", SLUG)
    assert row["description"] == "größer"
    assert float(row["publicScore"]) == pytest.approx(scored["public_score"], abs=1e-5)
    assert row["privateScore"] == ""
    if isinstance(kaggle, Old):
        return
    assert "COMPLETE" in kaggle.run("competitions", "submission", row["ref"])
    mine.unlink()
    kaggle.run("competitions", "submission-download", row["ref"])
    assert mine.read_bytes() == (DATA / "sample_submission.csv").read_bytes()


def test_a_rejected_file_says_why(newest: Client) -> None:
    mine = predictions(newest)
    mine.write_text("id,wrong\n1,0.5\n")
    said = newest.run(
        "competitions",
        "submit",
        SLUG,
        "-f",
        str(mine),
        "-m",
        "",
        "--wait",
        "60",
        code=1,
    )
    assert "is missing" in said
    assert "is not expected" in said


def test_limits_are_the_sites(newest: Client) -> None:
    said = newest.run("competitions", "submission-limits", SLUG)
    left = newest.person.call("GET", f"/competitions/{SLUG}")["me"]
    assert f"Remaining today: {left['submissions_left_today']}" in said


def test_the_board_is_the_sites(kaggle: Client) -> None:
    mine = predictions(kaggle)
    kaggle.run("competitions", "submit", SLUG, "-f", str(mine), "-m", "x")
    [sent] = kaggle.person.call("GET", f"/competitions/{SLUG}/submissions")["items"]
    kaggle.person.outcome(sent)
    board = kaggle.person.call("GET", f"/competitions/{SLUG}/leaderboard")["items"]
    shown = kaggle.rows("competitions", "leaderboard", SLUG, "--show")
    assert [row["teamName"] for row in shown] == [
        entry["team"]["name"] for entry in board[: len(shown)]
    ]
    kaggle.run("competitions", "leaderboard", SLUG, "--download")
    with zipfile.ZipFile(kaggle.home / f"{SLUG}.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["Rank"]) for row in rows] == [entry["rank"] for entry in board]
    if not isinstance(kaggle, Old):
        best = kaggle.rows("competitions", "team-submissions", shown[0]["teamId"])
        assert best[0]["publicScore"] == shown[0]["score"]


def test_pages_hosts_and_topics_answer(newest: Client) -> None:
    newest.run("config", "set", "-n", "competition", "-v", SLUG)
    assert "rules" in newest.run("competitions", "pages", "list")
    assert "Taking part" in newest.run(
        "competitions", "pages", "list", "--content", "--page-name", "rules"
    )
    assert "No hosts found" in newest.run("competitions", "hosts", SLUG)
    assert "No topics found" in newest.run("competitions", "topics", "list", SLUG)


def test_who_has_not_accepted_the_rules_is_told_so(
    live: LivePodium, tmp_path: Path
) -> None:
    stranger = Client(live, Participant(live.url).sign_up(), tmp_path)
    said = stranger.run(
        "competitions",
        "submit",
        SLUG,
        "-f",
        str(predictions(stranger)),
        "-m",
        "x",
        code=None,
    )
    assert "rules" in said


def test_the_launcher_sends_no_token_that_is_not_podiums(
    live: LivePodium, tmp_path: Path
) -> None:
    person = Participant(live.url, token="KGAT_0123456789abcdef")
    said = Launcher(live, person, tmp_path).run("competitions", "list", code=1)
    assert "might be your Kaggle key" in said


def test_the_launcher_reads_no_key_of_a_kaggle_account(
    live: LivePodium, tmp_path: Path
) -> None:
    home = tmp_path / ".kaggle"
    home.mkdir()
    (home / "access_token").write_text("KGAT_secret")
    person = Participant(live.url, token="podium_not-valid")
    said = Launcher(live, person, tmp_path).run("competitions", "list", code=6)
    assert "not valid" in said
    assert "KGAT_secret" not in live.log("web")


def test_kagglehub_downloads_a_competition(newest: Client) -> None:
    code = (
        "import kagglehub, pathlib;"
        f"print('at', kagglehub.competition_download({SLUG!r}))"
    )
    environment = newest.environment() | {
        "KAGGLE_USERNAME": newest.person.username,
        "KAGGLE_KEY": newest.token,
    }
    ran = subprocess.run(
        [str(kaggle_clients() / "newest/bin/python"), "-c", code],
        env=environment,
        cwd=newest.home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    folder = Path(ran.stdout.rsplit("at ", 1)[1].strip())
    for name in FILES:
        assert (folder / name).read_bytes() == (DATA / name).read_bytes()
