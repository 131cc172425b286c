"""Solution and submission as the data frames that an organizer's metric is given.

Podium's own reader checks structure and ids, so that a participant reads of every fault
with its line and the metric sees sound tables only. What the cells are is then inferred
as ``pandas.read_csv`` does, but for one thing: only an empty cell is a missing value,
and words like NA stay words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podium_scorer.alignment import Ints, Texts, build_index
from podium_scorer.catalogue import LARGEST, Prediction
from podium_scorer.contract import MESSAGE_CHARS, Fault, ReaderCaps
from podium_scorer.custom_index import CustomIndex
from podium_scorer.expectation import ColumnSpec, Expectation
from podium_scorer.faults import FaultKind, FaultLog, named, quoted
from podium_scorer.layout import check_sample, check_twice
from podium_scorer.reading import open_source, read_every_fault
from podium_scorer.solution import UnsoundSolution, check_ids
from podium_scorer.splits import PRIVATE, PUBLIC, Splits, find_usage, read_usage
from podium_scorer.submission import Aligned, Values, read_submission
from podium_scorer.tables import (
    ContentKind,
    Kind,
    LabelKind,
    Source,
    Table,
    TextKind,
    read_fast,
)

_WHOLE = 2.0**53  # beyond it, floats are not whole numbers one by one


@dataclass(frozen=True, eq=False)
class CustomSolution:
    """A sound solution: its frame without Usage, its parts, and what is to be sent.

    ``sample`` are the sample submission's predictions, in the solution's order; ``whole``
    counts the rows of all parts, also those that are not asked for. ``parts`` are the
    rows (positions, in the file's order) of ``public`` and, where there are any,
    ``private``.
    """

    id_column: str
    frame: pd.DataFrame
    parts: Mapping[str, Ints]
    splits: Splits
    whole: Splits
    expectation: Expectation
    sample: pd.DataFrame


def read_solution(index: CustomIndex, caps: ReaderCaps) -> CustomSolution:
    """Check solution and sample; raises UnsoundSolution with every fault found."""
    settings = index.settings
    sample = _open(index.sample, settings.sample_name, caps)
    log = FaultLog()
    id_column = settings.id_column or sample.columns[0]
    check_sample(sample.columns, id_column, log)
    if log:
        raise UnsoundSolution(log.faults(), settings.sample_name)
    predicted = [name for name in sample.columns if name != id_column]
    source = _open(
        index.solution, settings.solution_name, caps, (*sample.columns, "Usage")
    )
    usage_place = find_usage(source.columns, sample.columns)
    _check_header(source, id_column, settings.solution_name)
    table = _read(
        source, _wanted(source, id_column, usage_place), caps, settings.solution_name
    )
    ids = table.texts[source.columns.index(id_column)]
    usage = _usage(table, ids, usage_place, settings.solution_name)
    columns = {
        name: table.texts[place]
        for place, name in enumerate(source.columns)
        if place != usage_place
    }
    frame = _with_sound_ids(inferred(columns), id_column, ids)
    loose = Expectation(
        id_column=id_column,
        specs=tuple(ColumnSpec(name, holds=Prediction.TEXT) for name in predicted),
        ids=build_index(ids),
    )
    aligned = read_submission(index.sample, loose, caps)
    if not isinstance(aligned, Aligned):
        raise UnsoundSolution(aligned, settings.sample_name)
    specs = _specs(predicted, aligned.columns, frame)
    tables = _tables(id_column, frame, usage, replace(loose, specs=specs))
    tables = replace(tables, sample=_frame(aligned, tables))
    if settings.public_only:
        return _public(tables, usage, ids, aligned.positions)
    ordered = replace(tables.expectation, order=aligned.positions)
    return replace(tables, expectation=ordered)


def _tables(
    id_column: str,
    frame: pd.DataFrame,
    usage: NDArray[np.int8],
    expected: Expectation,
) -> CustomSolution:
    counts = np.bincount(usage, minlength=3).tolist()
    parts = {"public": np.flatnonzero(usage == PUBLIC)}
    if counts[PRIVATE]:
        parts["private"] = np.flatnonzero(usage == PRIVATE)
    splits = Splits(*counts)
    return CustomSolution(
        id_column, frame, parts, splits, splits, expected, pd.DataFrame()
    )


def _public(
    tables: CustomSolution, usage: NDArray[np.int8], ids: Texts, order: Ints | None
) -> CustomSolution:
    """The same for the Public rows alone; ``order`` is the sample's of all rows."""
    kept = np.flatnonzero(usage == PUBLIC)
    if order is not None:
        places = np.full(len(usage), -1, np.int64)
        places[kept] = np.arange(len(kept))
        order = places[order]
        order = order[order >= 0]
    public = _tables(
        tables.id_column,
        tables.frame.iloc[kept].reset_index(drop=True),
        usage[kept],
        replace(tables.expectation, ids=build_index(ids.taken(kept)), order=order),
    )
    sample = tables.sample.iloc[kept].reset_index(drop=True)
    return replace(public, sample=sample, whole=tables.whole)


def read_predictions(
    data: bytes, solution: CustomSolution, caps: ReaderCaps
) -> pd.DataFrame | tuple[Fault, ...]:
    """A submission's frame, its rows in the solution's order; or all of its faults."""
    aligned = read_submission(data, solution.expectation, caps)
    return _frame(aligned, solution) if isinstance(aligned, Aligned) else aligned


def _frame(aligned: Aligned, solution: CustomSolution) -> pd.DataFrame:
    """A faultless file as a frame, its rows in the solution's order."""
    order = _order(aligned, len(solution.frame))
    names = solution.expectation.columns
    texts = {
        name: column.taken(order)
        for name, column in zip(names, aligned.columns, strict=True)
        if isinstance(column, Texts)
    }
    read = inferred(texts) if texts else pd.DataFrame(index=range(len(order)))
    columns: dict[str, object] = {
        solution.id_column: solution.frame[solution.id_column].to_numpy()
    }
    for name, column in zip(names, aligned.columns, strict=True):
        columns[name] = read[name] if name in texts else _numbers(column, order)
    return pd.DataFrame(columns)


def inferred(columns: Mapping[str, Texts]) -> pd.DataFrame:
    """Columns of texts as pandas reads them from a CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*(texts.strings() for texts in columns.values()), strict=True))
    buffer.seek(0)
    return pd.read_csv(
        buffer, keep_default_na=False, na_values=[""], skip_blank_lines=False
    )


def _open(
    data: bytes, name: str, caps: ReaderCaps, expected: Sequence[str] = ()
) -> Source:
    log = FaultLog()
    source = open_source(data, expected, caps, log)
    if source is None:
        raise UnsoundSolution(log.faults(), name)
    return source


def _check_header(source: Source, id_column: str, file: str) -> None:
    log = FaultLog()
    check_twice(source.columns, log)
    if id_column not in source.columns:
        one = f"The id column {quoted(id_column)} is missing."
        advice = f"The columns are: {named(source.columns)}."
        log.add(FaultKind.MISSING_COLUMN, one, advice[:MESSAGE_CHARS])
    if log:
        raise UnsoundSolution(log.faults(), file)


def _wanted(source: Source, id_column: str, usage: int | None) -> dict[int, Kind]:
    wanted: dict[int, Kind] = {}
    for place, name in enumerate(source.columns):
        wanted[place] = TextKind() if name == id_column else ContentKind()
        if place == usage:
            wanted[place] = LabelKind()
    return wanted


def _read(
    source: Source, wanted: Mapping[int, Kind], caps: ReaderCaps, file: str
) -> Table:
    table = read_fast(source, wanted, caps)
    if table is None:
        log = FaultLog()
        table = read_every_fault(source, wanted, caps, log)
        if log:
            raise UnsoundSolution(log.faults(), file)
    return table


def _usage(table: Table, ids: Texts, place: int | None, file: str) -> NDArray[np.int8]:
    log = FaultLog()
    if not table.rows:
        log.add(FaultKind.EMPTY_FILE, "There are no rows.", "Put one row for each id.")
        raise UnsoundSolution(log.faults(), file)
    check_ids(ids, table, log)
    usage = np.full(table.rows, PUBLIC, np.int8)
    if place is not None:
        usage = read_usage(table.labels[place], table.lines, log)
    if log:
        raise UnsoundSolution(log.faults(), file)
    return usage


def _with_sound_ids(frame: pd.DataFrame, id_column: str, ids: Texts) -> pd.DataFrame:
    """Keep ids as texts where reading them as numbers would make two of them one."""
    if frame[id_column].nunique() != len(frame):
        frame[id_column] = ids.strings()
    return frame


def _specs(
    names: Sequence[str], sample: Sequence[Values], solution: pd.DataFrame
) -> tuple[ColumnSpec, ...]:
    """What the cells of each prediction column must be, by sample and solution.

    A column that holds numbers in both is one of numbers; cells may be empty only where
    the sample has an empty one.
    """
    read = inferred(
        {
            name: column
            for name, column in zip(names, sample, strict=True)
            if isinstance(column, Texts)
        }
    )
    specs = []
    for name in names:
        filled = not read[name].isna().any()
        if filled and _numeric(read, name) and _numeric(solution, name):
            limits = (-LARGEST, LARGEST)
            specs.append(ColumnSpec(name, Prediction.NUMBER, limits))
        else:
            specs.append(ColumnSpec(name, Prediction.TEXT, filled=filled))
    return tuple(specs)


def _numeric(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and frame.dtypes[name].kind in "iuf"


def _order(aligned: Aligned, rows: int) -> Ints:
    """For each row of the solution, the submission's row with the same id."""
    order = np.arange(rows, dtype=np.int64)
    if aligned.positions is not None:
        order[aligned.positions] = np.arange(rows, dtype=np.int64)
    return order


def _numbers(column: Values, order: Ints) -> NDArray[np.generic]:
    """Numbers in order; whole ones as integers, as pandas reads them."""
    if isinstance(column, Texts):
        raise TypeError("a column of texts is none of numbers")
    values = column[order]
    if bool((np.abs(values) < _WHOLE).all()) and bool(
        (values == np.rint(values)).all()
    ):
        return values.astype(np.int64)
    return values
