"""The operator's command: what it does is in the audit log, which it shows and checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from podium.bootstrap import create_services
from podium.cli import cli
from podium.core import migrate
from podium.core.db import Database
from podium.core.errors import NotFound
from podium.receipts.models import Receipt
from podium.settings import SettingsError, read_settings
from tests.podium.factories import Factory

ENV = {"PODIUM_NEW_PASSWORD": "correct horse battery"}


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated Podium of the command's own."""
    url = f"sqlite:///{tmp_path}/podium.db"
    monkeypatch.setenv("PODIUM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PODIUM_DATABASE_URL", url)
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
    return url


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, env=ENV)


def acts() -> list[tuple[str, str]]:
    lines = run("audit", "list", "--json").stdout.splitlines()
    return [(each["act"], each["target"]) for each in map(json.loads, lines)]


def test_what_the_operator_does_is_in_the_log(address: str, tmp_path: Path) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    run("user", "role", "ada", "admin")
    run("user", "role", "ada", "admin", "--take-away")
    run("token", "ada")
    run("backup", str(tmp_path / "b.zip"))
    assert acts() == [
        ("backup.made", "file b.zip"),
        ("token.made", "user ada"),
        ("role.taken", "user ada"),
        ("role.given", "user ada"),
        ("user.added", "user ada"),
    ]


def test_an_account_is_deleted_once_that_is_meant(address: str) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    asked = CliRunner().invoke(cli, ["user", "delete", "ada"], input="n\n")
    assert asked.exit_code == 1
    assert run("token", "ada").exit_code == 0
    assert run("user", "delete", "ada", "--yes").stdout == "Deleted the account ada\n"
    assert "There is no user named" in str(run("token", "ada").exception)
    assert acts()[0] == ("user.deleted", "user ada")


def test_the_log_holds_no_secret(address: str) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    secret = run("token", "ada").stdout.strip()
    shown = run("audit", "list").stdout
    assert "token.made" in shown
    for each in (secret, ENV["PODIUM_NEW_PASSWORD"], "ada@example.org", "argon2"):
        assert each not in shown


def test_the_operators_acts_are_laid_to_the_operator(address: str) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    (entry,) = map(json.loads, run("audit", "list", "--json").stdout.splitlines())
    assert entry["who"].startswith("operator (")
    assert entry["source"] == "command line"


def test_a_refused_act_is_not_in_the_log(address: str) -> None:
    assert run("user", "add", "ada", "--email", "nowhere").exit_code == 1
    assert acts() == []


def test_a_restored_backup_says_so_in_its_log(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    run("backup", str(tmp_path / "b.zip"))
    monkeypatch.setenv("PODIUM_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    assert run("restore", str(tmp_path / "b.zip")).exit_code == 0
    assert acts()[0] == ("backup.restored", "file b.zip")
    assert run("audit", "verify").exit_code == 0


def test_a_sound_log_is_told_with_its_last_hash(address: str) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    verdict = json.loads(run("audit", "verify", "--json").stdout)
    assert (verdict["sound"], verdict["entries"]) == (True, 1)
    assert run("audit", "verify", "--noted", verdict["sha256"]).exit_code == 0
    assert run("audit", "verify", "--noted", "0" * 64).exit_code == 1


def test_a_changed_log_ends_the_command_with_1(address: str) -> None:
    run("user", "add", "ada", "--email", "ada@example.org")
    database = Database(address)
    with database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_entries_update"))
        connection.execute(text("UPDATE audit_entries SET who = 'nobody'"))
    database.dispose()
    found = run("audit", "verify")
    assert (found.exit_code, found.stderr) == (1, "Entry 1 was changed.\n")
    assert json.loads(run("audit", "verify", "--json").stdout)["sound"] is False


def test_entries_are_found_by_act_and_target(address: str) -> None:
    for name in ("ada", "bob"):
        run("user", "add", name, "--email", f"{name}@example.org")
    run("user", "role", "bob", "organizer")
    found = run("audit", "list", "--act", "user.added", "--target", "bob").stdout
    assert "user bob" in found
    assert len(found.splitlines()) == 1


@pytest.fixture
def scored(address: str, tmp_path: Path) -> Receipt:
    """A score with a receipt in that Podium."""
    services = create_services(read_settings())
    make = Factory(services)
    ada = make.user("ada")
    team = make.team(make.competition("stars"), ada)
    made = make.receipt(make.submission(team, ada, public=0.75, private=0.5))
    services.database.dispose()
    return made


def test_a_sound_chain_is_told_with_its_end(scored: Receipt) -> None:
    told = run("receipts", "verify", "stars", "--noted", scored.sha256)
    assert told.exit_code == 0
    assert "The receipts of stars are sound: 1, ending with" in told.stdout
    assert scored.sha256 in told.stdout
    found = json.loads(run("receipts", "verify", "stars", "--json").stdout)
    assert (found["sound"], found["receipts"], found["faults"]) == (True, 1, [])


def test_a_score_that_was_changed_is_told_with_exit_code_1(
    scored: Receipt, address: str
) -> None:
    database = Database(address)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE scores SET private = 0.99"))
    database.dispose()
    told = run("receipts", "verify", "stars")
    assert told.exit_code == 1
    assert "private of submission" in told.stderr
    as_json = run("receipts", "verify", "stars", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["sound"] is False


def test_the_public_key_is_printed(scored: Receipt) -> None:
    assert run("receipts", "key").stdout.strip() == scored.key
    assert json.loads(run("receipts", "key", "--json").stdout)["key"] == scored.key


def test_of_no_such_competition_it_says_so(address: str) -> None:
    refused = run("receipts", "verify", "moons")
    assert isinstance(refused.exception, NotFound)


def test_a_key_of_the_settings_is_looked_at_before_anything_starts(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODIUM_RECEIPT_KEY", "not hex")
    refused = run("receipts", "key")
    assert isinstance(refused.exception, SettingsError)
    assert "64 hex digits" in str(refused.exception)
    assert "not hex" not in str(refused.exception)
