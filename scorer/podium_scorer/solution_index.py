"""The prepared solution: one binary file that is checked once and read in no time.

Layout: the magic, the format's version and the header's length (little-endian), a JSON
header padded with spaces, and the arrays one after the other, each at a multiple of
eight bytes, so that they are used where they lie (in a memory map too). What the header
says is checked against the file's length and against itself before anything is used.

Rows are stored in slots: public, private, ignored; within each the negatives of a single
binary target come first. ``slots`` says where the sample submission's rows belong. Each
target and further column has arrays of its own: its values, or the lengths and the bytes
of its texts.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer import __version__
from podium_scorer.alignment import LONGEST_ID, IdIndex, Texts
from podium_scorer.catalogue import (
    MetricInfo,
    Prediction,
    Target,
    describe,
    with_defaults,
)
from podium_scorer.contract import ParamValue
from podium_scorer.expectation import ColumnSpec, Expectation
from podium_scorer.metrics import Part, Setting
from podium_scorer.metrics.base import Array
from podium_scorer.splits import Splits
from podium_scorer.targets import TargetColumn, Truth

FORMAT = 2
_MAGIC = b"PODIUMIX"
_FRONT = struct.Struct("<8sII")
_HEADER_BYTES = 16 << 20
_VALUES: dict[Target, np.dtype[Any]] = {
    Target.BINARY: np.dtype("<u1"),
    Target.LABEL: np.dtype("<i4"),
    Target.NUMBER: np.dtype("<f8"),
}
_LENGTHS, _DATA = np.dtype("<u4"), np.dtype("<u1")
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

    ``truth`` is in slot order: 0 and 1 (uint8), class numbers (int32), numbers (float64)
    or texts, as the kind of each column says.
    """

    metric: MetricInfo
    params: Mapping[str, ParamValue]
    expectation: Expectation
    truth: Truth
    splits: Splits
    slots: NDArray[np.int32]

    @cached_property
    def setting(self) -> Setting:
        """The metric's parameters and the names of what it compares."""
        targets = self.truth.targets
        return Setting(
            params=self.params,
            classes=targets[0].classes if len(targets) == 1 else (),
            targets=tuple(target.name for target in targets),
            columns=self.expectation.columns,
            kinds=tuple(target.kind for target in targets),
            classes_of=tuple(target.classes for target in targets),
        )

    def part(
        self, rows: slice, predictions: Array | None = None, texts: Sequence[Texts] = ()
    ) -> Part:
        """Some rows with their predictions: (columns, all rows) in slot order, or texts."""
        size = rows.stop - rows.start
        values, written = _apart(self.truth.targets)
        return Part(
            truths=self._truths[:, rows] if values else np.empty((0, size)),
            predictions=np.empty((0, size))
            if predictions is None
            else predictions[:, rows],
            setting=self.setting,
            extras={
                name: cast(Array, extra.values)[rows]
                for name, extra in self.truth.extras.items()
            },
            true_texts=tuple(
                column.between(rows.start, rows.stop) for column in written
            ),
            predicted_texts=tuple(
                column.between(rows.start, rows.stop) for column in texts
            ),
        )

    @cached_property
    def _truths(self) -> Array:
        values, _ = _apart(self.truth.targets)
        return values[0][np.newaxis] if len(values) == 1 else np.stack(values)

    def to_bytes(self) -> bytes:
        """The index as a file."""
        ids = self.expectation.ids
        arrays: dict[str, NDArray[Any]] = {
            "slots": self.slots,
            "id_lengths": ids.ids.lengths,
            "id_data": ids.ids.data,
            "id_table": ids.table,
        }
        for name, column in _columns(self.truth).items():
            if isinstance(column.values, Texts):
                arrays[f"{name}_lengths"] = column.values.lengths
                arrays[f"{name}_data"] = column.values.used
            else:
                arrays[name] = column.values
        dtypes = _dtypes(
            {name: column.kind for name, column in _columns(self.truth).items()}
        )
        header = json.dumps(self._header(arrays), separators=(",", ":")).encode()
        header += b" " * (-(_FRONT.size + len(header)) % 8)
        parts = [_FRONT.pack(_MAGIC, FORMAT, len(header)), header]
        for name, array in arrays.items():
            data = np.ascontiguousarray(array, dtypes[name]).tobytes()
            parts += [data, bytes(-len(data) % 8)]
        return b"".join(parts)

    def _header(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        expected, truth, splits = self.expectation, self.truth, self.splits
        return {
            "scorer": __version__,
            "metric": self.metric.name,
            "params": dict(self.params),
            "id_column": expected.id_column,
            "columns": [
                [spec.name, str(spec.holds), spec.valid_range, spec.classes]
                for spec in expected.specs
            ],
            "row_sums": expected.row_sums,
            "mixed": expected.ids.mixed,
            "targets": [_described(target) for target in truth.targets],
            "extras": {name: _described(extra) for name, extra in truth.extras.items()},
            "rows": [splits.public, splits.private, splits.ignored],
            "sizes": {name: len(array) for name, array in arrays.items()},
        }


def read_index(data: bytes | memoryview) -> SolutionIndex:
    """Read an index; raises UnsoundIndex where the bytes are not a whole, sound one."""
    header, start = _read_header(data)
    try:
        described = _all_described(header)
        kinds = {name: kind for name, (_, kind, _) in described.items()}
        splits = Splits(*_whole_numbers(header["rows"], 3))
        arrays = _read_arrays(data, start, header["sizes"], _dtypes(kinds))
        _check_arrays(arrays, splits.total)
        metric = describe(str(header["metric"]), header["params"])
        # A parameter that an older scorer did not have stands at its default.
        params = with_defaults(metric, header["params"])
        expectation = _expectation(header, arrays, params)
        truth = _truth(described, arrays, splits.total, expectation)
        return SolutionIndex(
            metric=metric,
            params=params,
            expectation=expectation,
            truth=truth,
            splits=splits,
            slots=arrays["slots"],
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnsoundIndex(f"The index is not sound: {error!r}") from error


def _apart(targets: Sequence[TargetColumn]) -> tuple[list[Array], list[Texts]]:
    """The columns that are arrays, and those that are texts."""
    values = [each.values for each in targets if not isinstance(each.values, Texts)]
    return values, [each.values for each in targets if isinstance(each.values, Texts)]


def _columns(truth: Truth) -> dict[str, TargetColumn]:
    """All columns by the names of their arrays, in the order in which they are stored."""
    return {
        **{f"target{place}": each for place, each in enumerate(truth.targets)},
        **{f"extra_{name}": each for name, each in truth.extras.items()},
    }


def _described(column: TargetColumn) -> list[Any]:
    return [column.name, str(column.kind), column.classes]


_Description: TypeAlias = "tuple[str, Target, tuple[str, ...]]"


def _all_described(header: Mapping[str, Any]) -> dict[str, _Description]:
    targets, extras = header["targets"], header["extras"]
    if not isinstance(targets, list) or not targets:
        raise ValueError("there is no target")
    listed = {
        **{f"target{place}": each for place, each in enumerate(targets)},
        **{f"extra_{name}": each for name, each in dict(extras).items()},
    }
    return {
        key: (str(name), Target(kind), tuple(map(str, classes)))
        for key, (name, kind, classes) in listed.items()
    }


def _dtypes(kinds: Mapping[str, Target]) -> dict[str, np.dtype[Any]]:
    """The type of each array, in the order in which they are stored."""
    found = dict(_ARRAYS)
    for name, kind in kinds.items():
        if kind in _VALUES:
            found[name] = _VALUES[kind]
        else:
            found |= {f"{name}_lengths": _LENGTHS, f"{name}_data": _DATA}
    return found


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
        {len(slots), len(lengths)} == {rows}
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


def _truth(
    described: Mapping[str, _Description],
    arrays: Mapping[str, NDArray[Any]],
    rows: int,
    expected: Expectation,
) -> Truth:
    columns = {
        key: TargetColumn(name, kind, _values(key, kind, arrays), classes)
        for key, (name, kind, classes) in described.items()
    }
    for column in columns.values():
        _check_column(column, rows)
    return Truth(
        targets=tuple(
            each for key, each in columns.items() if key.startswith("target")
        ),
        predictions=expected.columns,
        extras={
            key.removeprefix("extra_"): each
            for key, each in columns.items()
            if key.startswith("extra_")
        },
    )


def _values(
    key: str, kind: Target, arrays: Mapping[str, NDArray[Any]]
) -> NDArray[Any] | Texts:
    if kind in _VALUES:
        return arrays[key]
    lengths = arrays[f"{key}_lengths"].astype(np.int64)
    if int(lengths.sum()) != len(arrays[f"{key}_data"]):
        raise ValueError("the texts do not fit their lengths")
    return Texts.of_parts([arrays[f"{key}_data"]], lengths)


def _check_column(column: TargetColumn, rows: int) -> None:
    """Check that there is a value for each row, class numbers are those of classes, and
    numbers finite."""
    values = column.values
    if len(values) != rows:
        raise ValueError("a column has not a value for each row")
    if isinstance(values, Texts):
        return
    if column.kind is Target.NUMBER:
        sound = bool(np.isfinite(values).all())
    else:
        classes = 2 if column.kind is Target.BINARY else len(column.classes)
        sound = int(values.min()) >= 0 and int(values.max()) < classes
    if not sound:
        raise ValueError("the true values are not what the header says")


def _expectation(
    header: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    params: Mapping[str, ParamValue],
) -> Expectation:
    ids = Texts(arrays["id_data"], arrays["id_lengths"].astype(np.int64))
    return Expectation(
        id_column=str(header["id_column"]),
        specs=tuple(_spec(*column) for column in header["columns"]),
        ids=IdIndex(ids, arrays["id_table"], bool(header["mixed"])),
        row_sums=header["row_sums"],
        params=params,
    )


def _spec(name: object, holds: str, limits: Any, classes: Any) -> ColumnSpec:
    return ColumnSpec(
        name=str(name),
        holds=Prediction(holds),
        valid_range=None if limits is None else (float(limits[0]), float(limits[1])),
        classes=None if classes is None else tuple(map(str, classes)),
    )
