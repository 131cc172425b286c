"""Every command: what it prints for people, pipes and programs, and how it exits."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from podium_cli.main import cli, run
from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import REJECTED, SCORED, WAITING, Fake, entry

PREDICTIONS = "id,cultivar\n1,class_0\n"


@pytest.fixture
def mine() -> Path:
    path = Path("mine.csv")
    path.write_text(PREDICTIONS)
    return path


def test_every_command_can_print_json() -> None:
    groups = [cli, *(each for each in cli.commands.values() if _is_group(each))]
    without = {
        name
        for group in groups
        for name, command in group.commands.items()
        if not _is_group(command)
        and not any("--json" in option.opts for option in command.params)
    }
    assert without == {"kaggle"}  # another program's output


def _is_group(command: object) -> bool:
    return hasattr(command, "commands")


def test_competitions_are_lines_in_a_pipe(logged_in: Podium) -> None:
    ran = logged_in("competitions", "--limit", "2")
    lines = [line.split("\t") for line in ran.out.splitlines()]

    assert ran.code == 0
    assert lines[0] == ["slug", "title", "stage", "closes", "metric", "teams"]
    assert [line[0] for line in lines[1:]] == ["wine-0", "wine-1"]
    assert lines[1][3] == "2030-12-31 23:59"


def test_all_pages_of_a_list_are_read(logged_in: Podium, fake: Fake) -> None:
    ran = logged_in("competitions", "--limit", "125", "--json")

    assert len(ran.json["items"]) == 125
    assert fake.paths() == ["GET /competitions"] * 2


def test_the_search_is_passed_on(logged_in: Podium, fake: Fake) -> None:
    logged_in("competitions", "--stage", "open", "--search", "wine")

    assert fake.asked[0][2]["stage"] == "open"
    assert fake.asked[0][2]["search"] == "wine"


def test_no_control_character_of_the_server_reaches_the_terminal(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.states = [REJECTED]
    for ran in (
        logged_in("competitions"),
        logged_in("submit", "wine", "-f", str(mine), "--wait"),
        logged_in("join", "wine"),
    ):
        assert "\x1b" not in ran.out + ran.err


def test_joining_accepts_the_rules(logged_in: Podium, fake: Fake) -> None:
    ran = logged_in("join", "wine", "--yes")

    assert ran.code == 0
    assert fake.paths() == ["PUT /competitions/wine/participation"]


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_joining_shows_the_rules_and_asks(
    logged_in: Podium,
    fake: Fake,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    ran = logged_in("join", "wine")

    assert ran.code == code
    assert "## Fair" in ran.err
    assert ("PUT /competitions/wine/participation" in fake.paths()) is (code == 0)


def test_a_submission_is_sent_as_it_is(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    ran = logged_in("submit", "wine", "-f", str(mine), "-m", "Größe & Maß")
    (method, path, headers) = fake.asked[0]

    assert (ran.code, ran.out) == (0, "s1\n")
    assert "waiting, number 2 in line, about 3 s" in ran.err
    assert (method, path) == ("POST", "/competitions/wine/submissions")
    assert headers["file_name"] == "mine.csv"
    assert headers["description"] == "Größe & Maß"
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Length"] == str(len(PREDICTIONS))
    assert fake.sent[0]["size"] == len(PREDICTIONS)


def test_waiting_ends_with_the_score(logged_in: Podium, fake: Fake, mine: Path) -> None:
    fake.states = [WAITING, WAITING, {"status": "running"}, SCORED]
    ran = logged_in("submit", "wine", "-f", str(mine), "--wait")

    assert (ran.code, ran.out) == (0, "Public score 0.98765, rank 2\n")
    assert ran.err.splitlines() == [
        "s1: waiting, number 2 in line, about 3 s",
        "s1: running",
    ]


def test_waiting_prints_one_json_document(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.states = [WAITING, SCORED]
    ran = logged_in("submit", "wine", "-f", str(mine), "--wait", "--json")

    assert ran.json["public_score"] == 0.9876543
    assert ran.err == ""


def test_a_rejected_submission_shows_every_fault_and_exits_with_4(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.states = [REJECTED]
    ran = logged_in("submit", "wine", "-f", str(mine), "--wait")

    assert ran.code == 4
    assert ran.out.splitlines() == [
        "No score: rejected.",
        "- Some ids are not in the test file.",
        "  Where: line 3 “x�[31m”, line 9 and 10 more",
        "  Take the ids of test.csv.",
        "This submission does not count against your limit.",
    ]


@pytest.mark.parametrize("status", ["host_error", "cut_off", "failed", "withdrawn"])
def test_every_other_ending_exits_with_4_too(
    logged_in: Podium, fake: Fake, mine: Path, status: str
) -> None:
    fake.states = [{"status": status, "message": "Because."}]
    ran = logged_in("submit", "wine", "-f", str(mine), "--wait")

    assert ran.code == 4
    assert ran.out == f"No score: {status.replace('_', ' ')}.\nBecause.\n"


def test_waiting_ends_after_the_timeout(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.states = [WAITING]
    ran = logged_in(
        "submit", "wine", "-f", str(mine), "--wait", "--timeout", "0.2", "--json"
    )

    assert ran.code == 5
    assert ran.json["error"]["kind"] == "still_waiting"
    assert ran.json["error"]["submission"]["id"] == "s1"
    assert "was not scored within 0.2 s" in ran.err


def test_waiting_bears_a_server_that_is_away_for_a_moment(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.break_down("GET /submissions/s1", b"<h1>Bad gateway</h1>")
    fake.refuse("GET /submissions/s1", 429, "Slow down.", kind="too_many")
    fake.refuse("GET /submissions/s1", 500, "Something failed on our side.")

    assert logged_in("submit", "wine", "-f", str(mine), "--wait").code == 0
    assert fake.paths().count("GET /submissions/s1") == 4


def test_waiting_does_not_ask_again_what_was_refused(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.refuse("GET /submissions/s1", 404, "There is no submission s1.")
    ran = logged_in("submit", "wine", "-f", str(mine), "--wait")

    assert (ran.code, fake.paths().count("GET /submissions/s1")) == (1, 1)


def test_a_refusal_shows_the_servers_sentence_and_fields(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    fake.refuse(
        "POST",
        409,
        "You have used your 5 submissions for today.",
        kind="refused",
        fields={"file_name": "Give it an ending."},
    )
    ran = logged_in("submit", "wine", "-f", str(mine), "--json")

    assert ran.code == 1
    assert ran.err.splitlines() == [
        "You have used your 5 submissions for today.",
        "file_name: Give it an ending.",
    ]
    assert ran.json["error"] == {
        "kind": "refused",
        "detail": "You have used your 5 submissions for today.",
        "exit_code": 1,
        "fields": {"file_name": "Give it an ending."},
    }


def test_a_wrong_slug_shows_what_the_server_suggests(logged_in: Podium) -> None:
    ran = logged_in("leaderboard", "wien")
    assert (ran.code, ran.err) == (1, "There is no wien. Did you mean wine?\n")


def test_a_slug_cannot_leave_its_place_in_the_address(
    logged_in: Podium, fake: Fake
) -> None:
    logged_in("leaderboard", "../me")
    assert fake.paths() == ["GET /competitions/..%2Fme/leaderboard"]


def test_a_file_that_is_not_there_is_wrong_usage(logged_in: Podium, fake: Fake) -> None:
    ran = logged_in("submit", "wine", "-f", "nowhere.csv")

    assert ran.code == 2
    assert "nowhere.csv" in ran.err
    assert fake.asked == []


def test_a_token_that_expired_says_how_to_log_in(logged_in: Podium, fake: Fake) -> None:
    fake.refuse("GET", 401, "This token has expired.")
    ran = logged_in("submissions", "wine")

    assert ran.code == 6
    assert ran.err == f"This token has expired. To log in: podium login {fake.url}\n"


def test_no_server_at_the_address_exits_with_3(
    podium: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_URL", "http://127.0.0.1:1")
    ran = podium("competitions", "--json")

    assert ran.code == 3
    assert "can't be reached" in ran.err
    assert ran.json["error"]["kind"] == "unreachable"


@pytest.mark.parametrize("body", [b"<h1>Hello</h1>", b"[]", b"\xff", b""])
def test_another_program_at_the_address_is_noticed(
    logged_in: Podium, fake: Fake, body: bytes
) -> None:
    fake.break_down("GET", body, status=200)
    ran = logged_in("competitions")

    assert ran.code == 3
    assert "not as a Podium does" in ran.err


def test_a_server_that_moved_is_not_followed_with_the_token(
    logged_in: Podium, fake: Fake
) -> None:
    fake.instead["GET"] = [(301, {"Location": "https://new.example.org/"}, b"")]
    ran = logged_in("competitions")

    assert ran.code == 3
    assert "https://new.example.org/" in ran.err


def test_a_broken_upload_says_that_its_fate_is_not_known(
    podium: Podium, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_URL", "http://127.0.0.1:1")
    ran = podium("submit", "wine", "-f", str(mine))

    assert ran.code == 3
    assert "podium submissions wine" in ran.err


def test_submissions_show_scores_and_what_is_left(
    logged_in: Podium, fake: Fake, mine: Path
) -> None:
    logged_in("submit", "wine", "-f", str(mine), "-m", "first")
    fake.sent[0] |= SCORED | {"final": "chosen"}
    ran = logged_in("submissions", "wine")

    assert ran.out.splitlines()[1].split("\t") == [
        "s1",
        "2026-07-01 12:00",
        "mine.csv",
        "scored",
        "0.98765",
        "",
        "chosen",
        "first",
    ]
    assert ran.err == "Left today: 3.\n"


def test_an_empty_list_says_what_to_do(logged_in: Podium) -> None:
    ran = logged_in("submissions", "wine")
    assert "To send a file: podium submit wine -f FILE" in ran.err


def test_a_board_marks_my_row_and_adds_it_below_the_end(
    logged_in: Podium, fake: Fake
) -> None:
    fake.boards = [entry(rank) for rank in range(1, 8)]
    top = logged_in("leaderboard", "wine", "--limit", "2")
    whole = logged_in("leaderboard", "wine", "--board", "private")

    assert [line.split("\t")[0] for line in top.out.splitlines()[1:]] == [
        "1",
        "2",
        "7*",
    ]
    assert [line.split("\t")[0] for line in whole.out.splitlines()[1:]] == [
        *"123456",
        "7*",
    ]
    assert fake.asked[-1][2]["board"] == "private"


def test_a_long_board_is_read_whole(logged_in: Podium, fake: Fake) -> None:
    fake.boards = [entry(rank) for rank in range(1, 251)]
    ran = logged_in("leaderboard", "wine", "--limit", "240", "--json")

    assert [item["rank"] for item in ran.json["items"]] == list(range(1, 241))


def test_an_unexpected_failure_shows_no_traceback(
    logged_in: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium_cli.show.table", lambda *_: 1 / 0)
    ran = logged_in("competitions")
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.err

    monkeypatch.setenv("PODIUM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(["competitions"])


def test_ctrl_c_exits_with_130(
    logged_in: Podium, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("podium_cli.show.table", interrupt)
    ran = logged_in("competitions")
    assert (ran.code, ran.err.strip()) == (130, "Interrupted.")


def test_a_reader_that_goes_away_is_no_failure_to_shout_about(
    logged_in: Podium, fake: Fake
) -> None:
    command = f"{sys.executable} -m podium_cli.main competitions --limit 120 --json | head -c 1"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("{", "")


def test_help_says_the_exit_codes_and_loads_no_http() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "podium_cli.main", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert "Exit codes: 0 it worked, 1 refused" in done.stdout
    assert "httpx2" not in done.stderr


def test_a_terminal_gets_a_bar_and_a_table(logged_in: Podium, fake: Fake) -> None:
    fake.files = {"train.csv": b"id\n1\n" * 100_000}
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        command = [sys.executable, "-m", "podium_cli.main", "download", "wine"]
        with subprocess.Popen(
            command,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        ) as process:
            os.close(theirs)
            seen = b""
            # Linux ends a terminal whose program has gone with an error.
            with suppress(OSError):
                while chunk := screen.read(4096):
                    seen += chunk

    text = seen.decode()
    assert process.returncode == 0
    assert "━" in text
    assert "500.0/500.0 kB" in text
    assert "─" in text.splitlines()[-3]
