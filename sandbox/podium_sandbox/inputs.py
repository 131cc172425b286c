"""A folder of the host as a tar archive: regular files and folders, and nothing else."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_FILE_MODE, _FOLDER_MODE = 0o444, 0o555


class InputError(Exception):
    """The input can't be handed over; the text is a sentence that says why."""


def archive(folder: Path, *, most_bytes: int) -> Iterator[bytes]:
    """The pieces of a tar archive of a folder: root's files, readable for everybody.

    Raises InputError for what is neither a regular file nor a folder (a link is never
    followed), for a file that changes meanwhile, and beyond ``most_bytes`` in all files.
    """
    left = most_bytes
    for path in _walk(folder):
        status = path.lstat()
        entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
        if stat.S_ISDIR(status.st_mode):
            entry.type, entry.mode = tarfile.DIRTYPE, _FOLDER_MODE
            yield entry.tobuf(tarfile.PAX_FORMAT)
        elif stat.S_ISREG(status.st_mode):
            entry.size, entry.mode = status.st_size, _FILE_MODE
            left -= entry.size
            if left < 0:
                raise InputError(
                    f"The input has more than {most_bytes} bytes, which is its limit."
                )
            yield entry.tobuf(tarfile.PAX_FORMAT)
            yield from _contents(path, entry.size)
        else:
            raise InputError(
                f"{path} is neither a file nor a folder; put a plain file in its place."
            )
    yield bytes(2 * _BLOCK)


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder, onerror=_refuse):
        folders.sort()
        for name in sorted(files + folders):
            yield Path(where, name)


def _refuse(error: OSError) -> None:
    raise InputError(f"The input can't be read: {error}.") from error


def _contents(path: Path, size: int) -> Iterator[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"The input can't be read: {error}.") from error
    with os.fdopen(descriptor, "rb") as file:
        left = size
        while left:
            data = file.read(min(left, _CHUNK_BYTES))
            if not data:
                raise InputError(f"{path} became shorter while it was read.")
            left -= len(data)
            yield data
    yield bytes(-size % _BLOCK)
