"""The Python client, as a notebook uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

import podium_cli
from podium_cli import Client, NotLoggedIn, Refused, Unreachable
from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import SCORED, TOKEN, WAITING, Fake


def test_a_notebook_downloads_submits_and_waits(fake: Fake, tmp_path: Path) -> None:
    fake.files = {"train.csv": b"id\n1\n"}
    fake.states = [WAITING, SCORED]
    seen: list[dict[str, Any]] = []
    with Client(fake.url, TOKEN) as client:
        (file,) = client.download("wine", folder=tmp_path)
        submission = client.submit("wine", file.path, "A first try")
        scored = client.wait(submission["id"], on_state=seen.append)

    assert scored["public_score"] == SCORED["public_score"]
    assert [state["status"] for state in seen] == ["queued", "scored"]
    assert fake.sent[0]["description"] == "A first try"


def test_without_arguments_it_is_the_log_in_of_the_command(logged_in: Podium) -> None:
    with Client() as client:
        assert client.me()["username"] == "ada"


def test_with_an_address_the_kept_token_is_not_sent(
    logged_in: Podium, fake: Fake
) -> None:
    with Client(fake.url) as client, pytest.raises(NotLoggedIn):
        client.me()


def test_lists_end_when_enough_was_taken(fake: Fake) -> None:
    with Client(fake.url) as client:
        for _ in zip(range(3), client.competitions(), strict=False):
            pass

    assert fake.paths() == ["GET /competitions"]


def test_a_large_file_is_sent_in_pieces_that_are_reported(
    fake: Fake, tmp_path: Path
) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 3_000_000)
    told: list[tuple[int, int]] = []
    with Client(fake.url, TOKEN) as client:
        client.submit("wine", path, progress=lambda *sent: told.append(sent))

    assert told == [(1 << 20, 3_000_000), (2 << 20, 3_000_000), (3_000_000, 3_000_000)]
    assert fake.sent[0]["size"] == 3_000_000


def test_refusals_carry_status_kind_and_when_to_try_again(
    fake: Fake, tmp_path: Path
) -> None:
    fake.refuse("POST", 429, "Slow down.", kind="too_many", retry_after=30)
    path = tmp_path / "a.csv"
    path.write_text("id\n")
    with Client(fake.url, TOKEN) as client, pytest.raises(Refused) as caught:
        client.submit("wine", path)

    error = caught.value
    assert (error.status, error.kind, error.retry_after_s) == (429, "too_many", 30.0)


def test_a_file_that_cannot_be_read_is_refused_before_it_is_sent(
    fake: Fake, tmp_path: Path
) -> None:
    with (
        Client(fake.url, TOKEN) as client,
        pytest.raises(Refused, match="can't be read"),
    ):
        client.submit("wine", tmp_path / "none.csv")

    assert fake.asked == []


def test_the_package_offers_the_client_and_its_errors() -> None:
    for name in podium_cli.__all__:
        assert getattr(podium_cli, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = podium_cli.Nothing


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium_cli.client.SUBMIT_PAUSE_S", 0.0)
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n1\n")
    keys: list[str] = []
    with Client(fake.url, TOKEN) as client:
        request = client.http.request

        def lossy(method: str, address: str, **options: Any) -> httpx.Response:
            answer = request(method, address, **options)
            keys.append(options["headers"]["Idempotency-Key"])
            if len(keys) < 3:
                raise httpx.ReadError("connection reset")
            return answer

        monkeypatch.setattr(client.http, "request", lossy)
        assert client.submit("wine", path)["id"]
        assert len(keys) == 3
        assert len(set(keys)) == 1
        client.submit("wine", path)
        assert keys[3] != keys[0]


def test_after_some_tries_it_says_how_to_look(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podium_cli.client.SUBMIT_PAUSE_S", 0.0)
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n1\n")
    with (
        Client("http://127.0.0.1:1", TOKEN) as client,
        pytest.raises(Unreachable) as told,
    ):
        client.submit("wine", path)
    assert "tried 3 times" in str(told.value)
    assert "podium submissions wine" in str(told.value)
