"""Stored files as answers: by ranges, with their hash as ETag, never run by a browser."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request
from werkzeug.http import dump_options_header
from werkzeug.wsgi import wrap_file

from podium.core.storage import Storage


def file_answer(
    storage: Storage,
    *,
    sha256: str,
    size: int,
    name: str,
    media_type: str = "application/octet-stream",
) -> Response:
    """The stored file as an attachment; honours Range, If-Range and If-None-Match.

    Raises FileNotFoundError where the storage has lost it, and RequestedRangeNotSatisfiable.
    """
    file = storage.open(sha256)
    response = Response(
        wrap_file(request.environ, file),
        content_type=media_type,
        direct_passthrough=True,
    )
    response.call_on_close(file.close)
    response.content_length = size
    response.set_etag(sha256)
    response.headers["Content-Disposition"] = attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    try:
        response.make_conditional(
            request.environ, accept_ranges=True, complete_length=size
        )
    except BaseException:
        file.close()
        raise
    return response


def attachment(name: str) -> str:
    """The header for a download: a plain name, and the true one where that differs."""
    plain = "".join(c if c.isascii() and c.isprintable() else "_" for c in name)
    header = dump_options_header("attachment", {"filename": plain})
    return (
        header
        if plain == name
        else f"{header}; filename*=UTF-8''{quote(name, safe='')}"
    )
