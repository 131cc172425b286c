"""Run by test_processes.py: a supervisor over small programs, in a process of its own.

python -m tests.podium.supervised FOLDER SCENARIO
"""

from __future__ import annotations

import sys
from pathlib import Path

from podium.process_tree import guarded
from podium.processes import Child, Supervisor

# Writes its process id to the file named first, then waits until it is told to end.
SLEEPER = """
import os, pathlib, sys, time
path = pathlib.Path(sys.argv[1])
with path.open("a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(600)
"""
# The same, deaf to SIGTERM, as a work-horse in the middle of a job is.
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + SLEEPER
# Starts a deaf program in a session of its own, as RQ's worker does, and waits.
WITH_HORSE = f"""
import os, pathlib, subprocess, sys, time
subprocess.Popen(
    [sys.executable, "-c", {DEAF!r}, sys.argv[1] + ".horse"], start_new_session=True
)
while not pathlib.Path(sys.argv[1] + ".horse").exists():
    time.sleep(0.01)
{SLEEPER}
"""
FAILING = "import sys; print('cannot find my hat'); sys.exit(3)"
QUICK = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('done')"


def child(folder: Path, name: str, program: str, stage: int = 0, **more: bool) -> Child:
    pid_file = folder / name
    waits = not more.get("once")
    return Child(
        name=name,
        command=[sys.executable, "-c", program, str(pid_file)],
        stage=stage,
        ready=pid_file.exists if waits else None,
        stop_within_s=2.0,
        once=bool(more.get("once")),
        log=folder / f"{name}.log",
    )


def children(folder: Path, scenario: str) -> list[Child]:
    sleepers = [child(folder, "queue", SLEEPER), child(folder, "site", SLEEPER, 1)]
    match scenario:
        case "steady":
            return sleepers
        case "horse":
            return [*sleepers, child(folder, "worker", WITH_HORSE, 1)]
        case "deaf":
            return [*sleepers, child(folder, "deaf", DEAF, 1)]
        case "failing":
            return [*sleepers, child(folder, "broken", FAILING, 1)]
        case "once":
            return [child(folder, "migrate", QUICK, once=True), sleepers[1]]
        case "once-failing":
            return [child(folder, "migrate", FAILING, once=True), sleepers[1]]
    raise ValueError(scenario)


def main() -> None:
    folder, scenario = Path(sys.argv[1]), sys.argv[2]
    supervisor = Supervisor(
        children(folder, scenario),
        say=lambda text: print(text, flush=True),
        when_ready="all ready",
    )
    sys.exit(guarded(supervisor.run))


if __name__ == "__main__":
    main()
