"""Several stored files as one ZIP, made while it is sent: no copy, any size, resumable.

The same files give the same bytes, so that an interrupted download goes on where it
stopped. Nothing is compressed: the size is known before the first byte.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, request

from podium.core.downloads import attachment
from podium.core.storage import CHUNK_BYTES, Storage, pieces

# The parts of a ZIP as zipfile writes them to a stream (PKWARE's APPNOTE 6.3.10).
_LOCAL, _LOCAL_64 = 30, 20  # a file's header; more where it may need eight-byte sizes
_AFTER, _AFTER_64 = 16, 24  # the data descriptor behind its bytes
_CENTRAL, _END, _END_64 = 46, 22, 76
_EXTRA, _EIGHT = 4, 8  # an extra field's header, and each number in it


@dataclass(frozen=True)
class Member:
    """A stored file of an archive, under the name it gets there."""

    name: str
    sha256: str
    size: int
    at: datetime


class Archive:
    """A ZIP of stored files that is never held anywhere."""

    def __init__(self, storage: Storage, members: Iterable[Member]) -> None:
        self._storage = storage
        self._members: Sequence[Member] = sorted(members, key=lambda each: each.name)

    @property
    def etag(self) -> str:
        """A word that changes with every byte of the archive."""
        lines = [f"{each.sha256} {each.at} {each.name}\n" for each in self._members]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def changed_at(self) -> datetime | None:
        """When the newest of the files came; None for an archive without any."""
        return max((each.at for each in self._members), default=None)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        place, directory = 0, 0
        for each in self._members:
            name, wide = len(each.name.encode()), _wide(each.size)
            central = _EIGHT * (2 * (each.size > zipfile.ZIP64_LIMIT))
            central += _EIGHT * (place > zipfile.ZIP64_LIMIT)
            directory += _CENTRAL + name + (central and central + _EXTRA)
            place += _LOCAL + name + (_LOCAL_64 if wide else 0)
            place += each.size + (_AFTER_64 if wide else _AFTER)
        beyond = max(place, directory) > zipfile.ZIP64_LIMIT
        many = len(self._members) > zipfile.ZIP_FILECOUNT_LIMIT
        return place + directory + _END + (_END_64 if beyond or many else 0)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes; raises FileNotFoundError where the storage has lost a file."""
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for each in self._members:
                info = zipfile.ZipInfo(each.name, each.at.timetuple()[:6])
                info.file_size, info.external_attr = each.size, 0o644 << 16
                with (
                    self._storage.open(each.sha256) as source,
                    archive.open(info, "w") as target,
                ):
                    for piece in pieces(source, CHUNK_BYTES):
                        target.write(piece)
                        yield sink.taken()
                yield sink.taken()
        yield sink.taken()


def archive_answer(archive: Archive, *, name: str) -> Response:
    """The archive as an attachment; honours Range, If-Range and If-None-Match."""
    response = Response(archive.pieces(), content_type="application/zip")
    response.content_length = size = archive.size
    response.set_etag(archive.etag)
    response.last_modified = archive.changed_at
    response.headers["Content-Disposition"] = attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return response


class _Sink(io.RawIOBase):
    """Holds what was written until it is taken; can't seek, so zipfile looks back never."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        view = memoryview(data)  # type: ignore[arg-type]
        self._held += view
        return len(view)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


def _wide(size: int) -> bool:
    # zipfile leaves room for compression that makes a file longer.
    return size * 1.05 > zipfile.ZIP64_LIMIT
