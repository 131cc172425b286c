"""Unpacks a participant's program inside its container and becomes it.

Its text is given to the image's own Python (``python3 -I -c TEXT FILE ENTRY MARK``), so it
uses the standard library of Python 3.8 and nothing else. It runs as the program's own user,
under the program's own limits: an archive that attacks it attacks nobody else. The
program starts in the folder where it was unpacked, below /tmp.
"""

from __future__ import annotations

import ast
import json
import os
import stat
import sys
import zipfile
import zlib
from typing import NoReturn

FOLDER = "/tmp/submission"  # noqa: S108 - inside the sandbox
MOST_FILES = 4000
NO_PROGRAM, NO_ENTRY, UNSOUND, TOO_LARGE, NOTEBOOK = 100, 101, 102, 103, 104


def main() -> None:
    """Unpack and become the program; does not return."""
    path, entry = sys.argv[1:3]
    os.makedirs(FOLDER, mode=0o755)
    try:
        folder = unpack(path, entry)
    except OSError as error:
        fail(TOO_LARGE, f"there is no room: {error}")
    os.chdir(folder)
    environment = dict(os.environ)
    environment.update(
        PODIUM_INPUT="/input/data",
        PODIUM_MODEL="/input/model",
        PODIUM_OUTPUT="/output",
        PYTHONPATH=folder,
        PYTHONUNBUFFERED="1",
        PYTHONDONTWRITEBYTECODE="1",
    )
    os.execvpe("python3", ["python3", entry], environment)  # noqa: S606 - no shell


def unpack(path: str, entry: str) -> str:
    """Put the program below FOLDER; the folder to start it in."""
    with open(path, "rb") as file:
        head = file.read(4)
    if head[:2] == b"PK":
        return unpack_archive(path, entry)
    with open(path, "rb") as file:
        text = read_text(file.read())
    if text.lstrip().startswith("{"):
        text = script_of(text)
    elif not is_python(text):
        fail(NO_PROGRAM, "no ZIP archive, no Python script, no notebook")
    target = os.path.join(FOLDER, entry)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    return FOLDER


def read_text(data: bytes) -> str:
    """The file as text; ends where it is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        fail(NO_PROGRAM, "the file is no text in UTF-8")


def is_python(text: str) -> bool:
    """Whether a file is a script; one with a mistake is, and says so when it runs."""
    try:
        ast.parse(text)
    except SyntaxError:
        return any(word in text for word in ("import ", "def ", "print(", "="))
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


def unpack_archive(path: str, entry: str) -> str:
    """Unpack a ZIP archive, file by file; the folder that holds the entry point."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            if len(members) > MOST_FILES:
                fail(UNSOUND, f"more than {MOST_FILES} files")
            for member in members:
                unpack_member(archive, member)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,  # a password, or a method of packing that Python lacks
        ValueError,
    ) as error:
        fail(UNSOUND, str(error))
    return folder_of(entry)


def unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Write one file; ends for a name that leads elsewhere, and for a link."""
    parts = member.filename.replace("\\", "/").split("/")
    if parts[0] == "" or any(part in ("..", ".") or "\0" in part for part in parts):
        fail(UNSOUND, f"the name {member.filename!r} leads out of the archive")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        fail(UNSOUND, f"{member.filename!r} is a link or a device")
    target = os.path.join(FOLDER, *[part for part in parts if part])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with archive.open(member) as source, open(target, "wb") as file:
        while True:
            data = source.read(1 << 20)
            if not data:
                return
            file.write(data)


def folder_of(entry: str) -> str:
    """Where the entry point is: at the top, or in the only folder that there is."""
    if os.path.isfile(os.path.join(FOLDER, entry)):
        return FOLDER
    names = [each for each in os.listdir(FOLDER) if each != "__MACOSX"]
    only = os.path.join(FOLDER, names[0]) if len(names) == 1 else ""
    if os.path.isfile(os.path.join(only, entry)):
        return only
    return fail(NO_ENTRY, f"no {entry}; there are {', '.join(sorted(names)[:20])}")


def script_of(text: str) -> str:
    """The code cells of a notebook as one script; ends for commands of the notebook."""
    try:
        cells = json.loads(text)["cells"]
        codes = [
            source if isinstance(source, str) else "".join(source)
            for source in (
                cell["source"] for cell in cells if cell["cell_type"] == "code"
            )
        ]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        fail(NOTEBOOK, f"no notebook: {error!r}")
    for number, code in enumerate(codes, 1):
        for line in code.splitlines():
            if line.lstrip()[:1] in ("%", "!"):
                fail(
                    NOTEBOOK,
                    f"code cell {number} has the command {line.strip()[:80]!r}",
                )
    return "\n\n".join(codes) + "\n"


def fail(code: int, why: str) -> NoReturn:
    """End with a code that the host knows, and say why in the log.

    The mark in front of it tells the host that it is not the program that says so: the
    program never gets to know it.
    """
    sys.stderr.write(f"{sys.argv[3]}The submission can't be started: {why}\n")
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
