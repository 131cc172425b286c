"""A bundle that comes as a ZIP: what is taken, and what is refused with a sentence."""

from __future__ import annotations

import contextlib
import io
import random
import stat
import zipfile
from pathlib import Path

import pytest

from podium.core.errors import Invalid, PodiumError, TooLarge
from podium.hosting import packing

MOST = 10_000


def packed(
    files: dict[str, bytes | str], *, kind: int = 0, flags: int = 0
) -> io.BytesIO:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o644) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    raw = sink.getvalue()
    if (
        flags
    ):  # zipfile writes none by itself: in each file's header and in the directory
        raw = raw.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0")
        raw = raw.replace(b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0")
    return io.BytesIO(raw)


def unpack(archive: io.BytesIO, folder: Path, most: int = MOST) -> dict[str, bytes]:
    packing.unpack(archive, folder, most_bytes=most)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusal(archive: io.BytesIO, folder: Path, most: int = MOST) -> PodiumError:
    with pytest.raises(PodiumError) as caught:
        packing.unpack(archive, folder, most_bytes=most)
    return caught.value


BUNDLE: dict[str, bytes | str] = {
    "competition.yaml": "slug: x",
    "data/a.csv": "id\n1\n",
}


def test_a_bundle_is_unpacked_as_it_is(tmp_path: Path) -> None:
    found = unpack(packed(BUNDLE), tmp_path)
    assert found == {"competition.yaml": b"slug: x", "data/a.csv": b"id\n1\n"}


def test_a_folder_around_it_and_litter_are_left_out(tmp_path: Path) -> None:
    around: dict[str, bytes | str] = {f"sums/{name}": c for name, c in BUNDLE.items()}
    litter = {"__MACOSX/sums/._a.csv": "x", "sums/.DS_Store": "x", "sums/data/": ""}
    found = unpack(packed(around | litter), tmp_path)
    assert found == {"competition.yaml": b"slug: x", "data/a.csv": b"id\n1\n"}


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "C:evil", "a\\b", "./a", "a//b", "a\x01b"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    error = refusal(packed(BUNDLE | {name: "x"}), tmp_path / "in")
    assert "no plain path" in error.sentence
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    assert (
        "a link or no regular" in refusal(packed(BUNDLE, kind=kind), tmp_path).sentence
    )


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    assert "encrypted" in refusal(packed(BUNDLE, flags=1), tmp_path).sentence


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip at all", b"\x1f\x8b\x08"])
def test_what_is_no_zip_is_told(tmp_path: Path, content: bytes) -> None:
    error = refusal(io.BytesIO(content), tmp_path)
    assert isinstance(error, Invalid)
    assert "no ZIP that can be read" in error.sentence


def test_a_zip_that_is_cut_or_whose_bytes_are_wrong_is_told(tmp_path: Path) -> None:
    raw = bytearray(packed(BUNDLE | {"b.csv": "x" * 500}).getvalue())
    place = raw.index(b"b.csv") + len("b.csv")
    raw[place] ^= 0xFF
    assert "no ZIP that can" in refusal(io.BytesIO(bytes(raw)), tmp_path).sentence
    assert "no ZIP that can" in refusal(io.BytesIO(bytes(raw[:200])), tmp_path).sentence


@pytest.mark.parametrize("seed", range(40))
def test_whatever_bytes_are_changed_the_end_is_a_file_or_a_sentence(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    whole = packed(BUNDLE | {"b.csv": "1,2\n" * 200}).getvalue()
    for number in range(25):
        raw = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        folder = tmp_path / str(number)
        with contextlib.suppress(PodiumError):  # and nothing else
            packing.unpack(io.BytesIO(bytes(raw)), folder, most_bytes=MOST)
    assert {path.name for path in tmp_path.iterdir()} <= set(map(str, range(25)))


def test_a_packing_that_few_know_is_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("competition.yaml", "slug: x")
    assert "only some programs" in refusal(sink, tmp_path).sentence


def test_what_grows_beyond_the_limit_is_stopped_whatever_its_header_says(
    tmp_path: Path,
) -> None:
    error = refusal(packed(BUNDLE | {"zeros": bytes(1 << 20)}), tmp_path, most=100_000)
    assert isinstance(error, TooLarge)
    assert "100 kB" in error.sentence.replace("\N{NO-BREAK SPACE}", " ")
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert written <= 100_000


def test_the_limit_is_of_all_files_together(tmp_path: Path) -> None:
    many = {f"{number}.csv": "x" * 4_000 for number in range(3)}
    assert isinstance(refusal(packed(BUNDLE | many), tmp_path), TooLarge)
    assert unpack(packed(BUNDLE | many), tmp_path / "b", most=20_000)


def test_more_files_than_allowed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_FILES", 3)
    many = {f"{number}.csv": "x" for number in range(2)}
    assert "4 files, more than 3" in refusal(packed(BUNDLE | many), tmp_path).sentence


def test_a_zip_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert "no competition.yaml" in refusal(packed({"a.csv": "x"}), tmp_path).sentence


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    error = refusal(packed(BUNDLE | {"DATA/A.csv": "x"}), tmp_path)
    assert "two files of one name" in error.sentence


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    error = refusal(packed(BUNDLE | {"data/a.csv/b": "x"}), tmp_path)
    assert "both a file and a folder" in error.sentence
