"""A folder on its way into a container: plain files, and nothing that leads elsewhere."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from podium_sandbox.inputs import InputError, archive


def test_files_and_folders_become_roots_and_readable(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "tést.csv").write_bytes(b"x" * 700)
    (tmp_path / "main.py").touch(mode=0o600)
    data = b"".join(archive(tmp_path, most_bytes=700))
    with tarfile.open(fileobj=io.BytesIO(data)) as made:
        found = {e.name: (e.mode, e.uid, e.size, e.type) for e in made}
        content = made.extractfile("data/tést.csv")
        assert content is not None
        assert content.read() == b"x" * 700
    assert found == {
        "data": (0o555, 0, 0, tarfile.DIRTYPE),
        "data/tést.csv": (0o444, 0, 700, tarfile.REGTYPE),
        "main.py": (0o444, 0, 0, tarfile.REGTYPE),
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/etc"),
        os.mkfifo,
    ],
)
def test_links_and_pipes_are_not_followed(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "odd")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        list(archive(tmp_path, most_bytes=1000))


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(11))
    with pytest.raises(InputError, match="more than 10 bytes"):
        list(archive(tmp_path, most_bytes=10))
