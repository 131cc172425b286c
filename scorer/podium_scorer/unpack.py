"""What a file is, by its content, and what is inside an archive, within bounds.

A file's name decides nothing. Archives are unpacked in memory, never onto a disk.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum

from podium_scorer.contract import ARRAY_FORMATS, ReaderCaps
from podium_scorer.faults import FaultKind, FaultLog, named, quoted

_CHUNK = 1 << 20
_RATIO_FREE = 8 << 20  # unpacked bytes that may be had at any ratio
_ZIP_ENTRIES = 1000
_HEAD = 4096
_WANTED = "Upload a CSV file (also .csv.gz, or a .zip of one CSV) or a Parquet file."
# All that zipfile raises for a damaged or unusual archive, be it in the list or in a file.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # a password, or a method of packing that Python lacks
    ValueError,
    OverflowError,
    OSError,
    KeyError,
)


class Form(StrEnum):
    """What a file's content is."""

    CSV = "csv"
    PARQUET = "parquet"
    NPY = "npy"
    NPZ = "npz"


@dataclass(frozen=True)
class Content:
    """A file's content, unpacked. ``data`` is text for CSV, with any BOM still there.

    A .npz stays packed: its arrays are read one by one.
    """

    form: Form
    data: bytes


# What a file starts with, what that is called, and what to do about it.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", _WANTED),
    (
        b"\xd0\xcf\x11\xe0",
        "an Excel file of the old kind (.xls)",
        "In Excel choose File, Save as, CSV UTF-8, and upload that file.",
    ),
    (b"\x89PNG", "a PNG picture", _WANTED),
    (b"\xff\xd8\xff", "a JPEG picture", _WANTED),
    (b"GIF8", "a GIF picture", _WANTED),
    (b"{\\rtf", "a rich text document", _WANTED),
    (b"SQLite format 3\0", "a SQLite database", "Export the table as CSV."),
    (b"\x89HDF\r\n", "an HDF5 file", "Write the table as CSV or Parquet."),
    (b"ARROW1", "an Arrow (Feather) file", "Write it as Parquet or CSV."),
    (b"FEA1", "a Feather file", "Write it as Parquet or CSV."),
    (b"\xfd7zXZ\0", "an xz archive", "Pack the CSV with gzip or zip, or not at all."),
    (b"BZh", "a bzip2 archive", "Pack the CSV with gzip or zip, or not at all."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Pack the CSV with gzip or zip."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Pack the CSV with gzip or zip."),
    (b"Rar!", "a RAR archive", "Pack the CSV with gzip or zip."),
    (b"\x7fELF", "a program", _WANTED),
    (b"MZ\x90", "a Windows program", _WANTED),
    (b"RDX", "an R data file", "In R use write.csv(..., row.names = FALSE)."),
)
_NPY = b"\x93NUMPY"
_PICKLE_STARTS = tuple(bytes((0x80, version)) for version in range(2, 6))
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")


def unpack(data: bytes, caps: ReaderCaps, log: FaultLog) -> Content | None:
    """Find the table in ``data``; None where there is none, with the fault in ``log``."""
    if data.startswith(b"\x1f\x8b"):
        inner = _gunzip(data, caps, log)
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if _holds_arrays(data):
            return _array(Form.NPZ, "a NumPy archive (.npz)", data, caps, log)
        inner = _unzip(data, caps, log)
    else:
        return _recognise(data, caps, log)
    if inner is None:
        return None
    if inner.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        _wrong_type(log, "an archive within an archive", "Pack the CSV only once.")
        return None
    return _recognise(inner, caps, log)


def _recognise(data: bytes, caps: ReaderCaps, log: FaultLog) -> Content | None:
    head = data[:_HEAD]
    if not head.strip() and not data.strip():
        one = "The file is empty."
        log.add(FaultKind.EMPTY_FILE, one, "Check that your program wrote the file.")
        return None
    if head.startswith(b"PAR1"):
        return Content(Form.PARQUET, data)
    if head.startswith(_NPY):
        return _array(Form.NPY, "a NumPy array (.npy)", data, caps, log)
    for start, what, advice in _SIGNATURES:
        if head.startswith(start):
            _wrong_type(log, what, advice)
            return None
    if found := _text_type(data, head):
        _wrong_type(log, *found)
        return None
    return Content(Form.CSV, data)


def _array(
    form: Form, what: str, data: bytes, caps: ReaderCaps, log: FaultLog
) -> Content | None:
    """Arrays as content where the competition takes them, refused where it does not."""
    if str(form) in caps.formats:
        return Content(form, data)
    *most, last = (f".{name}" for name in caps.formats)
    takes = f"{', '.join(most)} and {last}" if most else last
    advice = f"This competition takes {takes} files."
    if not set(ARRAY_FORMATS) & set(caps.formats):
        advice += " Write it as CSV, with the ids beside it."
    _wrong_type(log, what, advice)
    return None


def _text_type(data: bytes, head: bytes) -> tuple[str, str] | None:
    """Recognise what has no fixed signature; None for what may be a CSV."""
    if head.startswith(_UTF16_STARTS) or _looks_utf16(head):
        advice = (
            "Save it as UTF-8 (in Excel: CSV UTF-8; in PowerShell: -Encoding utf8)."
        )
        return "text in UTF-16", advice
    if head.startswith(_PICKLE_STARTS):
        return "a Python pickle", "In pandas use df.to_csv(name, index=False)."
    if head[257:262] == b"ustar":
        return "a tar archive", "Upload the CSV itself, or a .zip of it."
    if b"\0" in head:
        return "binary data", _WANTED
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table")):
        advice = "A saved web page, perhaps: download the file itself and upload that."
        return "a web page (HTML)", advice
    if text.startswith((b"<?xml", b"<")):
        return "an XML document", _WANTED
    if text.startswith((b"{", b"[")):
        if b'"cells"' in data[:_CHUNK]:
            advice = "Run the notebook and upload the CSV file that it writes."
            return "a notebook (.ipynb)", advice
        return "JSON", "In pandas use df.to_csv(name, index=False)."
    return None


def _looks_utf16(head: bytes) -> bool:
    """Whether every other byte of a sample is NUL, as in UTF-16 without a mark."""
    sample = head[:64]
    if len(sample) < 4:
        return False
    odd, even = sample[1::2], sample[::2]
    return not any(odd) or (not any(even) and any(odd))


def _wrong_type(log: FaultLog, what: str, advice: str) -> None:
    one = f"This looks like {what}, not a table in CSV or Parquet."
    log.add(FaultKind.FILE_TYPE, one, advice)


def _gunzip(data: bytes, caps: ReaderCaps, log: FaultLog) -> bytes | None:
    chunks: list[bytes] = []
    total, rest = 0, data
    while rest.startswith(b"\x1f\x8b"):  # a gzip file may have several members
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                chunk = member.decompress(rest, _CHUNK)
            except zlib.error:
                chunk = b""
            rest = member.unconsumed_tail
            if not chunk and not member.eof:
                _damaged(log, "The gzip archive is damaged or cut short.")
                return None
            chunks.append(chunk)
            total += len(chunk)
            if _too_large(total, len(data), caps, log):
                return None
        rest = member.unused_data
    return b"".join(chunks)


def _unzip(data: bytes, caps: ReaderCaps, log: FaultLog) -> bytes | None:
    if data.count(b"PK\x01\x02") > _ZIP_ENTRIES:
        one = f"The zip archive has more than {_ZIP_ENTRIES:,} files."
        log.add(FaultKind.FILE_TYPE, one, "Put one CSV file into it.")
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = _only_entry(archive, log)
            if entry is None:
                return None
            return _read_entry(archive, entry, len(data), caps, log)
    except BROKEN_ZIP:
        _damaged(log, "The zip archive is damaged, cut short or of an unusual kind.")
        return None


def _holds_arrays(data: bytes) -> bool:
    """Whether any file of a zip archive is named as the arrays of a .npz are."""
    if data.count(b"PK\x01\x02") > _ZIP_ENTRIES:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not _is_litter(one)]
    except BROKEN_ZIP:
        return False
    return any(entry.filename.endswith(".npy") for entry in entries)


def read_entries(
    data: bytes, caps: ReaderCaps, log: FaultLog
) -> list[tuple[str, bytes]] | None:
    """Name and bytes of each array of a .npz; None with every fault in ``log``."""
    found: list[tuple[str, bytes]] = []
    before = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not _is_litter(one)]
            sound = [_is_array(entry, log) for entry in entries]
            if not all(sound):
                return None
            for entry in entries:
                array = _read_entry(archive, entry, len(data), caps, log, before)
                if array is None:
                    return None
                before += len(array)
                found.append((entry.filename.removesuffix(".npy"), array))
    except BROKEN_ZIP:
        _damaged(log, "The .npz is damaged, cut short or of an unusual kind.")
        return None
    return found


def _is_array(entry: zipfile.ZipInfo, log: FaultLog) -> bool:
    if not entry.filename.endswith(".npy"):
        one = f"{quoted(entry.filename)} in the .npz is no array."
        advice = "Save the columns, and nothing else, with np.savez."
        log.add(FaultKind.FILE_TYPE, one, advice, column=entry.filename)
        return False
    return _is_plain(entry, "array", log)


def _only_entry(archive: zipfile.ZipFile, log: FaultLog) -> zipfile.ZipInfo | None:
    names = set(archive.namelist())
    if found := _office_type(names):
        _wrong_type(log, *found)
        return None
    entries = [entry for entry in archive.infolist() if not _is_litter(entry)]
    if len(entries) != 1:
        one = f"The zip archive has {len(entries):,} files, one is expected"
        if entries:
            one += f": {named([entry.filename for entry in entries])}"
        log.add(FaultKind.FILE_TYPE, one + ".", "Put one CSV file into it.")
        return None
    entry = entries[0]
    return entry if _is_plain(entry, "CSV file", log) else None


def _is_plain(entry: zipfile.ZipInfo, what: str, log: FaultLog) -> bool:
    """Whether an entry can be read: neither locked nor a link."""
    if entry.flag_bits & 1:
        one = f"The file {quoted(entry.filename)} in the zip archive has a password."
        log.add(FaultKind.FILE_TYPE, one, "Pack it without a password.")
        return False
    if stat.S_ISLNK(entry.external_attr >> 16):
        one = f"{quoted(entry.filename)} in the zip archive is a link, not a file."
        log.add(FaultKind.FILE_TYPE, one, f"Put the {what} itself into it.")
        return False
    return True


def _office_type(names: set[str]) -> tuple[str, str] | None:
    if any(name.startswith("xl/") for name in names):
        advice = "In Excel choose File, Save as, CSV UTF-8, and upload that file."
        return "an Excel file (.xlsx)", advice
    if any(name.startswith("word/") for name in names):
        return "a Word document", _WANTED
    if "content.xml" in names and "mimetype" in names:
        return "an OpenDocument file", "Save the sheet as CSV (UTF-8)."
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file", _WANTED
    return None


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what macOS and Windows put into archives by themselves."""
    base = entry.filename.rsplit("/", 1)[-1]
    return (
        entry.is_dir()
        or entry.filename.startswith("__MACOSX/")
        or base.startswith("._")
        or base in {".DS_Store", "Thumbs.db", "desktop.ini"}
    )


def _read_entry(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    packed: int,
    caps: ReaderCaps,
    log: FaultLog,
    before: int = 0,
) -> bytes | None:
    """An entry's bytes; ``before`` are those that others of the archive had."""
    chunks: list[bytes] = []
    total = before
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            chunks.append(chunk)
            total += len(chunk)
            if _too_large(total, packed, caps, log):
                return None
    return b"".join(chunks)


def _too_large(total: int, packed: int, caps: ReaderCaps, log: FaultLog) -> bool:
    if total > caps.unpacked_bytes:
        one = f"The archive holds more than {caps.unpacked_bytes:,} bytes."
    elif total > max(_RATIO_FREE, packed * caps.unpack_ratio):
        one = f"The archive unpacks to more than {caps.unpack_ratio} times its size."
    else:
        return False
    log.add(FaultKind.TOO_LARGE, one, "Upload the predictions and nothing else.")
    return True


def _damaged(log: FaultLog, one: str) -> None:
    log.add(FaultKind.DAMAGED, one, "Pack the file again and upload it anew.")
