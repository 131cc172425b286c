"""What must hold of the repository as a whole, and what no linter reports."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from podium.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PYPROJECTS = (ROOT / "pyproject.toml", ROOT / "scorer/pyproject.toml")
# Spelled in pieces, so that this file does not find itself.
HOSTS = (
    "files.python" + "hosted.org",
    "pypi" + ".org/simple",
    "registry.npm" + "js.org",
)
# Pages beside the guides under /help, which are no files.
SITE_PAGES = {"metrics"}
HOME_PATHS = re.compile("/" + r"(?:work|root|home/\w+|Users/\w+)" + "/")


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    names = [name for name in listing.stdout.split("\0") if name]
    return [path for path in map(ROOT.joinpath, names) if path.is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((path.relative_to(ROOT), content.decode("utf-8", "replace")))
    return found


def canonical(name: str) -> str:
    """A distribution's name as the registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return canonical(match.group())


def test_platform_is_no_package() -> None:
    assert not (ROOT / "platform/__init__.py").exists()


def test_the_standard_library_is_still_found_from_the_root() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.python_version())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


def test_no_tracked_file_names_a_registry_or_a_home_folder() -> None:
    found = [
        f"{path}: {needle}"
        for path, text in texts()
        for needle in [*HOSTS, *HOME_PATHS.findall(text)]
        if needle in text
    ]
    assert found == []


def test_constraints_lock_every_declared_dependency() -> None:
    locked = {
        name_of(line)
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith(("#", "-"))
    }
    declared = set()
    for path in PYPROJECTS:
        project = tomllib.loads(path.read_text())["project"]
        declared.update(map(name_of, project["dependencies"]))
        for extra in project["optional-dependencies"].values():
            declared.update(map(name_of, extra))
    assert declared - locked == {"podium-scorer"}


def test_constraints_hold_versions_and_nothing_else() -> None:
    exact = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ; .+)?")
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not exact.fullmatch(line)] == []


def test_every_make_target_has_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert phony
    targets = set(phony.group(1).replace("\\", " ").split())
    assert "test" in targets
    helped = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    assert targets - helped == set()


def test_both_distributions_have_one_version() -> None:
    assert metadata.version("podium") == metadata.version("podium-scorer")


def test_every_feature_keeps_the_order_of_its_rooms() -> None:
    contracts = tomllib.loads(PYPROJECTS[0].read_text())["tool"]["importlinter"]
    inside = next(c for c in contracts["contracts"] if c["id"] == "inside-features")
    package = ROOT / "platform/podium"
    features = {f"podium.{path.parent.name}" for path in package.glob("*/models.py")}
    features.remove("podium.core")  # tables, but no feature: it has no rooms
    assert features - set(inside["containers"]) == set()


def test_the_operators_guide_lists_every_setting_with_its_default() -> None:
    guide = (ROOT / "platform/docs/operators.md").read_text()
    listed = dict(re.findall(r"^\| `(PODIUM_\w+)` \| (\S+) \| \S", guide, re.MULTILINE))
    defaults = Settings().environment()
    assert listed == {
        name: f"`{value}`" if value else "empty" for name, value in defaults.items()
    }


def test_links_between_the_documents_lead_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path, text in texts()
        if path.suffix == ".md" and path.parts[0] != "competitions"
        for target in re.findall(r"\]\(([^)#:\s]+)\)", text)
        if not (ROOT / path.parent / target).exists() and target not in SITE_PAGES
    ]
    assert broken == []


def test_no_tracked_file_holds_the_marks_of_a_merge() -> None:
    marks = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
    assert [str(path) for path, text in texts() if marks.search(text)] == []
