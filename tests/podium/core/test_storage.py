"""Files by their content: streamed, whole or not at all, the same for all who send them."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from podium.core.errors import TooLarge
from podium.core.storage import CHUNK_BYTES, INCOMING_KEPT_S, Blob, LocalStorage
from tests.podium.threads import answers, at_once

CONTENT = b"id,y\n1,0\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HUGE = 10**12


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "files")


def files(storage: LocalStorage) -> list[str]:
    """Every file in the folder, what is half there included."""
    return sorted(path.name for path in storage.folder.rglob("*") if path.is_file())


class Endless:
    """A stream of zeros that knows how much was read; it breaks or ends after a while."""

    def __init__(self, *, ends_after: int = HUGE, breaks_after: int = HUGE) -> None:
        self.read_bytes = 0
        self.largest_read = 0
        self._ends, self._breaks = ends_after, breaks_after

    def read(self, size: int = -1, /) -> bytes:
        assert size > 0, "all of it was asked for at once"
        self.largest_read = max(self.largest_read, size)
        if self.read_bytes >= self._breaks:
            raise ConnectionResetError("the client is gone")
        piece = bytes(min(size, max(0, self._ends - self.read_bytes)))
        self.read_bytes += len(piece)
        return piece


def test_what_was_put_can_be_read(storage: LocalStorage) -> None:
    blob = storage.put(io.BytesIO(CONTENT), most_bytes=100)
    assert blob == Blob(SHA256, len(CONTENT))
    assert storage.has(SHA256)
    with storage.open(SHA256) as file:
        assert file.read() == CONTENT
    assert files(storage) == [SHA256]


def test_an_empty_file_is_a_file(storage: LocalStorage) -> None:
    blob = storage.put(io.BytesIO(b""), most_bytes=100)
    assert blob == Blob(hashlib.sha256(b"").hexdigest(), 0)
    assert storage.has(blob.sha256)


def test_a_file_of_exactly_the_limit_is_taken(storage: LocalStorage) -> None:
    assert storage.put(io.BytesIO(CONTENT), most_bytes=len(CONTENT)).size == 9


def test_a_file_is_never_whole_in_memory(storage: LocalStorage) -> None:
    stream = Endless(ends_after=64 * CHUNK_BYTES)
    tracemalloc.start()
    try:
        blob = storage.put(stream, most_bytes=HUGE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert blob.size == 64 * CHUNK_BYTES
    assert stream.largest_read <= CHUNK_BYTES
    assert peak < 8 * CHUNK_BYTES


def test_too_large_a_file_is_refused_early_and_leaves_nothing(
    storage: LocalStorage,
) -> None:
    stream = Endless()
    with pytest.raises(TooLarge, match=r"larger than the 3\sMB allowed here"):
        storage.put(stream, most_bytes=3_000_000)
    assert stream.read_bytes <= 3_000_000 + CHUNK_BYTES
    assert files(storage) == []


def test_an_upload_that_breaks_off_leaves_nothing(storage: LocalStorage) -> None:
    with pytest.raises(ConnectionResetError):
        storage.put(Endless(breaks_after=3 * CHUNK_BYTES), most_bytes=HUGE)
    assert files(storage) == []


def test_a_full_disk_leaves_nothing(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        storage.put(io.BytesIO(CONTENT), most_bytes=100)
    assert files(storage) == []


def test_many_who_put_the_same_leave_one_file(storage: LocalStorage) -> None:
    content = CONTENT * 100_000
    put = [lambda: storage.put(io.BytesIO(content), most_bytes=HUGE)] * 8
    blobs = answers(at_once(put))
    assert len(blobs) == 8
    assert len(set(blobs)) == 1
    assert files(storage) == [blobs[0].sha256]
    with storage.open(blobs[0].sha256) as file:
        assert file.read() == content


def test_who_reads_goes_on_reading_while_the_same_is_put(storage: LocalStorage) -> None:
    storage.put(io.BytesIO(CONTENT), most_bytes=100)
    with storage.open(SHA256) as file:
        assert file.read(3) == CONTENT[:3]
        storage.put(io.BytesIO(CONTENT), most_bytes=100)
        assert file.read() == CONTENT[3:]


def test_nothing_shows_before_it_is_whole(storage: LocalStorage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                begun.set()
                assert go_on.wait(60)
            return super().read(size)

    def put() -> bool:
        return storage.put(Slow(CONTENT), most_bytes=100).sha256 == SHA256

    def look() -> bool:
        assert begun.wait(60)
        shown = storage.has(SHA256)
        go_on.set()
        return shown

    assert at_once([put, look]) == [True, False]
    assert storage.has(SHA256)


@pytest.mark.parametrize(
    "name", ["", "abc", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63 + "/"]
)
def test_what_is_no_hash_is_not_found(storage: LocalStorage, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.open(name)


def test_what_is_not_there_is_not_found(storage: LocalStorage) -> None:
    assert not storage.has(SHA256)
    with pytest.raises(FileNotFoundError):
        storage.open(SHA256)
    storage.delete(SHA256)  # quietly


def test_what_is_deleted_is_gone(storage: LocalStorage) -> None:
    storage.put(io.BytesIO(CONTENT), most_bytes=100)
    storage.delete(SHA256)
    assert not storage.has(SHA256)
    assert files(storage) == []


def test_the_sweeper_removes_what_a_killed_upload_left_a_day_ago(
    storage: LocalStorage,
) -> None:
    storage.sweep()  # before there is anything
    storage.put(io.BytesIO(CONTENT), most_bytes=100)
    old, young = storage.folder / "incoming/old", storage.folder / "incoming/young"
    for path in (old, young):
        path.write_bytes(b"half of")
    a_day_ago = young.stat().st_mtime - INCOMING_KEPT_S - 10
    os.utime(old, (a_day_ago, a_day_ago))
    stored = storage.path(SHA256)
    os.utime(stored, (a_day_ago, a_day_ago))
    storage.sweep()
    assert files(storage) == sorted([SHA256, "young"])
