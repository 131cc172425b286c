"""``make bench``: measure what Podium promises to be quick at, and print tables.

    python -m tests.bench [--quick] [NAME ...]

Every module ``bench_<name>`` beside this one has ``run(*, quick) -> Iterable[Table]``;
names choose among them. ``--quick`` only shows that they run. Nothing here passes or
fails: figures depend on the machine, ratios within one run much less.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
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
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="NAME")
    asked = parser.parse_args()
    print(machine())
    failed = [name for name in asked.names or names if not _run(name, asked.quick)]
    if failed:
        print(f"\nCould not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, quick: bool) -> bool:
    begun = time.monotonic()
    module = importlib.import_module(f"{bench.__name__}.{PREFIX}{name}")
    try:
        for table in module.run(quick=quick):
            print(table, flush=True)
    except Exception as error:
        # The others are still worth having.
        print(f"\n{name}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    print(f"  ({name} took {time.monotonic() - begun:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
