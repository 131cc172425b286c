"""What must hold of the whole: no job without its function, no setting without a use."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import podium
from podium import worker
from podium.core.errors import PodiumError
from podium.settings import Settings

PACKAGE = Path(next(iter(podium.__path__)))
NUMERIC = {"numpy", "pyarrow", "pandas", "scipy", "sklearn"}


@functools.cache
def sources() -> list[tuple[Path, ast.Module]]:
    """Podium's modules, parsed."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [(path, ast.parse(path.read_text(), str(path))) for path in paths]


def strings(tree: ast.AST) -> Iterator[str]:
    """Every text in the code, f-strings by their fixed parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_kind_of_job_that_is_dispatched_has_its_function() -> None:
    _, tree = next(each for each in sources() if each[0].match("scoring/dispatch.py"))
    kinds = {
        node.args[1].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_job"
        and isinstance(node.args[1], ast.Constant)
    }
    assert kinds == {"score", "prepare"}
    module = importlib.import_module("podium.scoring.jobs")
    assert "podium.scoring.jobs." in set(strings(tree))
    for kind in kinds:
        assert callable(getattr(module, kind))


def test_every_dotted_name_of_a_function_leads_to_one() -> None:
    dotted = re.compile(r"podium(?:\.[a-z_]+)+\.[a-z_]+")
    found = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "function":
                found |= {text for text in strings(node) if dotted.fullmatch(text)}
    for name in found:
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("field", [each.name for each in dataclasses.fields(Settings)])
def test_every_setting_is_used_somewhere(field: str) -> None:
    used = any(
        isinstance(node, ast.Attribute) and node.attr == field
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    )
    variable = f"PODIUM_{field.upper()}"
    elsewhere = any(
        variable in path.read_text()
        for path in (PACKAGE.parent.parent / "sandbox").rglob("*.py")
    )
    assert used or elsewhere


def test_the_worker_loads_nothing_numeric_and_no_site() -> None:
    program = "import sys, podium.worker; print(*sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(output.split())
    assert not NUMERIC & loaded
    assert not {"podium.app", "podium.core.web", "docker"} & loaded
    assert worker.jobs.__name__ in loaded


def errors(kind: type[PodiumError]) -> Iterator[type[PodiumError]]:
    for each in kind.__subclasses__():
        yield each
        yield from errors(each)


def test_every_error_for_users_has_a_status_for_them() -> None:
    for each in errors(PodiumError):
        assert 400 <= each.status < 500


def test_no_sentence_shouts() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and node.exc is not None:
                for text in strings(node.exc):
                    assert "!" not in text, f"{path}: {text}"
