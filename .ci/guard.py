"""Runs a command and ends every process that it leaves behind, however deep.

    python3 .ci/guard.py COMMAND [ARGUMENT ...]

The exit code is the command's. What was left running is said on standard error.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "platform"))

from podium import process_tree  # found by the line above

MAY_END_BY_ITSELF_S = 5.0


def main() -> int:
    process_tree.adopt_orphans()
    started = subprocess.Popen(sys.argv[1:]).pid
    for number in process_tree.STOP_SIGNALS:
        signal.signal(number, lambda received, _: os.kill(started, received))
    ended, status = 0, 0
    while ended != started:
        # Orphans too: a daemon that was stopped would seem to run until waited for.
        ended, status = os.waitpid(-1, 0)
    code = os.waitstatus_to_exitcode(status)
    end = time.monotonic() + MAY_END_BY_ITSELF_S
    while (left := process_tree.running_below()) and time.monotonic() < end:
        time.sleep(0.1)
    for command in left:
        sys.stderr.write(f"left running, now ended: {command[:150]}\n")
    process_tree.end_descendants()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
