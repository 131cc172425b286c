"""Where Podium's own files are: in the repository, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_REPOSITORY = _PACKAGE.parent.parent
# An installed Podium carries them in `podium/resources`.
_NAMES = {
    "competitions": "competitions",
    "migrations": "migrations",
    "docs": "platform/docs",
}


def resource(name: str) -> Path:
    """The folder ``competitions``, ``migrations`` or ``docs``; raises FileNotFoundError."""
    for folder in (_PACKAGE / "resources" / name, _REPOSITORY / _NAMES[name]):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"Podium's folder {name!r} is missing; install Podium again"
    )
