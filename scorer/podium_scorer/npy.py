"""The header of a NumPy array (.npy): what lies in the file, without trusting a word of it.

NumPy's own reader is not asked: it evaluates longer headers than are of use, and makes
arrays of whatever shape they claim. Here nothing is made before the claim is checked
against the bytes that are there.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podium_scorer.contract import ReaderCaps
from podium_scorer.faults import FaultKind, clean, quoted

MAGIC = b"\x93NUMPY"
_HEADER_BYTES = 1 << 18  # a structured array of 2,000 fields needs a third of it
_KEYS = {"descr", "fortran_order", "shape"}
_READ = re.compile(r"[<>|=]?(\?|b1|[iu][1248]|f[248]|[SU]\d{1,9})", re.ASCII)
_LETTER = re.compile(r"[<>|=]?([a-zA-Z?])", re.ASCII)
_PADDING = re.compile(r"\|V(\d{1,9})", re.ASCII)

_AGAIN = "Save it again with np.save or np.savez, and upload it anew."
_PLAIN = "Use numbers, booleans or texts, for example array.astype(np.float64)."
_OBJECTS = (
    "holds Python objects, which are never read",
    "Turn it into numbers or texts, array.astype(float) or array.astype(str), and save "
    "it with np.save(name, array, allow_pickle=False).",
)
_REFUSED: dict[str, tuple[str, str]] = {
    "O": _OBJECTS,
    "c": ("holds complex numbers", "Save the real part: array.real."),
    "M": ("holds dates", "Save them as texts: array.astype(str)."),
    "m": ("holds spans of time", "Save them as numbers: array.astype(np.int64)."),
    "f": ("holds floats of an unusual size", "Save it as array.astype(np.float64)."),
    "V": ("holds bytes without a type", _PLAIN),
}

AnyArray = NDArray[Any]


class UnsoundArray(Exception):
    """An array that is not read: the fault, what is wrong (a verb first), what to do."""

    def __init__(self, kind: FaultKind, what: str, advice: str) -> None:
        super().__init__(what)
        self.kind, self.what, self.advice = kind, what, advice


@dataclass(frozen=True)
class Header:
    """A checked header: shape and type, or the fields of a structured array."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any] | None
    fields: tuple[tuple[str, np.dtype[Any] | UnsoundArray, int], ...]
    row_bytes: int
    start: int  # of the data


def read_header(data: bytes, caps: ReaderCaps) -> Header:
    """The header of an array, checked against the bytes behind it; or UnsoundArray."""
    text, start = _text(data)
    fields = _evaluated(text)
    shape, fortran, descr = fields["shape"], fields["fortran_order"], fields["descr"]
    if not isinstance(fortran, bool) or not _is_shape(shape):
        raise _damaged("has a header that makes no sense")
    if isinstance(descr, list):
        columns, size = _fields(descr)
        header = Header(shape, fortran, None, columns, size, start)
    else:
        dtype = _dtype(descr, caps)
        header = Header(shape, fortran, dtype, (), dtype.itemsize, start)
    _check_size(header, data, caps)
    return header


def whole(header: Header, data: bytes) -> AnyArray:
    """The array that an unstructured header describes, where it lies in ``data``."""
    order: Any = "F" if header.fortran else "C"
    return np.ndarray(header.shape, header.dtype, data, header.start, None, order)


def field(header: Header, data: bytes, dtype: np.dtype[Any], offset: int) -> AnyArray:
    """One field of a structured array of one dimension."""
    if not header.shape[0]:
        return np.empty(0, dtype)
    place, step = header.start + offset, (header.row_bytes,)
    return np.ndarray(header.shape, dtype, data, place, step)


def _text(data: bytes) -> tuple[str, int]:
    version = data[6:8]
    width = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}.get(version)
    if not data.startswith(MAGIC) or width is None:
        raise _damaged("is no array that NumPy writes (.npy)")
    size = int.from_bytes(data[8 : 8 + width], "little")
    start = 8 + width + size
    if size > _HEADER_BYTES:
        what = f"has a header of {size:,} bytes, at most {_HEADER_BYTES:,} are read"
        raise UnsoundArray(FaultKind.TOO_LARGE, what, _AGAIN)
    if len(data) < start:
        raise _damaged("is cut short within its header")
    encoding = "utf-8" if version == b"\3\0" else "latin-1"
    return data[8 + width : start].decode(encoding, "replace"), start


def _evaluated(text: str) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in a hostile text
            found = ast.literal_eval(text.strip())
    # What the parser raises for texts that nest too deeply is about them, not about us.
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, dict) or set(found) != _KEYS:
        raise _damaged("has a header that can't be read")
    return found


def _is_shape(shape: object) -> bool:
    return isinstance(shape, tuple) and all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0
        for size in shape
    )


def _dtype(descr: object, caps: ReaderCaps | None) -> np.dtype[Any]:
    if not isinstance(descr, str):
        raise UnsoundArray(FaultKind.FILE_TYPE, "is nested", _PLAIN)
    if not _READ.fullmatch(descr):
        letter = _LETTER.match(descr)
        kind = letter[1] if letter else ""
        shown = f"has the type {quoted(descr)}, which is not read"
        what, advice = _REFUSED.get(kind, (shown, _PLAIN))
        raise UnsoundArray(FaultKind.FILE_TYPE, what, advice)
    dtype = np.dtype(descr)
    if not dtype.itemsize:
        raise UnsoundArray(FaultKind.FILE_TYPE, "holds texts of no length", _PLAIN)
    if caps and dtype.itemsize > 4 * caps.field_chars:
        what = f"holds texts of more than {caps.field_chars:,} characters"
        raise UnsoundArray(FaultKind.FIELD_TOO_LONG, what, "Use shorter texts.")
    return dtype


def _fields(
    descr: list[Any],
) -> tuple[tuple[tuple[str, np.dtype[Any] | UnsoundArray, int], ...], int]:
    """The fields of a structured array, each with its type and place, and their size.

    A field that is not read has its fault instead; places behind it are not sure.
    """
    found: list[tuple[str, np.dtype[Any] | UnsoundArray, int]] = []
    offset = 0
    for entry in descr:
        match entry:
            case ("", str(text)) if padding := _PADDING.fullmatch(text):
                offset += int(padding[1])
                continue
            case (str(name), str(text)):
                pass
            case ((str(), str(name)), str(text)):
                pass
            case _:
                what = "has a field that is nested or has a shape of its own"
                advice = "Give every column a field of its own, with one value a row."
                raise UnsoundArray(FaultKind.FILE_TYPE, what, advice)
        try:
            dtype = _dtype(text, None)
        except UnsoundArray as fault:
            found.append((name, fault, offset))
            continue
        found.append((name, dtype, offset))
        offset += dtype.itemsize
    if not found:
        raise _damaged("has no fields")
    return tuple(found), offset


def _check_size(header: Header, data: bytes, caps: ReaderCaps) -> None:
    """The rows, columns and bytes that the header claims must be possible and there."""
    if len(header.shape) > 2:  # also for NumPy's sake, which has limits of its own
        raise misshapen(header.shape, "Save one dimension, or rows and columns.")
    advice = "Save one row for each id and only the columns asked for."
    columns = len(header.fields) or (header.shape[1] if len(header.shape) > 1 else 1)
    for count, most, what in (
        (header.shape[0] if header.shape else 1, caps.rows, "rows"),
        (columns, caps.columns, "columns"),
    ):
        if count > most:
            sentence = f"has {_amount(count)} {what}, at most {most:,} are read"
            raise UnsoundArray(FaultKind.TOO_LARGE, sentence, advice)
    if any(isinstance(kind, UnsoundArray) for _, kind, _ in header.fields):
        return  # objects have no bytes of their own: the fault of the field is enough
    claimed = header.row_bytes
    for size in header.shape:
        claimed *= size
    there = len(data) - header.start
    if there < claimed:
        missing = f"is cut short: {_amount(claimed)} bytes are said to be there, "
        raise _damaged(f"{missing}{there:,} are")
    if there > claimed:
        raise _damaged(f"has {there - claimed:,} bytes behind its last value")


def _amount(number: int) -> str:
    return f"{number:,}" if number < 10**18 else "more than 10^18"


def misshapen(shape: tuple[int, ...], advice: str) -> UnsoundArray:
    """The fault of an array whose shape is not one that is read."""
    shown = clean(str(shape), 60) if all(n < 10**18 for n in shape) else "(...)"
    what = f"has the shape {shown}, which does not fit"
    return UnsoundArray(FaultKind.SHAPE, what, advice)


def _damaged(what: str) -> UnsoundArray:
    return UnsoundArray(FaultKind.DAMAGED, what, _AGAIN)
