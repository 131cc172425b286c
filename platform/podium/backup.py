"""A whole Podium in one file, and back: database, files, the keys that sign.

The file is a ZIP: ``manifest.json``, a table of rows as JSON lines for each table, and every
stored file under its sha256. It is taken while the site runs, from one snapshot of the
database, and knows no kind of database: what was SQLite can be restored into PostgreSQL.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import (
    Connection,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from podium.core import clock, migrate
from podium.core.db import Database
from podium.core.errors import Refused
from podium.core.keys import KEPT
from podium.core.services import Services
from podium.core.storage import CHUNK_BYTES, pieces
from podium.core.text import size as size_text

FORMAT = 1
MANIFEST, TABLES, FILES = "manifest.json", "tables/", "files/"
VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a backup holds; ``size`` are the bytes of its file."""

    rows: int
    files: int
    size: int
    taken_at: datetime

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows and {self.files:,} files, {size_text(self.size)}, taken "
            f"{self.taken_at:%Y-%m-%d %H:%M} UTC"
        )


def backup(services: Services, target: Path) -> Summary:
    """Write everything into a new file, and read it again to verify it.

    Raises Refused where the file is there already, where the database is not of this
    release, or where the storage has lost a file.
    """
    database = services.database
    revision = migrate.current(database)
    if revision != migrate.head():
        raise Refused(
            f"The database is at {revision or 'no revision'}. Run 'podium-server "
            "migrate' first."
        )
    part = target.with_name(f"{target.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        if target.exists():
            raise Refused(f"{target} is there already. Name a new file.")
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
            manifest = _write(archive, services, str(revision))
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        summary = verify(part)
        os.replace(part, target)
    except OSError as error:
        raise Refused(f"{target} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return summary


def verify(source: Path) -> Summary:
    """Read a backup to its end; raises Refused that names what is damaged."""
    with _opened(source) as (archive, manifest):
        return _verified(archive, manifest, source)


def restore(services: Services, source: Path) -> Summary:
    """Bring a backup into an empty Podium, and prove that all of it is there.

    The database may be of another kind and the release newer. Raises Refused where
    something is there already, or the backup is damaged or of a newer release.
    """
    database = services.database
    if inspect(database.engine).get_table_names():
        raise Refused(
            "The database is not empty. Restore into a new PODIUM_DATA_DIR or a new "
            "database; nothing was changed."
        )
    with _opened(source) as (archive, manifest):
        summary = _verified(archive, manifest, source)
        for name in _names(manifest, FILES):
            with archive.open(name) as stream:
                services.storage.put(stream, most_bytes=manifest["members"][name][1])
        migrate.upgrade(database, manifest["revision"])
        with database.engine.begin() as connection:
            for table in _tables(connection):
                _fill(connection, table, archive, manifest)
        migrate.upgrade(database)
        for name in KEPT:
            _put_key(services, archive, manifest, name)
    return summary


def _write(
    archive: zipfile.ZipFile, services: Services, revision: str
) -> dict[str, Any]:
    members: dict[str, tuple[str, int]] = {}
    rows: dict[str, int] = {}

    def add(name: str, content: Iterator[bytes], *, packed: bool) -> None:
        members[name] = _add(archive, name, content, packed=packed)

    taken_at = clock.now()
    with _snapshot(services.database) as connection:
        for table in _tables(connection):
            rows[table.name] = connection.scalar(_count(table)) or 0
            add(f"{TABLES}{table.name}.jsonl", _lines(connection, table), packed=True)
    for sha256 in services.storage.every():
        with services.storage.open(sha256) as stream:
            add(f"{FILES}{sha256}", pieces(stream), packed=False)
        if members[f"{FILES}{sha256}"][0] != sha256:
            raise Refused(
                f"The stored file {sha256} is damaged: its bytes are not those of its "
                "name. Bring it back from an older backup."
            )
    for name in KEPT:
        key = services.settings.data_dir / name
        if key.exists():
            add(name, iter([key.read_bytes()]), packed=False)
    return {
        "format": FORMAT,
        "taken_at": taken_at.isoformat(),
        "revision": revision,
        "rows": rows,
        "members": members,
    }


def _add(
    archive: zipfile.ZipFile, name: str, content: Iterator[bytes], *, packed: bool
) -> tuple[str, int]:
    """Add a member; its sha256 and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, clock.now().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with archive.open(info, "w", force_zip64=True) as target:
        for piece in content:
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    return digest.hexdigest(), size


@contextmanager
def _snapshot(database: Database) -> Iterator[Connection]:
    """A connection that sees one moment of the database, and makes nobody wait."""
    with database.snapshot_engine.connect() as connection, connection.begin():
        yield connection


def _tables(connection: Connection) -> list[Table]:
    """The tables that are there, those that others refer to first."""
    there = MetaData()
    there.reflect(connection)
    return [table for table in there.sorted_tables if table.name != VERSION_TABLE]


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table)


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    ordered = select(table).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(ordered)
    for row in found.mappings():
        plain = {name: _plain(value) for name, value in row.items()}
        yield json.dumps(plain, ensure_ascii=False).encode() + b"\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it; a moment in UTC and bytes are marked as such."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return {"$moment": moment.astimezone(UTC).isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    return {"$json": value} if isinstance(value, dict | list) else value


def _reader(dialect: str) -> Callable[[Any], Any]:
    """What makes a value of a line one of the database's."""

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((mark, held),) = value.items()
        if mark == "$moment":
            moment = datetime.fromisoformat(held)
            return moment.replace(tzinfo=None) if dialect == "sqlite" else moment
        return base64.b64decode(held) if mark == "$bytes" else held

    return read


def _fill(
    connection: Connection,
    table: Table,
    archive: zipfile.ZipFile,
    manifest: dict[str, Any],
) -> None:
    read, batch = _reader(connection.dialect.name), []
    with archive.open(f"{TABLES}{table.name}.jsonl") as stream:
        for line in stream:
            batch.append({name: read(v) for name, v in json.loads(line).items()})
            if len(batch) == ROWS_AT_ONCE:
                connection.execute(insert(table), batch)
                batch = []
    if batch:
        connection.execute(insert(table), batch)
    found, wanted = connection.scalar(_count(table)), manifest["rows"][table.name]
    if found != wanted:
        raise Refused(f"{table.name} has {found} rows in place of {wanted}.")
    _go_on_counting(connection, table)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were brought in."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    connection.execute(
        text(
            "SELECT setval(sequence, (SELECT max(id) FROM "  # noqa: S608
            f"\"{table.name}\")) FROM pg_get_serial_sequence(:name, 'id') AS sequence "
            f'WHERE sequence IS NOT NULL AND EXISTS (SELECT 1 FROM "{table.name}")'
        ),
        {"name": f'"{table.name}"'},
    )


def _put_key(
    services: Services, archive: zipfile.ZipFile, manifest: dict[str, Any], name: str
) -> None:
    """Keep people logged in, and receipts known, unless this Podium has such a key of its
    own."""
    path = services.settings.data_dir / name
    if name not in manifest["members"] or path.exists():
        return
    services.settings.make_data_dir()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(archive.read(name))


@contextmanager
def _opened(source: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """A backup and its manifest; raises Refused for what is none."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["format"] != FORMAT:
                raise Refused(
                    f"{source} was made by a newer Podium. Restore it with that release."
                )
            yield archive, manifest
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise Refused(
            f"{source} is no backup of Podium, or damaged: {error}."
        ) from error
    except OSError as error:
        raise Refused(f"{source} can't be read: {error.strerror or error}.") from error


def _verified(
    archive: zipfile.ZipFile, manifest: dict[str, Any], source: Path
) -> Summary:
    for name, (sha256, size) in manifest["members"].items():
        with archive.open(name) as stream:
            found = _digest(stream)
        if found != (sha256, size):
            raise Refused(f"{source} is damaged: {name} is not what was backed up.")
    return Summary(
        rows=sum(manifest["rows"].values()),
        files=len(_names(manifest, FILES)),
        size=source.stat().st_size,
        taken_at=datetime.fromisoformat(manifest["taken_at"]),
    )


def _digest(stream: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces(stream, CHUNK_BYTES):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _names(manifest: dict[str, Any], start: str) -> list[str]:
    return [name for name in manifest["members"] if name.startswith(start)]
