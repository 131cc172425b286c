"""A participant's program as a job: what is asked of the service, and what it may not be.

The program is one file: a ZIP archive with the entry point in it, a Python script or a
notebook. It sees the inputs at ``/input/data``, read-only, and writes to ``/output``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_INPUTS = 100
DEFAULT_WALL_S = 600.0  # as the table of limits has it
DEFAULT_ENTRY, DEFAULT_OUTPUT = "main.py", "submission.csv"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +=@-]{0,99}", re.ASCII)
_LIMITS = {"wall_s", "memory_mb", "output_mb"}

# How the launcher ends where there is nothing to run. A program may end with these too:
# the launcher's own words are marked.
LAUNCH_FAULTS: Mapping[int, str] = {
    100: "The file is neither a ZIP archive nor a Python script nor a notebook.",
    101: "The archive has no {entry}, neither at its top nor in its only folder.",
    102: "The archive can't be unpacked: it is damaged, has a name that leads out of it, "
    "a link, a password, or more files than are allowed.",
    103: "The archive unpacks to more than fits into the scratch space.",
    104: "The notebook can't be run as a program: it is damaged, or a cell has a command "
    "of the notebook itself (a line that begins with % or !).",
}


class CodeJobError(ValueError):
    """A job that can't be run as it was asked for; the text is a sentence."""


@dataclass(frozen=True, kw_only=True)
class CodeJob:
    """Run a program on inputs and bring one file back.

    ``image`` is a name in the service's own table, ``image_id`` the digest that it must
    have (empty: whichever it has). ``inputs`` are the names of the input files, which
    are handed over in their order after the program. With ``train`` that entry point
    runs first and sees ``train_inputs`` at /input/data; what it writes is read by the
    second run at /input/model.
    """

    image: str
    image_id: str = ""
    entry: str = DEFAULT_ENTRY
    output: str = DEFAULT_OUTPUT
    inputs: Sequence[str] = ()
    train: str = ""
    train_inputs: Sequence[str] = ()
    train_wall_s: float = 0.0
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are handed over, in their order."""
        return ("program", *self.inputs, *self.train_inputs)

    def to_json(self) -> dict[str, Any]:
        """The job as JSON-ready data."""
        lists = {"inputs": list(self.inputs), "train_inputs": list(self.train_inputs)}
        return asdict(self) | lists

    @classmethod
    def from_json(cls, data: object) -> CodeJob:
        """Read a job; raises CodeJobError with all that is wrong with it."""
        if not isinstance(data, Mapping):
            raise CodeJobError("A job is an object.")
        if faults := _unsound(data):
            raise CodeJobError(f"The job is not sound: {'; '.join(faults)}.")
        job = cls(**data)
        if faults := job._faults():
            raise CodeJobError(" ".join(faults))
        return job

    @property
    def training_limits(self) -> Mapping[str, float]:
        """The limits of the training stage: its own time, if it has one."""
        own = {"wall_s": self.train_wall_s} if self.train_wall_s else {}
        return dict(self.limits) | own

    def _faults(self) -> list[str]:
        faults = [
            f"{name!r} is no plain file name."
            for name in (self.output, *self.inputs, *self.train_inputs)
            if not _NAME.fullmatch(name)
        ]
        faults += [
            f"{entry!r} is no plain path."
            for entry in (self.entry, *([self.train] if self.train else []))
            if not all(_NAME.fullmatch(part) for part in entry.split("/"))
        ]
        if len(self.inputs) + len(self.train_inputs) > MOST_INPUTS:
            faults.append(f"There are more than {MOST_INPUTS} inputs.")
        for names in (self.inputs, self.train_inputs):
            if len({name.lower() for name in names}) != len(names):
                faults.append("Two inputs have the same name.")
        if unknown := set(self.limits) - _LIMITS:
            faults.append(f"A job can't set {', '.join(sorted(unknown))}.")
        return faults


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    """A finite number from 0; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < math.inf


def _is_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_numbers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        _is_text(name) and _is_number(number) for name, number in value.items()
    )


_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "image": (_is_text, "a text"),
    "image_id": (_is_text, "a text"),
    "entry": (_is_text, "a text"),
    "output": (_is_text, "a text"),
    "inputs": (_is_texts, "a list of texts"),
    "train": (_is_text, "a text"),
    "train_inputs": (_is_texts, "a list of texts"),
    "train_wall_s": (_is_number, "a number from 0"),
    "limits": (_is_numbers, "an object of numbers from 0"),
}


def _unsound(data: Mapping[str, object]) -> list[str]:
    """What is missing, unknown or of the wrong type."""
    faults = [] if "image" in data else ["it names no image"]
    for name, value in data.items():
        holds, expected = _FIELDS.get(name, (None, ""))
        if holds is None:
            faults.append(f"it has no {str(name)[:80]!r}")
        elif not holds(value):
            faults.append(f"{name} must be {expected}")
    return faults
