"""Static files: addresses that change with their content, compressed once, cached long."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).resolve().parents[1] / "static"
FOREVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
COMPRESSED = frozenset({".css", ".js", ".svg", ".json", ".txt", ".webmanifest"})


@dataclass(frozen=True)
class Asset:
    """A static file in memory; ``packed`` is its gzip, where that is worth it."""

    body: bytes
    packed: bytes | None
    kind: str
    version: str


def init(app: Flask) -> None:
    """Serve ``/static/`` and give templates ``asset(name)``."""
    app.add_url_rule("/static/<path:name>", "static", _serve)
    app.jinja_env.globals["asset"] = address


def address(name: str) -> str:
    """The address of a static file; it changes when the file does."""
    path = FOLDER / name
    return f"/static/{name}?v={_load(path, path.stat().st_mtime_ns).version}"


def _serve(name: str) -> Response:
    try:
        path = (FOLDER / name).resolve()
        found = path.is_relative_to(FOLDER) and path.is_file()
    except OSError:  # no file system has so long a name
        found = False
    if not found:
        abort(404)
    asset = _load(path, path.stat().st_mtime_ns)
    packed = asset.packed if request.accept_encodings["gzip"] else None
    response = Response(packed or asset.body, content_type=asset.kind)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    current = request.args.get("v") == asset.version
    response.headers["Cache-Control"] = FOREVER if current else AN_HOUR
    response.set_etag(asset.version + ("-gz" if packed else ""))
    response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _load(path: Path, _changed_ns: int) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSED else None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("javascript", "json")):
        kind += "; charset=utf-8"
    version = hashlib.sha256(body).hexdigest()[:12]
    return Asset(
        body, packed if packed and len(packed) < len(body) else None, kind, version
    )
