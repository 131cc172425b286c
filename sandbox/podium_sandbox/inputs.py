"""Files of the host as a tar archive: regular files and folders, and nothing else."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_FILE_MODE, _FOLDER_MODE = 0o444, 0o555


class InputError(Exception):
    """The input can't be handed over; the text is a sentence that says why."""


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """An open file, and the path below /input at which a program is to see it."""

    path: str
    descriptor: int


def archive_of(files: Iterable[InputFile], *, most_bytes: int) -> Iterator[bytes]:
    """The pieces of a tar archive of open files, each from its start.

    Raises InputError for one that becomes shorter meanwhile, and beyond ``most_bytes``.
    """
    left = most_bytes
    for file in files:
        entry = tarfile.TarInfo(file.path)
        entry.size, entry.mode = os.fstat(file.descriptor).st_size, _FILE_MODE
        left = _less(left, entry.size, most_bytes)
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield from _pieces(file.descriptor, entry.size, file.path)
    yield bytes(2 * _BLOCK)


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
            left = _less(left, entry.size, most_bytes)
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
    try:
        yield from _pieces(descriptor, size, str(path))
    finally:
        os.close(descriptor)


def _pieces(descriptor: int, size: int, name: str) -> Iterator[bytes]:
    """The first ``size`` bytes of an open file, and zeros up to a whole block."""
    offset = 0
    while offset < size:
        data = os.pread(descriptor, min(size - offset, _CHUNK_BYTES), offset)
        if not data:
            raise InputError(f"{name} became shorter while it was read.")
        offset += len(data)
        yield data
    yield bytes(-size % _BLOCK)


def _less(left: int, size: int, most_bytes: int) -> int:
    if size > left:
        raise InputError(
            f"The input has more than {most_bytes} bytes, which is its limit."
        )
    return left - size
