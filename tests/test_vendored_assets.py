"""The assets in the repository are those of package.json, unchanged and self-contained."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "platform/podium/static/vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_manifest_lists_the_versions_of_package_json() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert MANIFEST["packages"] == wanted


def test_lock_pins_the_same_versions_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    locked = {
        name: lock[f"node_modules/{name}"]["version"] for name in MANIFEST["packages"]
    }
    assert locked == MANIFEST["packages"]
    assert [name for name, entry in lock.items() if "resolved" in entry] == []


def test_every_vendored_file_is_the_one_that_was_copied() -> None:
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == MANIFEST["files"]


@pytest.mark.parametrize("folder", ["htmx", "icons", "tabler", "uplot"])
def test_every_package_comes_with_its_licence(folder: str) -> None:
    assert len((VENDOR / folder / "LICENSE").read_text()) > 300


@pytest.mark.parametrize("path", sorted(VENDOR.rglob("*.css")), ids=lambda p: p.name)
def test_styles_ask_no_other_server_for_anything(path: Path) -> None:
    fetched = re.findall(
        r"(?:url\(|@import)\s*(?![\"']?data:)[^)]{1,40}", path.read_text()
    )
    assert fetched == []
