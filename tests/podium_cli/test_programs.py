"""Packing a program, and what `podium run` says before it asks a sandbox."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from podium_cli.errors import Refused
from podium_cli.programs import packed
from tests.podium_cli.conftest import Podium
from tests.podium_cli.fake_podium import Fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program with what editors leave beside it."""
    made = tmp_path / "mine"
    for name, text in {
        "main.py": "print(1)",
        "lib/model.py": "x = 1",
        "lib/__pycache__/model.pyc": "no",
        ".git/config": "no",
        "old.pyc": "no",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


def names_in(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_a_folder_is_packed_without_what_tools_leave_behind(folder: Path) -> None:
    assert names_in(packed(folder)) == ["main.py", "lib/model.py"]


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    first = packed(folder)
    (folder / "main.py").touch()
    assert packed(folder) == first


def test_a_file_is_sent_as_it_is(folder: Path) -> None:
    assert packed(folder / "main.py") == b"print(1)"


def test_a_folder_with_a_link_or_without_files_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="has no files"):
        packed(tmp_path / "empty")
    (folder / "data.csv").symlink_to("/etc/hostname")
    with pytest.raises(Refused, match="is a link"):
        packed(folder)


def test_a_competition_of_predictions_runs_no_programs(
    logged_in: Podium, folder: Path
) -> None:
    ran = logged_in("run", "wine", str(folder))
    assert ran.code == 1
    assert "takes files of predictions" in ran.err


def test_a_folder_is_packed_when_it_is_submitted(
    logged_in: Podium, fake: Fake, folder: Path
) -> None:
    assert logged_in("submit", "wine", "-f", str(folder)).code == 0
    [asked] = [each for each in fake.asked if each[0] == "POST"]
    assert asked[2]["file_name"] == "mine.zip"
