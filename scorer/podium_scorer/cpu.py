"""Settings of the numeric libraries that must stand before they are loaded."""

from __future__ import annotations

import os
from pathlib import Path

_SETTINGS = {
    # Vectors are summed by numpy, not BLAS; more threads only cost start-up and memory.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JOBLIB_MULTIPROCESSING": "0",
}
_CPU_INFO = Path("/proc/cpuinfo")
_HEAD = 4096


def settle() -> None:
    """Set what is not set yet in the environment."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if _is_zen4():
        # Zen 4 compresses vectors into memory by microcode, which makes numpy's AVX-512
        # sort several times slower than its AVX2 sort; Zen 3 has no AVX-512 to disable.
        os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4")


def _is_zen4() -> bool:
    try:
        with _CPU_INFO.open("rb") as file:
            text = file.read(_HEAD).decode("ascii", "replace")
    except OSError:
        return False
    facts = {}
    for line in text.partition("\n\n")[0].splitlines():  # of the first core
        name, _, value = line.partition(":")
        facts[name.strip()] = value.strip()
    return (
        facts.get("vendor_id") == "AuthenticAMD"
        and facts.get("cpu family") == "25"
        and "avx512f" in facts.get("flags", "").split()
    )
