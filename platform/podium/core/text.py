"""What may be stored as text, when two names are the same, how a size reads."""

from __future__ import annotations

import unicodedata

NOTHING = "–"
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def storable(text: str) -> bool:
    """Whether every database takes the text: PostgreSQL knows no NUL, and half a surrogate
    pair, which JSON can carry, has no bytes at all."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def name_key(name: str) -> str:
    """What is unique of a name: the same for all cases and ways to write its letters."""
    return unicodedata.normalize("NFKC", name).casefold()


def size(count: int | None) -> str:
    """Bytes with a decimal unit: 1_500_000 is ``1.5 MB``."""
    if count is None:
        return NOTHING
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or value >= 99.95 else 1
    return f"{value:.{digits}f}".removesuffix(".0") + f"\N{NO-BREAK SPACE}{UNITS[unit]}"
