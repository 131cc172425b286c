"""What is set before the numeric libraries are loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from podium_scorer import cpu

ZEN4 = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nflags\t\t: fpu avx2 avx512f\n"


def settled(
    monkeypatch: pytest.MonkeyPatch, path: Path, **present: str
) -> dict[str, str]:
    """The environment after ``settle`` on a machine with this /proc/cpuinfo."""
    monkeypatch.setattr(cpu, "_CPU_INFO", path)
    monkeypatch.setattr(os, "environ", dict(present))
    cpu.settle()
    return dict(os.environ)


@pytest.mark.parametrize(
    ("info", "slow"),
    [
        (ZEN4, True),
        (ZEN4.replace(" avx512f", ""), False),  # Zen 3
        (ZEN4.replace("25", "26"), False),
        (ZEN4.replace("AuthenticAMD", "GenuineIntel"), False),
        ("", False),
    ],
)
def test_only_where_the_long_vectors_are_slow_they_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, info: str, slow: bool
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(info)
    assert ("NPY_DISABLE_CPU_FEATURES" in settled(monkeypatch, path)) is slow


def test_what_is_set_already_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = settled(monkeypatch, tmp_path / "none", OMP_NUM_THREADS="7")
    assert found["OMP_NUM_THREADS"] == "7"
    assert found["OPENBLAS_NUM_THREADS"] == "1"
