"""Programs in processes of their own: how long they take, and what memory they had."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A child's peak counts from that of whoever started it, so something small starts it.
_STARTER = """
import json, os, sys, time
quiet = [(os.POSIX_SPAWN_DUP2, 2, 1)]
begun = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
seconds = time.perf_counter() - begun
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss]))
"""
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


@dataclass(frozen=True)
class Cold:
    """One run of a program, from its start to its end, in ms; its peak memory in MB."""

    ms: float
    peak_mb: float


def run_cold(*command: str | Path) -> Cold:
    """Run a program once; raises RuntimeError where it fails."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *map(str, command)]
    answer = subprocess.run(starter, check=True, capture_output=True, text=True)
    code, seconds, peak = json.loads(answer.stdout)
    if code:
        raise RuntimeError(f"{command[0]} ended with {code}: {answer.stderr[-2000:]}")
    return Cold(1000 * seconds, peak * _PEAK_UNIT / 1e6)


@contextmanager
def compiled(source: Path) -> Iterator[Path | None]:
    """A C++ program as g++ -O2 makes it; None where there is no g++."""
    if shutil.which("g++") is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / source.stem
        options: Sequence[str] = ("-O2", "-std=c++17", "-o")
        subprocess.run(["g++", *options, program, source], check=True)
        yield program
