"""Code competitions and metrics of one's own, on a running Podium with containers."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.competitions_shipped.test_shipped import public_score, ran
from tests.e2e.conftest import COMPETITIONS, wait_until_ready
from tests.e2e.people import Participant, new_name
from tests.live import LivePodium, wait_for

pytestmark = pytest.mark.docker
SLUG = "iris"
PROGRAMS = COMPETITIONS / SLUG / "programs"


@pytest.fixture(scope="module")
def podium(live_on_docker: LivePodium) -> LivePodium:
    """The Podium with containers, with the code competition too."""
    answer = live_on_docker.server("import-bundle", str(COMPETITIONS / SLUG))
    assert answer.returncode == 0, answer.stderr
    wait_until_ready(live_on_docker, SLUG)
    return live_on_docker


@pytest.fixture
def team(podium: LivePodium) -> Participant:
    return Participant(podium.url).sign_up().enter(SLUG)


def packed(folder: Path) -> bytes:
    """A program's folder as an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.glob("*.py")):
            archive.write(path, path.name)
    return buffer.getvalue()


def variant(tmp_path: Path, old: str, new: str) -> tuple[Path, str]:
    """The code competition under a slug of its own, with one more change."""
    folder, slug = tmp_path / "bundle", new_name("iris-")
    shutil.copytree(COMPETITIONS / SLUG, folder)
    manifest = folder / "competition.yaml"
    text = manifest.read_text()
    assert old in text
    text = text.replace(old, new).replace(f"slug: {SLUG}", f"slug: {slug}")
    manifest.write_text(text)
    return folder, slug


def entered(podium: LivePodium, folder: Path, slug: str) -> Participant:
    """Somebody in a competition that was just imported."""
    answer = podium.server("import-bundle", str(folder))
    assert answer.returncode == 0, answer.stderr
    wait_until_ready(podium, slug)
    return Participant(podium.url).sign_up().enter(slug)


def test_a_program_is_run_and_scored_as_at_home(
    team: Participant, tmp_path: Path
) -> None:
    program = packed(PROGRAMS / "3-discriminant")
    found = team.outcome(team.send(SLUG, program, "program.zip"))
    assert found["status"] == "scored", found
    archive = tmp_path / "program.zip"
    archive.write_bytes(program)
    at_home = public_score(SLUG, ran(SLUG, archive, tmp_path))
    assert found["public_score"] == round(at_home, 5)
    assert found["private_score"] is None
    assert found["run"]["exit_code"] == 0
    assert found["run"]["memory_peak_mb"] > 10
    assert "log loss by cross-validation" in found["log"]
    board = team.call("GET", f"/competitions/{SLUG}/leaderboard")["items"]
    assert found["team"]["id"] in {row["team"]["id"] for row in board}


def test_the_competition_says_how_programs_are_run(team: Participant) -> None:
    program = team.call("GET", f"/competitions/{SLUG}")["program"]
    assert program["entry"] == "main.py"
    assert [each["name"] for each in program["inputs"]] == ["train.csv", "test.csv"]
    status = team.call("GET", "/status")["hosts"][0]
    assert program["image_id"] == status["code_images"]["python"]


def test_what_programs_alone_see_can_t_be_downloaded(team: Participant) -> None:
    names = {each["name"] for each in team.items(f"/competitions/{SLUG}/data")}
    assert names == {"train.csv", "sample_submission.csv"}
    assert team.ask("GET", f"/competitions/{SLUG}/data/test.csv").status_code == 404


@pytest.mark.parametrize(
    ("program", "name", "status", "said", "counts"),
    [
        (b"1 / 0", "main.py", "rejected", "exit code 1", True),
        (b"print('nothing')", "main.py", "rejected", "wrote no submission.csv", True),
        (
            b"open('/output/submission.csv', 'w').write('id,x\\n')",
            "main.py",
            "rejected",
            "columns are missing",
            True,
        ),
        (b"x = bytearray(3 << 30)", "main.py", "cut_off", "1024 MB of memory", True),
        (b"PK\x03\x04 broken", "p.zip", "rejected", "can't be unpacked", False),
        (b"\x00\x01\x02\xff", "main.py", "rejected", "neither a ZIP", False),
    ],
)
def test_every_way_to_fail_is_told_and_charged_by_its_cause(
    team: Participant, program: bytes, name: str, status: str, said: str, counts: bool
) -> None:
    found = team.outcome(team.send(SLUG, program, name))
    assert found["status"] == status, found
    sentences = [fault["message"] for fault in found["errors"]] + [found["message"]]
    assert said in " ".join(sentences)
    assert found["counted"] is counts
    assert team.left_today(SLUG) == (4 if counts else 5)


def test_a_program_that_takes_too_long_is_stopped(
    podium: LivePodium, tmp_path: Path
) -> None:
    folder, slug = variant(tmp_path, "wall_s: 60", "wall_s: 2")
    team = entered(podium, folder, slug)
    found = team.outcome(team.send(slug, b"while True: pass", "main.py"))
    assert (found["status"], found["run"]["reason"]) == ("cut_off", "time")
    assert "it took longer than 2 s" in found["message"]
    page = httpx.get(f"{podium.url}/status").text
    assert "participants’ programs" in page


def test_no_program_reaches_network_labels_or_another_team(team: Participant) -> None:
    spy = b"""
import os, socket
for where in ("/", "/input", "/input/data", "/tmp"):
    print(where, sorted(os.listdir(where)))
try:
    socket.create_connection(("127.0.0.1", 80), 1)
    print("connected")
except OSError as error:
    print("no network:", type(error).__name__)
print(sorted(os.environ))
raise SystemExit(1)
"""
    found = team.outcome(team.send(SLUG, spy, "main.py"))
    assert "/input ['data', 'program']" in found["log"]
    assert "/input/data ['test.csv', 'train.csv']" in found["log"]
    assert "no network" in found["log"]
    assert "solution" not in found["log"]
    assert "SECRET" not in found["log"].upper().replace("PODIUM_", "")


def test_a_host_who_keeps_logs_back_shows_none(
    podium: LivePodium, tmp_path: Path
) -> None:
    folder, slug = variant(tmp_path, "show_log: true", "show_log: false")
    team = entered(podium, folder, slug)
    found = team.outcome(team.send(slug, b"print('s' + 'ecret')", "main.py"))
    assert found["log"] is None
    assert "secret" not in str(found).replace("print('s' + 'ecret')", "")
    logs = sqlite3.connect(podium.data_dir / "podium.db").execute(
        "SELECT log FROM scores WHERE log LIKE '%secret%'"
    )
    assert logs.fetchall() == [("secret\n",)]  # for the host


def test_training_comes_before_prediction(podium: LivePodium, tmp_path: Path) -> None:
    old = "  inputs: [data/train.csv, hidden/test.csv]\n"
    new = (
        "  inputs: [hidden/test.csv]\n"
        "  train: {entry: train.py, inputs: [data/train.csv], wall_s: 30}\n"
    )
    folder, slug = variant(tmp_path, old, new)
    team = entered(podium, folder, slug)
    train = b"""
import csv, os
rows = list(csv.DictReader(open(os.environ["PODIUM_INPUT"] + "/train.csv")))
names = sorted({row["species"] for row in rows})
open("/output/names.txt", "w").write(",".join(names))
"""
    main = b"""
import csv, os
assert os.listdir("/input/data") == ["test.csv"]
names = open(os.environ["PODIUM_MODEL"] + "/names.txt").read()
with open("/output/submission.csv", "w") as file:
    file.write("id," + names + "\\n")
    for row in csv.DictReader(open("/input/data/test.csv")):
        file.write(row["id"] + ",0.5,0.25,0.25\\n")
"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("train.py", train)
        archive.writestr("main.py", main)
    found = team.outcome(team.send(slug, buffer.getvalue(), "both.zip"))
    assert found["status"] == "scored", found
    assert found["public_score"] == 1.15525  # (ln 2 + 2 ln 4) / 3


def test_after_the_end_the_best_programs_run_on_the_private_inputs(
    podium: LivePodium, tmp_path: Path
) -> None:
    folder, slug = variant(
        tmp_path,
        "  inputs: [data/train.csv, hidden/test.csv]\n",
        "  inputs: [data/train.csv, public/test.csv]\n"
        "  private_inputs: [private/test.csv]\n",
    )
    rows = (folder / "solution.csv").read_text().splitlines()[1:]
    public = {row.split(",")[0] for row in rows if row.endswith("Public")}
    header, *test = (folder / "hidden/test.csv").read_text().splitlines()
    for name, kept in (
        ("public", [row for row in test if row.split(",")[0] in public]),
        ("private", test),
    ):
        (folder / name).mkdir()
        (folder / name / "test.csv").write_text("\n".join([header, *kept]) + "\n")
    team = entered(podium, folder, slug)
    sent = {}
    for name in ("1-frequencies", "2-neighbours", "3-discriminant"):
        sent[name] = team.outcome(
            team.send(slug, packed(PROGRAMS / name), f"{name}.zip")
        )
        assert sent[name]["status"] == "scored", sent[name]
    assert "predicted 24 flowers" in sent["2-neighbours"]["log"]
    board = team.call("GET", f"/competitions/{slug}/leaderboard")["items"]
    assert board[0]["score"] == sent["3-discriminant"]["public_score"]

    manifest = folder / "competition.yaml"
    text = manifest.read_text().replace("2030-12-24", "2026-02-01")
    manifest.write_text(text.replace("closes: 2030-12-31", "closes: 2026-02-02"))
    assert podium.server("import-bundle", str(folder)).returncode == 0

    def final() -> Any:
        found = team.call("GET", f"/competitions/{slug}/leaderboard?board=private")
        return found["items"]

    (row,) = wait_for(final, "the private board", 120)
    found = {
        name: team.call("GET", f"/submissions/{each['id']}")
        for name, each in sent.items()
    }
    assert "predicted 60 flowers" in found["2-neighbours"]["log"]
    assert row["score"] == min(
        found[name]["private_score"] for name in ("2-neighbours", "3-discriminant")
    )
    # Two may be selected in the end, so the weakest is not run again.
    assert found["1-frequencies"]["private_score"] is None
    assert found["1-frequencies"]["public_score"] is not None


def test_other_files_are_not_taken(team: Participant) -> None:
    refused = team.ask(
        "POST",
        f"/competitions/{SLUG}/submissions",
        params={"file_name": "predictions.csv"},
        content=b"id\n",
        headers={"Content-Type": "application/octet-stream"},
    )
    assert refused.status_code == 422
    assert ".zip, .py, .ipynb" in refused.text


@pytest.fixture
def home(podium: LivePodium, team: Participant, tmp_path: Path) -> Path:
    """The home of somebody at a terminal, with the test rows made from training rows."""
    command = ("login", podium.url, "--token", team.token)
    assert podium.podium(tmp_path, *command).returncode == 0
    data = tmp_path / "data"
    data.mkdir()
    for name in ("data/train.csv", "hidden/test.csv"):
        shutil.copy(COMPETITIONS / SLUG / name, data)
    return tmp_path


def test_at_home_a_program_gives_the_same_as_on_the_server(
    podium: LivePodium, team: Participant, home: Path
) -> None:
    program = PROGRAMS / "2-neighbours"
    written = home / "mine.csv"
    arguments = ("--data", str(home / "data"), "--output", str(written))
    done = podium.podium(home, "run", SLUG, str(program), *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "predicted 60 flowers\n"
    assert f"Wrote {written}" in done.stderr
    assert "another build" not in done.stderr
    sent = podium.podium(home, "submit", SLUG, "-f", str(program), "--wait", "--json")
    assert sent.returncode == 0, sent.stderr
    found = json.loads(sent.stdout)
    assert found["public_score"] == round(public_score(SLUG, written), 5)


def test_at_home_the_same_limits_hold(podium: LivePodium, home: Path) -> None:
    program = home / "main.py"
    program.write_text("x = bytearray(3 << 30)")
    arguments = ("run", SLUG, str(program), "--data", str(home / "data"), "--json")
    done = podium.podium(home, *arguments)
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["reason"] == "memory"


def test_at_home_what_was_downloaded_is_read_where_it_was_put(
    podium: LivePodium, home: Path
) -> None:
    got = podium.podium(home, "download", SLUG)
    assert got.returncode == 0, got.stderr
    shutil.copy(COMPETITIONS / SLUG / "hidden/test.csv", home)
    program = PROGRAMS / "2-neighbours"
    done = podium.podium(home, "run", SLUG, str(program))
    assert done.returncode == 0, done.stderr
    assert "Wrote submission.csv" in done.stderr
    assert (home / "submission.csv").is_file()


def test_at_home_missing_inputs_are_named(podium: LivePodium, home: Path) -> None:
    (home / "data/test.csv").unlink()
    (home / "main.py").write_text("")
    arguments = ("run", SLUG, str(home / "main.py"), "--data", str(home / "data"))
    done = podium.podium(home, *arguments)
    assert done.returncode == 1
    assert "has no such file" in done.stderr
    assert "podium download iris" in done.stderr


METRIC = """
class ParticipantVisibleError(Exception):
    pass


def score(solution, submission, row_id_column_name, reward: float, cost: float = 1.0):
    print("labels:", list(solution["cultivar"])[:2])
    if submission["cultivar"].nunique() == 1:
        raise ParticipantVisibleError("Name more than one cultivar.")
    right = (solution["cultivar"] == submission["cultivar"]).sum()
    return float(right * reward - (len(solution) - right) * cost)
"""


@pytest.fixture
def own_metric(podium: LivePodium, tmp_path: Path) -> tuple[Participant, Path, str]:
    """The wine competition judged by a metric of its host's, and a participant."""
    folder, slug = tmp_path / "wine", new_name("wine-")
    shutil.copytree(COMPETITIONS / "wine", folder)
    (folder / "metric.py").write_text(METRIC)
    manifest = folder / "competition.yaml"
    text = manifest.read_text().replace("slug: wine", f"slug: {slug}")
    head, _, rest = text.partition("metric:\n")
    own = (
        "metric:\n  file: metric.py\n  title: Profit\n  higher_is_better: true\n"
        "  decimals: 1\n  params: {reward: 10}\n\nsubmission:"
    )
    manifest.write_text(head + own + rest.partition("submission:")[2])
    return entered(podium, folder, slug), folder, slug


def test_a_metric_of_ones_own_judges_and_is_shown(
    own_metric: tuple[Participant, Path, str], podium: LivePodium
) -> None:
    team, folder, slug = own_metric
    rows = [line.split(",") for line in (folder / "solution.csv").read_text().split()]
    perfect = "\n".join(",".join(row[:2]) for row in rows)
    found = team.outcome(team.send(slug, perfect.encode()))
    public = sum(row[2] == "Public" for row in rows)
    assert (found["status"], found["public_score"]) == ("scored", 10.0 * public)
    shown = team.call("GET", f"/competitions/{slug}")["metric"]
    assert shown == {
        "name": "custom",
        "title": "Profit",
        "higher_is_better": True,
        "own": True,
        "params": {},  # the host's
    }
    page = httpx.get(f"{podium.url}/c/{slug}/leaderboard").text
    assert "Profit, higher is better" in page
    assert f"{10 * public:.1f}" in page


def test_what_the_metric_says_reaches_the_team_and_what_it_prints_does_not(
    own_metric: tuple[Participant, Path, str],
) -> None:
    team, folder, slug = own_metric
    sample = (folder / "data/sample_submission.csv").read_bytes()
    found = team.outcome(team.send(slug, sample))
    assert found["errors"][0]["message"] == "Name more than one cultivar."
    assert found["counted"] is True
    assert "labels" not in str(found)


def test_a_metric_that_fails_tells_the_host_and_charges_nobody(
    own_metric: tuple[Participant, Path, str], podium: LivePodium
) -> None:
    team, folder, slug = own_metric
    broken = METRIC.replace(
        "    right =",
        "    if (submission['cultivar'] == 'class_9').any():\n"
        "        raise KeyError(solution['cultivar'][0])\n    right =",
    )
    (folder / "metric.py").write_text(broken)
    assert podium.server("import-bundle", str(folder)).returncode == 0

    def newer() -> Any:
        database = sqlite3.connect(podium.data_dir / "podium.db")
        return database.execute(
            "SELECT number FROM revisions JOIN competitions ON live_revision_id = "
            "revisions.id WHERE slug = ? AND number = 2",
            (slug,),
        ).fetchone()

    wait_for(newer, "the second revision")
    text = (folder / "data/sample_submission.csv").read_text()
    first = text.splitlines()[1].split(",")[0]
    file = text.replace(f"\n{first},class_0", f"\n{first},class_9")
    found = team.outcome(team.send(slug, file.encode()))
    assert (found["status"], found["counted"]) == ("host_error", False)
    assert "class_" not in found["message"]
    host = sqlite3.connect(podium.data_dir / "podium.db").execute(
        "SELECT host_message FROM scores JOIN submissions ON submissions.id = "
        "submission_id WHERE public_id = ?",
        (found["id"],),
    )
    [(said,)] = host.fetchall()
    assert "metric.py, line 11: KeyError" in said
    assert "labels:" in said  # what it printed


def test_a_faulty_metric_keeps_a_competition_closed(
    podium: LivePodium, own_metric: tuple[Participant, Path, str]
) -> None:
    _, folder, slug = own_metric
    (folder / "metric.py").write_text("def score(a, b, c, reward):\n    return 'x'\n")
    assert podium.server("import-bundle", str(folder)).returncode == 0

    def fault() -> Any:
        database = sqlite3.connect(podium.data_dir / "podium.db")
        return database.execute(
            "SELECT fault FROM revisions JOIN competitions ON competition_id = "
            "competitions.id WHERE slug = ? AND state = 'faulty'",
            (slug,),
        ).fetchone()

    (said,) = wait_for(fault, "the revision to be found faulty")
    assert "The metric returned str" in said
