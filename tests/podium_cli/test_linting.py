"""``podium competition check`` lints sound bundles with this machine's scorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from podium_cli import linting
from podium_cli.hosting import competition
from tests.scorer.lint_parts import Pears


def check(folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    arguments = ["check", str(folder), "--json", *options]
    result = CliRunner().invoke(competition, arguments, standalone_mode=False)
    assert result.exception is None
    return result.return_value, json.loads(result.stdout)


def with_a_repeated_id(folder: Path) -> Path:
    pears = Pears()
    pears.train_ids[3] = pears.train_ids[4]
    return pears.write(folder)


def test_an_error_of_the_linter_fails_a_sound_bundle(tmp_path: Path) -> None:
    pears = Pears()
    pears.sample = pears.ripe

    code, answer = check(pears.write(tmp_path))

    assert (code, answer["faults"]) == (4, [])
    assert answer["lint"]["findings"][0]["code"] == "sample-too-good"


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 4)])
def test_a_warning_fails_only_if_strict(
    tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    assert check(with_a_repeated_id(tmp_path), *options)[0] == code


def test_what_init_writes_has_no_warning(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    competition.main(["init", str(folder)], standalone_mode=False)

    code, answer = check(folder, "--strict")

    assert (code, answer["lint"]["counts"]["warning"]) == (0, 0)


def test_every_finding_is_told_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(with_a_repeated_id(tmp_path))

    competition.main(["check", folder], standalone_mode=False)

    words = " ".join(capsys.readouterr().err.split())
    assert (
        "warning id-duplicate: 1 of 240 rows of data/train.csv repeat an id." in words
    )
    assert "Give every row an id of its own" in words


def test_without_the_scorers_packages_it_says_what_to_install(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(linting, "_NEEDED", ("a_package_that_is_not_there",))
    folder = str(with_a_repeated_id(tmp_path))

    code = competition.main(["check", folder, "--strict"], standalone_mode=False)

    assert code == 0
    assert "podium[local]" in capsys.readouterr().err
