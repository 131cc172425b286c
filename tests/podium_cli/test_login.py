"""Logging in and out, and where the token is kept."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from podium_cli.credentials import Credentials, is_open_line, site_url
from podium_cli.errors import NotLoggedIn, Refused
from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import TOKEN, Fake


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def answer_prompts(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    left = list(answers)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: left.pop(0))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _: left.pop(0))


def test_a_token_is_checked_and_kept_for_its_owner_alone(
    podium: Podium, fake: Fake, config: Path
) -> None:
    ran = podium("login", fake.url, "--token", TOKEN)

    assert (ran.code, ran.err) == (0, f"Logged in to {fake.url} as ada.\n")
    assert fake.paths() == ["GET /me"]
    assert mode(config) == 0o600
    assert mode(config.parent) == 0o700
    assert [path.name for path in config.parent.iterdir()] == ["credentials.json"]


def test_the_file_is_tightened_when_it_is_written_again(
    logged_in: Podium, fake: Fake, config: Path
) -> None:
    config.chmod(0o644)
    assert logged_in("login", fake.url, "--token", TOKEN).code == 0
    assert mode(config) == 0o600


def test_a_token_can_come_from_standard_input(
    podium: Podium, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TOKEN + "\n"))
    assert podium("login", fake.url, "--token", "-").code == 0
    assert podium("submissions", "wine").code == 0


def test_a_wrong_token_is_not_kept(podium: Podium, fake: Fake, config: Path) -> None:
    ran = podium("login", fake.url, "--token", "podium_wrong")

    assert ran.code == 6
    assert "This token is not valid." in ran.err
    assert not config.exists()


def test_a_password_is_exchanged_for_a_token_and_not_kept(
    podium: Podium, fake: Fake, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_prompts(monkeypatch, "ada", "right")
    ran = podium("login", fake.url)

    assert ran.code == 0
    assert fake.paths() == ["POST /tokens", "GET /me"]
    assert TOKEN in config.read_text()
    assert "right" not in config.read_text() + ran.out + ran.err


def test_a_wrong_password_is_answered_with_the_servers_sentence(
    podium: Podium, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_prompts(monkeypatch, "wrong")
    ran = podium("login", fake.url, "--username", "ada")

    assert (ran.code, ran.err) == (1, "User name or password is wrong.\n")


def test_an_empty_token_is_wrong_usage(podium: Podium, fake: Fake) -> None:
    assert podium("login", fake.url, "--token", " ").code == 2


def test_logging_out_revokes_what_logging_in_made(
    podium: Podium, fake: Fake, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_prompts(monkeypatch, "right")
    podium("login", fake.url, "--username", "ada")
    ran = podium("logout", "--json")

    assert ran.json == {"url": fake.url, "revoked": True}
    assert fake.revoked == [7]
    assert TOKEN not in config.read_text()
    assert podium("logout").code == 6


def test_logging_out_leaves_a_token_that_was_given_valid(
    logged_in: Podium, fake: Fake
) -> None:
    assert logged_in("logout").code == 0
    assert fake.revoked == []
    assert logged_in("submissions", "wine").code == 6


def test_logging_out_works_without_the_server(
    podium: Podium, fake: Fake, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_prompts(monkeypatch, "right")
    podium("login", fake.url, "--username", "ada")
    fake.break_down("DELETE /tokens", b"oh no")
    ran = podium("logout")

    assert ran.code == 0
    assert "may still be valid" in ran.err
    assert TOKEN not in config.read_text()


def test_logging_out_goes_back_to_the_server_before(
    logged_in: Podium, fake: Fake, config: Path
) -> None:
    data = json.loads(config.read_text())
    data["servers"]["http://127.0.0.1:1"] = {"token": "x"}
    data["default"] = "http://127.0.0.1:1"
    config.write_text(json.dumps(data))

    assert logged_in("logout").code == 0
    assert logged_in("submissions", "wine").code == 0


def test_the_environment_comes_before_what_is_kept(
    podium: Podium, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_URL", fake.url)
    assert podium("submissions", "wine").code == 6
    monkeypatch.setenv("PODIUM_TOKEN", TOKEN)
    assert podium("submissions", "wine").code == 0


def test_a_token_is_not_sent_to_another_server(
    logged_in: Podium, fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_URL", fake.url.replace("127.0.0.1", "localhost"))
    assert logged_in("competitions").code == 0
    assert "Authorization" not in fake.asked[-1][2]


def test_a_damaged_file_is_said_to_be_one(podium: Podium, config: Path) -> None:
    config.parent.mkdir()
    config.write_text("{")
    ran = podium("competitions")

    assert ran.code == 1
    assert "is damaged. Delete it and log in again." in ran.err


def test_a_folder_that_cannot_be_written_is_said(
    podium: Podium, fake: Fake, config: Path
) -> None:
    config.parent.write_text("a file, no folder")
    ran = podium("login", fake.url, "--token", TOKEN)

    assert ran.code == 1
    assert "PODIUM_CONFIG_DIR" in ran.err


def test_without_a_log_in_the_way_is_shown(podium: Podium) -> None:
    ran = podium("competitions")

    assert ran.code == 6
    assert "podium login URL" in ran.err


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("podium.example.org", "https://podium.example.org"),
        ("https://podium.example.org/", "https://podium.example.org"),
        ("https://podium.example.org/api/v1", "https://podium.example.org"),
        ("https://example.org/podium/", "https://example.org/podium"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_an_address_is_understood_as_people_write_it(written: str, meant: str) -> None:
    assert site_url(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "ftp://example.org", "https://", "https://a:b@example.org", "https://a:x"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Refused, match="is not the address of a Podium"):
        site_url(written)


def test_only_a_line_that_others_can_read_is_called_open() -> None:
    assert is_open_line("http://example.org")
    assert not is_open_line("https://example.org")
    assert not is_open_line("http://127.0.0.1:8000")


def test_no_server_is_known_at_first(tmp_path: Path) -> None:
    with pytest.raises(NotLoggedIn):
        Credentials(tmp_path / "none.json").current({})


def test_what_is_kept_of_me_goes_onto_the_screen_or_into_a_new_file(
    logged_in: Podium, fake: Fake, tmp_path: Path
) -> None:
    kept = {"profile": {"username": "ada", "about": "Zoë"}}
    answer = (200, {"Content-Type": "application/json"}, json.dumps(kept).encode())
    fake.instead["GET /me/export"] = [answer] * 3
    target = tmp_path / "mine.json"

    assert json.loads(logged_in("my-data").out) == kept
    assert logged_in("my-data", "-o", str(target)).code == 0
    assert json.loads(target.read_text(encoding="utf-8")) == kept
    again = logged_in("my-data", "-o", str(target))
    assert (again.code, again.err) == (
        1,
        f"{target} is there already. Name a new file.\n",
    )
