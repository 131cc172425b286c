"""The scorer of this machine, in a process of its own: only it needs numpy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from podium_cli.errors import PodiumError


class ScorerFailed(PodiumError):
    """The scorer of this machine did not answer."""

    kind = "scorer"


def scorer(arguments: Sequence[str], *, trouble: str) -> dict[str, Any]:
    """What a command of the scorer answers; raises ScorerFailed, which begins with
    ``trouble``."""
    command = [sys.executable, "-m", "podium_scorer", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise ScorerFailed(f"{trouble}: {said[0]}") from error
    return found


def metric_arguments(name: str, params: dict[str, Any]) -> list[str]:
    """A metric and its parameters, as the scorer takes them."""
    given = [
        word
        for param, value in params.items()
        for word in ("--param", f"{param}={json.dumps(value)}")
    ]
    return ["--metric", name, *given]
