"""The linter of this machine's scorer, in a process of its own: only it needs numpy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from podium_cli import show
from podium_cli.errors import PodiumError

_NEEDED = ("numpy", "pyarrow")


class LintFailed(PodiumError):
    """The linter of this machine did not answer."""

    kind = "scorer"


def lint(folder: Path) -> dict[str, Any] | None:
    """What the linter says of a bundle; None where podium[local] is not installed."""
    if not all(map(find_spec, _NEEDED)):
        return None
    command = [sys.executable, "-m", "podium_scorer", "lint", "--json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise LintFailed(
            f"The linter could not look at the bundle: {said[0]}"
        ) from error
    return found


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
