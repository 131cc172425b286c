"""What comes back from a program's container: one line of result, then its files.

The harness that speaks there shares the container with the program, so nothing that it
says is trusted: sizes, counts, depths and names are bounded here, and files are written
into a folder that nobody else has, under names that are plain.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from podium_sandbox.errors import BadAnswer, LimitReached
from podium_sandbox.limits import Limits
from podium_scorer.contract import CutOff

LINE_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. +=@-]*[A-Za-z0-9_+=@-])?", re.ASCII)
_NAME_CHARS, _PATH_CHARS, _FAULT_CHARS = 100, 255, 400
_KEYS = {"nonce", "exit_code", "cpu_s", "memory_peak_bytes", "met", "files", "fault"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the harness says: how the program ended, and which files follow.

    ``met`` names the limits that the program ran into, whether or not they ended it;
    ``fault`` is what is wrong with its output, a sentence, empty if nothing is.
    """

    exit_code: int
    cpu_s: float
    memory_peak_bytes: int
    met: tuple[CutOff, ...]
    files: tuple[tuple[str, int], ...]
    fault: str


class ResultReader:
    """Reads the line; ``rest`` is what came behind it."""

    def __init__(self, nonce: str, limits: Limits) -> None:
        self._nonce = nonce
        self._limits = limits
        self._line = bytearray()
        self.result: Result | None = None
        self.rest = b""

    def feed(self, data: bytes) -> bool:
        self._line += data
        line, feed, rest = bytes(self._line).partition(b"\n")
        if len(line) > LINE_BYTES:
            raise BadAnswer("the harness's line has no end")
        if feed:
            self.result, self.rest = self._read(line), rest
        return bool(feed)

    def _read(self, line: bytes) -> Result:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadAnswer("the harness's line is not JSON") from error
        if not isinstance(data, dict) or set(data) != _KEYS:
            raise BadAnswer("the harness's line has other keys than it should")
        if data["nonce"] != self._nonce:
            raise BadAnswer("the harness's line does not belong to this job")
        if not isinstance(data["fault"], str) or not isinstance(data["met"], list):
            raise BadAnswer("the harness's line has a text or list of another kind")
        return Result(
            exit_code=_whole(data["exit_code"], 255),
            cpu_s=_number(data["cpu_s"]),
            memory_peak_bytes=_whole(data["memory_peak_bytes"], 1 << 60),
            met=tuple(reason for reason in CutOff if str(reason) in data["met"]),
            files=() if data["fault"] else self._files(data["files"]),
            fault=_printable(data["fault"][:_FAULT_CHARS]),
        )

    def _files(self, data: Any) -> tuple[tuple[str, int], ...]:
        if not isinstance(data, list) or len(data) > self._limits.output_files:
            raise BadAnswer("the harness sends too many files")
        files = []
        for entry in data:
            match entry:
                case [str(path), int(size)]:
                    files.append((path, _whole(size, self._limits.output_bytes)))
                case _:
                    raise BadAnswer("a file is a path and a size")
        check_paths([path for path, _ in files], self._limits)
        if sum(size for _, size in files) > self._limits.output_bytes:
            raise LimitReached(
                CutOff.OUTPUT,
                f"The output has more than {self._limits.output_bytes} bytes.",
            )
        return tuple(files)


def check_paths(paths: Sequence[str], limits: Limits) -> None:
    """Raise BadAnswer unless these are plain names that no file system confuses."""
    files = {path.lower() for path in paths}
    folders = {p.lower() for path in paths for p in _folders(path)}
    if len(files) != len(paths) or files & folders:
        raise BadAnswer("two files of the output have the same name")
    for path in paths:
        parts = path.split("/")
        if len(path) > _PATH_CHARS or len(parts) > limits.output_depth + 1:
            raise BadAnswer("a file of the output lies too deep")
        if not all(_NAME.fullmatch(p) and len(p) <= _NAME_CHARS for p in parts):
            raise BadAnswer(f"a file of the output has the name {path!r}")


def _folders(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


class FilesReader:
    """Writes the files that follow, in their order, into an empty folder."""

    def __init__(self, files: Sequence[tuple[str, int]], folder: Path) -> None:
        self._waiting = list(files)
        self._folder = folder
        self._file: BinaryIO | None = None
        self._left = 0

    def feed(self, data: bytes) -> bool:
        """Take some of the bytes; True when all files are complete."""
        view = memoryview(data)
        while True:
            if self._file is None and not self._open_next():
                if view:
                    raise BadAnswer("bytes after the end of the output")
                return True
            assert self._file is not None  # noqa: S101 - for the type checker
            part = view[: self._left]
            self._file.write(part)
            self._left -= len(part)
            view = view[len(part) :]
            if self._left:
                return False
            self.close()

    def close(self) -> None:
        """Close the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open_next(self) -> bool:
        if not self._waiting:
            return False
        name, self._left = self._waiting.pop(0)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        self._file = os.fdopen(os.open(path, flags, 0o644), "wb")
        return True


def _whole(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadAnswer(f"the harness sends {str(value)[:40]!r} as a number")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadAnswer("the harness sends something as a number that is none")
    if not math.isfinite(value) or value < 0:
        raise BadAnswer("the harness sends a number that is none")
    return float(value)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
