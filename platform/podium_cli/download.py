"""Downloads one data file: resumed where it stopped, verified by its hash, put in place."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import httpx2 as httpx

from podium_cli.answers import refusal, unreachable
from podium_cli.errors import PodiumError, Refused, Unreachable

# Told the file's name, bytes that are here and bytes in all.
Progress: TypeAlias = Callable[[str, int, int], None]

CHUNK = 1 << 18
TRIES = 5
PAUSE_S = 0.3
# No folders, no hidden files, none of the names that mean a device on Windows.
_PLAIN_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|]+")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A data file that is here now. ``state``: downloaded, or unchanged."""

    path: Path
    size: int
    sha256: str
    state: str


def fetch(
    http: httpx.Client,
    address: str,
    item: dict[str, Any],
    folder: Path,
    *,
    force: bool,
    progress: Progress | None,
) -> Downloaded:
    """Download what ``item`` (name, size, sha256) describes into the folder.

    Bytes are gathered in ``.NAME.HASH.part`` and only put in place once their hash is
    right, so that a file under its own name is always whole.
    """
    name, size, sha256 = str(item["name"]), int(item["size"]), str(item["sha256"])
    _check_name(name)
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            if _sha256(path) == sha256:
                return Downloaded(
                    path=path, size=size, sha256=sha256, state="unchanged"
                )
            if not force:
                raise Refused(
                    f"{path} is there already and differs from the server's. Move it "
                    "away, or replace it with --force."
                )
        part = folder / f".{name}.{sha256[:12]}.part"
        _fill(http, address, part, name, size, sha256, progress)
        if _sha256(part) != sha256:
            part.unlink()
            raise Unreachable(
                f"{name} did not arrive as the server has it (its hash differs). "
                "Download it again."
            )
        os.replace(part, path)
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}.") from error
    return Downloaded(path=path, size=size, sha256=sha256, state="downloaded")


def _check_name(name: str) -> None:
    if (
        not _PLAIN_NAME.fullmatch(name)
        or _DEVICE.fullmatch(name)
        or name.startswith(".")
        or name.endswith((".", " "))
    ):
        raise Refused(
            f"The server calls a file {name!r}, which can't be a file's name here."
        )


def _fill(
    http: httpx.Client,
    address: str,
    part: Path,
    name: str,
    size: int,
    sha256: str,
    progress: Progress | None,
) -> None:
    """Bring ``part`` to its size, going on after a broken connection."""
    tries = 0
    while True:
        before = part.stat().st_size if part.exists() else -1
        if before > size:
            part.unlink()
            continue
        if before == size:
            return
        try:
            _append(http, address, part, name, size, sha256, progress)
        except Unreachable as error:
            after = part.stat().st_size if part.exists() else -1
            # Who gets nowhere gives up; who gets on may take as many tries as it needs.
            tries = 0 if after > max(before, 0) else tries + 1
            if tries >= TRIES:
                raise Unreachable(
                    f"{error} {name} stopped at {max(after, 0)} of {size} bytes; the "
                    "same command goes on from there."
                ) from error
            time.sleep(tries * PAUSE_S)


def _append(
    http: httpx.Client,
    address: str,
    part: Path,
    name: str,
    size: int,
    sha256: str,
    progress: Progress | None,
) -> None:
    """One request for the bytes that are missing; raises Unreachable when it breaks off."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": f'"{sha256}"'}
    url = str(http.base_url).removesuffix("/").removesuffix("/api/v1")
    try:
        with http.stream(
            "GET", address, headers=headers, follow_redirects=True
        ) as answer:
            if not answer.is_success:
                answer.read()
                raise _gone_wrong(url, answer)
            resumed = answer.headers.get("Content-Range", "").startswith(
                f"bytes {have}-"
            )
            if not (answer.status_code == httpx.codes.PARTIAL_CONTENT and resumed):
                have = 0
            with part.open("ab" if have else "wb") as stream:
                for chunk in answer.iter_bytes(CHUNK):
                    have += len(chunk)
                    if have > size:
                        raise Refused(f"{name} is larger than the server said.")
                    stream.write(chunk)
                    if progress is not None:
                        progress(name, have, size)
    except httpx.HTTPError as error:
        raise unreachable(url, error) from error
    if have < size:
        raise Unreachable(f"{url} broke off the download.")


def _gone_wrong(url: str, answer: httpx.Response) -> PodiumError:
    error = refusal(url, answer)
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Unreachable(str(error))
    return error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
