"""Containers that hold nothing: where an attack has to succeed to mean something."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.sandbox.attacks.programs.probing import Control, told
from tests.sandbox.attacks.programs.reading import CANARY
from tests.sandbox.attacks.stage import INPUTS
from tests.sandbox.conftest import IMAGE


class Controls:
    """Runs programs in containers without Podium's policy, as root."""

    def __init__(
        self, docker_host: str, bait: Path, inputs: Path, network: str
    ) -> None:
        self._environment = os.environ | {"DOCKER_HOST": docker_host}
        # What ``docker run`` gives by default, and what its users are known to add.
        self._options = {
            Control.PLAIN: [f"--network={network}", f"--volume={inputs}:/input"],
            Control.SHARED: [
                "--network=none",
                "--pid=host",
                f"--env=PODIUM_SECRET_KEY={CANARY}",
                f"--volume={bait}:/bait",
            ],
            # --privileged, but for one right that root on a virtual machine may lack.
            Control.PRIVILEGED: [
                "--network=none",
                "--cap-add=ALL",
                "--cap-drop=SYS_RESOURCE",
                "--security-opt=seccomp=unconfined",
                "--security-opt=apparmor=unconfined",
                "--security-opt=systempaths=unconfined",
                "--volume=/sys:/sys",
                "--device=/dev/null:/dev/attempt",
            ],
        }

    def run(self, text: str, control: Control = Control.PLAIN) -> list[dict[str, Any]]:
        """What a program tells; it must end by itself and well."""
        command = ["docker", "run", "--rm", "--user=0", *self._options[control]]
        command += [IMAGE, "python3", "-I", "-c", text]
        done = subprocess.run(
            command,
            env=self._environment,
            capture_output=True,
            check=False,
            timeout=120,
        )
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 0, said[-2000:]
        return told(said)


@contextlib.contextmanager
def controls(docker_host: str) -> Iterator[Controls]:
    """Controls with a bait and a network of their own, which go at the end."""
    network = f"podium-tests-{secrets.token_hex(4)}"
    environment = os.environ | {"DOCKER_HOST": docker_host}

    def docker(*arguments: str) -> None:
        subprocess.run(
            ["docker", *arguments], env=environment, capture_output=True, check=True
        )

    # Not every engine has the usual bridge, but each can make one.
    docker("network", "create", network)
    try:
        with _bait() as folder, tempfile.TemporaryDirectory() as inputs:
            for name in ("main.py", "test.csv", "more.csv"):
                Path(inputs, name).write_bytes(INPUTS)
            yield Controls(docker_host, folder, Path(inputs), network)
    finally:
        docker("network", "rm", network)


@contextlib.contextmanager
def _bait() -> Iterator[Path]:
    """A folder with a secret and a socket. Its path is short: a socket's must be."""
    with (
        tempfile.TemporaryDirectory(prefix="podium-") as name,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        folder = Path(name)
        (folder / "secret").write_text(CANARY)
        listener.bind(str(folder / "engine.sock"))
        listener.listen()
        yield folder
