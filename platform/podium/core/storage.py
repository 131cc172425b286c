"""Files by their content: put once, named by the sha256 of their bytes, never changed.

``Storage`` is what the rest of Podium sees; ``LocalStorage`` keeps them in a folder. Bytes
are streamed in pieces and never held whole in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from podium.core.errors import TooLarge
from podium.core.text import size as size_text

CHUNK_BYTES = 1 << 20
INCOMING_KEPT_S = 24 * 3600


@dataclass(frozen=True)
class Blob:
    """A stored file: sha256 in hex and size in bytes."""

    sha256: str
    size: int


class Readable(Protocol):
    """Anything bytes can be read from, piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        ...


class Storage(Protocol):
    """Where files are kept."""

    def put(self, stream: Readable, *, most_bytes: int) -> Blob:
        """Store a stream; raises TooLarge past ``most_bytes`` and keeps nothing of it."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Open a stored file for reading; raises FileNotFoundError."""
        ...

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        ...

    def lay_out(self, sha256: str, target: Path) -> None:
        """Make the file's bytes readable at ``target``, which is never to be written to;
        raises FileNotFoundError."""
        ...

    def every(self) -> Iterator[str]:
        """The sha256 of each stored file, in order."""
        ...

    def delete(self, sha256: str) -> None:
        """Forget a file; quiet where it is not there."""
        ...

    def sweep(self) -> None:
        """Remove what interrupted uploads left behind."""
        ...


class LocalStorage:
    """Files in a folder: ``ab/cd/abcd...``. Writing is atomic and synced to disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"

    def path(self, sha256: str) -> Path:
        """Where a file lies."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise FileNotFoundError(sha256)
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, stream: Readable, *, most_bytes: int) -> Blob:
        """Store a stream; raises TooLarge past ``most_bytes`` and keeps nothing of it."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(descriptor, "wb") as file:
                blob = _copy(stream, file, most_bytes)
                file.flush()
                os.fsync(file.fileno())
            target = self.path(blob.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(name, target)
            _sync_folder(target.parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        return blob

    def open(self, sha256: str) -> BinaryIO:
        """Open a stored file for reading; raises FileNotFoundError."""
        return self.path(sha256).open("rb")

    def has(self, sha256: str) -> bool:
        """Whether the file is there."""
        return self.path(sha256).is_file()

    def lay_out(self, sha256: str, target: Path) -> None:
        """Make the file's bytes readable at ``target``, which is never to be written to;
        raises FileNotFoundError."""
        path = self.path(sha256)
        try:
            os.link(path, target)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, target)

    def every(self) -> Iterator[str]:
        """The sha256 of each stored file, in order."""
        for path in sorted(self.folder.glob("??/??/*")):
            if len(path.name) == 64:
                yield path.name

    def delete(self, sha256: str) -> None:
        """Forget a file; quiet where it is not there."""
        self.path(sha256).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what interrupted uploads left behind, once it is a day old."""
        yesterday = time.time() - INCOMING_KEPT_S
        for file in self._incoming.glob("*"):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < yesterday:
                    file.unlink()


def pieces(file: Readable, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The file's bytes in pieces of at most ``size``."""
    while piece := file.read(size):
        yield piece


def _sync_folder(folder: Path) -> None:
    """Bring a folder's new name to the disk; the file's bytes are there already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(stream: Readable, file: BinaryIO, most_bytes: int) -> Blob:
    digest, size = hashlib.sha256(), 0
    for piece in pieces(stream):
        size += len(piece)
        if size > most_bytes:
            raise TooLarge(
                f"The file is larger than the {size_text(most_bytes)} allowed here. "
                "Compress it (.csv.gz or .zip) or remove columns that are not asked for.",
                kind="too_large",
            )
        digest.update(piece)
        file.write(piece)
    return Blob(digest.hexdigest(), size)
