"""Teams and finals from a terminal: two people who meet, merge and choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import COMPETITIONS
from tests.e2e.people import Participant
from tests.e2e.test_command_line import EXIT_NO_SCORE, SLUG, Terminal
from tests.live import LivePodium

SAMPLE = COMPETITIONS / SLUG / "data/sample_submission.csv"


@pytest.fixture
def two(live: LivePodium, tmp_path: Path) -> tuple[Terminal, Terminal, str]:
    """Two participants at their terminals, and the second one's user name."""
    terminals, names = [], []
    for place in ("one", "two"):
        home = tmp_path / place
        home.mkdir()
        person = Participant(live.url).sign_up().enter(SLUG)
        terminal = Terminal(live, home)
        terminal.log_in(person)
        terminals.append(terminal)
        names.append(person.username)
    return terminals[0], terminals[1], names[1]


def said(terminal: Terminal, *arguments: str) -> str:
    """What a command says to people, once it has worked."""
    answer = terminal.podium(*arguments)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout + answer.stderr


def without_nulls(data: Any) -> Any:
    """The same without what is null: the API says that of what is not known."""
    if isinstance(data, list):
        return [without_nulls(each) for each in data]
    if isinstance(data, dict):
        return {k: without_nulls(v) for k, v in data.items() if v is not None}
    return data


def test_a_team_is_made_joined_and_handed_over(
    two: tuple[Terminal, Terminal, str],
) -> None:
    one, other, name = two
    assert "called “Splines" in said(one, "team", "name", SLUG, f"Splines {name}")
    assert "called “Cubes" in said(one, "team", "name", SLUG, f"Cubes {name}")
    assert f"{name} is invited." in said(one, "team", "invite", SLUG, name)
    (waiting,) = other.json("team", "invitations")["items"]
    assert waiting["id"] in said(other, "team", "invitations")
    joined = said(other, "team", "accept", waiting["id"])
    assert f"in the team “Cubes {name}”" in joined
    assert f"{name} leads the team" in said(one, "team", "lead", SLUG, name)
    shown = said(one, "team", "show", SLUG)
    assert "leader" in shown
    refused = one.podium("team", "remove", SLUG, name)
    assert refused.returncode == 1
    assert "Only the team's leader may do that." in refused.stderr


def test_who_asks_is_let_in(two: tuple[Terminal, Terminal, str]) -> None:
    one, other, name = two
    one.json("team", "name", SLUG, f"Doors {name}")
    assert "takes requests to join" in said(one, "team", "open", SLUG)
    asked = said(other, "team", "ask", SLUG, f"doors {name}", "-m", "I know splines.")
    assert "its leader can let you in" in asked
    (request,) = one.json("team", "requests", SLUG)["items"]
    assert "I know splines." in said(one, "team", "requests", SLUG)
    said(other, "team", "request-close", request["id"])
    again = other.json("team", "ask", SLUG, f"Doors {name}")
    assert "in your team" in said(one, "team", "request-accept", again["id"])
    assert "takes no more requests" in said(one, "team", "open", SLUG, "--close")
    assert len(other.json("team", "show", SLUG)["members"]) == 2


def test_a_link_lets_in_and_a_member_is_taken_out(
    two: tuple[Terminal, Terminal, str],
) -> None:
    one, other, name = two
    one.json("team", "name", SLUG, f"Links {name}")
    link = one.podium("team", "link", SLUG).stdout.strip()
    assert "in the team" in said(other, "team", "enter", link)
    assert "no longer in your team" in said(one, "team", "remove", SLUG, name)
    said(one, "team", "link", SLUG, "--close")
    refused = other.podium("team", "enter", link)
    assert refused.returncode == 1
    assert "no longer leads into a team" in refused.stderr


def test_teams_merge_and_choose_a_final(two: tuple[Terminal, Terminal, str]) -> None:
    one, other, name = two
    sent = one.json("submit", SLUG, "-f", str(SAMPLE), "--wait")
    other.json("team", "name", SLUG, f"Hosts {name}")
    asked = said(one, "team", "merge", SLUG, f"hosts {name}")
    assert "is asked; its leader can accept" in asked
    (request,) = other.json("team", "show", SLUG)["merge_requests"]
    assert request["id"] in said(other, "team", "show", SLUG)
    merged = other.json("team", "merge-accept", request["id"])
    assert len(merged["members"]) == 2
    chosen = said(other, "final", sent["id"])
    assert "sample_submission.csv is one of your finals." in chosen
    (mine,) = one.json("submissions", SLUG)["items"]
    assert (mine["final"], mine["team"]["id"]) == ("chosen", merged["id"])
    assert "chosen" in one.podium("submissions", SLUG).stdout
    assert "no longer" in said(one, "final", sent["id"], "--undo")
    assert "is withdrawn" in said(one, "withdraw", sent["id"])
    assert one.json("final", sent["id"], code=1)["error"]["kind"] == "refused"


def test_a_file_is_checked_before_it_is_sent(
    two: tuple[Terminal, Terminal, str], tmp_path: Path
) -> None:
    one, _, _ = two
    assert "has no fault: 227 rows" in said(one, "check", SLUG, str(SAMPLE))
    broken = tmp_path / "broken.csv"
    lines = SAMPLE.read_text().replace(",0.5", ",much", 1).splitlines()
    broken.write_text("\n".join(lines[:-1]) + "\n")
    answer = one.podium("check", SLUG, str(broken))
    assert answer.returncode == EXIT_NO_SCORE
    assert "line 2 “much”" in answer.stdout
    assert "1 id of the sample submission is missing." in answer.stdout
    found = one.json("check", SLUG, str(broken), code=EXIT_NO_SCORE)
    sent = one.json("submit", SLUG, "-f", str(broken), "--wait", code=EXIT_NO_SCORE)
    assert without_nulls(found["errors"]) == without_nulls(sent["errors"])


def test_a_file_is_checked_without_any_server(tmp_path: Path, live: LivePodium) -> None:
    offline = Terminal(live, tmp_path)  # never logged in
    arguments = ("check", SLUG, str(SAMPLE), "--sample", str(SAMPLE))
    assert offline.json(*arguments) == {"status": "valid", "rows": 227}


def test_a_page_is_opened_by_its_address(
    two: tuple[Terminal, Terminal, str], live: LivePodium
) -> None:
    one, _, _ = two
    assert one.json("open", SLUG) == {"url": f"{live.url}/c/{SLUG}"}
    assert one.podium("open", "nothing-here").returncode == 1
