"""``make bench``: measure what Podium promises to be quick at, and print tables.

    python -m tests.bench [--quick] [NAME ...]

Every module ``bench_<name>`` beside this one has ``run(*, quick) -> Iterable[Table]``;
names choose among them, and each runs in a process of its own. ``--quick`` only shows
that they run. Nothing here passes or fails: figures depend on the machine, ratios within
one run much less.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
import time

from tests import bench
from tests.bench.tables import machine

PREFIX = "bench_"


def main() -> int:
    """Run the benchmarks that were asked for; 1 where one of them could not run."""
    names = sorted(
        module.name.removeprefix(PREFIX)
        for module in pkgutil.iter_modules(bench.__path__)
        if module.name.startswith(PREFIX)
    )
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="few rounds, small data")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - set(names)):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(names)}")
    if asked.here:
        _run(asked.names[0], quick=asked.quick)
        return 0
    options = ["--quick"] if asked.quick else []
    failed = [name for name in asked.names or names if not _start(name, options)]
    if failed:
        print(f"\nCould not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _start(name: str, options: list[str]) -> bool:
    """Run one benchmark in a process of its own; whether it came to its end."""
    command = [sys.executable, "-m", bench.__name__, "--here", *options, name]
    print(f"\n{name}: {machine()}", flush=True)
    begun = time.monotonic()
    ended = subprocess.run(command, check=False)
    print(f"  ({name} took {time.monotonic() - begun:.0f} s)", flush=True)
    return ended.returncode == 0


def _run(name: str, *, quick: bool) -> None:
    module = importlib.import_module(f"{bench.__name__}.{PREFIX}{name}")
    for table in module.run(quick=quick):
        print(table, flush=True)


if __name__ == "__main__":
    sys.exit(main())
