"""The section ``code`` of a bundle: how participants' programs are run."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from podium_scorer.bundle_faults import quoted
from podium_scorer.bundle_files import BundleFile, Folder
from podium_scorer.bundle_section import Section
from podium_scorer.bundle_types import CodeContract, TrainStage
from podium_scorer.bundle_yaml import MANIFEST

PROGRAM_FORMATS = ("zip", "py", "ipynb")
MOST_WALL_S, MOST_MEMORY_MB, MOST_INPUTS = 86_400, 262_144, 100
_KEYS = (
    "image",
    "entry",
    "output",
    "inputs",
    "private_inputs",
    "train",
    "wall_s",
    "memory_mb",
    "show_log",
)
_TRAIN_KEYS = ("entry", "inputs", "wall_s")
# What the sandbox takes as the name of an input, an entry point or an output.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +=@-]{0,99}", re.ASCII)
_HEADER_BYTES = 1 << 20


def read_code(top: Section, folder: Folder) -> CodeContract | None:
    """The section of a code competition, or None after noting faults."""
    section = top.section("code", f"a section with {', '.join(_KEYS)}.", known=_KEYS)
    if section is None:
        return None
    image = "python"
    if section.has("image"):
        image = section.text("image", "an image that your operator has, like python.")
    inputs = _inputs(section, folder)
    return CodeContract(
        image=image,
        entry=_path(section, "entry", "main.py"),
        output=_name(section, "output", "submission.csv"),
        inputs=inputs,
        private_inputs=_private_inputs(section, folder, inputs),
        train=_train(section, folder),
        wall_s=_seconds(section),
        memory_mb=_memory(section),
        shows_log=section.flag("show_log", default=False),
    )


def check_inputs(
    top: Section,
    code: CodeContract,
    solution: BundleFile | None,
    id_column: str,
    targets: Sequence[str],
) -> None:
    """Refuse inputs that hold the labels: no program may ever see one."""
    training = code.train.inputs if code.train else ()
    everything = (*code.inputs, *code.private_inputs, *training)
    for file in everything:
        if solution is not None and file.sha256 == solution.sha256:
            top.fault(
                "code",
                f"The input {quoted(file.file, 120)} is the solution, and every program "
                "could read it.",
                "files without the answers.",
            )
    if solution is None or not targets:
        return
    for file in everything:
        if _tells(file, solution, id_column, targets):
            top.fault(
                "code",
                f"The input {quoted(file.file, 120)} has what is to be predicted "
                f"({', '.join(targets)}) for rows of the solution.",
                "inputs without these answers.",
            )


def _tells(
    file: BundleFile, solution: BundleFile, id_column: str, targets: Sequence[str]
) -> bool:
    """Whether a table has the targets beside ids that the solution has."""
    with file.path.open("rb") as stream:
        header = stream.readline(_HEADER_BYTES)
    if not {id_column, *targets} <= set(_fields(header)):
        return False
    return not _ids(file, id_column).isdisjoint(_ids(solution, id_column))


def _ids(file: BundleFile, id_column: str) -> set[str]:
    """What a CSV has in its id column, as far as it can be read."""
    try:
        with file.path.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            place = next(rows).index(id_column)
            return {row[place] for row in rows if len(row) > place}
    except (StopIteration, ValueError, csv.Error):
        return set()


def _fields(line: bytes) -> list[str]:
    """A first line as the names of columns; none where it is no text."""
    try:
        return next(csv.reader([line.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error):
        return []


def _private_inputs(
    section: Section, folder: Folder, inputs: Sequence[BundleFile]
) -> tuple[BundleFile, ...]:
    """What programs see after the end in place of inputs of the same names."""
    if not section.has("private_inputs"):
        return ()
    found = _inputs(section, folder, "private_inputs")
    names = {file.name for file in inputs}
    for file in found:
        if file.name not in names:
            section.fault(
                "private_inputs",
                f"The file {quoted(file.file, 120)} takes the place of no input.",
                f"names of inputs ({', '.join(sorted(names))}) in another folder.",
            )
    return found


def _inputs(
    section: Section, folder: Folder, key: str = "inputs"
) -> tuple[BundleFile, ...]:
    expected = "a list of paths below the bundle's folder, like [data/test.csv]."
    found: list[BundleFile] = []
    names: set[str] = set()
    for path in section.words(key, expected):
        file = folder.find(path, said_in=(MANIFEST, section.line_at(key)))
        if file is None:
            continue
        if not _NAME.fullmatch(file.name) or file.name.casefold() in names:
            section.fault(
                key,
                f"The input {quoted(path, 120)} has a name that programs can't have.",
                "names of letters, digits and _ . + = @ -, each once.",
            )
        names.add(file.name.casefold())
        found.append(file)
    if len(found) > MOST_INPUTS:
        section.fault(
            key,
            f"There are {len(found)} inputs.",
            f"at most {MOST_INPUTS}; pack many small files into one archive.",
        )
    return tuple(found)


def _train(section: Section, folder: Folder) -> TrainStage | None:
    if not section.has("train"):
        return None
    train = section.section(
        "train", f"a section with {', '.join(_TRAIN_KEYS)}.", known=_TRAIN_KEYS
    )
    if train is None:
        return None
    return TrainStage(
        entry=_path(train, "entry", "train.py"),
        inputs=_inputs(train, folder),
        wall_s=_seconds(train),
    )


def _seconds(section: Section) -> int:
    expected = f"seconds that a program may take, 1 to {MOST_WALL_S}."
    return section.number("wall_s", expected, least=1, most=MOST_WALL_S)


def _memory(section: Section) -> int:
    expected = f"megabytes that a program may use, 64 to {MOST_MEMORY_MB}."
    return section.number("memory_mb", expected, least=64, most=MOST_MEMORY_MB)


def _path(section: Section, key: str, default: str) -> str:
    expected = f"the path of a Python file in the archive, like {default}."
    path = section.text(key, expected) if section.has(key) else default
    plain = all(_NAME.fullmatch(part) for part in path.split("/"))
    if path and not (plain and path.endswith(".py")):
        section.fault(key, f"{section.path(key)} is {quoted(path)}.", expected)
    return path


def _name(section: Section, key: str, default: str) -> str:
    expected = f"a file's name, like {default}."
    name = section.text(key, expected) if section.has(key) else default
    if name and not _NAME.fullmatch(name):
        section.fault(key, f"{section.path(key)} is {quoted(name)}.", expected)
    return name
