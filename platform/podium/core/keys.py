"""The key that signs cookies and links."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from podium.settings import Settings


def secret_key(settings: Settings) -> str:
    """The key that signs cookies: the setting's, or one made once and kept in data_dir."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret_key"
    if not path.exists():
        settings.make_data_dir()
        _make_key(path)
    return path.read_text().strip()


def _make_key(path: Path) -> None:
    """Write the key beside its place and link it in, so that processes which start at
    the same moment agree on one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
