"""The keys of this Podium: each is made once, on its first use, and kept in data_dir for
its owner alone."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from podium.core.signing import SigningKey
from podium.settings import Settings, SettingsError

SECRET_KEY, RECEIPT_KEY = "secret_key", "receipt_key"
KEPT = (SECRET_KEY, RECEIPT_KEY)  # what a backup holds
_SEED = re.compile(r"[0-9a-f]{64}")


class Damaged(SettingsError):
    """A key's file holds no key."""


def secret_key(settings: Settings) -> str:
    """The key that signs cookies: the setting's, or one made once and kept in data_dir."""
    if settings.secret_key:
        return settings.secret_key
    return _kept(settings, SECRET_KEY, lambda: secrets.token_urlsafe(48))


def receipt_key(settings: Settings) -> SigningKey:
    """The key that signs receipts: the setting's, or one made once and kept in data_dir;
    raises Damaged where its file holds none."""
    seed = settings.receipt_key or _kept(
        settings, RECEIPT_KEY, lambda: secrets.token_hex(32)
    )
    if not _SEED.fullmatch(seed):
        raise Damaged(
            f"The file {RECEIPT_KEY} in the data folder holds no key. Bring it back from "
            "a backup: by it others know the receipts of this site."
        )
    return SigningKey(bytes.fromhex(seed))


def _kept(settings: Settings, name: str, make: Callable[[], str]) -> str:
    path = settings.data_dir / name
    if not path.exists():
        settings.make_data_dir()
        _make_key(path, make())
    return path.read_text().strip()


def _make_key(path: Path, key: str) -> None:
    """Write the key beside its place and link it in, so that processes which start at
    the same moment agree on one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
