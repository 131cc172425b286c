"""Leaving something for the next job: where warm workers were used twice, it would work."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

MARK = "planted-by-the-job-before"
MODULE = f"import builtins; builtins.planted = {MARK!r}\n"


def plant() -> int:
    """Leave marks in files, modules and start-up code; in how many places it worked."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    home = os.environ.get("HOME", "/tmp")
    folders = ["/tmp", "/dev/shm", "/var/tmp", "/output", os.getcwd(), *sys.path]
    folders += [
        f"{home}/.local/lib/{version}/site-packages",
        os.path.dirname(os.__file__),
    ]
    done = 0
    for folder in folders:
        for name in ("sitecustomize.py", "usercustomize.py", "numpy.py", "mark.pth"):
            with contextlib.suppress(OSError):
                os.makedirs(folder, exist_ok=True)
                with open(os.path.join(folder, name), "w") as file:
                    file.write(MODULE)
                done += 1
    with contextlib.suppress(OSError):
        os.rename("/usr/bin/python3", "/usr/bin/python3-before")
    json.planted = MARK  # type: ignore[attr-defined]
    os.environ["PLANTED"] = MARK
    tempfile.tempdir = "/tmp"
    return done


def find() -> list[str]:
    """Where the marks of the job before are found."""
    found = [f"environment {name}" for name, text in os.environ.items() if MARK in text]
    if hasattr(json, "planted"):
        found.append("module json")
    for folder, _, names in os.walk("/"):
        if folder.startswith(("/proc", "/sys")):
            continue
        for name in names:
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                if os.path.getsize(path) == len(MODULE):
                    found += [path] if MARK in Path(path).read_text() else []
    return found
