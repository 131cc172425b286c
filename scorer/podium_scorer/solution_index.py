"""The prepared solution: one binary file that is checked once and read in no time.

Layout: the magic, the format's version and the header's length (little-endian), a JSON
header padded with spaces, and the arrays one after the other, each at a multiple of
eight bytes, so that they are used where they lie (in a memory map too). What the header
says is checked against the file's length and against itself before anything is used.

Rows are stored in slots: public, private, ignored; within each the negatives of a binary
target come first. ``slots`` says where the sample submission's rows belong.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podium_scorer import __version__
from podium_scorer.alignment import LONGEST_ID, IdIndex, Texts
from podium_scorer.catalogue import MetricInfo, Target, find_metric
from podium_scorer.contract import ParamValue
from podium_scorer.expectation import Expectation
from podium_scorer.metrics import Setting
from podium_scorer.splits import Splits

FORMAT = 1
_MAGIC = b"PODIUMIX"
_FRONT = struct.Struct("<8sII")
_HEADER_BYTES = 16 << 20
_TARGETS: dict[Target, np.dtype[Any]] = {
    Target.BINARY: np.dtype("<u1"),
    Target.LABEL: np.dtype("<i4"),
    Target.NUMBER: np.dtype("<f8"),
}
_ARRAYS: dict[str, np.dtype[Any]] = {
    "slots": np.dtype("<i4"),
    "id_lengths": np.dtype("<u2"),
    "id_data": np.dtype("<u1"),
    "id_table": np.dtype("<i4"),
}


class UnsoundIndex(ValueError):
    """Bytes that are no index, or one that this version does not read."""


@dataclass(frozen=True, eq=False)
class SolutionIndex:
    """A checked solution, ready to score submissions with a metric.

    ``target`` is in slot order: 0 and 1 (uint8), class numbers (int32) or numbers
    (float64), as ``target_kind`` says.
    """

    metric: MetricInfo
    params: Mapping[str, ParamValue]
    expectation: Expectation
    target_kind: Target
    target: NDArray[Any]
    splits: Splits
    slots: NDArray[np.int32]

    @property
    def setting(self) -> Setting:
        """The metric's parameters and the names of what it compares."""
        expected = self.expectation
        return Setting(
            params=self.params,
            classes=expected.classes or (),
            columns=expected.columns,
        )

    def to_bytes(self) -> bytes:
        """The index as a file."""
        ids = self.expectation.ids
        arrays: dict[str, NDArray[Any]] = {
            "target": self.target,
            "slots": self.slots,
            "id_lengths": ids.ids.lengths,
            "id_data": ids.ids.data,
            "id_table": ids.table,
        }
        dtypes = _dtypes(self.target_kind)
        header = json.dumps(self._header(arrays), separators=(",", ":")).encode()
        header += b" " * (-(_FRONT.size + len(header)) % 8)
        parts = [_FRONT.pack(_MAGIC, FORMAT, len(header)), header]
        for name, array in arrays.items():
            data = np.ascontiguousarray(array, dtypes[name]).tobytes()
            parts += [data, bytes(-len(data) % 8)]
        return b"".join(parts)

    def _header(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        expected = self.expectation
        splits = self.splits
        return {
            "scorer": __version__,
            "metric": self.metric.name,
            "params": dict(self.params),
            "id_column": expected.id_column,
            "columns": expected.columns,
            "valid_range": expected.valid_range,
            "classes": expected.classes,
            "row_sums": expected.row_sums,
            "mixed": expected.ids.mixed,
            "target": str(self.target_kind),
            "rows": [splits.public, splits.private, splits.ignored],
            "sizes": {name: len(array) for name, array in arrays.items()},
        }


def read_index(data: bytes | memoryview) -> SolutionIndex:
    """Read an index; raises UnsoundIndex where the bytes are not a whole, sound one."""
    header, start = _read_header(data)
    try:
        target_kind = Target(header["target"])
        splits = Splits(*_whole_numbers(header["rows"], 3))
        arrays = _read_arrays(data, start, header["sizes"], _dtypes(target_kind))
        _check_arrays(arrays, splits.total)
        expectation = _expectation(header, arrays)
        _check_target(arrays["target"], target_kind, expectation)
        return SolutionIndex(
            metric=find_metric(header["metric"]),
            params=dict(header["params"]),
            expectation=expectation,
            target_kind=target_kind,
            target=arrays["target"],
            splits=splits,
            slots=arrays["slots"],
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnsoundIndex(f"The index is not sound: {error!r}") from error


def _dtypes(target: Target) -> dict[str, np.dtype[Any]]:
    return {"target": _TARGETS[target], **_ARRAYS}


def _read_header(data: bytes | memoryview) -> tuple[dict[str, Any], int]:
    """The header and where the arrays start."""
    if len(data) < _FRONT.size:
        raise UnsoundIndex("The index is cut short.")
    magic, version, size = _FRONT.unpack(data[: _FRONT.size])
    if magic != _MAGIC:
        raise UnsoundIndex("These bytes are not an index.")
    if version != FORMAT:
        raise UnsoundIndex(
            f"The index has format {version}, this scorer reads {FORMAT}."
        )
    start = _FRONT.size + size
    if size > _HEADER_BYTES or start > len(data) or start % 8:
        raise UnsoundIndex("The index's header has an impossible length.")
    try:
        header = json.loads(bytes(data[_FRONT.size : start]))
    except (ValueError, RecursionError) as error:
        raise UnsoundIndex("The index's header is not JSON.") from error
    if not isinstance(header, dict):
        raise UnsoundIndex("The index's header is not an object.")
    return header, start


def _whole_numbers(values: object, count: int) -> list[int]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError("a list of numbers is missing")
    if any(type(value) is not int or value < 0 for value in values):
        raise ValueError("a count is not a whole number")
    return values


def _read_arrays(
    data: bytes | memoryview,
    start: int,
    sizes: Mapping[str, int],
    dtypes: Mapping[str, np.dtype[Any]],
) -> dict[str, NDArray[Any]]:
    counts = _whole_numbers([sizes[name] for name in dtypes], len(dtypes))
    arrays = {}
    for (name, dtype), count in zip(dtypes.items(), counts, strict=True):
        size = count * dtype.itemsize
        if start + size > len(data):
            raise ValueError("the arrays are cut short")
        arrays[name] = np.frombuffer(data, dtype, count, start)
        start += size + (-size % 8)
    if start != len(data):
        raise ValueError("there are bytes behind the arrays")
    return arrays


def _check_arrays(arrays: Mapping[str, NDArray[Any]], rows: int) -> None:
    """Check what would else lead outside an array or round a table for ever."""
    table, slots = arrays["id_table"], arrays["slots"]
    lengths = arrays["id_lengths"]
    places = len(table)
    within = (
        {len(arrays["target"]), len(slots), len(lengths)} == {rows}
        and rows > 0
        and places >= 2 * rows
        and places & (places - 1) == 0
        and int(table.max()) < rows
        and int(table.min()) == -1
        and int(slots.max()) < rows
        and int(slots.min()) >= 0
        and int(lengths.max()) <= LONGEST_ID
        and int(lengths.sum(dtype=np.int64)) == len(arrays["id_data"]) - Texts.PADDING
    )
    if not within:
        raise ValueError("the arrays do not fit each other")


def _check_target(target: NDArray[Any], kind: Target, expected: Expectation) -> None:
    """Check that class numbers are those of classes, and numbers finite."""
    if kind is Target.NUMBER:
        sound = bool(np.isfinite(target).all())
    else:
        several = len(expected.classes or expected.columns)
        classes = 2 if kind is Target.BINARY else several
        sound = int(target.min()) >= 0 and int(target.max()) < classes
    if not sound:
        raise ValueError("the true values are not what the header says")


def _expectation(
    header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Expectation:
    ids = Texts(arrays["id_data"], arrays["id_lengths"].astype(np.int64))
    classes, limits = header["classes"], header["valid_range"]
    return Expectation(
        id_column=str(header["id_column"]),
        columns=tuple(map(str, header["columns"])),
        ids=IdIndex(ids, arrays["id_table"], bool(header["mixed"])),
        valid_range=None if limits is None else (float(limits[0]), float(limits[1])),
        classes=None if classes is None else tuple(map(str, classes)),
        row_sums=header["row_sums"],
    )
