"""A bundle that comes as a ZIP: unpacked into a folder, with nothing believed."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from podium.core.errors import Invalid, TooLarge
from podium.core.storage import CHUNK_BYTES
from podium.core.text import size as size_text
from podium_scorer.bundle import MANIFEST

MOST_FILES = 2_000
# What file managers leave in archives that they make.
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def unpack(archive: Path | IO[bytes], folder: Path, *, most_bytes: int) -> None:
    """Unpack a ZIP of a bundle, or of one folder that is a bundle.

    Raises Invalid for what is no such ZIP, with every odd name in it, and TooLarge for
    more than ``most_bytes`` in all.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened)
            left = most_bytes
            for name, info in members.items():
                left -= _write(opened, info, folder / name, left, most_bytes)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        EOFError,
        RuntimeError,  # a password, or a method of packing that Python lacks
        OverflowError,
        ValueError,
    ) as error:
        raise _invalid(
            "This is no ZIP that can be read. Pack the bundle's folder as a ZIP without "
            "a password, and send it again."
        ) from error


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files by their paths in the bundle."""
    files = [info for info in archive.infolist() if not _is_left_out(info)]
    if len(files) > MOST_FILES:
        raise _invalid(
            f"The ZIP has {len(files)} files, more than {MOST_FILES}. Put folders of "
            "many files into an archive of their own."
        )
    if faults := [fault for info in files if (fault := _fault(info))]:
        raise _invalid(" ".join(faults[:10]))
    top = _top([info.filename for info in files])
    members = {info.filename.removeprefix(top): info for info in files}
    if len(members) != len(files) or len({*map(str.casefold, members)}) != len(files):
        raise _invalid("The ZIP has two files of one name. Names must differ.")
    if MANIFEST not in members:
        raise _invalid(
            f"The ZIP has no {MANIFEST}. It stands at the top of a bundle, or in the "
            "one folder that is there."
        )
    return members


def _is_left_out(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return info.is_dir() or any(part in _LITTER for part in parts)


def _fault(info: zipfile.ZipInfo) -> str:
    name = info.filename
    shown = "".join(char if char.isprintable() else "?" for char in name[:120])
    path = PurePosixPath(name)
    plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    if not plain or "\\" in name or ":" in name or not name.isprintable():
        return f"“{shown}” is no plain path."
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return f"“{shown}” is a link or no regular file."
    if info.flag_bits & 1:
        return f"“{shown}” is encrypted."
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return f"“{shown}” is packed in a way that only some programs know."
    return ""


def _top(names: list[str]) -> str:
    """The one folder that everything is in, with its slash; empty where there is none."""
    tops = {name.partition("/")[0] for name in names}
    if MANIFEST in names or len(tops) != 1:
        return ""
    return f"{tops.pop()}/"


def _write(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    path: Path,
    left: int,
    most_bytes: int,
) -> int:
    """Unpack one file; how many bytes it has. What its header says is not believed."""
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(info) as source, path.open("xb") as target:
            while piece := source.read(CHUNK_BYTES):
                size += len(piece)
                if size > left:
                    raise TooLarge(
                        f"Unpacked, the bundle has more than {size_text(most_bytes)}, "
                        "which is what this Podium takes."
                    )
                target.write(piece)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise _invalid(
            f"“{info.filename[:120]}” is both a file and a folder in the ZIP."
        ) from error
    return size


def _invalid(sentence: str) -> Invalid:
    return Invalid(sentence, kind="invalid", fields={"bundle": sentence})
