"""A file on its way in: read from the wire piece by piece, never held whole.

A browser with scripts and the API send the file itself as the body. A browser without them
sends a form; its fields come first and its file last, so that the file's bytes go straight
to where they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from flask import Request, g
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    File,
    MultipartDecoder,
    NeedData,
)
from werkzeug.sansio.multipart import Field as FormField

from podium.core.errors import Invalid, PodiumError
from podium.core.storage import Readable

CHUNK_BYTES = 1 << 18
FIELD_BYTES = 20_000
FIELDS_BYTES = 10 * FIELD_BYTES  # all fields of a form, which are held in memory
FIELDS_MOST = 100
# A refused upload is read to its end up to here: a browser that still writes when the
# connection is closed never shows the answer.
DRAIN_BYTES = 64 << 20
UNLIMITED = 1 << 62  # None would mean the application's limit for forms
CUT_SHORT = (
    "The upload stopped before its end. Check your connection and send it again."
)


class CutShort(PodiumError):
    """The body ended too early, or is not a form."""

    status = 400


@dataclass
class Upload:
    """An incoming file: its form fields, its name, and its bytes as a stream."""

    stream: Readable
    file_name: str
    fields: Mapping[str, str] = field(default_factory=dict)


def open_upload(request: Request, *, most_bytes: int) -> Upload:
    """Begin to read an upload; its fields are there at once, its bytes come by reading.

    Raises Invalid where a form has no file, CutShort where it can't be read.
    """
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    if kind != "multipart/form-data":
        return Upload(body_of(request), request.args.get("file_name", ""), request.args)
    request.max_content_length = most_bytes + FIELDS_BYTES
    boundary = options.get("boundary", "").encode()
    return _Form(request.stream, boundary).upload()


def body_of(request: Request) -> Readable:
    """The request's whole body as a stream, of any size; whoever stores it counts.

    Reading raises CutShort where less came than was announced: a server that knows where
    the body ends passes a broken connection off as its end.
    """
    request.max_content_length = UNLIMITED
    return _Whole(request.stream, request.content_length or 0)


def drain(request: Request) -> None:
    """Read what is left of a refused upload, within reason. Never fails.

    The request's transaction is given up first: a client may take its time to send, and
    on SQLite whoever writes would wait for it.
    """
    opened = g.get("podium_session")
    if opened is not None:
        opened.rollback()
    request.max_content_length = UNLIMITED
    left = DRAIN_BYTES
    try:
        while left > 0 and (piece := request.stream.read(min(CHUNK_BYTES, left))):
            left -= len(piece)
    except (HTTPException, OSError):  # the client is gone, or its body is broken
        return


class _Whole:
    """A stream that must hold as many bytes as were announced."""

    def __init__(self, source: IO[bytes], announced: int) -> None:
        self._source = source
        self._missing = announced

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        piece = self._source.read(size)
        self._missing -= len(piece)
        if not piece and self._missing > 0:
            raise CutShort(CUT_SHORT, kind="malformed")
        return piece


class _Form:
    """The parts of a multipart body, as they arrive."""

    def __init__(self, source: IO[bytes], boundary: bytes) -> None:
        self._source = source
        # A bound for what is not a part's content: names and headers.
        self._decoder = MultipartDecoder(boundary, max_form_memory_size=4 * CHUNK_BYTES)
        self._rest = b""
        self._ended = False

    def upload(self) -> Upload:
        """Read the fields up to the file."""
        fields: dict[str, str] = {}
        name, held = "", 0
        while not isinstance(event := self._next(), Epilogue):
            if isinstance(event, File):
                return Upload(self, event.filename, fields)
            if isinstance(event, FormField):
                name = event.name
                fields[name] = ""
                held += len(name)
            elif isinstance(event, Data) and name:
                piece = event.data.decode("utf-8", "replace")
                fields[name] += piece.replace("\0", "")
                held += len(piece)
                if len(fields[name]) > FIELD_BYTES:
                    raise CutShort("A field of the form is too long.", kind="malformed")
            if held > FIELDS_BYTES or len(fields) > FIELDS_MOST:
                raise CutShort(
                    "The form has more fields than this page.", kind="malformed"
                )
        sentence = "Choose the file that holds your predictions."
        raise Invalid(sentence, kind="invalid", fields={"file": sentence})

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes of the file; none at its end."""
        while not self._rest and not self._ended:
            event = self._next()
            if isinstance(event, Data):
                self._rest, self._ended = event.data, not event.more_data
            elif isinstance(event, Epilogue):
                self._ended = True
        piece = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(piece) :]
        return piece

    def _next(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                piece = self._source.read(CHUNK_BYTES)
                self._decoder.receive_data(piece or None)
        except ValueError as error:
            raise CutShort(CUT_SHORT, kind="malformed") from error
        return event
