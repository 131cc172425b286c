"""Attempts that are handed over as code: at files, sockets and processes of the host."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tests.sandbox.attacks.programs.probing import tell


def reach(attempts: Mapping[str, str]) -> None:
    """Try each, and tell by what it was refused; nothing where it was not."""
    for name, code in attempts.items():
        refused = ""
        try:
            exec(code, {"os": os})
        except OSError as error:
            refused = str(error)
        tell(attempt=name, refused=refused)
