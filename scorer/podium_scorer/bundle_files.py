"""Files of a bundle: found safely under its folder and hashed without holding them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from podium_scorer.bundle_faults import FaultList, quoted

_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class BundleFile:
    """A file of a bundle. ``file`` is relative to the bundle, ``name`` its last part.

    Size (bytes) and hash are those at the time of reading: who copies the file later
    compares the hash again.
    """

    path: Path
    file: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return PurePosixPath(self.file).name


@dataclass(frozen=True)
class Folder:
    """A bundle's folder, out of which no path leads."""

    root: Path
    faults: FaultList

    def find(self, file: str, *, said_in: tuple[str, int | None]) -> BundleFile | None:
        """The file of that relative path, or None after noting a fault.

        ``said_in`` is the file and line that name it, where faults of the path belong.
        """
        problem = _path_problem(file) or self._place_problem(file)
        if problem:
            self.faults.add(
                *said_in,
                f"The path {quoted(file, 120)} {problem}.",
                "the path of a file inside the bundle's folder, like data/train.csv.",
            )
            return None
        path = self.root / file
        try:
            size, sha256 = _measure(path)
        except OSError as error:
            self.faults.add(
                *said_in,
                f"The file {quoted(file, 120)} can't be read: {error.strerror}.",
                "a file that the user who imports the bundle may read.",
            )
            return None
        return BundleFile(path=path, file=file, size=size, sha256=sha256)

    def _place_problem(self, file: str) -> str:
        """Why there is no readable regular file of ours at that path, or nothing."""
        try:
            place = (self.root / file).resolve(strict=True)
        except (OSError, RuntimeError):
            return "leads to no file"
        if not place.is_relative_to(self.root.resolve()):
            return "leads out of the bundle through a symbolic link"
        return "" if place.is_file() else "is not a file"


def _path_problem(file: str) -> str:
    path = PurePosixPath(file)
    if path.is_absolute() or PureWindowsPath(file).drive or "\\" in file:
        return "is not relative with forward slashes"
    if ".." in path.parts:
        return "leads upwards with “..”"
    if str(path) != file or not path.parts:
        return "is not written plainly"
    return ""


def _measure(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()
