"""How many digits of a score leave Podium: the same on pages, in the API and in files.

Every digit more tells a participant more about labels, and none of them tells who is
better: an interval is wider by far.
"""

from __future__ import annotations

LARGE = 1e9


def score_text(value: float, decimals: int) -> str:
    """A finite score with the metric's decimals; very large or small ones as powers of
    ten with four digits."""
    if value and (abs(value) >= LARGE or abs(value) < 0.5 * 10**-decimals):
        return f"{value:.3e}"
    return f"{value:.{decimals}f}"


def rounded(value: float | None, decimals: int) -> float | None:
    """The number that ``score_text`` writes; None for none."""
    return None if value is None else float(score_text(value, decimals))


def rounded_pair(
    low: float | None, high: float | None, decimals: int
) -> tuple[float, float] | None:
    """Both ends of an interval, rounded; None unless there are both."""
    if low is None or high is None:
        return None
    return float(score_text(low, decimals)), float(score_text(high, decimals))
