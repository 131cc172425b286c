"""How the programs of a code competition are run: what a revision keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from podium.competitions.models import Part, Revision
from podium_scorer.bundle import BundleFile, CodeContract


@dataclass(frozen=True)
class Input:
    """A stored file that programs see, by the name that they see it under."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """How programs are run; times are seconds, memory is megabytes.

    ``train`` is empty where there is no training stage. ``shows_log`` lets a team read
    what its program printed. ``private_inputs`` take the place of the inputs of their
    names when programs are run once more after the end.
    """

    image: str
    entry: str
    output: str
    inputs: tuple[Input, ...]
    wall_s: int
    memory_mb: int
    shows_log: bool
    train: str = ""
    train_inputs: tuple[Input, ...] = ()
    train_wall_s: int = 0
    private_inputs: tuple[Input, ...] = ()

    @property
    def files(self) -> tuple[Input, ...]:
        """All inputs, in the order in which the sandbox takes them."""
        return (*self.inputs, *self.train_inputs)

    @property
    def most_s(self) -> int:
        """The longest time that a run may take."""
        return self.wall_s + self.train_wall_s

    def after_the_end(self) -> Program:
        """The same with the private inputs in their places."""
        private = {each.name: each for each in self.private_inputs}
        inputs = tuple(private.get(each.name, each) for each in self.inputs)
        return replace(self, inputs=inputs)

    def to_json(self) -> dict[str, Any]:
        """The same as a revision stores it."""
        return asdict(self)


def program_of(revision: Revision | None) -> Program | None:
    """How a revision runs programs; None where it takes predictions."""
    if revision is None or not revision.program:
        return None
    stored: Mapping[str, Any] = revision.program
    lists = {
        name: tuple(Input(**each) for each in stored[name])
        for name in ("inputs", "train_inputs", "private_inputs")
    }
    program = Program(**(dict(stored) | lists))
    return program.after_the_end() if revision.part is Part.PRIVATE else program


def program_from(code: CodeContract) -> Program:
    """How a bundle wants programs to be run."""
    train = code.train
    return Program(
        image=code.image,
        entry=code.entry,
        output=code.output,
        inputs=_inputs(code.inputs),
        wall_s=code.wall_s,
        memory_mb=code.memory_mb,
        shows_log=code.shows_log,
        train=train.entry if train else "",
        train_inputs=_inputs(train.inputs) if train else (),
        train_wall_s=train.wall_s if train else 0,
        private_inputs=_inputs(code.private_inputs),
    )


def _inputs(files: Iterable[BundleFile]) -> tuple[Input, ...]:
    return tuple(Input(file.name, file.sha256, file.size) for file in files)
