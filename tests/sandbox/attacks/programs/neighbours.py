"""Two jobs at the same time: one has a secret, the other looks for it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tests.sandbox.attacks.programs.probing import sleep_for_ever, tell

SECRET = "secret-of-the-" + "neighbour"  # not to be found in this text itself


def have_a_secret() -> None:
    """Keep it in a file, in a process's name and in its environment, and wait."""
    with open("/tmp/secret", "w") as file:
        file.write(SECRET)
    if os.fork() == 0:
        os.execve(
            "/usr/bin/python3",
            ["python3", "-I", "-c", "import time; time.sleep(60)", SECRET],
            {"SECRET": SECRET},
        )
    tell(ready=1)
    sleep_for_ever()


def look_for_it() -> None:
    """Look into every file and process that is to be seen, and signal the others."""
    others = [
        number
        for number in map(int, filter(str.isdigit, os.listdir("/proc")))
        if number not in {1, os.getpid(), os.getppid()}
    ]
    paths = [str(path) for path in Path("/tmp").rglob("*")]
    paths += [f"/proc/{n}/{name}" for n in others for name in ("cmdline", "environ")]
    signalled = []
    for number in others:
        with contextlib.suppress(OSError):
            os.kill(number, 0)
            signalled.append(number)
    tell(found=[path for path in paths if _holds_it(path)], signalled=signalled)


def _holds_it(path: str) -> bool:
    try:
        return SECRET in Path(path).read_text(errors="replace")
    except OSError:
        return False
