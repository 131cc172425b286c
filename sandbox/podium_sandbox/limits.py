"""Every limit of a job: one table of data a profile.

A limit's unit stands in its name. ``changed_by`` says who may set another value, ``most``
how far; the value in the table is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any


class Profile(StrEnum):
    """What kind of program a set of limits is for."""

    SCORER = "scorer"  # our scorer, a participant's file, the solution's index
    CODE = "code"  # a participant's program and the test inputs; no label, no scorer


class ChangedBy(StrEnum):
    """Who may set another value than the table's."""

    JOB = "job"  # the caller of a job, that is the competition's settings
    OPERATOR = "operator"  # who starts the sandbox service
    NOBODY = "nobody"  # a change of this file


class LimitError(ValueError):
    """A value that a limit does not allow; the text is a sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One line of the table."""

    name: str
    value: int | float
    most: int | float
    changed_by: ChangedBy
    why: str


SCORER: tuple[Limit, ...] = (
    Limit(
        name="wall_s",
        value=60,
        most=3600,
        changed_by=ChangedBy.JOB,
        why="from the job's first byte to its report; the host kills at its end",
    ),
    Limit(
        name="cpu_s",
        value=3600,
        most=3600,
        changed_by=ChangedBy.NOBODY,
        why="processor time; ends a loop that outlived a killed service",
    ),
    Limit(
        name="start_s",
        value=30,
        most=300,
        changed_by=ChangedBy.OPERATOR,
        why="from starting a scorer until it says that it is ready",
    ),
    Limit(
        name="idle_s",
        value=600,
        most=3600,
        changed_by=ChangedBy.OPERATOR,
        why="how old a warm scorer may become before it is replaced unused",
    ),
    Limit(
        name="cpus",
        value=1.0,
        most=16.0,
        changed_by=ChangedBy.OPERATOR,
        why="processor cores (Docker only; the process runner has one thread of work)",
    ),
    Limit(
        name="memory_mb",
        value=2048,
        most=262_144,
        changed_by=ChangedBy.OPERATOR,
        why="memory of the job with its files, no swap beside it",
    ),
    Limit(
        name="pids",
        value=64,
        most=64,
        changed_by=ChangedBy.NOBODY,
        why="processes and threads together (Docker only; the jail allows no fork)",
    ),
    Limit(
        name="tmp_mb",
        value=64,
        most=4096,
        changed_by=ChangedBy.OPERATOR,
        why="scratch space in memory, also the largest single file (none in the jail)",
    ),
    Limit(
        name="tmp_inodes",
        value=4096,
        most=4096,
        changed_by=ChangedBy.NOBODY,
        why="files and folders in the scratch space",
    ),
    Limit(
        name="open_files",
        value=256,
        most=256,
        changed_by=ChangedBy.NOBODY,
        why="open files and pipes of a process",
    ),
    Limit(
        name="output_mb",
        value=1024,
        most=16_384,
        changed_by=ChangedBy.OPERATOR,
        why="bytes of an answer's files (the index that a prepare job makes)",
    ),
    Limit(
        name="log_kept_kb",
        value=64,
        most=64,
        changed_by=ChangedBy.NOBODY,
        why="of standard error, first and last half, for the host",
    ),
    Limit(
        name="log_killed_kb",
        value=8192,
        most=8192,
        changed_by=ChangedBy.NOBODY,
        why="standard error beyond this ends the job",
    ),
)


def _code(name: str, **changes: Any) -> Limit:
    """The scorer's line of this name with the changes for participants' programs."""
    return replace(next(limit for limit in SCORER if limit.name == name), **changes)


CODE: tuple[Limit, ...] = (
    _code(
        "wall_s",
        value=600,
        most=86_400,
        why="from the program's start to its end; the host kills at its end",
    ),
    _code("cpu_s", value=86_400, most=86_400),
    _code("start_s"),
    _code("idle_s"),
    _code("cpus"),
    _code(
        "memory_mb",
        value=4096,
        changed_by=ChangedBy.JOB,
        why="memory of the program with its scratch space and output, no swap beside it",
    ),
    _code("pids", value=256, most=256, why="processes and threads together"),
    _code("tmp_mb", value=512, why="scratch space in memory"),
    _code("tmp_inodes", value=16_384, most=16_384),
    _code("open_files", value=1024, most=1024),
    _code(
        "output_mb",
        value=512,
        most=4096,
        changed_by=ChangedBy.JOB,
        why="size of /output in memory, and bytes of its files together",
    ),
    _code("log_kept_kb"),
    _code("log_killed_kb", why="output and errors beyond this end the job"),
    Limit(
        name="shm_mb",
        value=64,
        most=4096,
        changed_by=ChangedBy.OPERATOR,
        why="memory that the program's processes share by name (/dev/shm)",
    ),
    Limit(
        name="input_mb",
        value=16_384,
        most=262_144,
        changed_by=ChangedBy.OPERATOR,
        why="bytes of the input, which lie on the engine's disk while the job runs",
    ),
    Limit(
        name="output_inodes",
        value=2048,
        most=2048,
        changed_by=ChangedBy.NOBODY,
        why="files and folders in /output while the program runs",
    ),
    Limit(
        name="output_files",
        value=1000,
        most=1000,
        changed_by=ChangedBy.NOBODY,
        why="files that are collected from /output",
    ),
    Limit(
        name="output_depth",
        value=8,
        most=8,
        changed_by=ChangedBy.NOBODY,
        why="folders within each other in /output",
    ),
)
_FOR_OUTPUT = {"input_mb", "output_inodes", "output_files", "output_depth"}
TABLES: Mapping[Profile, tuple[Limit, ...]] = {
    Profile.SCORER: SCORER,
    Profile.CODE: CODE,
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The values in force for one job, units in the names (``mb`` is 2**20 bytes).

    What a profile's table does not name is 0: a scorer has none of it.
    """

    wall_s: float
    cpu_s: int
    start_s: float
    idle_s: float
    cpus: float
    memory_mb: int
    pids: int
    tmp_mb: int
    tmp_inodes: int
    open_files: int
    output_mb: int
    log_kept_kb: int
    log_killed_kb: int
    shm_mb: int = 0
    input_mb: int = 0
    output_inodes: int = 0
    output_files: int = 0
    output_depth: int = 0

    @property
    def output_bytes(self) -> int:
        """The most bytes that an answer's files may have together."""
        return self.output_mb << 20


def most(profile: Profile, name: str) -> float:
    """The highest value that a limit may be given."""
    return next(limit.most for limit in TABLES[profile] if limit.name == name)


def for_self_check(limits: Limits) -> Limits:
    """The same limits, but small where reaching them costs the host something."""
    return replace(limits, memory_mb=min(limits.memory_mb, 192), start_s=10)


def limits_for(
    profile: Profile,
    changes: Mapping[str, float] | None = None,
    *,
    by: ChangedBy = ChangedBy.OPERATOR,
) -> Limits:
    """The limits of a profile with the changes that ``by`` asks for.

    Raises LimitError, with all faults in one text, for an unknown name, a value that is
    not above 0 or beyond the limit's ``most``, or a limit that ``by`` may not change.
    """
    table = {limit.name: limit for limit in TABLES[profile]}
    changes = changes or {}
    faults = [_fault(table, name, value, by) for name, value in changes.items()]
    if text := " ".join(fault for fault in faults if fault):
        raise LimitError(text)
    values = {name: changes.get(name, limit.value) for name, limit in table.items()}
    whole = {field.name for field in fields(Limits) if field.type == "int"}
    return Limits(**{k: int(v) if k in whole else v for k, v in values.items()})  # type: ignore[arg-type]


def limits_of_a_shell(profile: Profile, changes: Mapping[str, float]) -> Limits:
    """The limits of a profile for whoever holds the engine: operator and job in one.

    Every profile gets a place for output. Raises LimitError.
    """
    by = {limit.name: limit.changed_by for limit in TABLES[profile]}
    made = limits_for(profile)
    for who in (ChangedBy.JOB, ChangedBy.OPERATOR):
        wanted = {n: v for n, v in changes.items() if by.get(n, who) is who}
        changed = limits_for(profile, wanted, by=who)
        made = replace(made, **{name: getattr(changed, name) for name in wanted})
    output = {line.name: int(line.value) for line in CODE if line.name in _FOR_OUTPUT}
    return replace(made, **output)


def _fault(
    table: Mapping[str, Limit], name: str, value: float, by: ChangedBy
) -> str | None:
    limit = table.get(name)
    if limit is None:
        return f"There is no limit {name}; there are {', '.join(table)}."
    if limit.changed_by is not by:
        return f"{name} is set by {limit.changed_by}, not by {by}."
    if not 0 < value <= limit.most:
        return f"{name} must be above 0 and at most {limit.most}, not {value}."
    return None
