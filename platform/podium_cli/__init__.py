"""The `podium` command line and Python client: HTTP only, nothing of the site.

    from podium_cli import Client

    with Client("https://podium.example.org", token="podium_...") as client:
        for competition in client.competitions():
            print(competition["slug"])

Without arguments, ``Client()`` takes address and token from ``podium login``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podium_cli.client import Client
    from podium_cli.errors import (
        NotLoggedIn,
        PodiumError,
        Refused,
        StillWaiting,
        Unreachable,
    )

__all__ = [
    "Client",
    "NotLoggedIn",
    "PodiumError",
    "Refused",
    "StillWaiting",
    "Unreachable",
]


def __getattr__(name: str) -> Any:
    """Load the client when it is asked for: the command's help does without HTTP."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "client" if name == "Client" else "errors"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
