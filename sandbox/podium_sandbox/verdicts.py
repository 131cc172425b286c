"""What is known of a program's run: plain data that service and client share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from podium_scorer.contract import CutOff


class Ended(StrEnum):
    """How a program's run ended."""

    FINISHED = "finished"  # by itself, with whatever exit code
    CUT_OFF = "cut_off"  # a limit ended it; ``reason`` says which
    REFUSED = "refused"  # this host can't run it as asked: for organizer or operator
    FAILED = "failed"  # our fault or the engine's: nothing is known about the program


@dataclass(frozen=True, kw_only=True)
class ProgramVerdict:
    """What is known of a run.

    ``files`` are the sizes of what was collected, by path. ``exit_code`` is 128 and the
    signal's number for a program that was killed, None for one that did not end by
    itself. ``log`` is what it printed, capped; ``detail`` a sentence for whoever wrote it
    (or for the operator, where it failed). ``sandbox`` says what ran it, empty where
    nothing could.
    """

    outcome: Ended
    reason: CutOff | None = None
    exit_code: int | None = None
    wall_s: float = 0.0
    cpu_s: float | None = None
    memory_peak_mb: float | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    log: str = ""
    detail: str = ""
    sandbox: str = ""

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON-ready data."""
        reason = None if self.reason is None else str(self.reason)
        return asdict(self) | {"outcome": str(self.outcome), "reason": reason}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ProgramVerdict:
        """Read a verdict; raises ValueError or TypeError for anything else."""
        reason = data.get("reason")
        known = {
            "outcome": Ended(str(data.get("outcome"))),
            "reason": None if reason is None else CutOff(reason),
        }
        return cls(**(dict(data) | known))
