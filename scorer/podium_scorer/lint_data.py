"""What published files give away: answers, copies of rows, telling columns and names."""

from __future__ import annotations

import hashlib
import re
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from podium_scorer.faults import clean, quoted
from podium_scorer.lint_answers import Answer, Answers
from podium_scorer.lint_exam import Content, Exam, digest_of
from podium_scorer.lint_findings import Findings
from podium_scorer.lint_numbers import Codes, Floats, auc, rank_correlation
from podium_scorer.lint_tables import Column, DataTable, read_data_table
from podium_scorer.unpack import BROKEN_ZIP

TELLING = 0.99  # AUC, |Spearman|, or share of rows that a column gets right
LEAST_ROWS = 20
SHARED_IDS = 0.5  # of the solution's, for a file to be one of the test's rows
FEATURES = 3  # rows of fewer columns are alike by chance
DUPLICATES = 0.01  # of the test's rows: more is worth a warning
ZIP_MEMBERS, ZIP_BYTES = 10_000, 1 << 30

_SOLUTION_NAME = re.compile(
    r"(^|[^a-z])(solutions?|answers?|labels?|ground[-_ ]?truth|gt|private|hidden|secrets?)"
    r"([^a-z]|$)"
)
_LEAKS = ("test-has-target", "column-leak", "class-missing-train")
_COPIES = ("train-test-duplicates", "train-test-near-duplicates")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Published:
    """A published table, and which of its rows are which of the answers'."""

    name: str
    table: DataTable
    rows: Codes  # of the table
    places: Codes  # of these rows among the answers


def check_names(exam: Exam, found: Findings) -> None:
    """Files whose name says that they hold answers, and archives that hold the solution."""
    for file in exam.published:
        if _SOLUTION_NAME.search(file.name.casefold()):
            message = f"Participants download {file.shown}."
            found.add("names-solution", message, file=file.shown)
        with file.open() as stream:
            if zipfile.is_zipfile(stream):
                _check_archive(exam, file, found)
    if not any(file.name.casefold().endswith(".zip") for file in exam.published):
        found.skip("There is no archive among the data.", "file-is-solution")


def _check_archive(exam: Exam, file: Content, found: Findings) -> None:
    """Look for the solution's bytes, whatever the member is called."""
    solution, name = exam.solution, file.shown
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as archive:
            for member in archive.infolist()[:ZIP_MEMBERS]:
                inner = clean(member.filename, 120)
                if _SOLUTION_NAME.search(member.filename.casefold()):
                    message = f"{name} holds a file {inner}."
                    found.add("names-solution", message, file=name)
                if member.file_size == solution.size <= ZIP_BYTES:
                    with archive.open(member) as held:
                        same = digest_of(cast(BinaryIO, held)) == solution.sha256
                    if same:
                        message = f"The file {inner} inside {name} is the solution."
                        found.add("file-is-solution", message, file=name)
    except BROKEN_ZIP:
        found.skip(f"The archive {name} can't be read.", "file-is-solution")


def check_data(exam: Exam, answers: Answers, found: Findings) -> None:
    """Telling columns, copies of rows and missing classes, in every table published."""
    tests: list[Published] = []
    trains: list[tuple[str, DataTable]] = []
    places = answers.places()
    id_column = exam.id_column
    for file in (*exam.published, *exam.hidden):
        table = read_data_table(file)
        name = file.shown
        if table is None:
            continue
        _check_ids(name, table, id_column, found)
        published = _published(name, table, id_column, places)
        if published is not None:
            tests.append(published)
        elif any(target.name in table.columns for target in answers.targets):
            trains.append((name, table))
    if not tests:
        found.skip("No table has the ids of the test's rows.", "test-has-target")
    if not trains:
        found.skip("No table has the target's column.", *_LEAKS[1:])
    if not (tests and trains):
        found.skip("There are not both a training and a test table.", *_COPIES)
    for test in tests:
        _check_test(test, answers, id_column, found)
    for name, table in trains:
        _check_train(name, table, answers, id_column, found)
        for test in tests:
            _check_copies(name, table, test, answers, id_column, found)


def _published(
    name: str, table: DataTable, id_column: str, places: dict[str, int]
) -> Published | None:
    """The table with its rows of the answers, None where it has too few of them."""
    if id_column not in table.columns:
        return None
    ids = table.columns[id_column].texts.to_pylist()
    pairs = [(row, places[each]) for row, each in enumerate(ids) if each in places]
    if len({place for _, place in pairs}) < SHARED_IDS * min(len(places), len(ids)):
        return None
    rows, there = np.array(pairs, np.int64).T
    return Published(name, table, rows, there)


def _check_ids(name: str, table: DataTable, id_column: str, found: Findings) -> None:
    column = table.columns.get(id_column)
    if column is not None:
        repeated = table.rows - len(np.unique(column.codes))
        if repeated:
            message = f"{repeated:,} of {table.rows:,} rows of {name} repeat an id."
            found.add("id-duplicate", message + table.said, file=name)


def _check_test(
    test: Published, answers: Answers, id_column: str, found: Findings
) -> None:
    for target in answers.targets:
        truth = _taken(target, test.places)
        for column, cells in test.table.columns.items():
            if column == id_column:
                continue
            evidence = _telling(cells.taken(test.rows), truth)
            if evidence:
                found.add(
                    "test-has-target",
                    f"The column {quoted(column, 60)} of {test.name} gives the answers in "
                    f"{quoted(target.name, 60)} for {len(test.rows):,} of "
                    f"{answers.rows:,} rows: {evidence}.{test.table.said}",
                    file=test.name,
                )


def _check_train(
    name: str, table: DataTable, answers: Answers, id_column: str, found: Findings
) -> None:
    targets = {target.name for target in answers.targets}
    for target in answers.targets:
        cells = table.columns.get(target.name)
        if cells is None:
            continue
        own = Answer(target.name, cells, target.classes, _numbers(target, cells))
        for column, others in table.columns.items():
            if column in targets or column == id_column:
                continue
            evidence = _telling(others, own)
            if evidence:
                found.add(
                    "column-leak",
                    f"The column {quoted(column, 60)} of {name} alone predicts "
                    f"{quoted(target.name, 60)}: {evidence}.{table.said}",
                    file=name,
                )
        if target.classes:
            _check_train_classes(name, cells, target, found, table.said)


def _numbers(target: Answer, cells: Column) -> Floats | None:
    numbers = cells.numbers if target.numbers is not None else None
    return None if numbers is None or np.isnan(numbers).any() else numbers


def _check_train_classes(
    name: str, cells: Column, target: Answer, found: Findings, said: str
) -> None:
    known = set(cells.texts.unique().to_pylist())
    asked = set(target.column.texts.unique().to_pylist())
    lacking = len(asked - known)
    if not asked & known:  # written in another way, such as the classes' names
        found.skip("The training data writes the classes otherwise.", _LEAKS[2])
    elif lacking:
        found.add(
            "class-missing-train",
            f"{lacking:,} of {len(asked):,} classes of {quoted(target.name, 60)} have no "
            f"row in {name}.{said}",
            file=name,
        )


def _taken(target: Answer, places: Codes) -> Answer:
    numbers = None if target.numbers is None else target.numbers[places]
    column = target.column.taken(places)
    return Answer(target.name, column, target.classes, numbers)


def _telling(cells: Column, truth: Answer) -> str:
    """How a column tells the target almost without fail; empty where it does not."""
    rows = len(truth.codes)
    if rows < LEAST_ROWS or truth.distinct < 2:
        return ""
    equal = float(np.mean(np.equal(*map(_cells, (cells, truth.column)))))
    if equal >= TELLING and truth.distinct > 1 and _majority(truth.codes) < TELLING:
        return f"{equal:.1%} of its cells are the target's"
    values = cells.numbers
    if values is not None and not np.isnan(values).any():
        return _telling_number(values, truth)
    return _telling_word(cells.codes, truth)


def _cells(column: Column) -> NDArray[np.object_]:
    return np.array(column.texts.to_pylist(), dtype=object)


def _majority(codes: Codes) -> float:
    return float(np.bincount(codes).max() / len(codes))


def _telling_number(values: Floats, truth: Answer) -> str:
    if not truth.classes:
        if truth.numbers is None:
            return ""
        rho = rank_correlation(values, truth.numbers)
        said = f"Spearman's correlation is {rho:.3f}"
        return said if abs(rho) >= TELLING else ""
    if truth.distinct == 2:
        area = auc(values, truth.codes == 1)
        area = max(area, 1 - area)
        return f"its AUC is {area:.3f}" if area >= TELLING else ""
    return _telling_word(np.unique(values, return_inverse=True)[1], truth)


def _telling_word(codes: Codes, truth: Answer) -> str:
    """For few different words: whether the target's cell follows from the word."""
    if not truth.classes or int(codes.max()) + 1 > len(codes) / 10:
        return ""
    words = int(codes.max()) + 1
    pairs, counts = np.unique(codes * truth.distinct + truth.codes, return_counts=True)
    best = np.zeros(words, np.int64)
    np.maximum.at(best, pairs // truth.distinct, counts)
    right = float(best.sum() / len(codes))
    if right >= TELLING and _majority(truth.codes) < 2 * TELLING - 1:
        return f"its {words:,} different values get {right:.1%} of the rows right"
    return ""


def _check_copies(
    name: str,
    train: DataTable,
    test: Published,
    answers: Answers,
    id_column: str,
    found: Findings,
) -> None:
    targets = {target.name for target in answers.targets}
    columns = [
        column
        for column in train.columns
        if column in test.table.columns and column not in {id_column, *targets}
    ]
    if len(columns) < FEATURES:
        found.skip(
            f"Training and test data share fewer than {FEATURES} columns.", *_COPIES
        )
        return
    said = train.said or test.table.said
    exact = _alike(train, test.table, columns, near=False)
    near = _alike(train, test.table, columns, near=True) & ~exact
    for code, alike, how in (
        (_COPIES[0], exact, "have exactly the features"),
        (
            _COPIES[1],
            near,
            "differ by less than 1 % of each column's deviation from those",
        ),
    ):
        count = int(alike.sum())
        if count:
            found.add(
                code,
                f"{count:,} of {len(alike):,} rows of {test.name} ({count / len(alike):.1%})"
                f" {how} of a row of {name}, in {len(columns):,} columns.{said}",
                file=test.name,
            )


def _alike(
    train: DataTable, test: DataTable, columns: list[str], *, near: bool
) -> NDArray[np.bool_]:
    """Which rows of the test have a row in the training data, by hashes of 64 bits.

    Near ones fall into the same cell of a grid; a second grid, moved by half a cell,
    finds most of those that a border of the first separates.
    """
    found = np.zeros(test.rows, np.bool_)
    for offset in (0.0, 0.5) if near else (0.0,):
        one = np.zeros(train.rows, np.uint64)
        other = np.zeros(test.rows, np.uint64)
        for column in columns:
            first, second = train.columns[column], test.columns[column]
            a, b = _hashes(first, second, offset if near else None)
            one, other = _mixed(one, a), _mixed(other, b)
        found |= np.isin(other, one)
    return found


def _hashes(
    first: Column, second: Column, offset: float | None
) -> tuple[Hashes, Hashes]:
    if first.numbers is not None and second.numbers is not None:
        deviation = float(np.nanstd(first.numbers))
        cell = deviation / 100 or 1.0
        return _placed(first.numbers, cell, offset), _placed(
            second.numbers, cell, offset
        )
    return _written(first), _written(second)


def _placed(values: Floats, cell: float, offset: float | None) -> Hashes:
    if offset is not None:
        values = np.floor(values / cell + offset)
    values = np.where(np.isnan(values), np.nan, values) + 0.0  # one NaN, one zero
    return values.view(np.uint64)


def _written(column: Column) -> Hashes:
    coded = column.texts.dictionary_encode()
    words = [
        int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
        for word in coded.dictionary.to_pylist()
    ]
    return np.array(words, np.uint64)[column.codes]


def _mixed(so_far: Hashes, more: Hashes) -> Hashes:
    mixed = (so_far ^ more) * _MULTIPLIER
    return mixed ^ (mixed >> _SHIFT)
