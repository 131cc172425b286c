"""The wheel carries everything that an installed Podium reads."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.test_repository import ROOT, tracked_files

# Where a folder of the repository goes in the wheel.
PLACES = {
    "competitions/": "podium/resources/competitions/",
    "migrations/": "podium/resources/migrations/",
    "platform/docs/": "podium/resources/docs/",
    "platform/podium/": "podium/",
    "platform/podium_cli/": "podium_cli/",
    "sandbox/podium_sandbox/": "podium_sandbox/",
}


@pytest.fixture(scope="module")
def in_wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", PLACES)
def test_every_file_of_the_folder_is_in_the_wheel(
    in_wheel: set[str], folder: str
) -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    wanted = {
        PLACES[folder] + name.removeprefix(folder)
        for name in names
        if name.startswith(folder)
    }
    assert len(wanted) > 1
    assert wanted - in_wheel == set()


def test_nothing_else_is_in_the_wheel(in_wheel: set[str]) -> None:
    tops = {Path(name).parts[0] for name in in_wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "podium",
        "podium_cli",
        "podium_sandbox",
    }
