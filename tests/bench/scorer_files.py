"""Files to measure the scorer with: solutions and submissions of any size, made up.

Columns are made by whole vectors and written by Arrow, so that ten million rows take
seconds. The same rows and seed give the same files everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from tests.bench.graders import Case, prepare

METRICS = (
    "roc_auc",
    "log_loss",
    "rmse",
    "f1_macro",
    "quadratic_weighted_kappa",
    "map_at_k",
)
CLASSES, GRADES, ITEMS = 10, 5, 1000
ITEMS_IN_ROW = 5
PUBLIC_SHARE = 0.3

Array = Any  # of numpy: what Arrow takes as a column


def cases(rows: int, folder: Path, wanted: dict[str, list[str]]) -> Iterator[Case]:
    """Each case, one after the other: a later one's files replace an earlier one's.

    ``wanted`` names metrics by the kind of ids: ``whole`` (0 to n-1) or ``hexadecimal``.
    All are shuffled; of the first metric there is one more, in the solution's order.
    """
    rng = np.random.default_rng(rows)
    usage = np.where(rng.random(rows) < PUBLIC_SHARE, "Public", "Private")
    shuffled = rng.permutation(rows)
    for ids, metrics in wanted.items():
        names = np.arange(rows) if ids == "whole" else _hexadecimal(rows)
        for number, metric in enumerate(metrics):
            truth, guess = _VALUES[metric](rng, rows)
            files = {
                name: folder / name for name in ("solution", "index", "submission")
            }
            _write(files["solution"], id=names, y=truth, Usage=usage)
            prepare(metric, files["solution"], files["index"])
            for order in ("shuffled", "in order") if number == 0 else ("shuffled",):
                taken = shuffled if order == "shuffled" else slice(None)
                _write(files["submission"], id=names[taken], y=guess[taken])
                yield Case(
                    name=f"{metric}, {ids} ids, {order}",
                    metric=metric,
                    ids=ids,
                    rows=rows,
                    **files,
                )


def _write(path: Path, **columns: Array) -> None:
    table = pa.table({name: _column(values) for name, values in columns.items()})
    plain = pyarrow.csv.WriteOptions(quoting_style="none")
    with path.open("wb") as file:
        file.write(",".join(columns).encode() + b"\n")
        plain.include_header = False
        pyarrow.csv.write_csv(table, file, plain)


def _column(values: Array) -> Any:
    if values.dtype.kind != "S":
        return pa.array(values)
    width = values.dtype.itemsize
    data = pa.py_buffer(np.ascontiguousarray(values))
    fixed = pa.Array.from_buffers(pa.binary(width), len(values), [None, data])
    texts = fixed.cast(pa.binary()).cast(pa.string())
    return pyarrow.compute.utf8_rtrim(texts, "\0")  # numpy fills shorter texts up


def _hexadecimal(rows: int) -> Array:
    """Sixteen digits each, far apart, none twice."""
    numbers = np.arange(rows, dtype=np.uint64) * np.uint64(2654435761)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    places = (numbers[:, np.newaxis] >> shifts) & np.uint64(15)
    return digits[places].view("S16").ravel()


def _scores(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    truth = rng.integers(0, 2, rows)
    return truth, rng.random(rows) * 0.7 + truth * 0.3


def _numbers(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    truth = rng.normal(10, 3, rows)
    return truth, truth + rng.normal(0, 1, rows)


def _classes(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    names = np.array([f"class{number}" for number in range(CLASSES)])
    truth = rng.integers(0, CLASSES, rows)
    kept = rng.random(rows) < 0.6
    return names[truth], names[np.where(kept, truth, rng.integers(0, CLASSES, rows))]


def _grades(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    truth = rng.integers(0, GRADES, rows)
    return truth, np.clip(truth + rng.integers(-1, 2, rows), 0, GRADES - 1)


def _items(rng: np.random.Generator, rows: int) -> tuple[Array, Array]:
    """Two relevant items among five guesses that differ, right in two rows of five."""
    steps = rng.integers(1, ITEMS // ITEMS_IN_ROW, (rows, ITEMS_IN_ROW))
    guess = (
        np.cumsum(steps, axis=1) % ITEMS
    )  # ascending by less than a turn: no repeats
    right = guess[np.arange(rows), rng.integers(0, ITEMS_IN_ROW, rows)]
    hit = rng.random(rows) < 0.4
    first = np.where(hit, right, rng.integers(0, ITEMS, rows))
    second = (first + rng.integers(1, ITEMS, rows)) % ITEMS
    return _joined(np.stack([first, second], axis=1)), _joined(guess)


def _joined(items: Array) -> Array:
    """The items of each row, such as ``i7 i512``."""
    names = pa.array([f"i{number}" for number in range(ITEMS)])
    columns = (names.take(pa.array(column)) for column in items.T)
    joined = pyarrow.compute.binary_join_element_wise(*columns, " ")
    return np.asarray(joined, dtype="S")


_VALUES: dict[str, Callable[[np.random.Generator, int], tuple[Array, Array]]] = {
    "roc_auc": _scores,
    "log_loss": _scores,
    "rmse": _numbers,
    "f1_macro": _classes,
    "quadratic_weighted_kappa": _grades,
    "map_at_k": _items,
}
