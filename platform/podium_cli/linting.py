"""The linter of this machine's scorer, in a process of its own: only it needs numpy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from podium_cli import show
from podium_cli.scorer import scorer

_NEEDED = ("numpy", "pyarrow")


def lint(folder: Path) -> dict[str, Any] | None:
    """What the linter says of a bundle; None where podium[local] is not installed."""
    if not all(map(find_spec, _NEEDED)):
        return None
    trouble = "The linter could not look at the bundle"
    return scorer(["lint", "--json", str(folder)], trouble=trouble)


def fails(found: dict[str, Any] | None, *, strict: bool) -> bool:
    """Whether there are errors, where strict also whether there are warnings."""
    if found is None:
        return False
    counts = found["counts"]
    return bool(counts["error"] or (strict and counts["warning"]))


def tell_lint(found: dict[str, Any] | None) -> None:
    """Say every finding with what to do, and what was not looked at."""
    if found is None:
        show.say("Install podium[local] to have it linted as well.")
        return
    for finding in found["findings"]:
        show.say(f"  {finding['severity']} {finding['code']}: {finding['message']}")
        show.say(f"      {finding['advice']}")
    for code, reason in found["not_applied"].items():
        show.say(f"  not applied {code}: {reason}")
