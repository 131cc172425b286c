"""A board that is watched: printed as it changes, through outages, until Ctrl-C."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import Fake
from tests.podium_cli.test_commands import entry

BOARD = "GET /competitions/wine/leaderboard"
Steps = Callable[..., list[float]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """What happens during each pause, in order; Ctrl-C after the last."""

    def plan(*happens: Callable[[], object]) -> list[float]:
        paused: list[float] = []
        left = list(happens)

        def sleep(seconds: float) -> None:
            paused.append(seconds)
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr("podium_cli.board.time.sleep", sleep)
        return paused

    return plan


def swap(fake: Fake) -> None:
    """The first two teams change places."""
    one, two = (dict(row) for row in fake.boards[:2])
    fake.boards[:2] = [two | {"rank": 1}, one | {"rank": 2}]


def test_each_change_is_one_line_of_json(
    logged_in: Podium, fake: Fake, steps: Steps
) -> None:
    fake.boards = [entry(rank) for rank in range(1, 4)]
    steps(lambda: None, lambda: swap(fake), lambda: None)
    ran = logged_in("watch", "wine", "--json", "--every", "2")
    assert ran.code == 130
    boards: list[Any] = [json.loads(line) for line in ran.out.splitlines()]
    names = [[row["team"]["name"] for row in board["items"]] for board in boards]
    assert len(names) == 2
    assert names[1] == [names[0][1], names[0][0], names[0][2]]


def test_people_see_who_moved_since_they_began(
    logged_in: Podium, fake: Fake, steps: Steps
) -> None:
    fake.boards = [entry(rank) for rank in range(1, 4)]
    more = lambda: fake.boards.append(entry(4))  # noqa: E731
    steps(lambda: swap(fake), more)
    ran = logged_in("watch", "wine")
    places = [line.split("\t")[0] for line in ran.out.splitlines()]
    assert places[:4] == ["rank", "1", "2", "3*"]
    assert places[4:8] == ["rank", "1 ↑1", "2 ↓1", "3*"]
    assert places[8:] == ["rank", "1 ↑1", "2 ↓1", "3", "4* new"]


def test_an_outage_is_told_and_waited_out(
    logged_in: Podium, fake: Fake, steps: Steps
) -> None:
    fake.boards = [entry(1), entry(2)]
    paused = steps(
        lambda: fake.refuse("GET", 503, "Back in a minute.", times=2),
        lambda: None,
        lambda: swap(fake),
    )
    ran = logged_in("watch", "wine", "--json", "--every", "4")
    assert ran.err.count("Back in a minute.") == 2
    assert paused == [4, 8, 16, 4]
    assert len(ran.out.splitlines()) == 2


def test_what_is_refused_at_once_ends_it(logged_in: Podium, fake: Fake) -> None:
    fake.refuse("GET", 404, "There is no competition “wien”.")
    ran = logged_in("watch", "wien")
    assert (ran.code, ran.err) == (1, "There is no competition “wien”.\n")


def test_it_ends_after_the_time_that_was_asked_for(
    logged_in: Podium, fake: Fake
) -> None:
    fake.boards = [entry(1)]
    ran = logged_in("watch", "wine", "--for", "0", "--json")
    assert ran.code == 0
    assert len(ran.out.splitlines()) == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_the_words(podium: Podium, shell: str) -> None:
    ran = podium("completion", shell)
    assert ran.code == 0
    assert "_PODIUM_COMPLETE" in ran.out
    assert podium("completion", shell, "--json").json["shell"] == shell


def test_the_words_are_completed(
    podium: Podium, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_PODIUM_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "podium competi")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        podium("competi")
    assert capsys.readouterr().out.splitlines() == [
        "plain,competition",
        "plain,competitions",
    ]
