"""ZIPs that are made while they are sent."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from podium.core.archives import Archive, Member, archive_answer
from podium.core.storage import LocalStorage

AT = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)
CONTENTS = {
    "train.csv": b"id,y\n" * 3000,
    "größe.csv": b"",
    "a/b.bin": bytes(range(256)),
}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    storage = LocalStorage(tmp_path)
    members = []
    for name, data in CONTENTS.items():
        blob = storage.put(io.BytesIO(data), most_bytes=1 << 20)
        members.append(Member(name, blob.sha256, blob.size, AT))
    return Archive(storage, members)


def whole(archive: Archive) -> bytes:
    return b"".join(archive.pieces())


def test_an_archive_holds_every_file(archive: Archive) -> None:
    with zipfile.ZipFile(io.BytesIO(whole(archive))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == CONTENTS
        assert opened.getinfo("train.csv").date_time == (2026, 3, 4, 5, 6, 8)


def test_its_size_is_known_before_the_first_byte(archive: Archive) -> None:
    assert archive.size == len(whole(archive))


@pytest.mark.parametrize("limit", [0, 100, 300, 15_000, 15_400])
def test_its_size_is_right_where_numbers_need_eight_bytes(
    archive: Archive, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
    assert archive.size == len(whole(archive))


def test_the_same_files_give_the_same_bytes(archive: Archive) -> None:
    assert whole(archive) == whole(archive)


def test_a_download_goes_on_where_it_stopped(archive: Archive) -> None:
    app, everything = Flask("test"), whole(archive)
    for start in (0, 40, 9_000, len(everything) - 1):
        with app.test_request_context(headers={"Range": f"bytes={start}-"}):
            answer = archive_answer(archive, name="stars.zip")
            assert answer.status_code == 206
            assert answer.get_data() == everything[start:]
    with app.test_request_context(headers={"If-None-Match": f'"{archive.etag}"'}):
        assert archive_answer(archive, name="stars.zip").status_code == 304
