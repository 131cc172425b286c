"""How benchmarks report: plain tables of medians, with the conditions under them."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows of text under a title. Times in cells are milliseconds unless they say else."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row; numbers are shown with three significant digits."""
        self.rows.append(
            [each if isinstance(each, str) else shown(each) for each in cells]
        )

    def __str__(self) -> str:
        grid = [list(self.columns), *map(list, self.rows)]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = [
            "  ".join(_cell(row, place, widths) for place in range(len(row)))
            for row in grid
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        notes = [f"  {note}" for note in self.notes]
        return "\n".join([f"\n{self.title}", "=" * len(self.title), *lines, *notes])


def shown(value: object) -> str:
    """A number with three significant digits, without an exponent."""
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def p50(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The smallest value that at least 95 % of the values do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def machine() -> str:
    """What the figures were measured on."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{platform.system()} {platform.release()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load {load}"
    )


def _cell(row: Sequence[str], place: int, widths: Sequence[int]) -> str:
    # The first column names the row; the others are figures.
    text, width = row[place], widths[place]
    return text.ljust(width) if place == 0 else text.rjust(width)
