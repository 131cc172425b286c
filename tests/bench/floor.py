"""The floor that scores are compared with: a bare ``docker run --rm IMAGE true``."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

IMAGE = "podium-bench-true"


def make_image() -> None:
    """Import an image that holds the program ``true`` and its libraries, nothing else."""
    program = shutil.which("true")
    if program is None:
        raise RuntimeError("this machine has no program named true")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.add(os.path.realpath(program), "bin/true")
        for library in _libraries(program):
            archive.add(os.path.realpath(library), library.lstrip("/"))
    subprocess.run(
        ["docker", "import", "-", IMAGE],
        input=content.getvalue(),
        check=True,
        capture_output=True,
    )


def remove_image() -> None:
    """Forget the image again."""
    subprocess.run(["docker", "rmi", "-f", IMAGE], check=True, capture_output=True)


def run_once() -> float:
    """Seconds of one run."""
    begun = time.perf_counter()
    subprocess.run(
        ["docker", "run", "--rm", IMAGE, "/bin/true"], check=True, capture_output=True
    )
    return time.perf_counter() - begun


def _libraries(program: str) -> list[str]:
    listing = subprocess.run(
        ["ldd", program], capture_output=True, text=True, check=False
    )
    found = re.findall(r"(/\S+)", listing.stdout)
    return [path for path in found if Path(path).exists()]
